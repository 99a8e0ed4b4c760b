import type { Command, Context, Input } from '../kernel/untyped-command.js';
import {
  caFlags,
  daysFlag,
  forceFlag,
  outFileFlag,
  pathLengthFlag,
  profileFlag,
  secretAndOutputFlags,
} from './flags.js';

/** What a request can be signed as. */
const roles = ['device', 'server', 'edge-ca', 'intermediate'] as const;

export const certSign: Command = {
  description:
    'Signs a certificate request (CSR): the key stays where it was made. Subject, public key and alternative names are those of the request; all else is as the profile says. The file gets the certificate, then its issuers. Without --ca, the CA of the certificate folder signs.',
  arguments: [{ name: 'request', summary: 'the certificate request, PEM or DER' }],
  flags: [
    ...caFlags,
    { name: 'role', value: 'ROLE', choices: roles, summary: 'what it is signed as (default: device)' },
    daysFlag,
    pathLengthFlag,
    profileFlag,
    outFileFlag,
    forceFlag,
    ...secretAndOutputFlags,
  ],
  examples: [
    { line: 'cert sign device-042/request.pem --out device-042/chain.pem', summary: 'as a device' },
    {
      line: 'cert sign gateway.csr --role server --ca Plant-CA/chain.pem --ca-key Plant-CA/key.pem --days 90',
      summary: 'as a TLS server, by a CA of your choice, on standard output',
    },
  ],
  run,
};

async function run({ arguments: [path], flags }: Input, context: Context): Promise<void> {
  const { signRequest } = await import('./sign.run.js');
  await signRequest(path!, (flags.role as (typeof roles)[number] | undefined) ?? 'device', flags, context);
}
