/**
 * Measures the emulator's page with many devices: the time to the first byte, and the processor time, for each page.
 *
 * npx tsx scripts/console-load.ts [DEVICES] [LOG ENTRIES]
 */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { performance } from 'node:perf_hooks';
import { createSasToken } from '../src/dps/contract/sas.js';
import { startEmulator } from '../src/emulator/start.js';

const [devices = 10_000, entries = 100_000] = process.argv.slice(2).map(Number);
const limits = { firstByteMs: 200, processorMs: 20 };

const emulator = await startEmulator({ dir: ':memory:' });
const { armEndpoint, armToken, caFile, idScope, consoleUrl, dpsName } = emulator.endpoints;
const agent = new Agent({ keepAlive: true, ca: readFileSync(caFile), maxSockets: 8 });

function call(method: string, path: string, body?: unknown, authorization = `Bearer ${armToken}`) {
  return new Promise<number>((resolve, reject) => {
    const headers = { 'content-type': 'application/json', authorization };
    request(new URL(path, armEndpoint), { method, agent, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode!));
    })
      .on('error', reject)
      .end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Calls a function for each number below a limit, eight at a time. */
async function each(count: number, act: (index: number) => Promise<number>): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < count) {
      const status = await act(next++);
      if (status >= 400) throw new Error(`status ${status}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

const name = (index: number) => `pump-${String(index).padStart(6, '0')}`;
const key = Buffer.alloc(32, 7);
const symmetricKey = { primaryKey: key.toString('base64'), secondaryKey: key.toString('base64') };
const service = 'api-version=2021-10-01';
await call('PUT', `/enrollmentGroups/fleet?${service}`, {
  enrollmentGroupId: 'fleet',
  attestation: { type: 'symmetricKey', symmetricKey },
});
await each(devices / 10, (batch) =>
  call('POST', `/enrollments?${service}`, {
    mode: 'create',
    enrollments: Array.from({ length: 10 }, (_, index) => ({
      registrationId: `valve-${String(batch * 10 + index).padStart(6, '0')}`,
      attestation: { type: 'symmetricKey' },
    })),
  }),
);
const expiry = Math.floor(Date.now() / 1000) + 36_000;
await each(devices, (index) => {
  const id = name(index);
  const deviceKey = createHmac('sha256', key).update(id).digest('base64');
  const token = createSasToken(`${idScope}/registrations/${id}`, 'registration', deviceKey, expiry);
  const path = `/${idScope}/registrations/${id}/register?api-version=2021-06-01`;
  return call('PUT', path, { registrationId: id }, token);
});
await each(Math.max(0, entries - devices), () => call('GET', `/enrollmentGroups/fleet?${service}`));

const { origin } = new URL(consoleUrl);
const entered = await fetch(consoleUrl);
const cookie = entered.headers.get('set-cookie')!.split(';')[0]!;

/**
 * The least of some requests for a page, since other processes of the computer only add to the times. The processor time
 * of this process, with the client's, is more than a request can block the event loop.
 */
async function measure(path: string) {
  const [firstByteMs, processorMs]: number[][] = [[], []];
  let bytes = 0;
  for (let times = 0; times < 25; times += 1) {
    const before = process.cpuUsage();
    const started = performance.now();
    const answer = await fetch(`${origin}/console/${path}`, { headers: { cookie } });
    firstByteMs!.push(performance.now() - started);
    if (answer.status !== 200) throw new Error(`${path}: status ${answer.status}`);
    bytes = (await answer.arrayBuffer()).byteLength;
    const { user, system } = process.cpuUsage(before);
    processorMs!.push((user + system) / 1000);
  }
  return { firstByteMs: Math.min(...firstByteMs!), processorMs: Math.min(...processorMs!), bytes };
}

const of = `services/${dpsName}`;
const [last] = [name(devices - 150)];
let isWithin = true;
for (const path of [
  '',
  'log',
  `${of}/enrollments`,
  `${of}/enrollments?individuals=${devices - 150}`,
  `${of}/enrollments?prefix=valve-009`,
  `${of}/enrollments?prefix=none`,
  `${of}/groups/fleet`,
  `${of}/registrations`,
  `${of}/registrations?group=fleet`,
  `${of}/registrations?group=fleet&after=${devices - 150}`,
  `${of}/registrations?group=fleet&prefix=pump-009`,
  `${of}/registrations?group=fleet&prefix=none`,
  `${of}/registrations?group=none`,
  'hubs/hub-1/devices',
  `hubs/hub-1/devices?after=${last}`,
  'hubs/hub-1/devices?prefix=pump-009',
  'hubs/hub-1/devices?prefix=none',
  `hubs/hub-1/devices/${last}`,
]) {
  const { firstByteMs, processorMs, bytes } = await measure(path);
  const isGood = firstByteMs < limits.firstByteMs && processorMs < limits.processorMs;
  isWithin &&= isGood;
  console.log(
    `${isGood ? 'ok  ' : 'SLOW'} ${firstByteMs.toFixed(0).padStart(4)} ms to the first byte, ${processorMs.toFixed(1).padStart(5)} ms of processor time, ${(bytes / 1024).toFixed(0).padStart(4)} KB  /console/${path}`,
  );
}
agent.destroy();
await emulator.stop();
process.exitCode = isWithin ? 0 : 1;
