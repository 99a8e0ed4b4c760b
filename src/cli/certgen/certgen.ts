/** The commands of the two scripts named certGen.sh, and the environment of ca-certs.ps1. */
import { sentences } from '../../languages/language.js';
import { declareCommand } from '../kernel/command.js';
import { outputFlags, passphraseFileFlag } from '../kernel/common-flags.js';
import { choiceFlag, switchFlag, textFlag } from '../kernel/flags.js';

export const certgen = declareCommand({
  description: sentences.cliCertgen.description,
  args: {
    command: { summary: sentences.cliCertgen.command },
    name: {
      summary: sentences.cliCertgen.name,
      optional: true,
      variadic: true,
    },
  },
  flags: {
    edge: switchFlag({ summary: sentences.cliCertgen.edge }),
    dir: textFlag({ placeholder: 'FOLDER', summary: sentences.cliCertgen.dir }),
    force: switchFlag({
      summary: sentences.cliCertgen.force,
    }),
    'passphrase-file': {
      ...passphraseFileFlag['passphrase-file'],
      summary: sentences.cliCertgen.passphraseFile,
    },
    'root-passphrase-file': textFlag({
      placeholder: 'FILE',
      summary: sentences.cliCertgen.rootPassphraseFile,
    }),
    hub: textFlag({ placeholder: 'HOST', summary: sentences.cliCertgen.hub }),
    format: choiceFlag({
      placeholder: 'FORMAT',
      choices: ['shell', 'powershell', 'json'],
      summary: sentences.cliCertgen.format,
    }),
    ...outputFlags,
  },
  examples: [
    {
      line: 'certgen create_root_and_intermediate',
      summary: sentences.cliCertgen.examples.authority,
    },
    { line: 'certgen create_device_certificate mydevice', summary: sentences.cliCertgen.examples.device },
    {
      line: 'certgen create_edge_device_ca_certificate gateway --edge',
      summary: sentences.cliCertgen.examples.edge,
    },
    {
      line: 'certgen env mydevice --hub contoso.azure-devices.net',
      summary: sentences.cliCertgen.examples.env,
    },
  ],
  takesPem: true,
});
