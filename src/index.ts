/** The public library: re-exports, no code. */
export { ControlPlane } from './dps/control.js';
export { registerDevice } from './dps/device.js';
export { connectToHub, HubService } from './dps/hub.js';
export { describeRequest, type RequestEvent, type RequestObserver } from './dps/observer.js';
export { ServicePlane } from './dps/service.js';
export {
  type AzureTargetOptions,
  azureTarget,
  emulatorTarget,
  type Target,
  type TokenCredential,
} from './dps/target.js';
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
export {
  type CleanOptions,
  type CleanPlan,
  type CleanResult,
  cleanLocal,
  cleanRemote,
  planClean,
} from './pipeline/clean.js';
export type { Emit, RunEvent, StepTitle } from './pipeline/events.js';
export {
  checkPlan,
  defaultPlan,
  formatPlan,
  type Plan,
  type PlanTarget,
  parsePlan,
  planSchema,
} from './pipeline/plan.js';
export type { PortalAssistant, PortalInstructions } from './pipeline/portal.js';
export { previewQuickstart } from './pipeline/preview.js';
export type { CertificateResult, DeviceResult, Preview, QuickstartResult } from './pipeline/result.js';
export type { RolloverResult } from './pipeline/rollover/result.js';
export {
  finishRollover,
  type RolloverOptions,
  reissueBelow,
  type StartOptions,
  startRollover,
} from './pipeline/rollover/rollover.js';
export { type QuickstartOptions, runQuickstart } from './pipeline/run.js';
export {
  type Certificate,
  certificateToPem,
  parseCertificate,
  parseCertificates,
} from './pki/certificate.js';
export {
  type CertificateRequest,
  type CertificateRequestContents,
  makeCertificateRequest,
  parseCertificateRequest,
} from './pki/csr.js';
export { type CertificateDescription, inspectCertificate } from './pki/inspect.js';
export {
  type IssuedCertificate,
  type IssueRequest,
  type Issuer,
  issue,
  type Subject,
  type SubjectAlternativeNames,
} from './pki/issue.js';
export {
  generateKeyPair,
  type KeyAlgorithm,
  type KeyPair,
  keyAlgorithms,
  privateKeyFromPem,
  privateKeyToPem,
} from './pki/keys.js';
export { type Finding, type LintCode, type LintOptions, lintChain, lintRules } from './pki/lint.js';
export { createPfx } from './pki/pfx.js';
export { type PfxReading, readPfx } from './pki/pfx-read.js';
export { createPkcs7, readPkcs7 } from './pki/pkcs7.js';
export { loadProfile, type Profile, type Role } from './pki/profile.js';
export { issueVerificationCertificate } from './pki/proof.js';
export { type RenewRequest, renewCertificate } from './pki/renew.js';
export { type ChainVerdict, type ValidateChainRequest, validateChain } from './pki/validate.js';
