/** Issues a fleet: worker threads make the devices, this thread writes them, in order. */

import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { EnrollkitError, withNext } from '../errors.js';
import { sentences } from '../languages/language.js';
import { encryptPrivateKeyInfo } from '../pki/containers/encryption.js';
import { generateKeyPair, type KeyAlgorithm } from '../pki/keys.js';
import { issue } from '../pki/make/issue.js';
import { loadProfile } from '../pki/make/profile.js';
import { assertReadsBack } from '../pki/read-back.js';
import { parseCertificate } from '../pki/x509/certificate.js';
import type { DeviceBatch } from './devices/device-source.js';
import { type FleetFormat, loadFormat } from './formats/formats.js';
import type { OutputFormat } from './formats/output-format.js';
import { assertNamesAllowed } from './issue/allowed-names.js';
import { certificateTemplate, subjectPrefix } from './issue/certificate-template.js';
import { DeviceMaker } from './issue/device-maker.js';
import { assertFree, finishedFleet } from './issue/finished-fleet.js';
import { encryptionBefore, FleetJournal, removeLeftovers } from './issue/journal.js';
import { keyEncryption, openWith, recordOf } from './issue/key-encryption.js';
import { largeKeySource } from './issue/large-keys.js';
import { FleetOutput } from './issue/output.js';
import { assertOutlivesDevices, digestOf, type FleetCa, type FleetRequest } from './issue/request.js';
import { assertResumable } from './issue/resumable.js';
import type { BatchResult, WorkerSetup } from './issue/worker-messages.js';
import { WorkerPool } from './issue/worker-pool.js';
import { Latencies, type LatencySummary } from './speed/latencies.js';
import { type RateSummary, Rates } from './speed/rates.js';

export interface IssueFleetOptions
  extends Pick<FleetRequest, 'source' | 'format' | 'out' | 'manifest'>,
    Partial<
      Pick<
        FleetRequest,
        'range' | 'profile' | 'keyAlgorithm' | 'validityDays' | 'subject' | 'pfx' | 'passphrase' | 'force'
      >
    > {
  ca: FleetCa;
  /** Worker threads; one per core by default. */
  workers?: number | undefined;
  /** Now; see `issue()`. The current time by default. */
  at?: Date | undefined;
  signal?: AbortSignal | undefined;
  /** Called with the number of devices written so far, first with the number that earlier runs have written. */
  onProgress?: ((devices: number) => void) | undefined;
}

export interface IssueFleetResult {
  /** Devices of the fleet, or of its range. */
  devices: number;
  /** How many of them this run made; 0 when an earlier run had finished the fleet. */
  made: number;
  /** Of every certificate: ISO 8601 in UTC, whole seconds. */
  notBefore: string;
  notAfter: string;
  /** How long a thread took for a device, on average over each batch of devices; undefined when none was made. */
  latency?: LatencySummary | undefined;
  /** Devices that were written, over time; undefined when none was made. */
  rate?: RateSummary | undefined;
}

/**
 * Makes a key and a certificate for each device of a fleet, in worker threads, and writes them to `out`, in order, and
 * a row for each to `manifest`. The certificates are those of `issue()`.
 *
 * A run that was aborted, killed or stopped by a full disk is resumed by a call with the same options; only `workers`,
 * `at` and the callbacks may differ. Until the fleet is finished, its journal is beside it: `OUT.journal`, and during a run `OUT.lock`. A call for a
 * fleet that is finished changes nothing.
 *
 * @throws EnrollkitError ISSUER_NOT_ALLOWED when the CA may not sign, ends before the devices, or `validateChain` would
 *   refuse them under it and `force` is not given; INVALID_SUBJECT and
 *   whatever else `issue()` throws; FILE_EXISTS when something else is at `out` or `manifest`; FOLDER_IN_USE when
 *   another run works on the fleet; WRONG_PASSPHRASE when it is not that of the run that is resumed; JOURNAL_UNREADABLE, FILE_UNREADABLE, FILE_UNWRITABLE; the signal's reason when it
 *   was aborted
 */
export async function issueFleet(options: IssueFleetOptions): Promise<IssueFleetResult> {
  const { at = new Date(), workers = availableParallelism(), onProgress } = options;
  const { signal = new AbortController().signal } = options;
  const request = requestOf(options);
  const { range, out } = request;
  const format = await loadFormat(request.format);
  if (format.folder && typeof out !== 'string') throw folderNeeded(request.format);
  assertOutlivesDevices(request, at);
  const total = range.end - range.begin;
  if (typeof out !== 'string') assertFree(request);
  else if (!existsSync(`${out}.journal`)) {
    removeLeftovers(out);
    const finished = await finishedFleet(request, format);
    if (finished) return { devices: total, made: 0, ...finished };
    assertFree(request);
  }
  const batchSize = batchSizeOf(request, format, total);
  // The threads load while this one prepares what they need.
  const pool = new WorkerPool(Math.max(1, Math.min(workers, Math.ceil(total / batchSize))));
  let journal: FleetJournal | undefined;
  let output: FleetOutput | undefined;
  try {
    const setup = await setupOf(request, at);
    assertFirstReadsBack(setup);
    pool.setUp(setup);
    if (typeof out === 'string') {
      const encrypted = setup.encryption && recordOf(setup.encryption);
      journal = FleetJournal.open(out, digestOf(request), encrypted, total, () => assertFree(request));
    }
    let before = journal?.done;
    if (before) await assertResumable(request, format, before);
    if (before && format.folder && typeof out === 'string') {
      before = await format.folder.intactPart(
        { ...request, out, encryptKeys: request.passphrase !== undefined },
        before,
      );
    }
    output = await FleetOutput.open(request, format, journal, before);
    const devices = before?.devices ?? 0;
    onProgress?.(devices);
    const speed = await makeMissing(request, { pool, output, batchSize, signal, onProgress });
    const { notBefore, notAfter } = setup.template;
    return { devices: total, made: total - devices, notBefore, notAfter, ...speed };
  } finally {
    await pool.close();
    await output?.close();
    journal?.close();
  }
}

