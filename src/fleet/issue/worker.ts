/** A worker thread: makes devices, batch by batch. What it loads delays every run, so that is little. */
import { parentPort, workerData } from 'node:worker_threads';
import { EnrollkitError } from '../../errors.js';
import type { DeviceRequest, MadeDevice } from '../devices/device.js';
import type { DeviceBatch } from '../devices/device-source.js';
import { idAt } from '../devices/id-pattern.js';
import { ByteWriter } from '../formats/byte-writer.js';
import { loadFormat } from '../formats/formats.js';
import type { DeviceWriter } from '../formats/output-format.js';
import { ManifestRows } from '../manifest.js';
import { DeviceMaker } from './device-maker.js';
import type {
  BatchMessage,
  BatchResult,
  WorkerFailure,
  WorkerReply,
  WorkerSetup,
} from './worker-messages.js';

const port = parentPort!;
const { number } = workerData as { number: number };

interface Tools {
  maker: DeviceMaker;
  writer: DeviceWriter;
  rows: ManifestRows;
  /** Adds the PKCS#12 file. */
  withPfx: ((device: MadeDevice) => Promise<MadeDevice>) | undefined;
  /** From a PrivateKeyInfo to an EncryptedPrivateKeyInfo. */
  encrypt: ((privateKeyInfo: Uint8Array) => Buffer) | undefined;
}

let tools: Tools | undefined;

/** Messages are handled one after another; a batch with PKCS#12 files is asynchronous. */
let queue: Promise<void> = Promise.resolve();
port.on('message', (message: { setup: WorkerSetup } | BatchMessage) => {
  queue = queue.then(async () => {
    try {
      if ('setup' in message) tools = await toolsFor(message.setup);
      else reply(await make(message));
    } catch (error) {
      port.postMessage({ failure: failureOf(error) } satisfies WorkerReply);
    }
  });
});

async function toolsFor(setup: WorkerSetup): Promise<Tools> {
  const { format, template, issuersPem, folder, encryption } = setup;
  const { writer } = await loadFormat(format);
  const keyEncryption = encryption && (await import('../../pki/containers/encryption.js'));
  return {
    maker: new DeviceMaker(setup),
    writer: writer({ issuersPem, validity: template, folder, worker: number, encryption }),
    rows: new ManifestRows(template, setup.tagCount),
    withPfx: setup.pfx ? (await import('./device-pfx.js')).pfxMaker(issuersPem, encryption?.pfx) : undefined,
    encrypt:
      keyEncryption &&
      ((privateKeyInfo) => keyEncryption.encryptPrivateKeyInfo(privateKeyInfo, encryption!.key)),
  };
}

async function make({ batch, key, memory }: BatchMessage): Promise<BatchResult> {
  const started = performance.now();
  const { maker, writer, rows, withPfx, encrypt } = tools!;
  const manifest = new ByteWriter(memory[1]);
  writer.begin(memory[0]);
  const [count, requestAt] = requestsOf(batch);
  for (let index = 0; index < count; index += 1) {
    let device = maker.make(requestAt(index), key);
    if (withPfx) device = await withPfx(device);
    if (encrypt) device = { ...device, privateKeyInfo: encrypt(device.privateKeyInfo) };
    const added = writer.add(device);
    rows.add(added instanceof Promise ? await added : added, manifest);
  }
  const output = await writer.finish();
  return { count, milliseconds: performance.now() - started, output, manifest: manifest.take() };
}

/** How many devices a batch has, and a function that returns each by its index. */
function requestsOf(batch: DeviceBatch): [number, (index: number) => DeviceRequest] {
  if ('devices' in batch) return [batch.devices.length, (index) => batch.devices[index]!];
  const { pattern, first, count } = batch;
  return [count, (index) => ({ registrationId: idAt(pattern, first + index) })];
}

function reply(result: BatchResult): void {
  port.postMessage({ result } satisfies WorkerReply, [result.output.buffer, result.manifest.buffer]);
}

function failureOf(error: unknown): WorkerFailure {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack } = error;
  if (!(error instanceof EnrollkitError)) return { message, stack };
  return { message, stack, enrollkit: { code: error.code, next: error.next } };
}
