/** PKCS#12 files of devices; loaded only when they are requested. */
import { createPfxWith, derivePfxKeys, type PfxKeys } from '../../pki/containers/pkcs12-write.js';
import { privateKeyOf } from '../../pki/private-key.js';
import { certificateDers } from '../../pki/x509/certificate.js';
import type { MadeDevice } from '../devices/device.js';

/**
 * Returns a function that adds a PKCS#12 file: certificate, key and chain.
 *
 * @param keys of the passphrase; undefined for no passphrase, as with `key.pem`
 */
export function pfxMaker(
  issuersPem: string,
  keys: PfxKeys | undefined,
): (device: MadeDevice) => Promise<MadeDevice> {
  const chain = certificateDers(issuersPem);
  const protection = keys ?? derivePfxKeys('');
  return async (device) => ({
    ...device,
    pfx: createPfxWith(await protection, {
      certificate: device.certificate,
      privateKey: privateKeyOf(device.privateKeyInfo),
      chain,
      friendlyName: device.registrationId,
    }),
  });
}
