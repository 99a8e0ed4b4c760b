/** Issues a fleet: worker threads make, this thread writes, in order, and what is written stays written. */
import { existsSync } from 'node:fs';
import { EnrollkitError } from '../../errors.js';
import { generateKeyPair, type KeyAlgorithm } from '../../pki/keys.js';
import { intactPart } from '../formats/intact-folders.js';
import { largeKeySource } from '../large-keys.js';
import { certificateTemplate, subjectPrefix } from './certificate-template.js';
import { assertFree, finishedFleet } from './finished-fleet.js';
import { FleetJournal } from './journal.js';
import { FleetOutput } from './output.js';
import { assertOutlivesDevices, digestOf, type FleetRequest } from './request.js';
import type { BatchResult, DeviceBatch, WorkerSetup } from './worker-messages.js';
import { WorkerPool } from './worker-pool.js';

export interface FleetOptions {
  /** Threads. */
  workers: number;
  /** Now. */
  at: Date;
  signal: AbortSignal;
  /** Told how many devices are written; first, how many an earlier run had written. */
  onProgress(devices: number): void;
}

export interface FleetResult {
  devices: number;
  /** How many of them this run made; 0 when the fleet was finished before. */
  made: number;
  notBefore: string;
  notAfter: string;
}

/**
 * Issues a fleet, or what is left of it.
 *
 * @throws EnrollkitError ISSUER_NOT_ALLOWED, INVALID_SUBJECT and what else `issue()` refuses; FILE_EXISTS when another
 *   fleet is in the way; FOLDER_IN_USE, FILE_UNWRITABLE; INTERRUPTED
 */
export async function issueFleet(request: FleetRequest, options: FleetOptions): Promise<FleetResult> {
  const { at, workers } = options;
  const { range, out } = request;
  assertOutlivesDevices(request, at);
  const total = range.end - range.begin;
  const journalPath = typeof out === 'string' ? `${out}.journal` : undefined;
  if (journalPath === undefined) assertFree(request);
  else if (!existsSync(journalPath)) {
    const finished = await finishedFleet(request);
    if (finished) return { devices: total, made: 0, ...finished };
    assertFree(request);
  }
  const batchSize = batchSizeOf(request);
  // The threads load while this one prepares what they need.
  const pool = new WorkerPool(Math.max(1, Math.min(workers, Math.ceil(total / batchSize))));
  let journal: FleetJournal | undefined;
  let output: FleetOutput | undefined;
  try {
    const setup = await setupOf(request, at);
    pool.setUp(setup);
    if (journalPath !== undefined) {
      journal = FleetJournal.open(journalPath, digestOf(request), () => assertFree(request));
    }
    const before = journal?.done && (await intactPart(request, journal.done));
    output = await FleetOutput.open(request, journal, before);
    const devices = before?.devices ?? 0;
    options.onProgress(devices);
    await makeAll(request, { pool, output, batchSize, ...options });
    const { notBefore, notAfter } = setup.template;
    return { devices: total, made: total - devices, notBefore, notAfter };
  } finally {
    await pool.close();
    await output?.close();
    journal?.close();
  }
}

/** Makes what is missing, and ends the output; what cannot be ended is kept for the next run. */
async function makeAll(
  { source, range, keyAlgorithm }: FleetRequest,
  { pool, output, batchSize, signal, onProgress }: FleetOptions & Making,
): Promise<void> {
  const waiting: Promise<BatchResult>[] = [];
  const nextKey = largeKeySource(keyAlgorithm, pool.size, signal);
  const make = (batch: DeviceBatch) => {
    if (!nextKey) return pool.make(batch);
    const made = nextKey().then((key) => pool.make(batch, key));
    // As in the pool: it may fail while an earlier one is awaited.
    made.catch(() => {});
    return made;
  };
  const writeNext = async () => {
    const result = await waiting.shift()!;
    await output.add(result);
    pool.recycle(result);
    onProgress(output.devices);
  };
  try {
    const missing = { begin: range.begin + output.devices, end: range.end };
    for await (const batch of source.batches(missing, batchSize)) {
      signal.throwIfAborted();
      waiting.push(make(batch));
      if (waiting.length >= pool.size * (batchSize === 1 ? keysInFlight : batchesInFlight)) await writeNext();
    }
    while (waiting.length > 0) {
      signal.throwIfAborted();
      await writeNext();
    }
    await output.finish();
  } catch (error) {
    // The first error counts: on a full disk, this fails for the same reason.
    await output.keep().catch(() => {});
    throw resumable(error);
  }
}

/** What stands in the way of writing can be mended; then the run goes on. */
function resumable(error: unknown): unknown {
  if (!(error instanceof EnrollkitError) || error.code !== 'FILE_UNWRITABLE') return error;
  const { code, message, context, cause } = error;
  const next =
    'Make room, or mend the permissions; then run the same command again: it goes on where it stopped.';
  return new EnrollkitError(code, message, { next, context, cause });
}

interface Making {
  pool: WorkerPool;
  output: FleetOutput;
  batchSize: number;
}

/** For each worker: one that it makes, one that waits for it, one that waits to be written. */
const batchesInFlight = 3;

/** One RSA key can take ten times as long as another, and those that are made meanwhile wait for it. */
const keysInFlight = 32;

/** Some tens of milliseconds of work, or what one key takes. */
function batchSizeOf({ keyAlgorithm, format, pfx }: FleetRequest): number {
  const sizes: Record<KeyAlgorithm, number> = {
    'ec-p256': 250,
    'ec-p384': 50,
    'rsa-2048': 1,
    'rsa-3072': 1,
    'rsa-4096': 1,
  };
  // Folders and PKCS#12 files take longer than their keys.
  return Math.min(sizes[keyAlgorithm], format === 'dir' ? 100 : 250, pfx ? 10 : 250);
}

async function setupOf(request: FleetRequest, at: Date): Promise<WorkerSetup> {
  const { profile, keyAlgorithm, ca, validityDays, source, format, out } = request;
  const sample = await generateKeyPair(keyAlgorithm.startsWith('rsa-') ? 'rsa-2048' : 'ec-p256');
  return {
    template: await certificateTemplate({
      profile,
      publicKey: sample.publicKey,
      issuer: ca,
      at,
      validityDays,
    }),
    issuerKey: ca.privateKey,
    keyAlgorithm,
    issuersPem: ca.chainPem,
    subjectPrefix: subjectPrefix(request.subject),
    tagCount: source.tagNames.length,
    format,
    ...(typeof out === 'string' ? { folder: out } : {}),
    pfx: request.pfx,
  };
}
