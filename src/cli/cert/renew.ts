import { sentences } from '../../languages/language.js';
import { caFlags, daysFlag, keyAlgorithmFlag, keyFolderFlags } from '../input/certificate-flags.js';
import { declareCommand } from '../kernel/command.js';
import { switchFlag, textFlag } from '../kernel/flags.js';

export const certRenew = declareCommand({
  description: sentences.cliCert.renew.description,
  args: { file: { summary: sentences.cliCert.renew.file, completes: 'files' } },
  flags: {
    key: textFlag({
      placeholder: 'FILE',
      summary: sentences.cliCert.renew.key,
    }),
    'new-key': switchFlag({ summary: sentences.cliCert.renew.newKey }),
    ...caFlags,
    'new-issuer': switchFlag({ heading: caFlags.ca.heading!, summary: sentences.cliCert.renew.newIssuer }),
    'key-algorithm': {
      ...keyAlgorithmFlag['key-algorithm'],
      summary: sentences.cliCert.renew.keyAlgorithm,
    },
    days: { ...daysFlag.days, summary: sentences.cliCert.renew.days },
    ...keyFolderFlags(sentences.cliCert.renew.out),
  },
  examples: [
    {
      line: 'cert renew certs/devices/device-001/certificate.pem --force',
      summary: sentences.cliCert.renew.examples.inPlace,
    },
    {
      line: 'cert renew device-042/chain.pem --new-key --days 90 --ca Plant-CA/chain.pem --ca-key Plant-CA/key.pem --out device-042-new',
      summary: sentences.cliCert.renew.examples.newKey,
    },
  ],
});
