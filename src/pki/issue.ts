/** The one function that makes a certificate, for every role. */
import { createHash, createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { EnrollkitError } from '../errors.js';
import { type Certificate, parseCertificate } from './certificate.js';
import { signatureAlgorithm, toSigningKey, x509 } from './crypto.js';
import { pemEncode } from './pem.js';
import { extendedKeyUsages, type KeyUsageName, type Profile } from './profile.js';

/** RFC 5280 appendix A.1, ub-common-name. */
const maxCommonNameLength = 64;
/** A device whose clock is a little behind must not find its certificate in the future. */
const backdateMs = 15 * 60_000;
const dayMs = 86_400_000;

/** A distinguished name; everything but the common name is optional. Values are UTF-8. */
export interface Subject {
  commonName: string;
  organization?: string;
  organizationalUnit?: string;
  locality?: string;
  stateOrProvince?: string;
  /** Two letters, ISO 3166. */
  country?: string;
}

export interface SubjectAlternativeNames {
  dns?: string[];
  ip?: string[];
  uri?: string[];
  email?: string[];
}

export interface Issuer {
  /** The CA's certificate, PEM or DER; left out for a certificate that signs itself. */
  certificate?: string | Uint8Array;
  privateKey: KeyObject;
}

export interface IssueRequest {
  profile: Profile;
  subject: Subject;
  publicKey: KeyObject;
  issuer: Issuer;
  /** Now. The certificate begins 15 minutes earlier, though never before its issuer. */
  at: Date;
  /** In place of the profile's. The end is never later than the issuer's. */
  validityDays?: number;
  subjectAlternativeNames?: SubjectAlternativeNames;
  /** Big-endian, 1 to 20 octets; 128 random bits when left out. */
  serialNumber?: Uint8Array;
}

export interface IssuedCertificate {
  pem: string;
  der: Buffer;
}

/**
 * Makes a certificate (RFC 5280 section 4): version 3, subject and authority key identifiers, critical basic
 * constraints and key usage. Signed with the issuer's key: ECDSA with the hash of its curve, or RSA with SHA-256.
 *
 * @throws EnrollkitError INVALID_COMMON_NAME, COMMON_NAME_TOO_LONG; KEY_MISMATCH when the issuer's key is not its
 *   certificate's; ISSUER_NOT_ALLOWED when the issuer is no CA, is not valid at `at`, or leaves no path length
 */
export async function issue(request: IssueRequest): Promise<IssuedCertificate> {
  const { profile, publicKey, at } = request;
  const issuer =
    request.issuer.certificate === undefined ? undefined : parseCertificate(request.issuer.certificate);
  if (issuer) assertMaySign(issuer, request);
  else if (!createPublicKey(request.issuer.privateKey).equals(publicKey)) {
    throw new EnrollkitError(
      'KEY_MISMATCH',
      'A certificate that signs itself needs the private key of its own public key.',
    );
  }

  const subjectName = new x509.Name(distinguishedName(request.subject));
  const subjectKeyIdentifier = keyIdentifier(publicKey);
  const notBefore = wholeSeconds(Math.max(at.getTime() - backdateMs, issuer?.notBefore.getTime() ?? 0));
  const requestedEnd = at.getTime() + (request.validityDays ?? profile.validityDays) * dayMs;
  const notAfter = wholeSeconds(Math.min(requestedEnd, issuer?.notAfter.getTime() ?? requestedEnd));

  const created = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(request.serialNumber ?? randomSerialNumber()).toString('hex'),
    subject: subjectName,
    issuer: issuer ? new x509.Name(arrayBuffer(issuer.subject.der)) : subjectName,
    notBefore,
    notAfter,
    signingAlgorithm: signatureAlgorithm(request.issuer.privateKey),
    publicKey: arrayBuffer(publicKey.export({ format: 'der', type: 'spki' })),
    signingKey: await toSigningKey(request.issuer.privateKey),
    extensions: extensions(request, subjectKeyIdentifier, issuer),
  });
  const der = Buffer.from(created.rawData);
  return { der, pem: pemEncode('CERTIFICATE', der) };
}

/** RFC 5280 section 4.2.1.2, method 1: SHA-1 of the public key's bits; hexadecimal. */
function keyIdentifier(publicKey: KeyObject): string {
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return createHash('sha1').update(publicKeyBits(spki)).digest('hex');
}

/** The content of subjectPublicKey: what follows the AlgorithmIdentifier, without the BIT STRING's header. */
function publicKeyBits(spki: Buffer): Buffer {
  const outer = header(spki, 0);
  const algorithm = header(spki, outer.content);
  const bits = header(spki, algorithm.content + algorithm.length);
  return spki.subarray(bits.content + 1, bits.content + bits.length);
}

function header(der: Buffer, at: number): { content: number; length: number } {
  const first = der[at + 1]!;
  if (first < 0x80) return { content: at + 2, length: first };
  const octets = first & 0x7f;
  return { content: at + 2 + octets, length: der.readUIntBE(at + 2, octets) };
}

