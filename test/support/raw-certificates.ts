/** Certificates made octet by octet, good and bad ones, fast enough for thousands; nothing of src/pki/issue.ts. */
import { type KeyObject, sign } from 'node:crypto';
import { pemEncode } from '../../src/pki/containers/pem.js';
import {
  explicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOfOne,
  tlv,
} from '../../src/pki/der/write.js';
import { generatedKeys } from './generated-keys.js';

export interface Keys {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

export interface Raw {
  name: string;
  keys: Keys;
  der: Buffer;
  pem: string;
}

export interface RawRequest {
  name: string;
  /** Itself when left out. */
  issuer?: { name: string; keys: Keys };
  keys?: Keys;
  notBefore?: Date;
  notAfter?: Date;
  /** The content octets, or a small number. */
  serialNumber?: number | Buffer;
  /** The whole Validity, in place of the dates. */
  validity?: Buffer;
  extensions?: Buffer[];
  /** The whole Names, in place of common names. */
  subject?: Buffer;
  issuerName?: Buffer;
  /** The whole AlgorithmIdentifier; the hash is SHA-256 whatever it says. */
  signatureAlgorithm?: Buffer;
  /** The last word on the parts of the signed part: version, serial number, algorithm, issuer, and so on. */
  parts?: (parts: Buffer[]) => Buffer[];
}

export const now = new Date('2026-06-01T12:00:00Z');
export const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

export function newKeys(): Keys {
  return generatedKeys('ec', { namedCurve: 'P-256' });
}

export function raw({
  name,
  keys = newKeys(),
  issuer = { name, keys },
  extensions = [],
  ...more
}: RawRequest): Raw {
  const { signatureAlgorithm = ecdsaWithSha256 } = more;
  const parts = [
    explicit(0, integer(2)),
    typeof more.serialNumber === 'object' ? tlv(0x02, more.serialNumber) : integer(more.serialNumber ?? 1),
    signatureAlgorithm,
    more.issuerName ?? commonName(issuer.name),
    more.validity ??
      sequence(time(more.notBefore ?? new Date('2026-01-01')), time(more.notAfter ?? new Date('2027-01-01'))),
    more.subject ?? commonName(name),
    keys.publicKey.export({ format: 'der', type: 'spki' }),
    ...(extensions.length > 0 ? [explicit(3, sequence(...extensions))] : []),
  ];
  const toBeSigned = sequence(...(more.parts?.(parts) ?? parts));
  const signature = sign('sha256', toBeSigned, issuer.keys.privateKey);
  const der = sequence(toBeSigned, signatureAlgorithm, bitString(signature));
  return { name, keys, der, pem: pemEncode('CERTIFICATE', der) };
}

/** A certificate authority as it should be. */
export function authority(
  name: string,
  issuer?: Raw,
  more: Partial<RawRequest> & { pathLength?: number } = {},
): Raw {
  const { pathLength, extensions = [], ...request } = more;
  const own = [basicConstraints(true, pathLength), keyUsage(5, 6)];
  return raw({ name, ...(issuer ? { issuer } : {}), extensions: [...own, ...extensions], ...request });
}

/** A device's certificate as it should be. */
export function device(name: string, issuer: Raw, more: Partial<RawRequest> = {}): Raw {
  const { extensions = [], ...request } = more;
  return raw({ name, issuer, extensions: [basicConstraints(false), keyUsage(0), ...extensions], ...request });
}

/** @param value the DER inside of extnValue */
export function extension(type: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [tlv(0x01, Buffer.from([0xff]))] : [];
  return sequence(objectIdentifier(type), ...flag, octetString(value));
}

export function basicConstraints(certificateAuthority: boolean, pathLength?: number): Buffer {
  const parts = certificateAuthority ? [tlv(0x01, Buffer.from([0xff]))] : [];
  if (pathLength !== undefined) parts.push(integer(pathLength));
  return extension('2.5.29.19', true, sequence(...parts));
}

/** @param bits by their numbers: 0 is digitalSignature, 5 keyCertSign, 6 cRLSign */
export function keyUsage(...bits: number[]): Buffer {
  const octet = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  return extension('2.5.29.15', true, tlv(0x03, Buffer.from([7 - Math.max(...bits), octet])));
}

export function extendedKeyUsage(...types: string[]): Buffer {
  return extension('2.5.29.37', false, sequence(...types.map(objectIdentifier)));
}

export const dns = (name: string) => tlv(0x82, Buffer.from(name, 'latin1'));
export const email = (name: string) => tlv(0x81, Buffer.from(name, 'latin1'));
export const uri = (name: string) => tlv(0x86, Buffer.from(name, 'latin1'));
export const ip = (...octets: number[]) => tlv(0x87, Buffer.from(octets));
export const directory = (name: string) => tlv(0xa4, commonName(name));

export function alternativeNames(...names: Buffer[]): Buffer {
  return extension('2.5.29.17', false, sequence(...names));
}

export function nameConstraints(permitted: Buffer[], excluded: Buffer[]): Buffer {
  const subtrees = (tag: number, names: Buffer[]) =>
    names.length > 0 ? [tlv(tag, ...names.map((name) => sequence(name)))] : [];
  return extension('2.5.29.30', true, sequence(...subtrees(0xa0, permitted), ...subtrees(0xa1, excluded)));
}

export function commonName(name: string): Buffer {
  const value = tlv(0x0c, Buffer.from(name));
  return name === '' ? sequence() : sequence(setOfOne(sequence(objectIdentifier('2.5.4.3'), value)));
}

export function bitString(bytes: Buffer): Buffer {
  return tlv(0x03, Buffer.from([0]), bytes);
}

export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, '').slice(0, 14);
  return date.getUTCFullYear() < 2050
    ? tlv(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : tlv(0x18, Buffer.from(`${digits}Z`));
}
