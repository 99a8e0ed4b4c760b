import type { Command, Context, Input } from '../kernel/untyped-command.js';
import { forceFlag, secretAndOutputFlags } from './flags.js';

export const certPfx: Command = {
  description:
    'Packs a certificate, its private key and its issuers into a PKCS#12 file (.pfx), as Windows and .NET want it. The passphrase protects the file; it also opens the key, where that is encrypted.',
  arguments: [{ name: 'file', summary: 'the certificate, alone or followed by its issuers' }],
  flags: [
    { name: 'key', value: 'FILE', summary: 'its private key (default: key.pem beside the certificate)' },
    { name: 'chain', value: 'FILE', repeatable: true, summary: 'issuers that are not in the first file' },
    { name: 'friendly-name', value: 'NAME', summary: 'what key stores show (default: the common name)' },
    { name: 'out', value: 'FILE', summary: 'the file to write (default: the certificate’s name, with .pfx)' },
    { name: 'empty-passphrase', summary: 'protect the file by its mode (0600) alone' },
    forceFlag,
    ...secretAndOutputFlags,
  ],
  examples: [
    {
      line: 'cert pfx device-042/chain.pem --out device-042.pfx',
      summary: 'with its issuers; the passphrase is asked for',
    },
    {
      line: 'cert pfx server.pem --key server.key.pem --chain ca.pem --passphrase-file secret.txt',
      summary: 'from separate files, unattended',
    },
  ],
  run,
};

async function run({ arguments: [path], flags }: Input, context: Context): Promise<void> {
  const { makePfx } = await import('./pfx.run.js');
  await makePfx(path!, flags, context);
}
