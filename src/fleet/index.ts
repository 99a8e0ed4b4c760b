/** The public library of fleets, `enrollkit/fleet`: re-exports, no code. */
export {
  type DeregisterFleetOptions,
  type DeregisterFleetResult,
  deregisterFleet,
} from './deregister-fleet.js';
export { devicesFromList } from './devices/device-list.js';
export {
  type DeviceSource,
  devicesFromPattern,
  type Range,
  type Shard,
  shardRange,
} from './devices/device-source.js';
export {
  type EnrollFleetOptions,
  type EnrollFleetResult,
  type EnrollmentOutcome,
  type EnrollmentResult,
  enrollFleet,
} from './enroll-fleet.js';
export { type FleetFormat, fleetFormats } from './formats/formats.js';
export type { FleetCa } from './issue/request.js';
export { type IssueFleetOptions, type IssueFleetResult, issueFleet } from './issue-fleet.js';
export { mergeManifests } from './merge-manifests.js';
export {
  type FleetCounts,
  type RegisterFleetOptions,
  type RegisterFleetResult,
  type RegistrationResult,
  registerFleet,
} from './register-fleet.js';
export type { EnrollmentSettings } from './registration/enrollment-entry.js';
export type { Failure, FleetFailure } from './registration/failures.js';
export {
  type FleetDevice,
  type FleetFiles,
  fleetDevices,
  type ManifestDevice,
  manifestDevices,
} from './registration/fleet-devices.js';
export type { LatencySummary } from './registration/latencies.js';
