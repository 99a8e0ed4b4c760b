/**
 * Decryption with RC2 in CBC mode (RFC 2268). Windows and OpenSSL before version 3 encrypt the certificates of PKCS#12
 * files with it, and node's OpenSSL no longer has it. Far too weak to protect anything.
 */

/** RFC 2268 section 2: a permutation from the digits of pi. */
const piTable = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32' +
    'bd8f40eb86b77b0bf09521225c6b4e8254d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed708e8eade8052eef784aa72ac354d6a2a' +
    '961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2e' +
    'c5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
);
const blockLength = 8;
const rotations = [1, 2, 3, 5] as const;

/**
 * Decrypts and removes the padding. The effective key bits are those of the key.
 *
 * @returns undefined for invalid padding: another key, or not RC2
 */
export function decryptRc2(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Buffer | undefined {
  if (ciphertext.length === 0 || ciphertext.length % blockLength !== 0) return undefined;
  const schedule = expand(key);
  const result = Buffer.alloc(ciphertext.length);
  let previous = iv;
  for (let at = 0; at < ciphertext.length; at += blockLength) {
    const block = ciphertext.subarray(at, at + blockLength);
    const plain = decryptBlock(schedule, block);
    for (let octet = 0; octet < blockLength; octet += 1)
      result[at + octet] = plain[octet]! ^ previous[octet]!;
    previous = block;
  }
  const padding = result.at(-1)!;
  const isPadding = padding >= 1 && padding <= blockLength;
  return isPadding && result.subarray(-padding).every((octet) => octet === padding)
    ? result.subarray(0, -padding)
    : undefined;
}

/** RFC 2268 section 2. The mask TM is 255 for a whole number of octets. */
function expand(key: Uint8Array): Uint16Array {
  const bytes = new Uint8Array(128);
  bytes.set(key);
  const { length } = key;
  for (let at = length; at < 128; at += 1) {
    bytes[at] = piTable[(bytes[at - 1]! + bytes[at - length]!) & 0xff]!;
  }
  bytes[128 - length] = piTable[bytes[128 - length]!]!;
  for (let at = 127 - length; at >= 0; at -= 1) bytes[at] = piTable[bytes[at + 1]! ^ bytes[at + length]!]!;
  return Uint16Array.from({ length: 64 }, (_, at) => bytes[2 * at]! | (bytes[2 * at + 1]! << 8));
}

/** RFC 2268 section 4. */
function decryptBlock(schedule: Uint16Array, block: Uint8Array): Uint8Array {
  const words = Uint16Array.from({ length: 4 }, (_, at) => block[2 * at]! | (block[2 * at + 1]! << 8));
  const before = (at: number, distance: number) => words[(at + 4 - distance) & 3]!;
  let next = 63;
  for (let round = 16; round >= 1; round -= 1) {
    for (let at = 3; at >= 0; at -= 1) {
      const rotation = rotations[at]!;
      const word = (words[at]! >>> rotation) | (words[at]! << (16 - rotation));
      const mixed = (before(at, 1) & before(at, 2)) + (~before(at, 1) & before(at, 3));
      words[at] = word - schedule[next]! - mixed;
      next -= 1;
    }
    // 5 mixing rounds, a mashing round, 6, a mashing round, 5.
    if (round === 12 || round === 6) {
      for (let at = 3; at >= 0; at -= 1) words[at] = words[at]! - schedule[before(at, 1) & 63]!;
    }
  }
  return Uint8Array.from({ length: blockLength }, (_, at) => (words[at >> 1]! >>> (8 * (at & 1))) & 0xff);
}
