/** The key derivation of PKCS#12 (RFC 7292 appendix B.2). */
import { hash as digest } from 'node:crypto';
import type { Deriving } from '../deriving.js';

export type Pkcs12Hash = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** The purpose of the derived octets (appendix B.3). */
export const purposes = { key: 1, iv: 2, mac: 3 } as const;

/** Block size of a hash in octets: 64 up to SHA-256, 128 above. */
const blockLengths: Readonly<Record<Pkcs12Hash, number>> = {
  sha1: 64,
  sha224: 64,
  sha256: 64,
  sha384: 128,
  sha512: 128,
};

interface Pkcs12Derivation {
  hash: Pkcs12Hash;
  /** From {@link passphraseOctets}. */
  passphrase: Uint8Array;
  salt: Uint8Array;
  iterations: number;
  purpose: (typeof purposes)[keyof typeof purposes];
  /** In octets. */
  length: number;
}

/** Encodes a passphrase (RFC 7292 appendix B.1): UCS-2, big-endian, with a terminator. */
export function passphraseOctets(passphrase: string): Buffer {
  return Buffer.concat([Buffer.from(passphrase, 'utf16le').swap16(), Buffer.from([0, 0])]);
}

/** Iterations between yields: about ten milliseconds. */
const iterationsBetweenYields = 8192;

/** The steps are numbered as in appendix B.2. */
export function* derivePkcs12Key({
  hash,
  passphrase,
  salt,
  iterations,
  purpose,
  length,
}: Pkcs12Derivation): Deriving<Buffer> {
  const blockLength = blockLengths[hash];
  const filled = (bytes: Uint8Array) =>
    Buffer.alloc(blockLength * Math.ceil(bytes.length / blockLength), bytes);
  const diversifier = Buffer.alloc(blockLength, purpose); // 1
  const input = Buffer.concat([
    salt.length > 0 ? filled(salt) : Buffer.alloc(0),
    passphrase.length > 0 ? filled(passphrase) : Buffer.alloc(0),
  ]); // 2 to 4
  const result: Buffer[] = [];
  for (let written = 0; written < length; ) {
    const block = digest(hash, Buffer.concat([diversifier, input]), 'buffer'); // 6 A
    for (let round = 1; round < iterations; round += 1) {
      if (round % iterationsBetweenYields === 0) yield;
      // As Latin-1, in half the time of a new buffer for each round.
      block.write(digest(hash, block, 'binary'), 'latin1');
    }
    result.push(block);
    written += block.length;
    if (written < length) addToEach(input, Buffer.alloc(blockLength, block)); // 6 B and C
  }
  return Buffer.concat(result).subarray(0, length);
}

/** Adds a block and 1 to each block of the input, modulo the block's size. */
function addToEach(input: Buffer, block: Buffer): void {
  for (let start = 0; start < input.length; start += block.length) {
    let carry = 1;
    for (let at = block.length - 1; at >= 0; at -= 1) {
      carry += input[start + at]! + block[at]!;
      input[start + at] = carry & 0xff;
      carry >>= 8;
    }
  }
}
