/**
 * Attestation by symmetric key: the device signs a token with its key. In a group, the key of the device is derived from
 * the group's.
 *
 * Source: Microsoft Learn, "Symmetric key attestation with DPS".
 */
import { randomBytes } from 'node:crypto';
import { deriveDeviceKey, sasSignatureMatches } from '../../../dps/contract/sas.js';
import type { DeviceCredential } from '../../hub/devices.js';
import { DpsError } from '../dps-error.js';
import type { AttestationKind } from './attestation-kind.js';

export interface SymmetricKeyAttestation {
  kind: 'symmetric-key';
  /** Both base64, of 16 to 64 octets. */
  primaryKey: string;
  secondaryKey: string;
}

/** Microsoft Learn, "Symmetric key attestation with DPS": 16 to 64 bytes; the service generates keys of 64. */
const keyOctets = { min: 16, max: 64, generated: 64 };

export const symmetricKey: AttestationKind<SymmetricKeyAttestation> = {
  type: 'symmetricKey',
  enrollments: ['group', 'individual'],
  groupLimit: { quota: 'symmetricKeyEnrollmentGroups', what: 'enrollment groups of symmetric keys' },

  read: ({ symmetricKey: given }, { before }) => ({
    kind: 'symmetric-key',
    primaryKey: readKey('primaryKey', given?.primaryKey, before?.primaryKey),
    secondaryKey: readKey('secondaryKey', given?.secondaryKey, before?.secondaryKey),
  }),

  toMechanism: ({ primaryKey, secondaryKey }) => ({
    type: 'symmetricKey',
    symmetricKey: { primaryKey, secondaryKey },
  }),

  toReply: () => ({ type: 'symmetricKey' }),

  verifyToken({ primaryKey, secondaryKey }, { registrationId, token }, enrollment) {
    const own = [primaryKey, secondaryKey];
    const credentialWith = (symmetricKeys: string[]): DeviceCredential | undefined =>
      symmetricKeys.some((key) => sasSignatureMatches(token, key))
        ? { type: 'sas', symmetricKeys }
        : undefined;
    if (enrollment === 'individual') return credentialWith(own);
    // The documentation derives keys from the registration ID in lower case; SDKs use it as it is given.
    for (const spelling of new Set([registrationId, registrationId.toLowerCase()])) {
      const credential = credentialWith(own.map((key) => deriveDeviceKey(key, spelling)));
      if (credential) return credential;
    }
    return undefined;
  },
};

/** Keeps the stored key if none is given, since replies do not show it; without a stored key, generates one. */
function readKey(
  field: 'primaryKey' | 'secondaryKey',
  given: string | null | undefined,
  stored: string | undefined,
): string {
  if (given == null || given === '') return stored ?? randomBytes(keyOctets.generated).toString('base64');
  const octets = Buffer.from(given, 'base64');
  const isBase64 = octets.toString('base64') === given;
  if (!isBase64 || octets.length < keyOctets.min || octets.length > keyOctets.max) {
    throw new DpsError('badRequest', {
      message: `attestation.symmetricKey.${field} must be base64 of ${keyOctets.min} to ${keyOctets.max} octets.`,
    });
  }
  return given;
}
