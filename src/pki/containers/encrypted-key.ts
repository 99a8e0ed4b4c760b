/** Encrypted private keys (RFC 5958 section 3), opened when the work of it is bounded. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { DerError, readOnly, sequenceOf, smallIntegerOf } from '../der/read.js';
import { algorithmOf } from '../x509/certificate.js';
import { pbes2, pbkdf2 } from './pkcs12/decrypt.js';
import { KeyDerivationWork } from './pkcs12/work.js';

/** RFC 7914; OpenSSL bounds it by the memory that it takes. */
const scrypt = '1.3.6.1.4.1.11591.4.11';

/**
 * @param der an EncryptedPrivateKeyInfo
 * @throws EnrollkitError WRONG_PASSPHRASE, INVALID_KEY; neither quotes the key
 */
export function openEncryptedKey(der: Buffer, passphrase: string): KeyObject {
  try {
    assertBounded(der);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new EnrollkitError('INVALID_KEY', `The private key cannot be read: ${error.message}.`);
  }
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8', passphrase });
  } catch (cause) {
    throw new EnrollkitError('WRONG_PASSPHRASE', 'The passphrase does not open the private key.', { cause });
  }
}

/** node:crypto would do any number of rounds, and could not be stopped. @throws DerError */
function assertBounded(der: Buffer): void {
  const { type, parameters } = algorithmOf(sequenceOf(readOnly(der))[0]);
  if (!parameters) throw new DerError(`it is encrypted by ${type} without parameters`);
  const work = new KeyDerivationWork();
  const [first, rounds] = sequenceOf(readOnly(parameters));
  // PKCS#12's ways and PBES1: salt and rounds.
  if (type !== pbes2) {
    work.pbkdf2(smallIntegerOf(rounds));
    return;
  }
  const derivation = algorithmOf(first);
  if (derivation.type === scrypt) return;
  if (derivation.type !== pbkdf2 || !derivation.parameters) {
    throw new DerError(`it is encrypted in a way that is not read here (${derivation.type})`);
  }
  work.pbkdf2(smallIntegerOf(sequenceOf(readOnly(derivation.parameters))[1]));
}
