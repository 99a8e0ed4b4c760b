/**
 * Whether a device may register, and through which enrollment. An individual enrollment of its registration ID decides
 * alone, even if it is disabled; without one, the enrollment groups do.
 *
 * Source: Microsoft Learn, "X.509 certificate attestation", "Symmetric key attestation" and "DPS enrollment" (concepts).
 */
import { sha256Thumbprint } from '../../../pki/x509/certificate.js';
import type { DeviceCredential } from '../../hub/devices.js';
import { DpsError } from '../dps-error.js';
import type { RegistrationRequest } from '../registration/registration-request.js';
import type { Certificates } from '../state/ca-certificates.js';
import type { EnrollmentGroups, StoredGroup } from '../state/stored-groups.js';
import type { IndividualEnrollments, StoredIndividual } from '../state/stored-individuals.js';
import type { AttestationKind } from './attestation-kind.js';
import { ChainVerifier } from './chain-verifier.js';
import { type CertificateEvidence, type Evidence, readEvidence, type TokenEvidence } from './evidence.js';
import { type Attestation, kindOf, kindsWhere } from './kinds.js';

/** The identity of a device: the one that began an operation is the only one that can poll for it. */
export interface DeviceIdentity {
  /** The SHA-256 of its certificate, upper-case hexadecimal, or {@link tokenIdentity}. */
  id: string;
  /** The attestation type, which names a member of the registration state. */
  type: AttestationKind<Attestation>['type'];
}

/** A device with an enrollment: it may register unless that is disabled. */
export interface Decision {
  enrollment: Enrollment;
  evidence: Evidence;
  identity: DeviceIdentity;
  /** Its credential in the hub that it is assigned to. */
  credential: DeviceCredential;
}

type Enrollment = StoredGroup | StoredIndividual;

/** The identity of a device with a token: anyone who has its key. The registration ID tells them apart. */
const tokenIdentity = 'symmetricKey';

/** Groups of these kinds are tried in turn, since a token does not name its group. */
const tokenKinds = kindsWhere(({ verifyToken, enrollments }) => verifyToken && enrollments.includes('group'));

export interface DeviceAttestationOptions {
  certificates: Certificates;
  groups: EnrollmentGroups;
  individuals: IndividualEnrollments;
  /** Whether devices must present their chain up to a verified CA, including that CA. */
  fullChain: boolean;
  now: () => Date;
}

export class DeviceAttestation {
  readonly #options: DeviceAttestationOptions;
  readonly #chains: ChainVerifier;

  constructor(options: DeviceAttestationOptions) {
    this.#options = options;
    this.#chains = new ChainVerifier(options);
  }

  /**
   * Identifies a device, whether or not it may register now.
   *
   * @throws DpsError
   */
  identify(request: RegistrationRequest): DeviceIdentity {
    const evidence = readEvidence(request, this.#options.now());
    return evidence.by === 'token' ? this.#matchToken(evidence).identity : certificateIdentity(evidence);
  }

  /**
   * Finds the enrollment that a device belongs to, enabled or not.
   *
   * @throws DpsError 401002 in the cases in which the service answers so, with the reason for the log
   */
  decide(request: RegistrationRequest): Decision {
    const evidence = readEvidence(request, this.#options.now());
    if (evidence.by === 'certificate') return this.#decideByCertificate(request.registrationId, evidence);
    return this.#matchToken(evidence);
  }

  /** Finds the enrollment whose key signed the token, enabled or not. */
  #matchToken(evidence: TokenEvidence): Decision {
    const { individuals, groups } = this.#options;
    const refused = (key: 'noKey' | 'otherSignature' | 'noMatchingGroup') =>
      new DpsError('unauthorizedDevice', { reason: ({ emulator }) => emulator.reasons[key] });
    const individual = individuals.get(evidence.registrationId);
    if (individual) {
      const { attestation } = individual;
      const kind = kindOf(attestation);
      if (!kind.verifyToken) throw refused('noKey');
      const credential = kind.verifyToken(attestation, evidence, 'individual');
      if (!credential) throw refused('otherSignature');
      return toDecision(individual, evidence, credential);
    }
    for (const group of groups.ofKinds(tokenKinds)) {
      const credential = kindOf(group.attestation).verifyToken?.(group.attestation, evidence, 'group');
      if (credential) return toDecision(group, evidence, credential);
    }
    throw refused('noMatchingGroup');
  }

  #decideByCertificate(registrationId: string, evidence: CertificateEvidence): Decision {
    const { individuals, groups, now } = this.#options;
    const chains = this.#chains;
    const individual = individuals.get(registrationId);
    if (individual) {
      const { attestation } = individual;
      const kind = kindOf(attestation);
      if (!kind.verifyCertificate) {
        throw new DpsError('unauthorizedDevice', {
          reason: ({ emulator }) => emulator.reasons.wantsKey(individual.registrationId),
        });
      }
      const credential = kind.verifyCertificate(attestation, evidence, { chains, at: now() });
      return toDecision(individual, evidence, credential);
    }
    const found = chains.findAuthority(evidence, ({ sha256, names }) => groups.byAuthority(sha256, names));
    if (!found) throw new DpsError('caNotFound', { reason: ({ emulator }) => emulator.reasons.caNotInGroup });
    return toDecision(found.match, evidence, found.credential);
  }
}

function certificateIdentity({ leaf }: CertificateEvidence): DeviceIdentity {
  return { id: sha256Thumbprint(leaf), type: 'x509' };
}

function toDecision(enrollment: Enrollment, evidence: Evidence, credential: DeviceCredential): Decision {
  const identity: DeviceIdentity =
    evidence.by === 'certificate'
      ? certificateIdentity(evidence)
      : { id: tokenIdentity, type: kindOf(enrollment.attestation).type };
  return { enrollment, evidence, identity, credential };
}