function extensions(request: IssueRequest, subjectKeyIdentifier: string, issuer: Certificate | undefined) {
  const { profile, publicKey, subjectAlternativeNames: names = {} } = request;
  const { certificateAuthority } = profile.basicConstraints;
  const usages: KeyUsageName[] = [
    ...profile.keyUsage,
    ...(publicKey.asymmetricKeyType === 'rsa' ? (profile.additionalKeyUsageForRsa ?? []) : []),
  ];
  const result: x509.Extension[] = [
    new x509.BasicConstraintsExtension(certificateAuthority, pathLength(profile, issuer), true),
    new x509.KeyUsagesExtension(
      usages.reduce((flags, usage) => flags | x509.KeyUsageFlags[usage], 0),
      true,
    ),
    new x509.SubjectKeyIdentifierExtension(subjectKeyIdentifier),
    new x509.AuthorityKeyIdentifierExtension(
      issuer ? (issuer.subjectKeyIdentifier ?? keyIdentifier(issuer.publicKey)) : subjectKeyIdentifier,
    ),
  ];
  if (profile.extendedKeyUsage?.length) {
    result.push(
      new x509.ExtendedKeyUsageExtension(profile.extendedKeyUsage.map((name) => extendedKeyUsages[name])),
    );
  }
  const alternatives: x509.JsonGeneralNames = [
    ...(names.dns ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(names.ip ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...(names.uri ?? []).map((value) => ({ type: 'url' as const, value })),
    ...(names.email ?? []).map((value) => ({ type: 'email' as const, value })),
  ];
  if (alternatives.length > 0) result.push(new x509.SubjectAlternativeNameExtension(alternatives));
  return result;
}

/** A CA's path length: the profile's, or less where the issuer allows less (RFC 5280 section 6.1.4 m). */
function pathLength(profile: Profile, issuer: Certificate | undefined): number | undefined {
  const { certificateAuthority, pathLength: own } = profile.basicConstraints;
  if (!certificateAuthority) return undefined;
  const above = issuer?.basicConstraints?.pathLength;
  if (above === undefined) return own;
  return Math.min(own ?? above - 1, above - 1);
}

function assertMaySign(issuer: Certificate, { issuer: { privateKey }, profile, at }: IssueRequest): void {
  const name = issuer.subject.text;
  if (!createPublicKey(privateKey).equals(issuer.publicKey)) {
    throw new EnrollkitError('KEY_MISMATCH', `The private key is not that of the certificate ${name}.`);
  }
  const refuse = (why: string) =>
    new EnrollkitError('ISSUER_NOT_ALLOWED', `The certificate ${name} cannot sign: ${why}.`);
  if (!issuer.basicConstraints?.certificateAuthority) throw refuse('it is not a certificate authority');
  if (issuer.keyUsage && !issuer.keyUsage.includes('keyCertSign'))
    throw refuse('its key usage lacks keyCertSign');
  if (at > issuer.notAfter) throw refuse(`it expired on ${issuer.notAfter.toISOString()}`);
  if (at < issuer.notBefore) throw refuse(`it is not valid before ${issuer.notBefore.toISOString()}`);
  if (profile.basicConstraints.certificateAuthority && issuer.basicConstraints.pathLength === 0) {
    throw refuse('its path length is 0, so no other certificate authority may stand below it');
  }
}

function distinguishedName(subject: Subject): x509.JsonNameParams {
  const { commonName } = subject;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get in.
  if (commonName === '' || /[\u0000-\u001f\u007f]/.test(commonName)) {
    throw new EnrollkitError('INVALID_COMMON_NAME', 'The common name is empty or holds control characters.');
  }
  const length = [...commonName].length;
  if (length > maxCommonNameLength) {
    throw new EnrollkitError(
      'COMMON_NAME_TOO_LONG',
      `The common name "${commonName.slice(0, 40)}..." has ${length} characters; RFC 5280 allows ${maxCommonNameLength}.`,
    );
  }
  const name: x509.JsonNameParams = [];
  if (subject.country) name.push({ C: [{ printableString: subject.country }] });
  if (subject.stateOrProvince) name.push({ ST: [{ utf8String: subject.stateOrProvince }] });
  if (subject.locality) name.push({ L: [{ utf8String: subject.locality }] });
  if (subject.organization) name.push({ O: [{ utf8String: subject.organization }] });
  if (subject.organizationalUnit) name.push({ OU: [{ utf8String: subject.organizationalUnit }] });
  name.push({ CN: [{ utf8String: commonName }] });
  return name;
}

/** 128 random bits (RFC 5280 section 4.1.2.2: at most 20 octets, positive). */
function randomSerialNumber(): Uint8Array {
  const serial = randomBytes(16);
  return serial.some((octet) => octet !== 0) ? serial : randomSerialNumber();
}

function wholeSeconds(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000);
}

function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
