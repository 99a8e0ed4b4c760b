/** `enrollkit`: the public library. Re-exports, no code; `enrollkit/fleet` is separate, since few programs need it. */
export { ControlPlane } from './dps/client/arm.js';
export type { TokenCredential } from './dps/client/azure-credential.js';
export {
  type AssignedRegistration,
  type DeviceProtocol,
  type RegisterDeviceOptions,
  registerDevice,
} from './dps/client/device.js';
export type { DeviceCredentials, GeneratedKey } from './dps/client/device-credentials.js';
export type { Problem, ProblemCode } from './dps/client/diagnosis/problem.js';
export {
  type ReadServiceFacts,
  type ServiceFacts,
  serviceFactsReader,
} from './dps/client/diagnosis/service-facts.js';
export type { Exchange, ExchangeReply, ExchangeRequest } from './dps/client/exchange.js';
export type { RequestOptions } from './dps/client/http/client.js';
export { connectToHub, type HubConnection, type HubConnectionOptions } from './dps/client/hub-connection.js';
export { type HubDevice, HubService, type QueriedDevice } from './dps/client/hub-service.js';
export { describeRequest, type RequestEvent, type RequestObserver } from './dps/client/observer.js';
export { type PolicyKind, ServicePlane } from './dps/client/service.js';
export {
  type AzureTargetOptions,
  azureTarget,
  type DeviceTarget,
  emulatorTarget,
  type ServiceCredentials,
  type Target,
  type TargetOptions,
} from './dps/client/target.js';
export type { Plane } from './dps/contract/api-versions.js';
export { type ConnectionString, parseConnectionString } from './dps/contract/connection-string.js';
export type {
  BulkResult,
  CertificateResource,
  EnrollmentGroup,
  IndividualEnrollment,
  ProvisioningService,
  RegistrationState,
  SharedAccessPolicy,
  Twin,
} from './dps/contract/schemas.js';
export * from './emulator/index.js';
export {
  EnrollkitError,
  type EnrollkitErrorOptions,
  type ErrorCode,
  type ExitStatus,
  errorTable,
  exitStatus,
} from './errors.js';
export { type CodeKind, type ExplainedCode, explainCode } from './explanations/explain.js';
export type { Cause, Explanation } from './explanations/explanation.js';
export * from './pki/index.js';
export {
  type CleanOptions,
  type CleanPlan,
  type CleanResult,
  cleanLocal,
  cleanRemote,
  type LocalCleanResult,
  planClean,
  type RemoteResource,
} from './quickstart/clean.js';
export type { EarlierRun } from './quickstart/earlier-steps.js';
export type { Emit, RunEvent, StepTitle } from './quickstart/events.js';
export { defaultPlan } from './quickstart/plan/answers.js';
export type { Plan, PlanTarget } from './quickstart/plan/fields.js';
export { checkPlan, formatPlan, parsePlan } from './quickstart/plan/plan.js';
export { planSchema } from './quickstart/plan/schema.js';
export type { PortalAssistant, PortalInstructions } from './quickstart/portal.js';
export { previewQuickstart } from './quickstart/preview.js';
export type { PreviewedStep } from './quickstart/preview-step.js';
export { compareRecordings, type Difference } from './quickstart/recording/compare.js';
export type { Earlier } from './quickstart/recording/earlier.js';
export { offlineTarget } from './quickstart/recording/offline.js';
export { parseRecording, readRecording } from './quickstart/recording/read.js';
export type { Recording } from './quickstart/recording/schema.js';
export type { CertificateResult, DeviceResult, Preview, QuickstartResult } from './quickstart/result.js';
export { type QuickstartOptions, runQuickstart } from './quickstart/run.js';
export type { BeforeStep } from './quickstart/run-steps.js';
export type { ExistingCa } from './quickstart/step.js';
export type { ParentAuthority, ReplacedAuthority } from './rollover/authorities.js';
export type { AffectedDevice } from './rollover/devices.js';
export type { EnrollmentGroupResult } from './rollover/group.js';
export type { AuthorityResult, RolloverResult } from './rollover/result.js';
export {
  finishRollover,
  type RolloverOptions,
  reissueBelow,
  type StartOptions,
  startRollover,
} from './rollover/rollover.js';
export type { CreatedFile, CreatedResource, JournalTarget } from './workspace/journal.js';
export type { AuthorityName, CertificatePaths } from './workspace/layout.js';
export type { StoredCertificate } from './workspace/stored-certificates.js';
