/** PKCS#12 files of devices. Loaded only when they are asked for. */

import { createPfx } from '../../pki/containers/pkcs12-write.js';
import { privateKeyOf } from '../../pki/private-key.js';
import { certificateDers } from '../../pki/x509/certificate.js';
import type { MadeDevice } from './device.js';

/**
 * A function that adds the PKCS#12 file: certificate, key and chain, without a passphrase, as `key.pem` is without one.
 */
export function pfxMaker(issuersPem: string): (device: MadeDevice) => Promise<MadeDevice> {
  const chain = certificateDers(issuersPem);
  return async (device) => ({
    ...device,
    pfx: await createPfx({
      certificate: device.certificate,
      privateKey: privateKeyOf(device.privateKeyInfo),
      chain,
      friendlyName: device.registrationId,
      passphrase: '',
    }),
  });
}