function folderNeeded(format: FleetFormat): EnrollkitError {
  return new EnrollkitError('USAGE', sentences.fleet.folderNeeded(format));
}

function requestOf(options: IssueFleetOptions): FleetRequest {
  const { source, ca } = options;
  return {
    ...options,
    range: options.range ?? { begin: 0, end: source.count },
    ca: { ...ca, parsed: parseCertificate(ca.certificate) },
    profile: options.profile ?? loadProfile('device'),
    keyAlgorithm: options.keyAlgorithm ?? 'ec-p256',
    subject: options.subject ?? {},
    pfx: options.pfx ?? false,
  };
}

interface Making {
  pool: WorkerPool;
  output: FleetOutput;
  batchSize: number;
  signal: AbortSignal;
  onProgress: IssueFleetOptions['onProgress'];
}

/** For each worker: one batch in the making, one that waits for it, one that waits to be written. */
const batchesInFlight = 3;

/** One RSA key can take ten times as long as another, and the keys made meanwhile wait for it. */
const keysInFlight = 32;

/** Makes the devices that are missing, and finishes the output; a failed run leaves it for the next one. */
async function makeMissing(
  { source, range, keyAlgorithm }: FleetRequest,
  { pool, output, batchSize, signal, onProgress }: Making,
): Promise<Pick<IssueFleetResult, 'latency' | 'rate'>> {
  const [started, latencies, rates] = [performance.now(), new Latencies(), new Rates()];
  const waiting: Promise<BatchResult>[] = [];
  const nextKey = largeKeySource(keyAlgorithm, pool.size, signal);
  const make = (batch: DeviceBatch) => {
    if (!nextKey) return pool.make(batch);
    const made = nextKey().then(async ({ key, milliseconds }) => {
      const result = await pool.make(batch, key);
      return { ...result, milliseconds: result.milliseconds + milliseconds };
    });
    // As in the pool: it may fail while an earlier batch is awaited.
    made.catch(() => {});
    return made;
  };
  const writeNext = async () => {
    const result = await waiting.shift()!;
    const { count, milliseconds } = result;
    await output.add(result);
    pool.recycle(result);
    latencies.add(milliseconds / count, count);
    rates.add(performance.now() - started, count);
    onProgress?.(output.devices);
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
    return { latency: latencies.summary(), rate: rates.summary(performance.now() - started) };
  } catch (error) {
    // The first error is the one to report: on a full disk, this fails for the same reason.
    await output.keep().catch(() => {});
    throw resumable(error);
  }
}

/** Tells the user of an output that cannot be written how to resume. */
function resumable(error: unknown): unknown {
  if (!(error instanceof EnrollkitError) || error.code !== 'FILE_UNWRITABLE') return error;
  return withNext(error, sentences.fleet.makeRoom);
}

/** From here on, a thread has many batches: fewer of twice the size save messages and writes. */
const largeFleet = 20_000;

/** Devices in a batch: some tens of milliseconds of work, or a single RSA key. */
function batchSizeOf({ keyAlgorithm, pfx }: FleetRequest, format: OutputFormat, devices: number): number {
  const sizes: Record<KeyAlgorithm, number> = {
    'ec-p256': 500,
    'ec-p384': 50,
    'rsa-2048': 1,
    'rsa-3072': 1,
    'rsa-4096': 1,
  };
  // PKCS#12 files take longer than their keys.
  const size = Math.min(sizes[keyAlgorithm], format.batchSize, pfx ? 10 : format.batchSize);
  return size > 1 && devices >= largeFleet ? 2 * size : size;
}

async function setupOf(request: FleetRequest, at: Date): Promise<WorkerSetup> {
  const { profile, keyAlgorithm, ca, validityDays, source, format, out, passphrase } = request;
  const sample = await generateKeyPair(keyAlgorithm.startsWith('rsa-') ? 'rsa-2048' : 'ec-p256');
  await assertIssuable(request, sample.publicKey, at);
  if (!request.force) await assertNamesAllowed(request);
  const before = typeof out === 'string' ? encryptionBefore(out) : undefined;
  const encryption =
    passphrase === undefined ? undefined : await keyEncryption(passphrase, request.pfx, before);
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
    folder: typeof out === 'string' ? out : undefined,
    pfx: request.pfx,
    encryption,
  };
}

/** A device is made as the threads make them, and read back, before anything is written. */
function assertFirstReadsBack(setup: WorkerSetup): void {
  // The kind of the key does not matter, and large RSA keys take seconds.
  const { certificate, privateKeyInfo } = new DeviceMaker({ ...setup, keyAlgorithm: 'ec-p256' }).make({
    registrationId: 'device',
  });
  const key = setup.encryption?.key;
  if (key) openWith(key, encryptPrivateKeyInfo(privateKeyInfo, key));
  assertReadsBack([{ contents: certificate }, { contents: privateKeyInfo }]);
}

/**
 * A device like all others is issued, and thrown away: the CA may be none for devices, which is checked once.
 *
 * @throws EnrollkitError ISSUER_NOT_ALLOWED
 */
async function assertIssuable(request: FleetRequest, publicKey: KeyObject, at: Date): Promise<void> {
  const { profile, ca, validityDays, subject, force } = request;
  const sample = { ...subject, commonName: 'device' };
  const validity = validityDays === undefined ? {} : { validityDays };
  await issue({ profile, subject: sample, publicKey, issuer: ca, at, force: force === true, ...validity });
}
