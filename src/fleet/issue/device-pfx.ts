/** PKCS#12 files of devices; loaded only when they are requested. */
import { derivePfxKeys, type PfxKeys, pfxWriter } from '../../pki/containers/pkcs12-write.js';
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
  const write = Promise.resolve(keys ?? derivePfxKeys('')).then((derived) =>
    pfxWriter(derived, certificateDers(issuersPem)),
  );
  return async (device) => ({
    ...device,
    pfx: (await write)({
      certificate: device.certificate,
      privateKeyInfo: device.privateKeyInfo,
      friendlyName: device.registrationId,
    }),
  });
}
