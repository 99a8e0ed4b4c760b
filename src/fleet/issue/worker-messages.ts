/** What the main thread and the workers tell each other. */
import type { KeyObject } from 'node:crypto';
import type { KeyAlgorithm } from '../../pki/keys.js';
import type { IdPattern } from '../devices/id-pattern.js';
import type { CertificateTemplate } from './certificate-stamp.js';
import type { DeviceRequest, SubjectPrefix } from './device.js';

export const fleetFormats = ['dir', 'ndjson', 'tar'] as const;
export type FleetFormat = (typeof fleetFormats)[number];

/** The same for all devices; sent to each worker once. */
export interface WorkerSetup {
  template: CertificateTemplate;
  issuerKey: KeyObject;
  keyAlgorithm: KeyAlgorithm;
  /** The CA and what stands above it; PEM. */
  issuersPem: string;
  subjectPrefix: SubjectPrefix;
  tagCount: number;
  format: FleetFormat;
  /** Of the format `dir`. */
  folder?: string;
  /** Whether a PKCS#12 file is made besides. */
  pfx: boolean;
}

/** Devices one after the other: numbers of a pattern, or spelled out. */
export type DeviceBatch =
  | { pattern: IdPattern; first: number; count: number }
  | { devices: readonly DeviceRequest[] };

export interface BatchMessage {
  batch: DeviceBatch;
  /** The key of its one device, PKCS#8 DER; the worker makes the keys where it is left out. */
  key: Uint8Array | undefined;
  /** To be written into, so that memory is not taken anew for each batch. */
  memory: ArrayBuffer[];
}

export interface BatchResult {
  count: number;
  /** What belongs into the output file; nothing for the format `dir`. */
  output: Uint8Array<ArrayBuffer>;
  /** Rows of the manifest. */
  manifest: Uint8Array<ArrayBuffer>;
}

export type WorkerReply = { result: BatchResult } | { failure: WorkerFailure };

/** An error, as far as it passes from thread to thread. */
export interface WorkerFailure {
  message: string;
  stack?: string | undefined;
  /** Of an EnrollkitError. */
  enrollkit?: { code: string; next: string };
}
