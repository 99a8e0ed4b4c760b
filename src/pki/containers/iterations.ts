/**
 * How much work each guess at a passphrase costs an attacker: the iterations of what enrollkit encrypts. What it reads
 * names its own. Fewer are for tests only: the package's interface does not pass this object on.
 */
export const iterations = {
  /** OWASP's figure for PBKDF2-HMAC-SHA256 (Password Storage Cheat Sheet, 2023). */
  pbkdf2: 600_000,
  /** RFC 7292 appendix B, which runs in JavaScript. */
  pkcs12Mac: 100_000,
  /** For an empty passphrase, which PKCS#12 files can have: more iterations would protect nothing. */
  withoutPassphrase: 2048,
};
