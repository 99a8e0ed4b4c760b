/**
 * Symmetric key attestation: the device signs a token with its key. Of a group, that key is derived from the group's.
 *
 * Source: Microsoft Learn, "Symmetric key attestation with DPS". A token does not name its group: the one whose key
 * signed it is the device's.
 */
import {
  deriveDeviceKey,
  parseSasToken,
  type SasToken,
  sasSignatureMatches,
} from '../../../dps/contract/sas.js';
import { DpsError } from '../dps-error.js';
import type { SymmetricKey } from '../state/enrollment-settings.js';
import type { StoredGroup } from '../state/stored-groups.js';
import type { StoredIndividual } from '../state/stored-individuals.js';
import type { AttestationOptions, HubCredential, Proof } from './attestation.js';

export type SymmetricKeyMatch = { hubCredential: HubCredential } & (
  | { individual: StoredIndividual }
  | { group: StoredGroup }
);

/**
 * The enrollment whose key signed the device's token, enabled or not.
 *
 * @throws DpsError
 */
export function matchSymmetricKey(
  proof: Proof & { authorization: string },
  { individuals, groups, now }: AttestationOptions,
): SymmetricKeyMatch {
  const token = readToken(proof, now());
  const individual = individuals.get(proof.registrationId);
  if (individual) {
    if (!individual.symmetricKey) throw refused('the individual enrollment has no symmetric key');
    const keys = keysOf(individual.symmetricKey);
    if (!signedWith(token, keys)) throw refused('the signature does not match the individual enrollment');
    return { individual, hubCredential: { issuerThumbprints: [], symmetricKeys: keys } };
  }
  // Whoever derives by the documentation writes the registration ID in lower case; SDKs take it as it is given.
  const spellings = new Set([proof.registrationId, proof.registrationId.toLowerCase()]);
  for (const group of groups.withSymmetricKey()) {
    for (const spelling of spellings) {
      const keys = keysOf(group.symmetricKey!).map((key) => deriveDeviceKey(key, spelling));
      if (signedWith(token, keys)) {
        return { group, hubCredential: { issuerThumbprints: [], symmetricKeys: keys } };
      }
    }
  }
  throw refused('the signature matches no enrollment group');
}

function readToken(
  { authorization, idScope, registrationId }: Proof & { authorization: string },
  at: Date,
): SasToken {
  const token = parseSasToken(authorization);
  if (!token) throw refused('the authorization holds no shared access signature');
  if (token.policyName.toLowerCase() !== 'registration') throw refused('skn is not "registration"');
  if (token.expiry * 1000 < at.getTime()) throw refused('the token has expired');
  if (token.resource.toLowerCase() !== `${idScope}/registrations/${registrationId}`.toLowerCase()) {
    throw refused('the token is for another registration');
  }
  return token;
}

function keysOf({ primaryKey, secondaryKey }: SymmetricKey): string[] {
  return [primaryKey, secondaryKey];
}

function signedWith(token: SasToken, keys: readonly string[]): boolean {
  return keys.some((key) => sasSignatureMatches(token, key));
}

function refused(reason: string): DpsError {
  return new DpsError('unauthorizedDevice', { reason });
}
