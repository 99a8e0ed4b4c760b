/** `enrollkit/emulator`: a local DPS with its hubs, started and stopped by a program. */
export type { ResourceLimits } from './dps/quotas.js';
export {
  type ClockStore,
  type DeviceMessage,
  type Emulator,
  type EmulatorClock,
  type EmulatorEndpoints,
  type EmulatorEvent,
  type EmulatorLog,
  type EmulatorOptions,
  type EmulatorSeed,
  type FaultControl,
  type FaultFile,
  type FaultList,
  type FaultSelection,
  type PresetName,
  type QuotaLimits,
  type RuleCount,
  runningEmulator,
  startEmulator,
} from './start.js';
export type { TlsMax } from './wire/tls/tls-max.js';
