/** A worker thread: makes devices, a batch at a time. What it loads delays every run, so that is little. */
import { parentPort, workerData } from 'node:worker_threads';
import { EnrollkitError } from '../../errors.js';
import { idAt } from '../devices/id-pattern.js';
import { ByteWriter } from './byte-writer.js';
import type { DeviceRequest, MadeDevice } from './device.js';
import { DeviceMaker } from './device-maker.js';
import { type DeviceSink, deviceSink } from './device-sink.js';
import { ManifestRows } from './manifest-rows.js';
import type {
  BatchMessage,
  BatchResult,
  DeviceBatch,
  WorkerFailure,
  WorkerReply,
  WorkerSetup,
} from './worker-messages.js';

const port = parentPort!;
const { number } = workerData as { number: number };

let tools: { maker: DeviceMaker; sink: DeviceSink; rows: ManifestRows; finishing?: Finishing } | undefined;
type Finishing = (device: MadeDevice) => Promise<MadeDevice>;

/** One after the other, since a batch with PKCS#12 files waits on the way. */
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

async function toolsFor(setup: WorkerSetup) {
  return {
    maker: new DeviceMaker(setup),
    sink: await deviceSink(setup, number),
    rows: new ManifestRows(setup.template, setup.tagCount),
    ...(setup.pfx ? { finishing: (await import('./device-pfx.js')).pfxMaker(setup.issuersPem) } : {}),
  };
}

async function make({ batch, key, memory }: BatchMessage): Promise<BatchResult> {
  const { maker, sink, rows, finishing } = tools!;
  const manifest = new ByteWriter(memory[1]);
  sink.begin(memory[0]);
  let count = 0;
  for (const request of requestsOf(batch)) {
    let device = maker.make(request, key);
    if (finishing) device = await finishing(device);
    const added = sink.add(device);
    rows.add(added instanceof Promise ? await added : added, manifest);
    count += 1;
  }
  return { count, output: await sink.finish(), manifest: manifest.take() };
}

function* requestsOf(batch: DeviceBatch): Iterable<DeviceRequest> {
  if ('devices' in batch) yield* batch.devices;
  else {
    for (let index = batch.first; index < batch.first + batch.count; index += 1) {
      yield { registrationId: idAt(batch.pattern, index) };
    }
  }
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
