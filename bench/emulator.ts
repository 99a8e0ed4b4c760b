/**
 * The emulator's registrations a second over HTTPS and MQTT, one connection a registration, beside a bare TLS server in
 * Node.js that does the same mutual handshakes for the same client; its service plane; and what 100,000 registrations
 * cost. Servers run in processes of their own. Ratios are what counts, since machines differ.
 *
 *     npm run bench:emulator [-- STORED]
 */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseConnectionString } from '../src/dps/contract/connection-string.js';
import { createSasToken, deriveDeviceKey } from '../src/dps/contract/sas.js';
import { handshake, registerHttps, registerMqtt, type Server } from './emulator/device-client.js';
import {
  benchFleet,
  serviceCalls,
  startEmulatorProcess,
  startProcess,
  stopProcesses,
  thisCheckout,
} from './emulator/emulator-process.js';
import { rate } from './emulator/measure.js';
import { median } from './median.js';
import { BenchReport } from './report.js';
import { scratchFolder } from './scratch.js';

const report = new BenchReport('emulator', 'npm run bench:emulator');
const stored = Number(process.argv[2] ?? 100_000);
const deviceCount = 400;
const warmUpRounds = 3;
const rounds = 9;
const concurrency = 16;
const folder = scratchFolder();
const running: ChildProcess[] = [];

/** Resident kilobytes of a process. */
function residentKb({ pid }: ChildProcess): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }));
}

const emulator = await startEmulatorProcess(thisCheckout, folder);
running.push(emulator.child);
const { endpoints } = emulator;
const call = serviceCalls(endpoints, concurrency);
const bearer = `Bearer ${endpoints.armToken}`;
const version = 'api-version=2021-10-01';

try {
  const devices = await benchFleet(endpoints, call, deviceCount);

  const folderOfTls = join(folder, 'emulator');
  const bare = await startProcess([
    fileURLToPath(new URL('emulator/bare-server.mjs', import.meta.url)),
    join(folderOfTls, 'tls-server.pem'),
    join(folderOfTls, 'tls-server.key.pem'),
  ]);
  running.push(bare.child);
  const { idScope, ports: at } = endpoints;
  const servers: Record<string, [Server, typeof handshake]> = {
    bare: [{ port: (bare.said as { port: number }).port, idScope }, handshake],
    https: [{ port: at.https, idScope }, registerHttps],
    mqtt: [{ port: at.mqtt, idScope }, registerMqtt],
  };
  async function registrations(): Promise<Record<string, number>> {
    const rates: Record<string, number[]> = { bare: [], https: [], mqtt: [] };
    for (let round = 0; round < warmUpRounds + rounds; round += 1) {
      for (const [name, [server, act]] of Object.entries(servers)) {
        const measured = await rate(devices, concurrency, (device) => act(server, device));
        // A server compiles its code for some thousand requests.
        if (round >= warmUpRounds) rates[name]!.push(measured);
      }
    }
    return Object.fromEntries(Object.entries(rates).map(([name, values]) => [name, median(values)]));
  }

  const before = await registrations();
  report.line('bare TLS server, mutual handshakes', `${before.bare!.toFixed(0)} /s`);
  report.line(
    'registrations over HTTPS',
    `${before.https!.toFixed(0)} /s`,
    `${(before.https! / before.bare!).toFixed(2)} of it`,
  );
  report.line(
    'registrations over MQTT',
    `${before.mqtt!.toFixed(0)} /s`,
    `${(before.mqtt! / before.bare!).toFixed(2)} of it`,
  );

  const { hostName, sharedAccessKeyName, sharedAccessKey } = parseConnectionString(
    endpoints.serviceConnectionString,
  );
  const sas = createSasToken(
    hostName,
    sharedAccessKeyName,
    sharedAccessKey,
    Math.floor(Date.now() / 1000) + 3600,
  );
  const requests = Array.from({ length: 3000 }, (_, index) => index);
  const reads = await rate(requests, concurrency, () =>
    call('GET', `/enrollmentGroups/x509?${version}`, sas),
  );
  const writes = await rate(requests, concurrency, (index) =>
    call('PUT', `/enrollments/write-${index}?${version}`, sas, {
      registrationId: `write-${index}`,
      attestation: { type: 'symmetricKey' },
    }),
  );
  report.line('service plane, an enrollment group read', `${reads.toFixed(0)} /s`);
  report.line('service plane, an individual enrollment created', `${writes.toFixed(0)} /s`);

  const groupKey = Buffer.alloc(64, 7).toString('base64');
  await call('PUT', `/enrollmentGroups/keys?${version}`, bearer, {
    enrollmentGroupId: 'keys',
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: groupKey, secondaryKey: groupKey } },
  });
  const register = (id: string) => {
    const resource = `${idScope}/registrations/${id}`;
    const expiry = Math.floor(Date.now() / 1000) + 3600;
    const token = createSasToken(resource, 'registration', deriveDeviceKey(groupKey, id), expiry);
    return call('PUT', `/${idScope}/registrations/${id}/register?api-version=2021-06-01`, token, {});
  };
  const some = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${name}-${index}`);
  // What the process grows by before it is warm belongs to no registration.
  await rate(some('warm', 3000), concurrency, register);
  const sample = 2000;
  const first: number[] = [];
  for (let round = 0; round < 3; round += 1)
    first.push(await rate(some(`first${round}`, sample), concurrency, register));
  const kbBefore = residentKb(emulator.child);
  await rate(some('stored', stored), concurrency, register);
  const kbAfter = residentKb(emulator.child);
  const last: number[] = [];
  for (let round = 0; round < 3; round += 1)
    last.push(await rate(some(`last${round}`, sample), concurrency, register));
  const after = await registrations();
  report.line('one more registration, symmetric key, few stored', `${median(first).toFixed(0)} /s`);
  report.line(
    `the same with ${stored} more stored`,
    `${median(last).toFixed(0)} /s`,
    `${(median(last) / median(first)).toFixed(2)} of it`,
  );
  report.line(
    `over HTTPS with ${stored} stored`,
    `${after.https!.toFixed(0)} /s`,
    `${(after.https! / before.https!).toFixed(2)} of that with few`,
  );
  report.line(
    `over MQTT with ${stored} stored`,
    `${after.mqtt!.toFixed(0)} /s`,
    `${(after.mqtt! / before.mqtt!).toFixed(2)} of that with few`,
  );
  report.line('memory of the emulator before', `${(kbBefore / 1024).toFixed(0)} MB`);
  report.line(
    `after ${stored} registrations`,
    `${(kbAfter / 1024).toFixed(0)} MB`,
    `${(((kbAfter - kbBefore) * 1024) / stored).toFixed(0)} bytes each`,
  );
  report.write();
} finally {
  call.end();
  await stopProcesses(running);
  rmSync(folder, { recursive: true, force: true });
}
