/**
 * `fleet register` and its emulator beside bare mutual TLS handshakes with one secure context a device, in processor time of
 * client and server. They alternate in three rounds, of which the medians are shown: a single one differs by a tenth.
 *
 *     npm run bench:register [-- DEVICES]
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bareHandshakes } from './bare-handshakes.js';
import { cpuSecondsOf, runNode } from './cpu.js';
import { startEmulatorProcess, stopProcesses, thisCheckout } from './emulator/emulator-process.js';
import { median } from './median.js';
import { BenchReport } from './report.js';
import { scratchFolder } from './scratch.js';

const protocols = ['mqtt', 'https', 'amqp'] as const;
type Protocol = (typeof protocols)[number];

/** Processor time in seconds, and the rate beside the handshakes of the same round. */
interface Registration {
  total: number;
  server: number;
  rate: number;
}

const rounds = 3;
const report = new BenchReport('register', 'npm run bench:register');
const devices = Number(process.argv[2] ?? 5000);
const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
const folder = scratchFolder();
const run = (...argv: string[]) => runNode([bin, ...argv], folder);
const row = (what: string, seconds: number, more = '') =>
  report.line(what, `${((seconds * 1000) / devices).toFixed(2)} ms`, more);

try {
  await run('quickstart', '--yes', '--count', '1');
  const ids = ['--count', String(devices), '--pattern', 'sensor-{000001..}'];
  await run('fleet', 'issue', ...ids, '--format', 'ndjson', '--out', 'fleet', '--quiet');
  const emulator = await startEmulatorProcess(thisCheckout, join(folder, 'certs'));
  try {
    const handshakes: number[] = [];
    const registrations: Record<Protocol, Registration[]> = { mqtt: [], https: [], amqp: [] };
    for (let round = 0; round < rounds; round += 1) {
      const bare = await bareHandshakes(dirname(emulator.endpoints.caFile));
      handshakes.push(await bare.run(join(folder, 'fleet'), 1).finally(bare.stop));
      for (const protocol of protocols) {
        const before = cpuSecondsOf(emulator.child);
        const results = ['--results', `${protocol}-${round}.ndjson`];
        const client = await run('fleet', 'register', 'fleet', '--protocol', protocol, ...results, '--quiet');
        const server = cpuSecondsOf(emulator.child) - before;
        const total = client.cpuSeconds + server;
        registrations[protocol].push({ total, server, rate: handshakes[round]! / total });
      }
    }
    row('bare mutual TLS, one secure context a device', median(handshakes));
    for (const protocol of protocols) {
      const medianOf = (member: keyof Registration) =>
        median(registrations[protocol].map((registration) => registration[member]));
      row(
        `fleet register --protocol ${protocol}`,
        medianOf('total'),
        `${medianOf('rate').toFixed(2)} of its rate; the emulator ${((medianOf('server') * 1000) / devices).toFixed(2)} ms`,
      );
    }
  } finally {
    await stopProcesses([emulator.child]);
  }
  report.write();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
