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
  description:
    'Signs a certificate request (CSR): the key stays where it was made. Subject, public key and alternative names are those of the request; all else is as the profile says. The file gets the certificate, then its issuers. Without --ca, the CA of the certificate folder signs.',
  args: { request: { summary: 'the certificate request, PEM or DER' } },
  flags: {
    ...caFlags,
    role: choiceFlag({
      placeholder: 'ROLE',
      choices: roles,
      summary: 'what it is signed as (default: device)',
    }),
    ...daysFlag,
    ...pathLengthFlag,
    ...profileFlag,
    ...outFileFlag,
    ...forceFlag,
    ...secretAndOutputFlags,
  },
  examples: [
    { line: 'cert sign device-042/request.pem --out device-042/chain.pem', summary: 'as a device' },
    {
      line: 'cert sign gateway.csr --role server --ca Plant-CA/chain.pem --ca-key Plant-CA/key.pem --days 90',
      summary: 'as a TLS server, by a CA of your choice, on standard output',
    },
  ],
});
