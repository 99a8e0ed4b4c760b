import type { Command, Context, Input } from '../kernel/untyped-command.js';
import {
  caFlags,
  daysFlag,
  encryptKeyFlag,
  forceFlag,
  keyAlgorithmFlag,
  outFolderFlag,
  secretAndOutputFlags,
} from './flags.js';

export const certRenew: Command = {
  description:
    'Makes a certificate anew: the same subject, names and usages, with new dates and a new serial number; for the same key, or with --new-key for a new one. The CA that issued it signs: --ca, or the one of the certificate folder; a root or self-signed certificate signs itself.',
  arguments: [{ name: 'file', summary: 'the certificate; of several in the file, the first' }],
  flags: [
    {
      name: 'key',
      value: 'FILE',
      summary: 'its private key (default: key.pem beside it); where it signs itself',
    },
    { name: 'new-key', summary: 'make a new key as well' },
    ...caFlags,
    { name: 'new-issuer', group: 'Who signs:', summary: 'let another CA sign than the one before' },
    { ...keyAlgorithmFlag, summary: 'of the new key (default: as before)' },
    { ...daysFlag, summary: 'how long it is valid (default: as long as before)' },
    outFolderFlag('that of the file; with --force, in its place'),
    encryptKeyFlag,
    forceFlag,
    ...secretAndOutputFlags,
  ],
  examples: [
    {
      line: 'cert renew certs/devices/device-001/certificate.pem --force',
      summary: 'in its place, for the same key',
    },
    {
      line: 'cert renew device-042/chain.pem --new-key --days 90 --ca Plant-CA/chain.pem --ca-key Plant-CA/key.pem --out device-042-new',
      summary: 'with a new key, into another folder',
    },
  ],
  run,
};

async function run({ arguments: [path], flags }: Input, context: Context): Promise<void> {
  const { renew } = await import('./renew.run.js');
  await renew(path!, flags, context);
}
