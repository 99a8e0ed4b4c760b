/** SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7): the type of the key, and the key itself. */

import { createPublicKey, type KeyObject } from 'node:crypto';
import { sentences } from '../../languages/language.js';
import {
  bitStringOf,
  DerError,
  type Element,
  integerOf,
  objectIdentifierOf,
  readOnly,
  sequenceOf,
  tags,
} from '../der/read.js';

export interface PublicKeyInfo {
  /** The whole SubjectPublicKeyInfo. */
  der: Buffer;
  family: 'rsa' | 'rsa-pss' | 'ec' | 'ed25519' | 'other';
  /** `EC P-256`, `RSA 2048`, `RSA-PSS 2048`, `Ed25519`; the object identifier of an unknown algorithm. */
  name: string;
  /** Bits of the curve's order or the modulus; 0 for an unknown algorithm. */
  bits: number;
  /** The point as JSON Web Key coordinates, if encoded uncompressed. */
  point?: { crv: string; x: Buffer; y: Buffer };
}

interface Curve {
  name: string;
  bits: number;
}

/** RFC 5480 section 2.1.1.1. */
const curves: Readonly<Record<string, Curve>> = {
  '1.2.840.10045.3.1.7': { name: 'P-256', bits: 256 },
  '1.3.132.0.34': { name: 'P-384', bits: 384 },
  '1.3.132.0.35': { name: 'P-521', bits: 521 },
};

const rsaEncryption = '1.2.840.113549.1.1.1';
const rsaPss = '1.2.840.113549.1.1.10';
const ecPublicKey = '1.2.840.10045.2.1';
const ed25519 = '1.3.101.112';

/** @throws DerError */
export function publicKeyInfoOf(element: Element | undefined): PublicKeyInfo {
  const parts = sequenceOf(element);
  if (parts.length !== 2) throw new DerError(sentences.pkiX509.publicKeyShape);
  const [type, parameters] = sequenceOf(parts[0]);
  const algorithm = objectIdentifierOf(type);
  const { bytes, unusedBits } = bitStringOf(parts[1]);
  if (unusedBits !== 0) throw new DerError(sentences.pkiX509.publicKeyOctets);
  const der = element!.raw;
  switch (algorithm) {
    case rsaEncryption:
      return rsa(der, 'rsa', 'RSA', bytes);
    case rsaPss:
      return rsa(der, 'rsa-pss', 'RSA-PSS', bytes);
    case ecPublicKey:
      return ec(der, parameters, bytes);
    case ed25519:
      if (parameters || bytes.length !== 32) throw new DerError(sentences.pkiX509.ed25519Shape);
      return { der, family: 'ed25519', name: 'Ed25519', bits: 253 };
    default:
      return { der, family: 'other', name: algorithm, bits: 0 };
  }
}

/** NIST SP 800-57 part 1, table 2: 112 bits of security, which RSA has from 2048 bits on. */
const minRsaBits = 2048;

/** A sentence on why no certificate can be issued for a key, or undefined. */
export function publicKeyProblem({ family, name, bits }: PublicKeyInfo): string | undefined {
  if (family === 'other') return sentences.pkiX509.keyNotCertified(name);
  if (!family.startsWith('rsa') || bits >= minRsaBits) return undefined;
  return sentences.pkiX509.rsaTooShort(bits, minRsaBits);
}

/** NIST SP 800-56B section 6.2: exponents are below 2^256. With a longer one, verifying costs as much as signing. */
const maxExponentOctets = 32;

function rsa(der: Buffer, family: 'rsa' | 'rsa-pss', name: string, key: Buffer): PublicKeyInfo {
  const [modulus, exponent, ...rest] = sequenceOf(readOnly(key)).map((item) => integerOf(item));
  if (!modulus || !exponent || rest.length > 0 || modulus[0]! & 0x80 || exponent[0]! & 0x80) {
    throw new DerError(sentences.pkiX509.rsaShape);
  }
  const top = modulus[0] === 0 ? 1 : 0;
  const bits = (modulus.length - top) * 8 - Math.clz32(modulus[top] ?? 0) + 24;
  if (exponent.length > maxExponentOctets)
    return { der, family: 'other', name: sentences.pkiX509.longExponent(name, exponent.length), bits: 0 };
  return { der, family, name: `${name} ${bits}`, bits };
}

/** RFC 5480 section 2.1.1 allows only named curves: explicit parameters could describe a weak curve (CVE-2020-0601). */
function ec(der: Buffer, parameters: Element | undefined, bytes: Buffer): PublicKeyInfo {
  if (parameters?.tag !== tags.objectIdentifier) {
    return { der, family: 'other', name: sentences.pkiX509.explicitCurve, bits: 0 };
  }
  const type = objectIdentifierOf(parameters);
  const curve = curves[type];
  if (!curve) return { der, family: 'other', name: `EC ${type}`, bits: 0 };
  const size = Math.ceil(curve.bits / 8);
  const isUncompressed = bytes[0] === 4;
  const isCompressed = bytes[0] === 2 || bytes[0] === 3;
  if (bytes.length !== (isUncompressed ? 2 * size + 1 : size + 1) || !(isUncompressed || isCompressed)) {
    throw new DerError(sentences.pkiX509.ecLength);
  }
  const info: PublicKeyInfo = { der, family: 'ec', name: `EC ${curve.name}`, bits: curve.bits };
  if (isUncompressed) {
    info.point = { crv: curve.name, x: bytes.subarray(1, size + 1), y: bytes.subarray(size + 1) };
  }
  return info;
}

/** Importing a key takes as long as verifying a signature, and a few CAs sign all devices. */
const recentKeys = new Map<string, KeyObject>();
const maxRecentKeys = 64;

/**
 * The key.
 *
 * @throws Error from node:crypto, for example for a point that is not on its curve
 */
export function importPublicKey(info: PublicKeyInfo): KeyObject {
  const id = info.der.toString('latin1');
  let key = recentKeys.get(id);
  if (key) recentKeys.delete(id);
  else key = readPublicKey(info);
  // A Map keeps insertion order: its first key is the least recently used one.
  recentKeys.set(id, key);
  if (recentKeys.size > maxRecentKeys) recentKeys.delete(recentKeys.keys().next().value!);
  return key;
}

/** Coordinates import twice as fast as DER. */
function readPublicKey({ der, point }: PublicKeyInfo): KeyObject {
  if (!point) return createPublicKey({ key: der, format: 'der', type: 'spki' });
  const x = point.x.toString('base64url');
  const y = point.y.toString('base64url');
  return createPublicKey({ key: { kty: 'EC', crv: point.crv, x, y }, format: 'jwk' });
}
