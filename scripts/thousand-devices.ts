/**
 * 1,000 devices in one process, `device run`, that send for ten minutes to an emulator in another process, which is killed
 * and started again three times. Afterwards every message that a device counts as sent must be at the Event
 * Hub-compatible endpoint; a message that is there twice must have arrived just before the emulator was killed, and again
 * afterwards. The memory of the process must stay below 500 MB, and must not grow from one restart to the next. It does at the first
 * one: the objects of closed connections are on the JavaScript heap until V8 collects garbage, for which it waits until there
 * is enough. Over AMQP there is more of it, and the check of growth fails although nothing leaks (--expose-gc shows it).
 *
 *     npm run build && npx tsx scripts/thousand-devices.ts [DEVICES] [MINUTES] [PROTOCOL]
 *
 * Needs /proc (Linux).
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { EventHubConsumerClient, earliestEventPosition } from '@azure/event-hubs';
import { bin } from '../test/support/bin.js';
import { startEmulatorProcess } from '../test/support/emulator-process.js';
import { inTemporaryFolder } from '../test/support/temporary-folder.js';

const devices = Number(process.argv[2] ?? 1000);
const minutes = Number(process.argv[3] ?? 10);
const protocol = process.argv[4] ?? 'mqtt';
const maxMegabytes = 500;
const restarts = 3;
/** From after the first restart to after the last one. */
const maxGrowth = 25;

const megabytesOf = (pid: number) =>
  Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024);

// The client trusts what Node.js does, and only reads this variable as Node.js starts.
if (process.env.NODE_TLS_REJECT_UNAUTHORIZED === undefined) {
  const again = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: again,
    stdio: 'inherit',
  });
  const [status] = await once(child, 'exit');
  process.exit(status as number);
}

await inTemporaryFolder(async (cwd) => {
  const { NODE_TLS_REJECT_UNAUTHORIZED: _, ...env } = process.env;
  const enrollkit = (...words: string[]) =>
    promisify(execFile)(process.execPath, [bin, ...words], { cwd, env });
  await enrollkit('quickstart', '--yes', '--count', '1');
  const digits = String(devices).length;
  const pattern = `d-{${'0'.repeat(digits)}..}`;
  const format = ['--format', 'ndjson', '--out', 'fleet.ndjson'];
  await enrollkit('fleet', 'issue', '--count', String(devices), '--pattern', pattern, ...format);

  const state = join(cwd, 'certs', '.enrollkit');
  let emulator = await startEmulatorProcess(state);
  const { ports, eventHubConnectionString } = emulator.endpoints;
  const samePorts = ['--port', ports.https, '--mqtt-port', ports.mqtt, '--amqp-port', ports.amqp].map(String);

  const flags = [
    '--fleet',
    'fleet.ndjson',
    '--protocol',
    protocol,
    '--duration',
    `${minutes * 60}s`,
    '--json',
  ];
  const run = spawn(process.execPath, [bin, 'device', 'run', ...flags], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const started = performance.now();
  const exited = once(run, 'exit');
  const sent = new Set<string>();
  const samples: number[] = [];
  /** Of the last fifth of each part of the run, in which all devices are connected again. */
  const levels: number[] = [];
  let ended: Record<string, unknown> | undefined;
  createInterface({ input: run.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as Record<string, unknown>;
    if (event.event === 'sent') sent.add(String(event.messageId));
    if (event.event === 'ended') ended = event;
    if (event.event !== 'progress') return;
    samples.push(megabytesOf(run.pid!));
    if (samples.length % 30 === 0) {
      const { connected, sent, sentAgain, lost, disconnections } = event;
      console.log(
        JSON.stringify({
          seconds: samples.length,
          megabytes: samples.at(-1),
          connected,
          sent,
          sentAgain,
          lost,
          disconnections,
        }),
      );
    }
  });

  const partMs = (minutes * 60_000) / (restarts + 1);
  const downMs = 5000;
  const mean = (of: number[]) => Math.round(of.reduce((sum, one) => sum + one, 0) / of.length);
  const noteLevel = () => levels.push(mean(samples.slice(-Math.max(1, Math.floor(partMs / 5000)))));
  const outages: { from: number; to: number }[] = [];
  for (let restart = 0; restart < restarts; restart += 1) {
    await wait(partMs * (restart + 1) - (performance.now() - started));
    noteLevel();
    console.log('the emulator is killed');
    const from = Date.now();
    emulator.process.kill('SIGKILL');
    await once(emulator.process, 'exit');
    await wait(downMs);
    outages.push({ from, to: Date.now() });
    emulator = await startEmulatorProcess(state, samePorts);
    console.log('the emulator runs again');
  }
  const [status] = await exited;
  noteLevel();

  const client = new EventHubConsumerClient('$Default', eventHubConnectionString!);
  /** When each message arrived. */
  const arrived = new Map<string, number[]>();
  for (const partition of await client.getPartitionIds()) {
    const { lastEnqueuedSequenceNumber, isEmpty } = await client.getPartitionProperties(partition);
    if (isEmpty) continue;
    await new Promise<void>((resolve, reject) => {
      const subscription = client.subscribe(
        partition,
        {
          async processEvents(received) {
            for (const { messageId, enqueuedTimeUtc } of received) {
              const times = arrived.get(String(messageId));
              if (times) times.push(enqueuedTimeUtc.getTime());
              else arrived.set(String(messageId), [enqueuedTimeUtc.getTime()]);
            }
            const last = received.at(-1);
            if (last && last.sequenceNumber >= lastEnqueuedSequenceNumber) {
              void subscription.close();
              resolve();
            }
          },
          async processError(error) {
            reject(error);
          },
        },
        { startPosition: earliestEventPosition, maxBatchSize: 500 },
      );
    });
  }
  await client.close();
  await emulator.stop();

  const missing = [...sent].filter((id) => !arrived.has(id)).length;
  const twice = [...arrived.values()].filter((times) => times.length > 1);
  const unexplained = twice.filter(
    ([first, second, third]) =>
      third !== undefined || !outages.some(({ from, to }) => first! <= from && second! >= to),
  ).length;
  console.log(JSON.stringify(ended));
  console.log(
    `${devices} devices, ${minutes} min over ${protocol}: ${sent.size} sent, ${missing} of them missing at the endpoint, ` +
      `${twice.length} twice (${unexplained} of them not because of a restart); ${Math.max(...samples)} MB at most, ` +
      `${levels.join(', ')} MB before and after each restart; exit ${status}`,
  );
  const isFine =
    status === 0 &&
    missing === 0 &&
    ended?.lost === 0 &&
    unexplained === 0 &&
    twice.length <= Number(ended.sentAgain) &&
    Math.max(...samples) <= maxMegabytes &&
    levels.at(-1)! - levels[1]! <= maxGrowth;
  if (!isFine) process.exitCode = 1;
});
