/**
 * `fleet register` and its emulator beside bare mutual TLS handshakes with one secure context a device, in processor time of
 * client and server.
 *
 *     npm run bench:register [-- DEVICES]
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bareHandshakes } from './bare-handshakes.js';
import { cpuSecondsOf, runNode } from './cpu.js';
import { startEmulatorProcess, stopProcesses, thisCheckout } from './emulator/emulator-process.js';
import { BenchReport } from './report.js';
import { scratchFolder } from './scratch.js';

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
    const bare = await bareHandshakes(dirname(emulator.endpoints.caFile));
    const handshakes = await bare.run(join(folder, 'fleet'), 1).finally(bare.stop);
    row('bare mutual TLS, one secure context a device', handshakes);
    for (const protocol of ['mqtt', 'https', 'amqp']) {
      const before = cpuSecondsOf(emulator.child);
      const results = ['--results', `${protocol}.ndjson`];
      const client = await run('fleet', 'register', 'fleet', '--protocol', protocol, ...results, '--quiet');
      const server = cpuSecondsOf(emulator.child) - before;
      const total = client.cpuSeconds + server;
      row(
        `fleet register --protocol ${protocol}`,
        total,
        `${(handshakes / total).toFixed(2)} of its rate; the emulator ${((server * 1000) / devices).toFixed(2)} ms`,
      );
    }
  } finally {
    await stopProcesses([emulator.child]);
  }
  report.write();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
