/** The lint rules: one table, shown in docs/lint.md. Codes are API. */
import { type Certificate, sha256Thumbprint } from '../x509/certificate.js';

export type Severity = 'error' | 'warning';

interface Rule {
  readonly severity: Severity;
  /** Where the rule comes from. */
  readonly source: string;
  /** What the rule requires. */
  readonly summary: string;
}

const error = (source: string, summary: string) => ({ severity: 'error', source, summary }) as const;
const warning = (source: string, summary: string) => ({ severity: 'warning', source, summary }) as const;
const dps = 'Azure DPS, X.509 certificate attestation';

export const lintRules = {
  VERSION: error('RFC 5280 section 4.1.2.1', 'The version is 3.'),
  SERIAL_NUMBER_NOT_POSITIVE: error('RFC 5280 section 4.1.2.2', 'The serial number is positive.'),
  SERIAL_NUMBER_TOO_LONG: error('RFC 5280 section 4.1.2.2', 'The serial number has at most 20 octets.'),
  SIGNATURE_ALGORITHM_WEAK: error(
    'NIST SP 800-131A revision 2 section 9',
    'The signature is made with SHA-2, not with SHA-1 or MD5.',
  ),
  SIGNATURE_ALGORITHM_PARAMETERS: error(
    'RFC 4055 section 5',
    'The parameters of an RSA PKCS#1 v1.5 signature are NULL.',
  ),
  SIGNATURE_ALGORITHM_MISMATCH: error(
    'RFC 5280 section 4.1.1.2',
    'The signature algorithm inside of the signed part is the one outside.',
  ),
  MALFORMED: error('RFC 5280 section 4.1', 'The certificate is the DER that RFC 5280 defines.'),
  ISSUER_EMPTY: error('RFC 5280 section 4.1.2.4', 'The issuer has a name.'),
  VALIDITY_ORDER: error('RFC 5280 section 4.1.2.5', 'The validity begins before it ends.'),
  TIME_ENCODING: error(
    'RFC 5280 section 4.1.2.5',
    'Dates through 2049 are written as UTCTime, later ones as GeneralizedTime; in UTC, to the second.',
  ),
  NOT_YET_VALID: error('RFC 5280 section 6.1.3', 'The validity has begun.'),
  EXPIRED: error('RFC 5280 section 6.1.3', 'The validity has not ended.'),
  UNIQUE_IDENTIFIER: error('RFC 5280 section 4.1.2.8', 'There are no unique identifiers.'),

  SUBJECT_EMPTY: error(
    'RFC 5280 section 4.1.2.6',
    'A CA has a subject; another certificate without one has a critical subject alternative name.',
  ),
  NAME_MALFORMED: error('RFC 5280 section 4.1.2.4', 'Subject and issuer have the shape of a name.'),
  NAME_ATTRIBUTE_EMPTY: error('RFC 5280 appendix A.1', 'No attribute of the subject is empty.'),
  NAME_ATTRIBUTE_TOO_LONG: error(
    'RFC 5280 appendix A.1',
    'Attributes of the subject keep their bounds: common name, organization and unit 64, locality and state 128, country 2, and so on.',
  ),
  NAME_ATTRIBUTE_ENCODING: error(
    'RFC 5280 section 4.1.2.4 and appendix A.1',
    'Attributes of the subject are written in a string type that they may have, with its characters alone.',
  ),
  NAME_ATTRIBUTE_CONTROL_CHARACTER: error(
    'RFC 5280 appendix A.1',
    'Attributes of the subject have no control characters.',
  ),
  NAME_ATTRIBUTE_OLD_ENCODING: warning(
    'RFC 5280 section 4.1.2.4',
    'Attributes of the subject are PrintableString or UTF8String; the older types are for names that exist already.',
  ),
  EMAIL_IN_SUBJECT: warning(
    'RFC 5280 section 4.1.2.6',
    'An e-mail address is a subject alternative name, not a part of the subject.',
  ),
  EMAIL_NOT_IN_ALTERNATIVE_NAMES: warning(
    'RFC 5280 section 4.1.2.6',
    'An e-mail address of the subject is a subject alternative name, too.',
  ),

  PUBLIC_KEY_WEAK: error('NIST SP 800-131A revision 2 section 3', 'An RSA key has at least 2048 bits.'),
  PUBLIC_KEY_UNUSABLE: error('RFC 5280 section 4.1.2.7', 'The public key can be read.'),
  PUBLIC_KEY_PARAMETERS: error('RFC 4055 section 1.2', 'The parameters of an RSA key are NULL.'),

  EXTENSION_MUST_BE_CRITICAL: error('RFC 5280 section 4.2.1', 'What must be critical is.'),
  EXTENSION_MUST_NOT_BE_CRITICAL: error('RFC 5280 section 4.2.1', 'What must not be critical is not.'),
  EXTENSION_SHOULD_BE_CRITICAL: warning('RFC 5280 section 4.2.1', 'What should be critical is.'),
  EXTENSION_SHOULD_NOT_BE_CRITICAL: warning('RFC 5280 section 4.2.1', 'What should not be critical is not.'),
  EXTENSION_ONLY_FOR_CA: error('RFC 5280 section 4.2.1', 'What only a CA may have, only a CA has.'),
  EXTENSION_MALFORMED: error('RFC 5280 section 4.2.1', 'An extension has the shape of its type.'),
  EXTENSION_DUPLICATE: error('RFC 5280 section 4.2', 'No extension comes twice.'),
  EXTENSION_NOT_DER: error(
    'RFC 5280 section 4.1 and ITU-T X.690 section 11',
    'Extensions are DER: no FALSE written out where it is the default, no zero bits at the end of a key usage.',
  ),
  UNKNOWN_CRITICAL_EXTENSION: error(
    'RFC 5280 section 4.2',
    'No critical extension is one that others will not know, and so refuse.',
  ),
  AUTHORITY_KEY_IDENTIFIER_MISSING: error(
    'RFC 5280 section 4.2.1.1',
    'The authority key identifier is there, with the identifier of the issuer’s key; not needed when it signed itself.',
  ),
  AUTHORITY_KEY_IDENTIFIER_MISMATCH: error(
    'RFC 5280 section 4.2.1.1',
    'The authority key identifier is the issuer’s subject key identifier.',
  ),
  CA_SUBJECT_KEY_IDENTIFIER_MISSING: error('RFC 5280 section 4.2.1.2', 'A CA has a subject key identifier.'),
  SUBJECT_KEY_IDENTIFIER_MISSING: warning(
    'RFC 5280 section 4.2.1.2',
    'A certificate that is no CA should have a subject key identifier too.',
  ),
  CA_KEY_USAGE_MISSING: error('RFC 5280 section 4.2.1.3', 'A CA has a key usage.'),
  KEY_USAGE_EMPTY: error('RFC 5280 section 4.2.1.3', 'A key usage allows something.'),
  KEY_USAGE_BITS: error(
    'RFC 5280 section 4.2.1.3',
    'A key usage has no bit beyond the nine that are defined.',
  ),
  KEY_USAGE_OF_KEY: error(
    'RFC 8813 section 3, RFC 8410 section 5 and RFC 3279 section 2.3.1',
    'The key usage names nothing that a key of its kind cannot do: no EC or Ed25519 key enciphers, no RSA key agrees on keys.',
  ),
  KEY_CERT_SIGN_WITHOUT_CA: error('RFC 5280 section 4.2.1.9', 'Only a CA has the key usage keyCertSign.'),
  CA_WITHOUT_KEY_CERT_SIGN: warning(
    'RFC 5280 section 4.2.1.3',
    'A CA that issues has the key usage keyCertSign.',
  ),
  PATH_LENGTH_WITHOUT_CA: error(
    'RFC 5280 section 4.2.1.9',
    'Only a CA that may sign certificates has a path length.',
  ),
  PATH_LENGTH_NEGATIVE: error('RFC 5280 section 4.2.1.9', 'A path length is not negative.'),
  CA_KEY_ENCIPHERS: warning(
    'RFC 3279 section 2.3.1',
    'An RSA key of a CA that signs certificates or revocation lists does not encipher.',
  ),
  EXTENDED_KEY_USAGE_CONFLICT: error(
    'RFC 5280 section 4.2.1.12',
    'The key usage allows what the extended key usage is for.',
  ),
  ALTERNATIVE_NAME_MALFORMED: error(
    'RFC 5280 section 4.2.1.6',
    'Alternative names of subject and issuer have the shape of their kind: host names, addresses of 4 or 16 octets, mailboxes, absolute URIs.',
  ),
  DNS_NAME_UNDERSCORE: error('RFC 5280 section 4.2.1.6', 'A DNS name has no underscore.'),
  DNS_NAME_INTERNATIONAL: error(
    'RFC 5280 section 7.2 and RFC 5890 section 2.3.2.1',
    'A label of a DNS name that begins with xn-- is the encoding of a legal one, in normalization form C.',
  ),
  NAME_CONSTRAINT_MALFORMED: error(
    'RFC 5280 section 4.2.1.10',
    'A name constraint has the shape of its kind: a domain, an address with its mask, a mailbox.',
  ),
  NAME_CONSTRAINT_DISTANCE: error(
    'RFC 5280 section 4.2.1.10',
    'A name constraint has the minimum 0, which is not written out, and no maximum.',
  ),
  POLICY_DUPLICATE: error('RFC 5280 section 4.2.1.4', 'No certificate policy comes twice.'),
  POLICY_QUALIFIER: error(
    'RFC 5280 section 4.2.1.4',
    'The policy anyPolicy has no qualifiers but the two of RFC 5280.',
  ),
  POLICY_EXPLICIT_TEXT: error(
    'RFC 6818 section 3',
    'The explicit text of a user notice is no IA5String and has at most 200 characters.',
  ),
  POLICY_MAPPING_ANY: error('RFC 5280 section 4.2.1.5', 'No policy mapping is to or from anyPolicy.'),
  DISTRIBUTION_POINT_INCOMPLETE: error(
    'RFC 5280 section 4.2.1.13',
    'A CRL distribution point has a name or an issuer, not reasons alone.',
  ),
  SIGNED_CERTIFICATE_TIMESTAMPS: error(
    'RFC 6962 section 3.3',
    'A list of signed certificate timestamps has at least one, and a precertificate has none.',
  ),

  CHAIN_ORDER: error('RFC 8446 section 4.4.2', 'Each certificate is followed by the one that issued it.'),
  CHAIN_SIGNATURE: error(
    'RFC 5280 section 6.1.3',
    'Each certificate is signed with the key of the next one.',
  ),
  ISSUER_NOT_A_CA: error(
    'RFC 5280 section 6.1.4',
    'What issued another certificate is a CA that may sign certificates.',
  ),
  PATH_LENGTH_EXCEEDED: error(
    'RFC 5280 section 6.1.4',
    'No more intermediates stand below a CA than its path length allows.',
  ),
  EXPIRY_ORDER: warning(
    dps,
    'No certificate is valid for longer than its issuer, without which it is of no use.',
  ),
  CHAIN_SIZE: warning(
    'TLS stacks of small devices, such as mbedTLS with MBEDTLS_SSL_IN_CONTENT_LEN 4096',
    'What a device sends, its chain without the root, has at most 4096 octets.',
  ),

  REGISTRATION_ID: error(dps, 'A device’s common name is a legal registration ID.'),
  DPS_PUBLIC_KEY: error(dps, 'Keys are RSA of 2048 bits and more, or EC P-256 or P-384.'),
  DPS_SIGNATURE_ALGORITHM: error(dps, 'Signatures are RSA PKCS#1 v1.5 or ECDSA, with SHA-2.'),
  DEVICE_CLIENT_AUTH: error(dps, 'A device’s certificate is for TLS clients, if it says what it is for.'),
  DEVICE_DIGITAL_SIGNATURE: error(
    'RFC 8446 section 4.4.2.3',
    'A device’s key may sign, if the certificate says what the key may do.',
  ),
  GROUP_CA: error(dps, 'The certificate of an enrollment group is a CA with the key usage keyCertSign.'),
  GROUP_CA_COMMON_NAME: error(dps, 'The certificate of an enrollment group has a common name.'),
  SERVER_NAME_MISSING: error('RFC 9525 section 6', 'A server has its names as subject alternative names.'),
  SERVER_AUTH: error(
    'RFC 5280 section 4.2.1.12',
    'A server’s certificate is for TLS servers, if it says what it is for.',
  ),
} as const satisfies Record<string, Rule>;

export type LintCode = keyof typeof lintRules;

export interface Finding {
  severity: Severity;
  code: LintCode;
  /** A sentence; it names the certificate by its subject. */
  message: string;
  /** Where the rule comes from: a section of an RFC, or DPS. */
  source: string;
  /** SHA-256 fingerprint of the certificate, upper-case hexadecimal. */
  certificate: string;
}

/** Creates a finding. @param source overrides the rule's, if more precise */
export function finding(
  code: LintCode,
  certificate: Certificate,
  message: string,
  source: string = lintRules[code].source,
): Finding {
  const { severity } = lintRules[code];
  return { severity, code, message, source, certificate: sha256Thumbprint(certificate) };
}
