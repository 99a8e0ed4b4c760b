/** The certificates that an enrollment contains itself, in its primary and secondary slot. */
import type { CertificateInfo } from '../../../dps/contract/schemas.js';
import { type Certificate, sha1Thumbprint, sha256Thumbprint } from '../../../pki/x509/certificate.js';
import { inspectCertificate } from '../../../pki/x509/inspect.js';
import { certificateFromText } from '../certificate-text.js';
import { DpsError } from '../dps-error.js';
import { type AttestationMechanism, type GroupLimit, type Slot, slots } from './attestation-kind.js';

export interface SlotCertificate {
  slot: Slot;
  /** DER, base64. */
  certificate: string;
  /** Upper-case hexadecimal. */
  sha256: string;
}

type X509 = NonNullable<AttestationMechanism['x509']>;
type CertificateField = 'clientCertificates' | 'signingCertificates';

/** Groups of signing certificates and of CA references count together. */
export const x509GroupLimit: GroupLimit = {
  quota: 'x509EnrollmentGroups',
  what: 'enrollment groups of X.509 certificates',
};

/**
 * @param stored the certificates that the enrollment has now: a reply describes them only, and can be sent back
 * @throws DpsError badRequest
 */
export function readCertificateSlots(
  x509: AttestationMechanism['x509'],
  field: CertificateField,
  stored: readonly SlotCertificate[] = [],
): SlotCertificate[] {
  const pair: X509[CertificateField] = x509?.[field];
  const certificates = slots.flatMap((slot): SlotCertificate[] => {
    const given = pair?.[slot];
    if (!given) return [];
    const place = `attestation.x509.${field}.${slot}`;
    if (given.certificate != null) {
      return [{ slot, ...readCertificate(given.certificate, place, field === 'signingCertificates') }];
    }
    const kept = stored.find((one) => describes(given.info ?? {}, one));
    if (!kept)
      throw badRequest(`${place} has neither a certificate nor the thumbprint of the one that is stored.`);
    return [{ ...kept, slot }];
  });
  return assertNotEmpty(certificates);
}

/** @throws DpsError badRequest when neither slot is used */
export function assertNotEmpty<Entry>(entries: Entry[]): Entry[] {
  if (entries.length > 0) return entries;
  throw badRequest('attestation.x509 names no certificate.');
}

/** The slots as the service plane shows them; an empty one is left out. */
export function toSlots<Entry extends { slot: Slot }, Value>(
  entries: readonly Entry[],
  toValue: (entry: Entry) => Value,
): Partial<Record<Slot, Value>> {
  return Object.fromEntries(entries.map((entry) => [entry.slot, toValue(entry)]));
}

/** A certificate in a reply: described, without the certificate itself. */
export function toInfo({ certificate }: SlotCertificate): { info: CertificateInfo } {
  return { info: certificateInfoOf(Buffer.from(certificate, 'base64')) };
}

/** The description of a certificate on the service plane. */
export function certificateInfoOf(certificate: Certificate | Buffer): CertificateInfo {
  const described = inspectCertificate(certificate);
  return {
    subjectName: described.subject,
    sha1Thumbprint: described.sha1Thumbprint,
    sha256Thumbprint: described.sha256Thumbprint,
    issuerName: described.issuer,
    notBeforeUtc: withoutFraction(described.notBefore),
    notAfterUtc: withoutFraction(described.notAfter),
    serialNumber: described.serialNumber,
    version: described.version,
  };
}

/** Certificates have whole seconds. */
function withoutFraction(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}

export function badRequest(message: string): DpsError {
  return new DpsError('badRequest', { message });
}

/** Whether this is the description of a stored certificate: its SHA-256 decides, or its SHA-1 alone. */
function describes(
  { sha1Thumbprint: sha1, sha256Thumbprint: sha256 }: Partial<CertificateInfo>,
  stored: SlotCertificate,
): boolean {
  if (sha256 !== undefined) return sha256.toUpperCase() === stored.sha256;
  return sha1?.toUpperCase() === sha1Thumbprint({ der: Buffer.from(stored.certificate, 'base64') });
}

function readCertificate(
  text: string,
  place: string,
  mustBeCa: boolean,
): Pick<SlotCertificate, 'certificate' | 'sha256'> {
  try {
    const certificate = certificateFromText(text);
    // One without the extension is taken (recorded by Azure/azure-sdk-for-python); that this one is not is a guess.
    if (mustBeCa && certificate.basicConstraints?.certificateAuthority === false) {
      throw new Error('It is not the certificate of a CA.');
    }
    return { certificate: certificate.der.toString('base64'), sha256: sha256Thumbprint(certificate) };
  } catch (error) {
    throw badRequest(`${place}.certificate cannot be used: ${(error as Error).message}`);
  }
}
