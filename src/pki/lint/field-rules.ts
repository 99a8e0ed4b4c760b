/** Rules for the basic fields (RFC 5280 section 4.1). */

import { sentences } from '../../languages/language.js';
import { type Element, readOnly, sequenceOf, tags } from '../der/read.js';
import { certificateLabel } from '../path/failure.js';
import { type AlgorithmIdentifier, algorithmOf, type Certificate } from '../x509/certificate.js';
import { isSupportedSignature, signatureAlgorithmName } from '../x509/signature.js';
import { type Finding, finding, type LintCode } from './rules.js';

/** RFC 5280 section 4.1.2.2. */
const maxSerialNumberOctets = 20;
/** NIST SP 800-131A: shorter RSA keys are no longer allowed. */
const minRsaBits = 2048;
const weakAlgorithms = /^(md5|sha1)|SHA1$/i;
/** PKCS#1 v1.5: md2 to sha512. */
const rsaPkcs1 = /^1\.2\.840\.113549\.1\.1\.([2-5]|1[1-4])$/;

export function lintFields(certificate: Certificate, at: Date): Finding[] {
  const findings: Finding[] = [];
  const say = sentences.pkiLint;
  const label = certificateLabel(certificate);
  const add = (code: LintCode, message: string) => findings.push(finding(code, certificate, message));
  const { version, serialNumber, signatureAlgorithm, notBefore, notAfter, publicKeyInfo } = certificate;

  if (version !== 3) add('VERSION', say.version(label, version));
  if (/^-|^0+$/.test(serialNumber)) {
    add('SERIAL_NUMBER_NOT_POSITIVE', say.serialNumberNotPositive(label, serialNumber));
  }
  const octets = encodedLength(serialNumber);
  if (octets > maxSerialNumberOctets) {
    add('SERIAL_NUMBER_TOO_LONG', say.serialNumberTooLong(label, octets, maxSerialNumberOctets));
  }
  const algorithm = signatureAlgorithmName(signatureAlgorithm);
  if (weakAlgorithms.test(algorithm) || isPssWithSha1(certificate)) {
    add('SIGNATURE_ALGORITHM_WEAK', say.weakSignature(label, algorithm));
  }
  const { validity, uniqueIdentifiers, innerAlgorithm } = rawFields(certificate);
  const lacksNull = ({ type, parameters }: AlgorithmIdentifier) =>
    rsaPkcs1.test(type) && parameters?.toString('hex') !== '0500';
  if (lacksNull(signatureAlgorithm) || lacksNull(innerAlgorithm)) {
    add('SIGNATURE_ALGORITHM_PARAMETERS', say.signatureWithoutNull(label));
  }
  if (publicKeyInfo.family === 'rsa' && !hasNullParameters(publicKeyInfo.der)) {
    add('PUBLIC_KEY_PARAMETERS', say.keyWithoutNull(label));
  }
  if (certificate.issuer.isEmpty) add('ISSUER_EMPTY', say.issuerEmpty(label));
  if (notBefore > notAfter) {
    add('VALIDITY_ORDER', say.validityOrder(label, day(notBefore), day(notAfter)));
  } else if (at < notBefore) add('NOT_YET_VALID', sentences.pkiPath.notYetValid(label, day(notBefore)));
  else if (at > notAfter) add('EXPIRED', sentences.pkiPath.expired(label, day(notAfter)));

  for (const [element, date] of [
    [validity[0], notBefore],
    [validity[1], notAfter],
  ] as const) {
    const expected = date.getUTCFullYear() < 2050 ? tags.utcTime : tags.generalizedTime;
    if (element?.tag !== expected) {
      const type = expected === tags.utcTime ? 'UTCTime' : 'GeneralizedTime';
      add('TIME_ENCODING', say.timeEncoding(label, day(date), type));
    }
  }
  if (uniqueIdentifiers) add('UNIQUE_IDENTIFIER', say.uniqueIdentifier(label));

  const { family, bits } = publicKeyInfo;
  if ((family === 'rsa' || family === 'rsa-pss') && bits < minRsaBits) {
    add('PUBLIC_KEY_WEAK', say.weakKey(label, publicKeyInfo.name, minRsaBits));
  } else if (!isUsable(certificate)) {
    add('PUBLIC_KEY_UNUSABLE', say.unusableKey(label, publicKeyInfo.name));
  }
  return findings;
}

function hasNullParameters(publicKeyInfo: Buffer): boolean {
  const [, parameters] = sequenceOf(sequenceOf(readOnly(publicKeyInfo))[0]);
  return parameters?.raw.toString('hex') === '0500';
}

/** Octets of the INTEGER's content. */
function encodedLength(serialNumber: string): number {
  if (serialNumber.startsWith('-')) return (serialNumber.length - 1) / 2;
  return serialNumber.length / 2 + (Number.parseInt(serialNumber.slice(0, 2), 16) >= 0x80 ? 1 : 0);
}

/** RSASSA-PSS's default hash is SHA-1; unsupported parameters are that or rarer ones. */
function isPssWithSha1(certificate: Certificate): boolean {
  return (
    signatureAlgorithmName(certificate.signatureAlgorithm) === 'rsassaPss' &&
    !isSupportedSignature(certificate)
  );
}

function rawFields({ toBeSigned }: Certificate): {
  innerAlgorithm: AlgorithmIdentifier;
  validity: Element[];
  uniqueIdentifiers: boolean;
} {
  const fields = sequenceOf(readOnly(toBeSigned));
  // The version, if present, precedes serial number, signature, issuer and validity.
  const first = fields[0]?.tag === 0xa0 ? 1 : 0;
  const validity = sequenceOf(fields[first + 3]);
  const innerAlgorithm = algorithmOf(fields[first + 1]);
  return {
    innerAlgorithm,
    validity,
    uniqueIdentifiers: fields.some(({ tag }) => tag === 0x81 || tag === 0x82),
  };
}

function isUsable(certificate: Certificate): boolean {
  try {
    return certificate.publicKeyInfo.family === 'other' || certificate.publicKey.type === 'public';
  } catch {
    return false;
  }
}

/** Formats a date for a sentence. */
export function day(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}
