import { sentences } from '../../languages/language.js';
import {
  caFlags,
  daysFlag,
  forceFlag,
  outFileFlag,
  pathLengthFlag,
  profileFlag,
  secretAndOutputFlags,
} from '../input/certificate-flags.js';
import { declareCommand } from '../kernel/command.js';
import { choiceFlag } from '../kernel/flags.js';

/** What a request can be signed as. */
const roles = ['device', 'server', 'edge-ca', 'intermediate'] as const;

export const certSign = declareCommand({
  description: sentences.cliCert.sign.description,
  args: { request: { summary: sentences.cliCert.sign.request, completes: 'files' } },
  flags: {
    ...caFlags,
    role: choiceFlag({
      placeholder: 'ROLE',
      choices: roles,
      summary: sentences.cliCert.sign.role,
    }),
    ...daysFlag,
    ...pathLengthFlag,
    ...profileFlag,
    ...outFileFlag,
    ...forceFlag,
    ...secretAndOutputFlags,
  },
  examples: [
    {
      line: 'cert sign device-042/request.pem --out device-042/chain.pem',
      summary: sentences.cliCert.sign.examples.device,
    },
    {
      line: 'cert sign gateway.csr --role server --ca Plant-CA/chain.pem --ca-key Plant-CA/key.pem --days 90',
      summary: sentences.cliCert.sign.examples.server,
    },
  ],
});
