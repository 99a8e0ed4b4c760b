/** `enrollkit/pki`: keys, certificates and their files. It loads neither the emulator nor the clients. */
export { createPkcs7, readPkcs7 } from './containers/pkcs7.js';
export { openPfx, type PfxReading, readPfx } from './containers/pkcs12-read.js';
export { createPfx, type PfxContents } from './containers/pkcs12-write.js';
export {
  generateKeyPair,
  type KeyAlgorithm,
  type KeyPair,
  keyAlgorithms,
  type OpenPrivateKeyOptions,
  openPrivateKey,
  privateKeyFromPem,
  privateKeyToPem,
} from './keys.js';
export {
  type Finding,
  type LintCode,
  type LintOptions,
  lintChain,
  lintRules,
  type Severity,
  type Use as CertificateUse,
} from './lint/lint.js';
export { type CertificateRequestContents, makeCertificateRequest } from './make/certificate-request.js';
export { type IssueRequest, issue } from './make/issue.js';
export type { IssuedCertificate, Issuer } from './make/issuer.js';
export { loadProfile, type Profile, type ProfileName, type Role } from './make/profile.js';
export { type RenewRequest, renewCertificate } from './make/renew.js';
export { issueVerificationCertificate } from './make/verification-certificate.js';
export {
  type CertificateInput,
  type ChainVerdict,
  type Failure as ChainFailure,
  type FailureCode as ChainFailureCode,
  type Mode as ValidationMode,
  type PeerName,
  type Purpose as ValidationPurpose,
  type ValidateChainRequest,
  validateChain,
} from './path/validate.js';
export {
  type AlgorithmIdentifier,
  type Certificate,
  certificateToPem,
  parseCertificate,
  parseCertificates,
  sha1Thumbprint,
  sha256Thumbprint,
} from './x509/certificate.js';
export { type CertificateRequest, parseCertificateRequest } from './x509/csr.js';
export type { BasicConstraints, Extension, KeyUsage } from './x509/extensions.js';
export type { GeneralName } from './x509/general-name.js';
export { type CertificateDescription, inspectCertificate } from './x509/inspect.js';
export { lookAtCertificates } from './x509/look.js';
export type { Name, NameAttribute, RelativeDistinguishedName } from './x509/name.js';
export type { PublicKeyInfo } from './x509/public-key.js';
export type { Subject, SubjectAlternativeNames } from './x509/subject.js';
