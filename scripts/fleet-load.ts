/**
 * Registers a fleet at an emulator in another process, over MQTT and over HTTPS, with and without 429s, and checks the
 * outcome at the service: every device is assigned, none twice.
 *
 *     npx tsx scripts/fleet-load.ts [DEVICES [REGISTRATIONS-A-MINUTE]]
 *
 * The second number is the emulator's quota in the runs with 429s.
 */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmulator } from '../src/emulator/start.js';

const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
const [devices = 10_000, registrationsPerMinute = 3_000] = process.argv.slice(2).map(Number);

if (process.send) {
  const [, dir, quota] = process.env.FLEET_LOAD!.split(' ');
  const limits = { operationsPerMinute: 1e9, registrationsPerMinute: Number(quota), pollsPerTenSeconds: 1e9 };
  await startEmulator({ dir: dir!, ...(quota === '0' ? {} : { quotas: limits }) });
  process.send('ready');
} else {
  const cwd = mkdtempSync(join(tmpdir(), 'enrollkit-load-'));
  const run = (...arguments_: string[]) => {
    const ended = spawnSync(process.execPath, [bin, ...arguments_], { cwd, encoding: 'utf8' });
    if (ended.status === 0) return ended.stdout;
    throw new Error(`${arguments_.join(' ')}: ${ended.status} ${ended.stdout}${ended.stderr}`);
  };
  try {
    run('quickstart', '--yes', '--count', '1');
    run(
      'fleet',
      'issue',
      '--count',
      String(devices),
      '--pattern',
      'd-{000001..}',
      '--format',
      'ndjson',
      '--out',
      'f',
    );
    for (const quota of [0, registrationsPerMinute]) {
      for (const protocol of ['mqtt', 'https']) {
        const dir = join(cwd, 'certs', '.enrollkit');
        const emulator = fork(fileURLToPath(import.meta.url), [], {
          execArgv: ['--import', 'tsx'],
          env: { ...process.env, FLEET_LOAD: `load ${dir} ${quota}` },
        });
        await once(emulator, 'message');
        console.log(`\n== ${protocol}, ${quota === 0 ? 'no quota' : `${quota} registrations a minute`}`);
        console.log(run('fleet', 'register', 'f', '--protocol', protocol));
        const lines = readFileSync(join(cwd, 'f.registrations.ndjson'), 'utf8').trimEnd().split('\n');
        const ids = new Set(lines.map((line) => JSON.parse(line).registrationId));
        const gone = JSON.parse(
          run('fleet', 'deregister', 'f', '--hub-devices', '--yes', '--json', '--quiet'),
        );
        console.log(
          `${lines.length} lines, ${ids.size} devices; ${gone.devices} taken back, ${gone.leftInHubs} left`,
        );
        emulator.kill();
        await once(emulator, 'exit');
      }
    }
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
