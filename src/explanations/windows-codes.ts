/**
 * What Windows (Schannel, .NET, curl) calls the failures that Node.js and OpenSSL report under other names, with the
 * code that explains each. Source: Microsoft Learn, "COM Error Codes (Security and Setup)" (winerror.h).
 */
export const windowsCodes: readonly (readonly [number: number, name: string, code: string])[] = [
  [0x80090322, 'SEC_E_WRONG_PRINCIPAL', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [0x80090325, 'SEC_E_UNTRUSTED_ROOT', 'SELF_SIGNED_CERT_IN_CHAIN'],
  [0x80090327, 'SEC_E_CERT_UNKNOWN', 'certificate_unknown'],
  [0x80090328, 'SEC_E_CERT_EXPIRED', 'CERT_HAS_EXPIRED'],
  [0x80090331, 'SEC_E_ALGORITHM_MISMATCH', 'handshake_failure'],
  [0x800b0101, 'CERT_E_EXPIRED', 'CERT_HAS_EXPIRED'],
  [0x800b0109, 'CERT_E_UNTRUSTEDROOT', 'SELF_SIGNED_CERT_IN_CHAIN'],
  [0x800b010a, 'CERT_E_CHAINING', 'UNABLE_TO_GET_ISSUER_CERT'],
  [0x800b010c, 'CERT_E_REVOKED', 'certificate_revoked'],
  [0x800b010f, 'CERT_E_CN_NO_MATCH', 'ERR_TLS_CERT_ALTNAME_INVALID'],
];
