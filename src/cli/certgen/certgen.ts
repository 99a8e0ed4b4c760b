/** The commands of the two scripts named certGen.sh, and the environment of ca-certs.ps1. */
import { declareCommand } from '../kernel/command.js';
import { outputFlags, passphraseFileFlag } from '../kernel/common-flags.js';
import { choiceFlag, switchFlag, textFlag } from '../kernel/flags.js';

export const certgen = declareCommand({
  description:
    'What certGen.sh does, without bash and openssl: the same commands leave the same files in the current folder. Commands: create_root_and_intermediate; create_verification_certificate, create_device_certificate, create_device_certificate_from_intermediate and create_edge_device_certificate, each with a name. With --edge, those of the script of IoT Edge: also install_root_ca_from_files, install_root_ca_from_cli, create_edge_device_ca_certificate, create_edge_device_identity_certificate and create_edge_server_certificate. And env, for the environment that ca-certs.ps1 sets. Certificates for tests: they last 30 days. docs/certgen.md tells every difference.',
  args: {
    command: { summary: 'one of those above' },
    name: {
      summary: 'a device ID, a host name or a verification code; two files for install_root_ca_from_files',
      optional: true,
      variadic: true,
    },
  },
  flags: {
    edge: switchFlag({ summary: 'as the script of the IoT Edge repository does' }),
    dir: textFlag({ placeholder: 'FOLDER', summary: 'the folder (default: the current one)' }),
    force: switchFlag({
      summary: 'replace an existing CA; the old one is moved to a separate folder',
    }),
    'passphrase-file': {
      ...passphraseFileFlag['passphrase-file'],
      summary: 'the passphrase of CA keys and PFX files is the first line of this file',
    },
    'root-passphrase-file': textFlag({
      placeholder: 'FILE',
      summary: 'install_root_ca_...: the passphrase of the key that is brought, when it is another one',
    }),
    hub: textFlag({ placeholder: 'HOST', summary: 'env: the host name of the IoT hub' }),
    format: choiceFlag({
      placeholder: 'FORMAT',
      choices: ['shell', 'powershell', 'json'],
      summary: 'env: how it is written (default: shell)',
    }),
    ...outputFlags,
  },
  examples: [
    {
      line: 'certgen create_root_and_intermediate',
      summary: 'a root and an intermediate, in the current folder',
    },
    { line: 'certgen create_device_certificate mydevice', summary: 'a device below the root' },
    {
      line: 'certgen create_edge_device_ca_certificate gateway --edge',
      summary: 'as the script of IoT Edge',
    },
    {
      line: 'certgen env mydevice --hub contoso.azure-devices.net',
      summary: 'for the samples; in a shell: eval "$(enrollkit certgen env ...)"',
    },
  ],
  takesPem: true,
});
