/** Encrypts the keys of devices, with one key derived from the passphrase: deriving one for each would take days. */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { runReaderSync } from '../../pki/containers/deriving.js';
import { openEncryptedKey } from '../../pki/containers/encrypted-key.js';
import { type DerivedKey, deriveKey } from '../../pki/containers/encryption.js';
import { derivePfxKeys, type PfxKeys } from '../../pki/containers/pkcs12-write.js';
import type { Derivation } from '../../pki/slow-work.js';

/** Plain data, for the workers. */
export interface KeyEncryption {
  key: DerivedKey;
  /** For PKCS#12 files, when they are requested. */
  pfx: PfxKeys | undefined;
}

/** What the journal keeps, so that a run that is resumed encrypts as it began. */
export interface EncryptionRecord {
  /** Hexadecimal, as is the check. */
  salt: string;
  /** Tells a wrong passphrase, as every encrypted key does. */
  check: string;
}

/**
 * @param before of the run that is resumed
 * @throws EnrollkitError WRONG_PASSPHRASE when it is not that of the run that is resumed
 */
export async function keyEncryption(
  passphrase: string,
  withPfx: boolean,
  before: EncryptionRecord | undefined,
): Promise<KeyEncryption> {
  const key = await deriveKey(passphrase, before && Buffer.from(before.salt, 'hex'));
  if (before && !timingSafeEqual(checkOf(key), Buffer.from(before.check, 'hex'))) {
    throw new EnrollkitError('WRONG_PASSPHRASE', sentences.fleet.otherPassphrase, {
      next: sentences.fleet.otherPassphraseNext,
    });
  }
  return { key, pfx: withPfx ? { ...(await derivePfxKeys(passphrase)), encryption: key } : undefined };
}

export function recordOf({ key }: KeyEncryption): EncryptionRecord {
  return { salt: Buffer.from(key.salt).toString('hex'), check: checkOf(key).toString('hex') };
}

function checkOf({ key }: DerivedKey): Buffer {
  return createHmac('sha256', key).update('passphrase check').digest();
}

/**
 * Opens a key that this fleet encrypted.
 *
 * @param der an EncryptedPrivateKeyInfo
 * @throws EnrollkitError WRONG_PASSPHRASE, INVALID_KEY for any other key
 */
export function openWith({ salt, iterations, key }: DerivedKey, der: Buffer): KeyObject {
  const derive = (work: Derivation) =>
    work.kind === 'pbkdf2' && work.iterations === iterations && Buffer.from(work.salt).equals(salt)
      ? Buffer.from(key)
      : Buffer.alloc(32);
  return runReaderSync(openEncryptedKey(der, ''), derive);
}
