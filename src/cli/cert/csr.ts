import type { Command, Context, Input } from '../kernel/untyped-command.js';
import {
  alternativeNameFlags,
  encryptKeyFlag,
  forceFlag,
  keyAlgorithmFlag,
  keyFlag,
  outFolderFlag,
  secretAndOutputFlags,
  subjectFlags,
} from './flags.js';

export const certCsr: Command = {
  description:
    'Makes a key and a certificate request (CSR, PKCS#10) for it, so that the key never leaves the device: key.pem (mode 0600) and request.pem. With --key, a request for a key that there is.',
  arguments: [{ name: 'name', summary: 'the common name; of a device, its registration ID' }],
  flags: [
    keyFlag,
    keyAlgorithmFlag,
    ...subjectFlags,
    ...alternativeNameFlags,
    outFolderFlag('one of that name, here'),
    encryptKeyFlag,
    forceFlag,
    ...secretAndOutputFlags,
  ],
  examples: [
    { line: 'cert csr device-042', summary: 'on the device; then enrollkit cert sign where the CA is' },
    {
      line: 'cert csr gateway.local --dns gateway.local --key gateway.key.pem',
      summary: 'for a key that there is',
    },
  ],
  run,
};

async function run({ arguments: [commonName], flags }: Input, context: Context): Promise<void> {
  const { makeRequest } = await import('./csr.run.js');
  await makeRequest(commonName!, flags, context);
}
