/**
 * What a kind of attestation consists of. Each kind is one module, which exports its settings as they are stored and an
 * {@link AttestationKind}; kinds.ts lists them.
 */
import type { EnrollmentGroup } from '../../../dps/contract/schemas.js';
import type { DeviceCredential } from '../../hub/devices.js';
import type { ResourceLimits } from '../quotas.js';
import type { Certificates } from '../state/ca-certificates.js';
import type { ChainVerifier } from './chain-verifier.js';
import type { CertificateEvidence, TokenEvidence } from './evidence.js';

/** The field `attestation` of an enrollment on the service plane. */
export type AttestationMechanism = EnrollmentGroup['attestation'];

export type EnrollmentType = 'group' | 'individual';

export interface AttestationKind<Settings> {
  /** `attestation.type`, and the member of the device's registration state that names the enrollment group. */
  readonly type: Exclude<AttestationMechanism['type'], 'none'>;
  /** The member of `attestation.x509` that has the details; only for the kinds of that type. */
  readonly member?: keyof NonNullable<AttestationMechanism['x509']>;
  readonly enrollments: readonly EnrollmentType[];
  /** The limit on enrollment groups of this kind; kinds with the same limit are counted together. */
  readonly groupLimit?: GroupLimit;

  /**
   * Reads the settings from the body of a request.
   *
   * @param mechanism of this type, and with this member
   * @throws DpsError badRequest
   */
  read(mechanism: AttestationMechanism, context: ReadContext<Settings>): Settings;

  /** The attestation mechanism for a caller who may see keys. */
  toMechanism(settings: Settings): AttestationMechanism;

  /** The attestation mechanism without keys, where that differs. */
  toReply?(settings: Settings): AttestationMechanism;

  /** The CAs by which a group of this kind is found. */
  authorities?(settings: Settings): AuthorityKey[];

  /**
   * Checks the token of a device; only for kinds whose devices present one.
   *
   * @returns the credential of the device in its hub; undefined when none of the enrollment's keys signed the token
   */
  verifyToken?(
    settings: Settings,
    evidence: TokenEvidence,
    enrollment: EnrollmentType,
  ): DeviceCredential | undefined;

  /**
   * Checks the certificate of a device with an individual enrollment; only for kinds whose devices present one.
   *
   * @returns the credential of the device in its hub
   * @throws DpsError when the enrollment does not admit this certificate
   */
  verifyCertificate?(
    settings: Settings,
    evidence: CertificateEvidence,
    context: VerifyContext,
  ): DeviceCredential;
}

export interface GroupLimit {
  quota: keyof ResourceLimits;
  /** What there may be this many of, for the message. */
  what: string;
}

export interface ReadContext<Settings> {
  /** The stored settings, if they are of the same kind: replies have no keys and certificates, so they are kept. */
  before: Settings | undefined;
  /** The CA certificates of the provisioning service. */
  certificates: Pick<Certificates, 'get'>;
}

export interface VerifyContext {
  chains: ChainVerifier;
  at: Date;
}

/** The CA of a group: a certificate by its SHA-256 (upper-case hexadecimal), or the name of an uploaded one. */
export type AuthorityKey = { slot: Slot } & ({ sha256: string } | { reference: string });

export const slots = ['primary', 'secondary'] as const;
export type Slot = (typeof slots)[number];
