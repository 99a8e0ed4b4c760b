import { caFlags, daysFlag, keyAlgorithmFlag, keyFolderFlags } from '../input/certificate-flags.js';
import { declareCommand } from '../kernel/command.js';
import { switchFlag, textFlag } from '../kernel/flags.js';

export const certRenew = declareCommand({
  description:
    'Renews a certificate: the same subject, names and usages, with new dates and a new serial number; for the same key, or with --new-key for a new one. The CA that issued it signs: --ca, or the one of the certificate folder; a root or self-signed certificate signs itself. A device.pfx of the certificate in the same folder is renewed as well, if it has no passphrase or the one that you give.',
  args: { file: { summary: 'the certificate; of several in the file, the first' } },
  flags: {
    key: textFlag({
      placeholder: 'FILE',
      summary: 'its private key (default: key.pem beside it); where it signs itself',
    }),
    'new-key': switchFlag({ summary: 'make a new key as well' }),
    ...caFlags,
    'new-issuer': switchFlag({ heading: 'Who signs:', summary: 'allow a different CA to sign' }),
    'key-algorithm': {
      ...keyAlgorithmFlag['key-algorithm'],
      summary: 'of the new key (default: as before)',
    },
    days: { ...daysFlag.days, summary: 'how long it is valid (default: as long as before)' },
    ...keyFolderFlags('that of the file; with --force, in its place'),
  },
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
});
