import { sentences } from '../../languages/language.js';
import { forceFlag, secretAndOutputFlags } from '../input/certificate-flags.js';
import { declareCommand } from '../kernel/command.js';
import { repeatable, switchFlag, textFlag } from '../kernel/flags.js';

export const certPfx = declareCommand({
  description: sentences.cliCert.pfx.description,
  args: { file: { summary: sentences.cliCert.certificateWithIssuers, completes: 'files' } },
  flags: {
    key: textFlag({
      placeholder: 'FILE',
      summary: sentences.cliCert.pfx.key,
    }),
    chain: repeatable(textFlag({ placeholder: 'FILE', summary: sentences.cliCert.pfx.chain })),
    'friendly-name': textFlag({
      placeholder: 'NAME',
      summary: sentences.cliCert.pfx.friendlyName,
    }),
    out: textFlag({
      placeholder: 'FILE',
      summary: sentences.cliCert.pfx.out,
    }),
    pbmac1: switchFlag({
      summary: sentences.cliCert.pfx.pbmac1,
    }),
    'empty-passphrase': switchFlag({ summary: sentences.cliCert.pfx.emptyPassphrase }),
    ...forceFlag,
    ...secretAndOutputFlags,
  },
  examples: [
    {
      line: 'cert pfx device-042/chain.pem --out device-042.pfx',
      summary: sentences.cliCert.pfx.examples.chain,
    },
    {
      line: 'cert pfx server.pem --key server.key.pem --chain ca.pem --passphrase-file secret.txt',
      summary: sentences.cliCert.pfx.examples.separate,
    },
  ],
});
