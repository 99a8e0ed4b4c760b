/** `enrollkit/fleet`: certificates for many devices, and those devices at a provisioning service. */
export type { WantedMembers } from '../dps/client/enrollment-members.js';
export {
  type DeregisterFleetOptions,
  type DeregisterFleetResult,
  deregisterFleet,
} from './deregister-fleet.js';
export { listSource } from './devices/device-list.js';
export { type DeviceSource, patternSource, type Range } from './devices/device-source.js';
export { type IdPattern, parsePattern } from './devices/id-pattern.js';
export {
  type EnrollFleetOptions,
  type EnrollFleetResult,
  type EnrollmentOutcome,
  type EnrollmentResult,
  enrollFleet,
} from './enroll-fleet.js';
export type { AlternativeNameKind, AlternativeNames } from './issue/alternative-names.js';
export type { DeviceRequest, SubjectPrefix } from './issue/device.js';
export { type FleetOptions, type FleetResult, issueFleet } from './issue/issue-fleet.js';
export type { FleetAuthority, FleetRequest } from './issue/request.js';
export type { DeviceBatch, FleetFormat } from './issue/worker-messages.js';
export { mergeManifests } from './merge-manifests.js';
export {
  type FleetCounts,
  type RegisterFleetOptions,
  type RegisterFleetResult,
  registerFleet,
} from './register-fleet.js';
export type { EnrollmentSettings, EntryOptions } from './registration/enrollment-entry.js';
export type { Failure, FleetFailure } from './registration/failures.js';
export type { FleetFiles } from './registration/fleet-devices.js';
export type { LatencySummary } from './registration/latencies.js';
