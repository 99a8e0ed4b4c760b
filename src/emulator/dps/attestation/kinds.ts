/** All kinds of attestation: the union of their settings, and the table of their modules. */
import { DpsError } from '../dps-error.js';
import type { Certificates } from '../state/ca-certificates.js';
import type { AttestationKind, AttestationMechanism, EnrollmentType } from './attestation-kind.js';
import { type SymmetricKeyAttestation, symmetricKey } from './symmetric-key.js';
import { type X509CaAttestation, x509Ca } from './x509-ca.js';
import { badRequest } from './x509-certificates.js';
import { type X509ClientAttestation, x509Client } from './x509-client.js';
import { type X509SigningAttestation, x509Signing } from './x509-signing.js';

/** The attestation of an enrollment, as it is stored. */
export type Attestation =
  | X509ClientAttestation
  | X509SigningAttestation
  | X509CaAttestation
  | SymmetricKeyAttestation;

export type AttestationKindName = Attestation['kind'];

const kinds: { [Name in AttestationKindName]: AttestationKind<Extract<Attestation, { kind: Name }>> } = {
  'x509-client': x509Client,
  'x509-signing': x509Signing,
  'x509-ca': x509Ca,
  'symmetric-key': symmetricKey,
};

/** Types of attestation that Azure has and the emulator does not, with their names in messages; answered with 501. */
export const missingTypes: Partial<Record<AttestationMechanism['type'], string>> = { tpm: 'TPM' };

/** The module of an attestation. Pass it this attestation only. */
export function kindOf({ kind }: Attestation): AttestationKind<Attestation> {
  return kinds[kind];
}

/** The names of the kinds that satisfy a condition. */
export function kindsWhere(
  condition: (kind: AttestationKind<Attestation>) => unknown,
): AttestationKindName[] {
  return (Object.keys(kinds) as AttestationKindName[]).filter((name) => condition(kinds[name]));
}

/**
 * Reads the attestation of an enrollment from the body of a request.
 *
 * @param before the attestation that is stored: what the body only describes is kept from it
 * @throws DpsError badRequest, notImplemented
 */
export function readAttestation(
  mechanism: AttestationMechanism,
  enrollment: EnrollmentType,
  before: Attestation | undefined,
  certificates: Pick<Certificates, 'get'>,
): Attestation {
  const name = kindOfMechanism(mechanism, enrollment);
  const kind: AttestationKind<Attestation> = kinds[name];
  return kind.read(mechanism, { before: before?.kind === name ? before : undefined, certificates });
}

/** @throws DpsError badRequest, notImplemented */
function kindOfMechanism(mechanism: AttestationMechanism, enrollment: EnrollmentType): AttestationKindName {
  const { type, x509 } = mechanism;
  const ofType = kindsWhere((kind) => kind.type === type);
  const allowed = ofType.filter((name) => kinds[name].enrollments.includes(enrollment));
  if (allowed.length === 0) {
    const missing = missingTypes[type];
    if (missing !== undefined && enrollment === 'individual') {
      throw new DpsError('notImplemented', {
        message: `Not implemented in this emulator: ${missing} attestation.`,
      });
    }
    const what = enrollment === 'group' ? 'An enrollment group' : 'An individual enrollment';
    throw badRequest(`${what} cannot have the attestation type ${type}.`);
  }
  const memberOf = (name: AttestationKindName) => kinds[name].member;
  const given = ofType.filter((name) => {
    const member = memberOf(name);
    return member === undefined || x509?.[member] != null;
  });
  const misplaced = given.find((name) => !allowed.includes(name));
  if (misplaced) {
    throw badRequest(
      `attestation.x509.${memberOf(misplaced)} belongs to individual enrollments, not to groups.`,
    );
  }
  if (given.length !== 1) {
    const members = allowed
      .map(memberOf)
      .join(', ')
      .replace(/, (\w+)$/, ' and $1');
    throw badRequest(`attestation.x509 must have one of ${members}.`);
  }
  return given[0]!;
}

/** The attestation type that Azure has and the emulator does not, by which a device registers; undefined for others. */
export function missingTypeOf(body: unknown): string | undefined {
  const members = new Map(Object.entries(body as object));
  return Object.keys(missingTypes).find((type) => members.get(type) != null);
}

/** @throws DpsError notImplemented when a device registers by an attestation type that is not implemented */
export function assertNoMissingType(body: unknown): void {
  const type = missingTypeOf(body);
  if (type === undefined) return;
  throw new DpsError('notImplemented', { message: `The field ${type} is not implemented here.` });
}
