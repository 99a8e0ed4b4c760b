/** The public library: re-exports, no code. */
export { ControlPlane } from './dps/client/arm.js';
export { registerDevice } from './dps/client/device.js';
export { connectToHub, HubService } from './dps/client/hub.js';
export { describeRequest, type RequestEvent, type RequestObserver } from './dps/client/observer.js';
export { ServicePlane } from './dps/client/service.js';
export {
  type AzureTargetOptions,
  azureTarget,
  emulatorTarget,
  type Target,
  type TokenCredential,
} from './dps/client/target.js';
export {
  type DeviceMessage,
  type Emulator,
  type EmulatorClock,
  type EmulatorEndpoints,
  type EmulatorEvent,
  type EmulatorLog,
  type EmulatorOptions,
  type EmulatorSeed,
  type QuotaLimits,
  runningEmulator,
  startEmulator,
} from './emulator/start.js';
export { EnrollkitError, type ErrorCode, type ExitStatus, errorTable, exitStatus } from './errors.js';
export { createPkcs7, readPkcs7 } from './pki/containers/pkcs7.js';
export { openPfx, type PfxReading, readPfx } from './pki/containers/pkcs12-read.js';
export { createPfx } from './pki/containers/pkcs12-write.js';
export {
  generateKeyPair,
  type KeyAlgorithm,
  type KeyOpening,
  type KeyPair,
  keyAlgorithms,
  openPrivateKey,
  privateKeyFromPem,
  privateKeyToPem,
} from './pki/keys.js';
export { type Finding, type LintCode, type LintOptions, lintChain, lintRules } from './pki/lint/lint.js';
export {
  type IssuedCertificate,
  type IssueRequest,
  type Issuer,
  issue,
  type Subject,
  type SubjectAlternativeNames,
} from './pki/make/issue.js';
export { loadProfile, type Profile, type Role } from './pki/make/profile.js';
export { type RenewRequest, renewCertificate } from './pki/make/renew.js';
export { issueVerificationCertificate } from './pki/make/verification-certificate.js';
export { type ChainVerdict, type ValidateChainRequest, validateChain } from './pki/path/validate.js';
export {
  type Certificate,
  certificateToPem,
  parseCertificate,
  parseCertificates,
} from './pki/x509/certificate.js';
export {
  type CertificateRequest,
  type CertificateRequestContents,
  makeCertificateRequest,
  parseCertificateRequest,
} from './pki/x509/csr.js';
export { type CertificateDescription, inspectCertificate } from './pki/x509/inspect.js';
export {
  type CleanOptions,
  type CleanPlan,
  type CleanResult,
  cleanLocal,
  cleanRemote,
  planClean,
} from './quickstart/clean.js';
export type { Emit, RunEvent, StepTitle } from './quickstart/events.js';
export { defaultPlan } from './quickstart/plan/answers.js';
export type { Plan, PlanTarget } from './quickstart/plan/fields.js';
export { checkPlan, formatPlan, parsePlan } from './quickstart/plan/plan.js';
export { planSchema } from './quickstart/plan/schema.js';
export type { PortalAssistant, PortalInstructions } from './quickstart/portal.js';
export { previewQuickstart } from './quickstart/preview.js';
export type { CertificateResult, DeviceResult, Preview, QuickstartResult } from './quickstart/result.js';
export { type QuickstartOptions, runQuickstart } from './quickstart/run.js';
export type { RolloverResult } from './rollover/result.js';
export {
  finishRollover,
  type RolloverOptions,
  reissueBelow,
  type StartOptions,
  startRollover,
} from './rollover/rollover.js';
