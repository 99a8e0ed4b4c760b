/**
 * Whether a device may register, and through which enrollment. An individual enrollment of its registration ID decides
 * alone, also when it is disabled; without one, the enrollment groups do.
 *
 * Source: Microsoft Learn, "X.509 certificate attestation", "Symmetric key attestation" and "DPS enrollment" (concepts).
 */

import { DpsError } from '../dps-error.js';
import type { Certificates } from '../state/ca-certificates.js';
import type { EnrollmentSettings } from '../state/enrollment-settings.js';
import type { EnrollmentGroups, StoredGroup } from '../state/stored-groups.js';
import type { IndividualEnrollments, StoredIndividual } from '../state/stored-individuals.js';
import { matchSymmetricKey } from './attestation-symmetric-key.js';
import { identifyCertificate, X509Attestation } from './attestation-x509.js';

/** What a device brings to prove who it is. */
export interface Proof {
  idScope: string;
  registrationId: string;
  /** The certificates of the TLS handshake, DER, leaf first; empty when there were none. */
  chain: readonly Buffer[];
  /** The device's shared access signature; where there is one, certificates do not count. */
  authorization?: string | undefined;
}

export interface Decision {
  enrollment: StoredGroup | StoredIndividual;
  /** Undefined when an individual enrollment decided. */
  enrollmentGroupId: string | undefined;
  /** As the individual enrollment names it. */
  deviceId: string | undefined;
  /** Who the device is: the SHA-256 of its certificate, upper-case hexadecimal, or {@link symmetricKeyIdentity}. */
  identity: string;
  /** By what the hub knows the device afterwards. */
  hubCredential: HubCredential;
}

export interface HubCredential {
  /** SHA-256 of the device's certificate, upper-case hexadecimal; undefined when it has a symmetric key. */
  leafThumbprint?: string;
  /** SHA-256 of its issuers, nearest first, up to the CA that backs the enrollment; of a certificate known itself, none. */
  issuerThumbprints: string[];
  /** Base64; any of them opens the hub. */
  symmetricKeys?: string[];
}

/** The identity of whoever has a device's symmetric key: the registration ID says which. */
export const symmetricKeyIdentity = 'symmetricKey';

export interface AttestationOptions {
  certificates: Certificates;
  groups: EnrollmentGroups;
  individuals: IndividualEnrollments;
  /** Whether devices must present their chain up to a verified CA, that one included. */
  fullChain: boolean;
  now: () => Date;
}

export class Attestation {
  readonly #options: AttestationOptions;
  readonly #x509: X509Attestation;

  constructor(options: AttestationOptions) {
    this.#options = options;
    this.#x509 = new X509Attestation(options);
  }

  /**
   * Who asks, without asking whether they may register: see {@link Decision.identity}.
   *
   * @throws DpsError
   */
  identify(proof: Proof): string {
    const { registrationId, chain } = proof;
    if (hasToken(proof)) {
      matchSymmetricKey(proof, this.#options);
      return symmetricKeyIdentity;
    }
    return identifyCertificate(registrationId, chain);
  }

  /** @throws DpsError 401002 in all the cases that the service has for it, with the reason for the log */
  async decide(proof: Proof): Promise<Decision> {
    if (hasToken(proof)) return this.#decideBySymmetricKey(proof);
    const identity = this.identify(proof);
    const individual = this.#options.individuals.get(proof.registrationId);
    if (individual) {
      assertEnabled(individual, `the individual enrollment "${individual.registrationId}"`);
      if (individual.symmetricKey) {
        throw new DpsError('unauthorizedDevice', {
          reason: `the individual enrollment "${individual.registrationId}" asks for a symmetric key`,
        });
      }
      const hubCredential = await this.#x509.matchIndividual(individual, proof.chain, identity);
      const { deviceId } = individual;
      return { enrollment: individual, enrollmentGroupId: undefined, deviceId, identity, hubCredential };
    }
    const { group, issuerThumbprints } = await this.#x509.findGroup(proof.chain);
    assertEnabled(group, `the enrollment group "${group.enrollmentGroupId}"`);
    const hubCredential = { leafThumbprint: identity, issuerThumbprints };
    const { enrollmentGroupId } = group;
    return { enrollment: group, enrollmentGroupId, deviceId: undefined, identity, hubCredential };
  }

  #decideBySymmetricKey(proof: Proof & { authorization: string }): Decision {
    const match = matchSymmetricKey(proof, this.#options);
    const { hubCredential } = match;
    const identity = symmetricKeyIdentity;
    if ('individual' in match) {
      const { individual } = match;
      assertEnabled(individual, `the individual enrollment "${individual.registrationId}"`);
      const { deviceId } = individual;
      return { enrollment: individual, enrollmentGroupId: undefined, deviceId, identity, hubCredential };
    }
    const { group } = match;
    assertEnabled(group, `the enrollment group "${group.enrollmentGroupId}"`);
    const { enrollmentGroupId } = group;
    return { enrollment: group, enrollmentGroupId, deviceId: undefined, identity, hubCredential };
  }
}

function hasToken(proof: Proof): proof is Proof & { authorization: string } {
  return proof.authorization !== undefined;
}

function assertEnabled({ provisioningStatus }: EnrollmentSettings, what: string): void {
  if (provisioningStatus === 'disabled')
    throw new DpsError('unauthorizedDevice', { reason: `${what} is disabled` });
}
