/** The messages between the main thread and the workers. */
import type { KeyObject } from 'node:crypto';
import type { KeyAlgorithm } from '../../pki/keys.js';
import type { SubjectPrefix } from '../devices/device.js';
import type { DeviceBatch } from '../devices/device-source.js';
import type { FleetFormat } from '../formats/formats.js';
import type { CertificateTemplate } from './certificate-stamp.js';
import type { KeyEncryption } from './key-encryption.js';

/** What all devices have in common; sent to each worker once. */
export interface WorkerSetup {
  template: CertificateTemplate;
  issuerKey: KeyObject;
  keyAlgorithm: KeyAlgorithm;
  /** PEM of the CA and its issuers. */
  issuersPem: string;
  subjectPrefix: SubjectPrefix;
  tagCount: number;
  format: FleetFormat;
  /** Where the output is a folder. */
  folder: string | undefined;
  /** Whether to make a PKCS#12 file for each device. */
  pfx: boolean;
  /** Of keys and PKCS#12 files; undefined when they are not encrypted. */
  encryption: KeyEncryption | undefined;
}

export interface BatchMessage {
  batch: DeviceBatch;
  /** The key of the only device in the batch, PKCS#8 DER; without it, the worker makes the keys. */
  key: Uint8Array | undefined;
  /** Buffers of an earlier result to write into, so that each batch need not allocate its own. */
  memory: ArrayBuffer[];
}

export interface BatchResult {
  count: number;
  /** How long the worker took for all of them. */
  milliseconds: number;
  /** For the output file; empty where the output is a folder. */
  output: Uint8Array<ArrayBuffer>;
  /** Rows of the manifest. */
  manifest: Uint8Array<ArrayBuffer>;
}

export type WorkerReply = { result: BatchResult } | { failure: WorkerFailure };

/** The part of an error that can be posted to another thread. */
export interface WorkerFailure {
  message: string;
  stack?: string | undefined;
  /** Of an EnrollkitError. */
  enrollkit?: { code: string; next: string };
}
