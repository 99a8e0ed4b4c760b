import {
  alternativeNameFlags,
  keyAlgorithmFlag,
  keyFlag,
  keyFolderFlags,
  subjectFlags,
} from '../input/certificate-flags.js';
import { declareCommand } from '../kernel/command.js';

export const certCsr = declareCommand({
  description:
    'Makes a key and a certificate request (CSR, PKCS#10) for it, so that the key never leaves the device: key.pem (mode 0600) and request.pem. With --key, a request for a key that there is.',
  args: { name: { summary: 'the common name; of a device, its registration ID' } },
  flags: {
    ...keyFlag,
    ...keyAlgorithmFlag,
    ...subjectFlags,
    ...alternativeNameFlags,
    ...keyFolderFlags('one of that name, here'),
  },
  examples: [
    { line: 'cert csr device-042', summary: 'on the device; then sign the request where the CA is' },
    {
      line: 'cert csr gateway.local --dns gateway.local --key gateway.key.pem',
      summary: 'for a key that there is',
    },
  ],
});
