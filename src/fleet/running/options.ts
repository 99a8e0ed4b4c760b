/** What is run, how, and what comes of it. */
import type { HubProtocol } from '../../dps/client/hub-session/hub-session.js';
import type { Target } from '../../dps/client/target.js';
import type { EnrollkitError } from '../../errors.js';
import type { CountName } from './counts.js';
import type { DeviceEvent } from './events.js';
import type { MethodTable } from './method-table.js';
import type { MessageMaker } from './template.js';

/** A device with its credentials; the key is not encrypted. */
export interface RunnableDevice {
  registrationId: string;
  /** PEM: the certificate, then its issuers. */
  certificateChain: string;
  /** PEM. */
  privateKey: string;
}

export interface RunDevicesOptions {
  devices: readonly RunnableDevice[];
  target: Target;
  idScope: string;
  protocol: HubProtocol;
  /** Milliseconds between two messages of a device. */
  intervalMs: number;
  /** Messages of each device; the run ends when all are sent. */
  count?: number | undefined;
  /** Milliseconds until the run ends. */
  durationMs?: number | undefined;
  /** Makes what a device sends. */
  messages: (deviceId: string) => MessageMaker;
  /** Makes what a device reports when it has connected; nothing by default. */
  reported?: ((deviceId: string) => MessageMaker) | undefined;
  /** By default, every method is answered with 200 and the payload of the call. */
  methods?: MethodTable | undefined;
  /** Has each device request an operational certificate as it registers, and renew it. */
  requestsCertificates?: boolean | undefined;
  /** Milliseconds after which a device renews its certificate; by default, when two thirds of its life have passed. */
  renewAfterMs?: number | undefined;
  /** Connections that are being made at once, and registrations per minute. */
  concurrency: number;
  perMinute?: number | undefined;
  onEvent?: ((event: DeviceEvent) => void) | undefined;
  /** Called every second. */
  onProgress?: ((progress: RunProgress) => void) | undefined;
  /** Ends the run, which then is complete: nothing is thrown. */
  end: AbortSignal;
}

export type RunTotals = Record<CountName, number>;

export interface RunProgress extends RunTotals {
  devices: number;
  connected: number;
  elapsedMs: number;
}

/** `connected` is how many devices were connected until the end. */
export interface RunDevicesResult extends RunProgress {
  /** Devices that were refused before they were ever connected, by ID. */
  failures: { registrationId: string; error: EnrollkitError }[];
}
