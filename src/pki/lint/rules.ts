/** The lint rules: one table, shown in docs/lint.md. Codes are API. */
import { sentences } from '../../languages/language.js';
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
const { rules } = sentences.pkiLint;

export const lintRules = {
  VERSION: error('RFC 5280 section 4.1.2.1', rules.VERSION),
  SERIAL_NUMBER_NOT_POSITIVE: error('RFC 5280 section 4.1.2.2', rules.SERIAL_NUMBER_NOT_POSITIVE),
  SERIAL_NUMBER_TOO_LONG: error('RFC 5280 section 4.1.2.2', rules.SERIAL_NUMBER_TOO_LONG),
  SIGNATURE_ALGORITHM_WEAK: error('NIST SP 800-131A revision 2 section 9', rules.SIGNATURE_ALGORITHM_WEAK),
  SIGNATURE_ALGORITHM_PARAMETERS: error('RFC 4055 section 5', rules.SIGNATURE_ALGORITHM_PARAMETERS),
  SIGNATURE_ALGORITHM_MISMATCH: error('RFC 5280 section 4.1.1.2', rules.SIGNATURE_ALGORITHM_MISMATCH),
  MALFORMED: error('RFC 5280 section 4.1', rules.MALFORMED),
  ISSUER_EMPTY: error('RFC 5280 section 4.1.2.4', rules.ISSUER_EMPTY),
  VALIDITY_ORDER: error('RFC 5280 section 4.1.2.5', rules.VALIDITY_ORDER),
  TIME_ENCODING: error('RFC 5280 section 4.1.2.5', rules.TIME_ENCODING),
  NOT_YET_VALID: error('RFC 5280 section 6.1.3', rules.NOT_YET_VALID),
  EXPIRED: error('RFC 5280 section 6.1.3', rules.EXPIRED),
  UNIQUE_IDENTIFIER: error('RFC 5280 section 4.1.2.8', rules.UNIQUE_IDENTIFIER),

  SUBJECT_EMPTY: error('RFC 5280 section 4.1.2.6', rules.SUBJECT_EMPTY),
  NAME_MALFORMED: error('RFC 5280 section 4.1.2.4', rules.NAME_MALFORMED),
  NAME_ATTRIBUTE_EMPTY: error('RFC 5280 appendix A.1', rules.NAME_ATTRIBUTE_EMPTY),
  NAME_ATTRIBUTE_TOO_LONG: error('RFC 5280 appendix A.1', rules.NAME_ATTRIBUTE_TOO_LONG),
  NAME_ATTRIBUTE_ENCODING: error('RFC 5280 section 4.1.2.4 and appendix A.1', rules.NAME_ATTRIBUTE_ENCODING),
  NAME_ATTRIBUTE_CONTROL_CHARACTER: error('RFC 5280 appendix A.1', rules.NAME_ATTRIBUTE_CONTROL_CHARACTER),
  NAME_ATTRIBUTE_OLD_ENCODING: warning('RFC 5280 section 4.1.2.4', rules.NAME_ATTRIBUTE_OLD_ENCODING),
  EMAIL_IN_SUBJECT: warning('RFC 5280 section 4.1.2.6', rules.EMAIL_IN_SUBJECT),
  EMAIL_NOT_IN_ALTERNATIVE_NAMES: warning('RFC 5280 section 4.1.2.6', rules.EMAIL_NOT_IN_ALTERNATIVE_NAMES),

  PUBLIC_KEY_WEAK: error('NIST SP 800-131A revision 2 section 3', rules.PUBLIC_KEY_WEAK),
  PUBLIC_KEY_UNUSABLE: error('RFC 5280 section 4.1.2.7', rules.PUBLIC_KEY_UNUSABLE),
  PUBLIC_KEY_PARAMETERS: error('RFC 4055 section 1.2', rules.PUBLIC_KEY_PARAMETERS),

  EXTENSION_MUST_BE_CRITICAL: error('RFC 5280 section 4.2.1', rules.EXTENSION_MUST_BE_CRITICAL),
  EXTENSION_MUST_NOT_BE_CRITICAL: error('RFC 5280 section 4.2.1', rules.EXTENSION_MUST_NOT_BE_CRITICAL),
  EXTENSION_SHOULD_BE_CRITICAL: warning('RFC 5280 section 4.2.1', rules.EXTENSION_SHOULD_BE_CRITICAL),
  EXTENSION_SHOULD_NOT_BE_CRITICAL: warning('RFC 5280 section 4.2.1', rules.EXTENSION_SHOULD_NOT_BE_CRITICAL),
  EXTENSION_ONLY_FOR_CA: error('RFC 5280 section 4.2.1', rules.EXTENSION_ONLY_FOR_CA),
  EXTENSION_MALFORMED: error('RFC 5280 section 4.2.1', rules.EXTENSION_MALFORMED),
  EXTENSION_DUPLICATE: error('RFC 5280 section 4.2', rules.EXTENSION_DUPLICATE),
  EXTENSION_NOT_DER: error('RFC 5280 section 4.1 and ITU-T X.690 section 11', rules.EXTENSION_NOT_DER),
  UNKNOWN_CRITICAL_EXTENSION: error('RFC 5280 section 4.2', rules.UNKNOWN_CRITICAL_EXTENSION),
  AUTHORITY_KEY_IDENTIFIER_MISSING: error('RFC 5280 section 4.2.1.1', rules.AUTHORITY_KEY_IDENTIFIER_MISSING),
  AUTHORITY_KEY_IDENTIFIER_MISMATCH: error(
    'RFC 5280 section 4.2.1.1',
    rules.AUTHORITY_KEY_IDENTIFIER_MISMATCH,
  ),
  CA_SUBJECT_KEY_IDENTIFIER_MISSING: error(
    'RFC 5280 section 4.2.1.2',
    rules.CA_SUBJECT_KEY_IDENTIFIER_MISSING,
  ),
  SUBJECT_KEY_IDENTIFIER_MISSING: warning('RFC 5280 section 4.2.1.2', rules.SUBJECT_KEY_IDENTIFIER_MISSING),
  CA_KEY_USAGE_MISSING: error('RFC 5280 section 4.2.1.3', rules.CA_KEY_USAGE_MISSING),
  KEY_USAGE_EMPTY: error('RFC 5280 section 4.2.1.3', rules.KEY_USAGE_EMPTY),
  KEY_USAGE_BITS: error('RFC 5280 section 4.2.1.3', rules.KEY_USAGE_BITS),
  KEY_USAGE_OF_KEY: error(
    'RFC 8813 section 3, RFC 8410 section 5 and RFC 3279 section 2.3.1',
    rules.KEY_USAGE_OF_KEY,
  ),
  KEY_CERT_SIGN_WITHOUT_CA: error('RFC 5280 section 4.2.1.9', rules.KEY_CERT_SIGN_WITHOUT_CA),
  CA_WITHOUT_KEY_CERT_SIGN: warning('RFC 5280 section 4.2.1.3', rules.CA_WITHOUT_KEY_CERT_SIGN),
  PATH_LENGTH_WITHOUT_CA: error('RFC 5280 section 4.2.1.9', rules.PATH_LENGTH_WITHOUT_CA),
  PATH_LENGTH_NEGATIVE: error('RFC 5280 section 4.2.1.9', rules.PATH_LENGTH_NEGATIVE),
  CA_KEY_ENCIPHERS: warning('RFC 3279 section 2.3.1', rules.CA_KEY_ENCIPHERS),
  EXTENDED_KEY_USAGE_CONFLICT: error('RFC 5280 section 4.2.1.12', rules.EXTENDED_KEY_USAGE_CONFLICT),
  ALTERNATIVE_NAME_MALFORMED: error('RFC 5280 section 4.2.1.6', rules.ALTERNATIVE_NAME_MALFORMED),
  DNS_NAME_UNDERSCORE: error('RFC 5280 section 4.2.1.6', rules.DNS_NAME_UNDERSCORE),
  DNS_NAME_INTERNATIONAL: error(
    'RFC 5280 section 7.2 and RFC 5890 section 2.3.2.1',
    rules.DNS_NAME_INTERNATIONAL,
  ),
  NAME_CONSTRAINT_MALFORMED: error('RFC 5280 section 4.2.1.10', rules.NAME_CONSTRAINT_MALFORMED),
  NAME_CONSTRAINT_DISTANCE: error('RFC 5280 section 4.2.1.10', rules.NAME_CONSTRAINT_DISTANCE),
  POLICY_DUPLICATE: error('RFC 5280 section 4.2.1.4', rules.POLICY_DUPLICATE),
  POLICY_QUALIFIER: error('RFC 5280 section 4.2.1.4', rules.POLICY_QUALIFIER),
  POLICY_EXPLICIT_TEXT: error('RFC 6818 section 3', rules.POLICY_EXPLICIT_TEXT),
  POLICY_MAPPING_ANY: error('RFC 5280 section 4.2.1.5', rules.POLICY_MAPPING_ANY),
  DISTRIBUTION_POINT_INCOMPLETE: error('RFC 5280 section 4.2.1.13', rules.DISTRIBUTION_POINT_INCOMPLETE),
  SIGNED_CERTIFICATE_TIMESTAMPS: error('RFC 6962 section 3.3', rules.SIGNED_CERTIFICATE_TIMESTAMPS),

  CHAIN_ORDER: error('RFC 8446 section 4.4.2', rules.CHAIN_ORDER),
  CHAIN_SIGNATURE: error('RFC 5280 section 6.1.3', rules.CHAIN_SIGNATURE),
  ISSUER_NOT_A_CA: error('RFC 5280 section 6.1.4', rules.ISSUER_NOT_A_CA),
  PATH_LENGTH_EXCEEDED: error('RFC 5280 section 6.1.4', rules.PATH_LENGTH_EXCEEDED),
  EXPIRY_ORDER: warning(dps, rules.EXPIRY_ORDER),
  CHAIN_SIZE: warning(
    'TLS stacks of small devices, such as mbedTLS with MBEDTLS_SSL_IN_CONTENT_LEN 4096',
    rules.CHAIN_SIZE,
  ),

  REGISTRATION_ID: error(dps, rules.REGISTRATION_ID),
  DPS_PUBLIC_KEY: error(dps, rules.DPS_PUBLIC_KEY),
  DPS_SIGNATURE_ALGORITHM: error(dps, rules.DPS_SIGNATURE_ALGORITHM),
  DEVICE_CLIENT_AUTH: error(dps, rules.DEVICE_CLIENT_AUTH),
  DEVICE_DIGITAL_SIGNATURE: error('RFC 8446 section 4.4.2.3', rules.DEVICE_DIGITAL_SIGNATURE),
  GROUP_CA: error(dps, rules.GROUP_CA),
  GROUP_CA_COMMON_NAME: error(dps, rules.GROUP_CA_COMMON_NAME),
  SERVER_NAME_MISSING: error('RFC 9525 section 6', rules.SERVER_NAME_MISSING),
  SERVER_AUTH: error('RFC 5280 section 4.2.1.12', rules.SERVER_AUTH),
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
