/** The public library of fleets, `enrollkit/fleet`: re-exports, no code. */

export type { ProblemCode } from '../dps/client/diagnosis/problem.js';
export type { EnrollmentMembers } from '../dps/client/enrollment-members.js';
export type { AlternativeNameKind, AlternativeNames } from '../pki/make/alternative-names.js';
export {
  type DeregisterFleetOptions,
  type DeregisterFleetResult,
  deregisterFleet,
} from './deregister-fleet.js';
export type { DeviceRequest, SubjectPrefix } from './devices/device.js';
export { devicesFromList } from './devices/device-list.js';
export {
  type DeviceBatch,
  type DeviceSource,
  devicesFromPattern,
  type IndexRange,
  type Shard,
  shardRange,
} from './devices/device-source.js';
export type { IdPattern } from './devices/id-pattern.js';
export {
  type EnrollFleetOptions,
  type EnrollFleetResult,
  type EnrollmentOutcome,
  type EnrollmentResult,
  enrollFleet,
} from './enroll-fleet.js';
export { type FleetFormat, fleetFormats } from './formats/formats.js';
export type { PemCredentials } from './formats/output-format.js';
export type { FleetCa, FleetRequest } from './issue/request.js';
export { type IssueFleetOptions, type IssueFleetResult, issueFleet } from './issue-fleet.js';
export { mergeManifests } from './merge-manifests.js';
export {
  type FleetCounts,
  type RegisterFleetOptions,
  type RegisterFleetResult,
  type RegistrationResult,
  registerFleet,
} from './register-fleet.js';
export type { EnrollmentOptions, EnrollmentSettings } from './registration/enrollment-entry.js';
export type { DeviceFailure, FleetFailure } from './registration/failures.js';
export {
  type FleetDevice,
  type FleetFiles,
  fleetDevices,
  type ManifestDevice,
  manifestDevices,
} from './registration/fleet-devices.js';
export type { LatencySummary } from './speed/latencies.js';
export type { RateSummary } from './speed/rates.js';
