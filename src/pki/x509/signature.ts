/** Signatures on certificates: RSA PKCS#1 v1.5, RSA-PSS, ECDSA, Ed25519 (RFC 4055, 5758, 8410). */
import { constants, type KeyObject, verify } from 'node:crypto';
import {
  DerError,
  type Element,
  objectIdentifierOf,
  readOnly,
  sequenceOf,
  smallIntegerOf,
  tags,
} from '../der/read.js';
import type { AlgorithmIdentifier, Certificate } from './certificate.js';
import type { PublicKeyInfo } from './public-key.js';

interface Algorithm {
  /** As openssl names it. */
  name: string;
  /** The key family that makes such signatures. */
  families: readonly PublicKeyInfo['family'][];
  /** node's name of the hash; null if the algorithm implies it. */
  hash: string | null;
  /** The parameters that the algorithm requires. */
  parameters: 'absent' | 'null or absent' | 'pss';
}

const rsa = (bits: number): Algorithm => ({
  name: `sha${bits}WithRSAEncryption`,
  families: ['rsa'],
  hash: `sha${bits}`,
  parameters: 'null or absent',
});
const ecdsa = (bits: number): Algorithm => ({
  name: `ecdsa-with-SHA${bits}`,
  families: ['ec'],
  hash: `sha${bits}`,
  parameters: 'absent',
});

/** The accepted algorithms. SHA-1 and MD5 are missing: collisions of both exist. */
const algorithms: Readonly<Record<string, Algorithm>> = {
  '1.2.840.113549.1.1.11': rsa(256),
  '1.2.840.113549.1.1.12': rsa(384),
  '1.2.840.113549.1.1.13': rsa(512),
  '1.2.840.10045.4.3.2': ecdsa(256),
  '1.2.840.10045.4.3.3': ecdsa(384),
  '1.2.840.10045.4.3.4': ecdsa(512),
  '1.2.840.113549.1.1.10': { name: 'rsassaPss', families: ['rsa', 'rsa-pss'], hash: null, parameters: 'pss' },
  '1.3.101.112': { name: 'ED25519', families: ['ed25519'], hash: null, parameters: 'absent' },
};

/** Known by name, but never accepted. */
const refusedAlgorithms: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'md5WithRSAEncryption',
  '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption',
  '1.2.840.10045.4.1': 'ecdsa-with-SHA1',
};

const hashes: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
const maskGenerationFunction1 = '1.2.840.113549.1.1.8';

/** openssl's name of a signature algorithm, or its object identifier. */
export function signatureAlgorithmName({ type }: AlgorithmIdentifier): string {
  return algorithms[type]?.name ?? refusedAlgorithms[type] ?? type;
}

/** Whether signatures with this algorithm and these parameters are accepted. */
export function isSupportedSignature({ signatureAlgorithm }: Pick<Signed, 'signatureAlgorithm'>): boolean {
  return verificationOf(signatureAlgorithm) !== undefined;
}

/** Something signed: a certificate, a request or a revocation list. */
export type Signed = Pick<Certificate, 'toBeSigned' | 'signatureAlgorithm' | 'signature'>;

/** Whether the issuer's key signed a certificate; false for an unaccepted algorithm, too. */
export function isSignedBy(
  certificate: Signed,
  issuer: Pick<Certificate, 'publicKey' | 'publicKeyInfo'>,
): boolean {
  const verification = verificationOf(certificate.signatureAlgorithm);
  if (!verification?.families.includes(issuer.publicKeyInfo.family)) return false;
  const { hash, pssSaltLength } = verification;
  try {
    const key: KeyObject = issuer.publicKey;
    const options =
      pssSaltLength === undefined
        ? key
        : { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: pssSaltLength };
    return verify(hash, certificate.toBeSigned, options, certificate.signature);
  } catch {
    // An invalid key, or one whose own parameters forbid such signatures.
    return false;
  }
}

interface Verification {
  families: readonly PublicKeyInfo['family'][];
  hash: string | null;
  pssSaltLength?: number;
}

function verificationOf({ type, parameters }: AlgorithmIdentifier): Verification | undefined {
  const algorithm = algorithms[type];
  if (!algorithm) return undefined;
  switch (algorithm.parameters) {
    case 'absent':
      return parameters ? undefined : algorithm;
    case 'null or absent':
      return !parameters || parameters.equals(derNull) ? algorithm : undefined;
    default: {
      const pss = parameters && pssParameters(parameters);
      return pss && { families: algorithm.families, hash: pss.hash, pssSaltLength: pss.saltLength };
    }
  }
}

const derNull = Buffer.from([tags.null, 0]);

/** RSASSA-PSS-params (RFC 4055 section 3.1). The defaults are SHA-1, so hash and mask must be present. */
function pssParameters(der: Buffer): { hash: string; saltLength: number } | undefined {
  try {
    const parts = new Map<number, Element>();
    for (const part of sequenceOf(readOnly(der))) parts.set(part.tag, readOnly(part.content));
    const hash = hashOf(parts.get(0xa0));
    const [maskFunction, maskHash] = sequenceOf(parts.get(0xa1));
    const saltLength = parts.has(0xa2) ? smallIntegerOf(parts.get(0xa2)) : 20;
    const trailer = parts.has(0xa3) ? smallIntegerOf(parts.get(0xa3)) : 1;
    if (objectIdentifierOf(maskFunction) !== maskGenerationFunction1 || trailer !== 1) return undefined;
    return hash !== undefined && hashOf(maskHash) === hash ? { hash, saltLength } : undefined;
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function hashOf(element: Element | undefined): string | undefined {
  const [type, parameters] = sequenceOf(element);
  if (parameters && !parameters.raw.equals(derNull)) return undefined;
  return hashes[objectIdentifierOf(type)];
}
