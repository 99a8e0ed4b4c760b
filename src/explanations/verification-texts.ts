/**
 * What OpenSSL says about a certificate that it refuses (`openssl verify`, X509_verify_cert_error_string), and the name of
 * the same in Node.js. Python and curl show the text, and older releases write "self signed".
 */
const verificationTexts: readonly [RegExp, string][] = [
  [/^certificate has expired/i, 'CERT_HAS_EXPIRED'],
  [/^certificate is not yet valid/i, 'CERT_NOT_YET_VALID'],
  [/^self.signed certificate in certificate chain/i, 'SELF_SIGNED_CERT_IN_CHAIN'],
  [/^self.signed certificate/i, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [/^unable to get local issuer certificate/i, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
  [/^unable to get issuer certificate/i, 'UNABLE_TO_GET_ISSUER_CERT'],
  [/^unable to verify the first certificate/i, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  [/^(hostname|ip address) mismatch/i, 'ERR_TLS_CERT_ALTNAME_INVALID'],
];

/** How Python, curl and openssl introduce them. */
const introduction = /^(certificate verify failed|ssl certificate problem|verify error:num=\d+)\W*/i;

/** @returns the code of Node.js for such a text, also with the words that a program puts before it */
export function codeOfVerificationText(text: string): string | undefined {
  const reason = text.replace(introduction, '');
  return verificationTexts.find(([pattern]) => pattern.test(reason))?.[1];
}
