/** Reads the attestation of an enrollment group or individual enrollment. */
import { randomBytes } from 'node:crypto';
import type { EnrollmentGroup } from '../../../dps/contract/schemas.js';
import { inspectCertificate } from '../../../pki/x509/inspect.js';
import { certificateFromText } from '../certificate-text.js';
import { DpsError } from '../dps-error.js';
import type { Certificates } from '../state/ca-certificates.js';
import {
  type Authority,
  type EnrollmentSettings,
  type SlotCertificate,
  type SymmetricKey,
  slots,
} from '../state/enrollment-settings.js';

type Attestation = EnrollmentGroup['attestation'];
type X509 = NonNullable<Attestation['x509']>;
type CertificatePair = NonNullable<X509['signingCertificates']>;
export type AttestationSettings = Pick<
  EnrollmentSettings,
  'authorities' | 'clientCertificates' | 'symmetricKey'
>;

/** Microsoft Learn, "Symmetric key attestation with DPS": 16 to 64 bytes; those that the service makes have 64. */
const keyOctets = { least: 16, most: 64, made: 64 };

/**
 * @param before the enrollment as it is stored: what the body only describes is kept from it
 * @throws DpsError badRequest, notImplemented
 */
export function readAttestation(
  { type, x509, symmetricKey }: Attestation,
  kind: 'group' | 'individual',
  before: AttestationSettings | undefined,
  certificates: Pick<Certificates, 'get'>,
): AttestationSettings {
  if (type === 'symmetricKey') {
    return { authorities: [], symmetricKey: readSymmetricKey(symmetricKey ?? {}, before?.symmetricKey) };
  }
  if (type === 'tpm' && kind === 'individual') {
    throw new DpsError('notImplemented', { message: 'Not implemented in this emulator: TPM attestation.' });
  }
  if (type !== 'x509') {
    const what = kind === 'group' ? 'An enrollment group' : 'An individual enrollment';
    throw badRequest(`${what} cannot have the attestation type ${type}.`);
  }
  return readX509(x509 ?? {}, kind, before, certificates);
}

/** Keys that are left out are those that are stored, since GET does not show them; without any, new ones. */
function readSymmetricKey(
  given: NonNullable<Attestation['symmetricKey']>,
  before: SymmetricKey | undefined,
): SymmetricKey {
  const keyOf = (field: keyof SymmetricKey): string => {
    const key = given[field];
    if (key == null || key === '') return before?.[field] ?? randomBytes(keyOctets.made).toString('base64');
    const octets = Buffer.from(key, 'base64');
    const isBase64 = octets.toString('base64') === key;
    if (!isBase64 || octets.length < keyOctets.least || octets.length > keyOctets.most) {
      throw badRequest(
        `attestation.symmetricKey.${field} must be base64 of ${keyOctets.least} to ${keyOctets.most} octets.`,
      );
    }
    return key;
  };
  return { primaryKey: keyOf('primaryKey'), secondaryKey: keyOf('secondaryKey') };
}

function readX509(
  { clientCertificates, signingCertificates, caReferences }: X509,
  kind: 'group' | 'individual',
  before: AttestationSettings | undefined,
  certificates: Pick<Certificates, 'get'>,
): AttestationSettings {
  if (clientCertificates && kind === 'group') {
    throw badRequest('attestation.x509.clientCertificates belongs to individual enrollments, not to groups.');
  }
  if ([clientCertificates, signingCertificates, caReferences].filter((given) => given != null).length !== 1) {
    const names = kind === 'group' ? '' : 'clientCertificates, ';
    throw badRequest(`attestation.x509 must have one of ${names}signingCertificates and caReferences.`);
  }
  const settings: AttestationSettings = clientCertificates
    ? {
        authorities: [],
        clientCertificates: readPair(clientCertificates, 'clientCertificates', before?.clientCertificates),
      }
    : {
        authorities: signingCertificates
          ? readPair(signingCertificates, 'signingCertificates', before?.authorities)
          : readReferences(caReferences!, certificates),
      };
  if (settings.authorities.length + (settings.clientCertificates?.length ?? 0) === 0) {
    throw badRequest('attestation.x509 names no certificate.');
  }
  return settings;
}

function readReferences(
  references: NonNullable<X509['caReferences']>,
  certificates: Pick<Certificates, 'get'>,
): Authority[] {
  return slots.flatMap((slot): Authority[] => {
    const reference = references[slot];
    if (reference == null || reference === '') return [];
    const certificate = certificates.get(reference);
    if (!certificate) throw badRequest(`There is no CA certificate "${reference.slice(0, 90)}".`);
    if (!certificate.verified) {
      throw badRequest(
        `The CA certificate "${certificate.name}" is not verified: prove its possession first.`,
      );
    }
    return [{ slot, reference: certificate.name }];
  });
}

function readPair(
  pair: CertificatePair,
  field: 'clientCertificates' | 'signingCertificates',
  stored: readonly Authority[] = [],
): SlotCertificate[] {
  return slots.flatMap((slot): SlotCertificate[] => {
    const given = pair[slot];
    if (!given) return [];
    const place = `attestation.x509.${field}.${slot}`;
    if (given.certificate != null) {
      const mustBeCa = field === 'signingCertificates';
      return [{ slot, ...readCertificate(given.certificate, place, mustBeCa) }];
    }
    const kept = stored.find(
      (one): one is SlotCertificate =>
        'certificate' in one && describes(given.info ?? {}, Buffer.from(one.certificate, 'base64')),
    );
    if (!kept)
      throw badRequest(`${place} has neither a certificate nor the thumbprint of the one that is stored.`);
    return [{ ...kept, slot }];
  });
}

/** Whether what GET gave out is put back: GET gives no certificate, so that its thumbprint stands for it. */
function describes(info: { sha1Thumbprint?: string; sha256Thumbprint?: string }, der: Buffer): boolean {
  const { sha1Thumbprint, sha256Thumbprint } = inspectCertificate(der);
  return (
    info.sha256Thumbprint?.toUpperCase() === sha256Thumbprint ||
    (info.sha256Thumbprint === undefined && info.sha1Thumbprint?.toUpperCase() === sha1Thumbprint)
  );
}

function readCertificate(
  text: string,
  place: string,
  mustBeCa: boolean,
): { certificate: string; sha256: string } {
  try {
    const { der, basicConstraints } = certificateFromText(text);
    if (mustBeCa && !basicConstraints?.certificateAuthority) {
      throw new Error('It is not the certificate of a CA.');
    }
    return { certificate: der.toString('base64'), sha256: inspectCertificate(der).sha256Thumbprint };
  } catch (error) {
    throw badRequest(`${place}.certificate cannot be used: ${(error as Error).message}`);
  }
}

function badRequest(message: string): DpsError {
  return new DpsError('badRequest', { message });
}
