/** Encrypted keys and PKCS#12 files that ask for as much key derivation as a test wants. */
import { createCipheriv, type KeyObject, scryptSync } from 'node:crypto';
import { pemEncode } from '../../src/pki/containers/pem.js';
import {
  explicit,
  implicitPrimitive,
  integer,
  nullValue,
  objectIdentifier,
  octetString,
  sequence,
} from '../../src/pki/der/write.js';

const salt = Buffer.from('0123456789abcdef', 'hex');
const iv = Buffer.alloc(16, 7);
const data = '1.2.840.113549.1.7.1';

export const pbkdf2 = (iterations: number, hash: 'sha256' | 'sha512' = 'sha256') =>
  sequence(
    objectIdentifier('1.2.840.113549.1.5.12'),
    sequence(
      octetString(salt),
      integer(iterations),
      sequence(objectIdentifier(`1.2.840.113549.2.${hash === 'sha256' ? 9 : 11}`), nullValue()),
    ),
  );

export const scrypt = (cost: number, blockSize: number, parallelization: number) =>
  sequence(
    objectIdentifier('1.3.6.1.4.1.11591.4.11'),
    sequence(octetString(salt), integer(cost), integer(blockSize), integer(parallelization)),
  );

/** PBES2 with AES-256-CBC. */
export const pbes2 = (derivation: Uint8Array) =>
  sequence(
    objectIdentifier('1.2.840.113549.1.5.13'),
    sequence(derivation, sequence(objectIdentifier('2.16.840.1.101.3.4.1.42'), octetString(iv))),
  );

/** PKCS#12's own way, with 3DES. */
export const pkcs12Encryption = (iterations: number) =>
  sequence(objectIdentifier('1.2.840.113549.1.12.1.3'), sequence(octetString(salt), integer(iterations)));

/** EncryptedPrivateKeyInfo of no key at all, for what ends before it is decrypted. */
export const undecipherable = (algorithm: Uint8Array) => sequence(algorithm, octetString(Buffer.alloc(144)));

export const encryptedPem = (der: Uint8Array) => pemEncode('ENCRYPTED PRIVATE KEY', der);

/** A key that opens. */
export function encryptedByScrypt(
  key: KeyObject,
  passphrase: string,
  [cost, blockSize, parallelization]: readonly [number, number, number],
): Buffer {
  const options = { cost, blockSize, parallelization, maxmem: 2 ** 30 };
  const cipher = createCipheriv('aes-256-cbc', scryptSync(passphrase, salt, 32, options), iv);
  const plaintext = key.export({ format: 'der', type: 'pkcs8' });
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return sequence(pbes2(scrypt(cost, blockSize, parallelization)), octetString(ciphertext));
}

const dataContent = (contents: Uint8Array) =>
  sequence(objectIdentifier(data), explicit(0, octetString(contents)));

const encryptedContent = (algorithm: Uint8Array) =>
  sequence(
    objectIdentifier('1.2.840.113549.1.7.6'),
    explicit(
      0,
      sequence(
        integer(0),
        sequence(objectIdentifier(data), algorithm, implicitPrimitive(0, Buffer.alloc(144))),
      ),
    ),
  );

const shroudedKey = (algorithm: Uint8Array) =>
  dataContent(
    sequence(
      sequence(
        objectIdentifier('1.2.840.113549.1.12.10.1.2'),
        explicit(0, sequence(algorithm, octetString(Buffer.alloc(144)))),
      ),
    ),
  );

/**
 * A PKCS#12 file with nothing readable in it.
 *
 * @param asked.mac rounds of its authentication; left out for a file without one
 * @param asked.certificates how its certificates are encrypted
 * @param asked.key how its key is encrypted
 */
export function pkcs12(asked: { mac?: number; certificates?: Uint8Array; key?: Uint8Array }): Buffer {
  const authenticatedSafe = sequence(
    ...(asked.certificates ? [encryptedContent(asked.certificates)] : []),
    ...(asked.key ? [shroudedKey(asked.key)] : []),
  );
  const macData =
    asked.mac === undefined
      ? []
      : [
          sequence(
            sequence(
              sequence(objectIdentifier('2.16.840.1.101.3.4.2.1'), nullValue()),
              octetString(Buffer.alloc(32)),
            ),
            octetString(salt),
            integer(asked.mac),
          ),
        ];
  return sequence(integer(3), dataContent(authenticatedSafe), ...macData);
}
