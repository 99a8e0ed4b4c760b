/** The common parts of a fleet's certificates, taken from one that `issue()` made. */
import type { KeyObject } from 'node:crypto';
import { type Element, objectIdentifierOf, octetStringOf, readOnly, sequenceOf } from '../../pki/der/read.js';
import { type Issuer, issue, type Subject } from '../../pki/make/issue.js';
import type { Profile } from '../../pki/make/profile.js';
import { subjectName } from '../../pki/make/requested-names.js';
import { signatureAlgorithm } from '../../pki/make/signature-algorithm.js';
import { parseCertificate } from '../../pki/x509/certificate.js';
import { extensionTypes } from '../../pki/x509/extensions.js';
import { nameOf } from '../../pki/x509/name.js';
import type { SubjectPrefix } from '../devices/device.js';
import { isoSeconds } from '../manifest.js';
import type { CertificateTemplate, ExtensionPart } from './certificate-stamp.js';

export interface TemplateRequest {
  profile: Profile;
  /** Any key of the devices' kind: certificates of RSA keys have one key usage more. */
  publicKey: KeyObject;
  issuer: Issuer & Required<Pick<Issuer, 'certificate'>>;
  /** Now; see `issue()`. */
  at: Date;
  validityDays?: number | undefined;
}

/**
 * Makes a certificate with the profile, and cuts it where the certificates of a fleet differ.
 *
 * @throws EnrollkitError as `issue()` does
 */
export async function certificateTemplate(request: TemplateRequest): Promise<CertificateTemplate> {
  const { profile, publicKey, issuer, at, validityDays } = request;
  const { der } = await issue({
    profile,
    subject: { commonName: 'template' },
    publicKey,
    issuer,
    at,
    // The names of the template are those of no device.
    force: true,
    ...(validityDays === undefined ? {} : { validityDays }),
    subjectAlternativeNames: { dns: ['template'] },
  });
  const { notBefore, notAfter } = parseCertificate(der);
  const [toBeSigned, algorithm] = sequenceOf(readOnly(der)) as [Element, Element];
  const parts = sequenceOf(toBeSigned);
  const [, , inner, issuerName, validity] = parts as [Element, Element, Element, Element, Element];
  return {
    signatureAlgorithm: Uint8Array.from(algorithm.raw),
    middle: Uint8Array.from(Buffer.concat([inner.raw, issuerName.raw, validity.raw])),
    extensions: extensionParts(sequenceOf(readOnly(parts.at(-1)!.content))),
    digest: signatureAlgorithm(issuer.privateKey).digest,
    notBefore: isoSeconds(notBefore),
    notAfter: isoSeconds(notAfter),
  };
}

function extensionParts(extensions: readonly Element[]): ExtensionPart[] {
  const parts: ExtensionPart[] = [];
  let fixed: Uint8Array[] = [];
  const fill = (part: ExtensionPart) => {
    parts.push(Uint8Array.from(Buffer.concat(fixed)), part);
    fixed = [];
  };
  for (const extension of extensions) {
    const [type, value] = sequenceOf(extension);
    switch (objectIdentifierOf(type)) {
      case extensionTypes.subjectKeyIdentifier: {
        const identifier = octetStringOf(readOnly(octetStringOf(value)));
        fixed.push(extension.raw.subarray(0, extension.raw.length - identifier.length));
        fill('keyIdentifier');
        break;
      }
      case extensionTypes.subjectAlternativeName:
        fill('alternativeNames');
        break;
      default:
        fixed.push(extension.raw);
    }
  }
  parts.push(Uint8Array.from(Buffer.concat(fixed)));
  return parts.filter((part) => part.length > 0);
}

/**
 * The part of a subject before its common name.
 *
 * @throws EnrollkitError INVALID_SUBJECT
 */
export function subjectPrefix(subject: Omit<Subject, 'commonName'>): SubjectPrefix {
  const element = readOnly(subjectName({ ...subject, commonName: 'x' }));
  const relativeNames = sequenceOf(element).slice(0, -1);
  return {
    der: Uint8Array.from(Buffer.concat(relativeNames.map(({ raw }) => raw))),
    text: nameOf(element).text.slice('CN=x'.length),
  };
}
