/** What is in the folder of a device that is about to be made: a run that was killed may have made it. */
import { X509Certificate } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { privateKeyFromPem } from '../../pki/keys.js';
import type { MadeDevice } from '../issue/device.js';

const names = ['certificate.pem', 'chain.pem', 'key.pem', 'device.pfx'];

/**
 * @param device as it was just made in its place
 * @param issuersPem of this fleet
 * @returns the device that is there, when it is this fleet's and whole; `broken` when nothing but files of a device is
 *   there, and no private key; `other` for anything else
 */
export function findDevice(
  folder: string,
  device: MadeDevice,
  issuersPem: string,
): MadeDevice | 'broken' | 'other' {
  const there = readdirSync(folder);
  const isDevice = there.every((name) => names.includes(name) && lstatSync(join(folder, name)).isFile());
  if (!isDevice) return 'other';
  const text = (name: string) => (there.includes(name) ? readFileSync(join(folder, name), 'latin1') : '');
  const [certificatePem, keyPem, pfx] = [text('certificate.pem'), text('key.pem'), text('device.pfx')];
  if (!keyPem.includes('-----END') && pfx === '') return 'broken';
  if (text('chain.pem') !== certificatePem + issuersPem || (pfx === '') !== (device.pfx === undefined)) {
    return 'other';
  }
  try {
    const certificate = new X509Certificate(certificatePem);
    const isOfFleet =
      certificate.subject.split('\n').includes(`CN=${device.registrationId}`) &&
      certificate.verify(new X509Certificate(issuersPem).publicKey) &&
      certificate.checkPrivateKey(privateKeyFromPem(keyPem));
    return isOfFleet ? asMade(certificate, device) : 'other';
  } catch {
    return 'other';
  }
}

function asMade(
  { raw, serialNumber, fingerprint, fingerprint256, validFrom, validTo }: X509Certificate,
  device: MadeDevice,
) {
  return {
    ...device,
    certificate: raw,
    serialNumber,
    sha1Thumbprint: fingerprint.replaceAll(':', ''),
    sha256Thumbprint: fingerprint256.replaceAll(':', ''),
    validity: { notBefore: seconds(validFrom), notAfter: seconds(validTo) },
  };
}

/** As the manifest writes it. */
function seconds(time: string): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}
