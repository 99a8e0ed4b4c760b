/**
 * Signs the certificates of a run's devices as a fleet is signed: the first as any certificate, with every check, and the
 * others by filling in what differs.
 */
import { createPublicKey, hash } from 'node:crypto';
import { CertificateStamp } from '../fleet/issue/certificate-stamp.js';
import { certificateTemplate, type TemplateRequest } from '../fleet/issue/certificate-template.js';
import type { EncodedKeyPair } from '../fleet/issue/key-pairs.js';
import { namesProblem } from '../pki/make/holds.js';
import { issue } from '../pki/make/issue.js';
import { maxCommonNameLength } from '../pki/make/requested-names.js';
import { randomSerialNumber } from '../pki/make/sign-certificate.js';
import { parseCertificate } from '../pki/x509/certificate.js';

/** @returns the certificate, DER. @throws EnrollkitError as `issue()` does */
export type SignDevice = (commonName: string, key: DevicePublicKey) => Promise<Buffer>;

export type DevicePublicKey = Pick<EncodedKeyPair, 'publicKeyInfo' | 'publicKeyBits'>;

/**
 * Returns a function that signs devices.
 *
 * @param request what their certificates have in common, apart from the kind of their keys, which is the same
 */
export function deviceSigner(request: Omit<TemplateRequest, 'publicKey'>): SignDevice {
  const { issuer, profile, at, validityDays } = request;
  // Whether the CA may issue a device depends on its name then.
  const isConstrained =
    namesProblem(parseCertificate(issuer.certificate), issuer.chainPem ?? '') !== undefined;
  let isFirst = true;
  let stamp: Promise<CertificateStamp> | undefined;
  return async (commonName, { publicKeyInfo, publicKeyBits }) => {
    const publicKey = () => createPublicKey({ key: publicKeyInfo, format: 'der', type: 'spki' });
    if (isFirst || isConstrained || commonName.length > maxCommonNameLength) {
      isFirst = false;
      const common = { profile, issuer, at, ...(validityDays === undefined ? {} : { validityDays }) };
      return (await issue({ ...common, subject: { commonName }, publicKey: publicKey() })).der;
    }
    stamp ??= certificateTemplate({ ...request, publicKey: publicKey() }).then(
      (template) => new CertificateStamp(template),
    );
    const stamped = (await stamp).certificate(
      {
        serialNumber: randomSerialNumber(),
        subjectPrefix: new Uint8Array(),
        commonName,
        publicKeyInfo,
        keyIdentifier: hash('sha1', publicKeyBits, 'binary'),
      },
      issuer.privateKey,
    );
    return Buffer.from(stamped);
  };
}
