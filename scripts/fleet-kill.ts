/**
 * Kills `fleet issue` with SIGKILL at random moments and runs it again, until the number of kills is reached. Every fleet
 * that is finished on the way must be complete: each device once, no serial number and no key twice.
 *
 *     tsx scripts/fleet-kill.ts [--kills 100] [--devices 20000] [--format ndjson|tar|dir]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { assertWhole, type Format, makeCertificateFolder, numbered } from '../test/fleet/support.js';
import { bin } from '../test/support/bin.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    devices: { type: 'string', default: '20000' },
    format: { type: 'string', default: 'ndjson' },
  },
});
const [wanted, count] = [Number(values.kills), Number(values.devices)];
const format = values.format as Format;
const folder = mkdtempSync(join(tmpdir(), 'enrollkit-kill-'));

interface Ended {
  signal: NodeJS.Signals | null;
  milliseconds: number;
}

/** Runs the command, and kills it after a time if one is given. */
function run(out: string, afterMs?: number): Promise<Ended> {
  const flags = [
    '--count',
    String(count),
    '--pattern',
    'device-{000001..}',
    '--format',
    format,
    '--out',
    out,
  ];
  const started = performance.now();
  const child = spawn(process.execPath, [bin, 'fleet', 'issue', ...flags, '--quiet'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const timer = afterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), afterMs);
  return new Promise((ended, failed) => {
    child.on('error', failed);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      if (status !== null && status !== 0) failed(new Error(`exit status ${status}`));
      else ended({ signal, milliseconds: performance.now() - started });
    });
  });
}

try {
  await makeCertificateFolder(join(folder, 'certs'));
  const ids = numbered('device-', 1, count, 6);
  const { milliseconds } = await run('whole');
  await assertWhole(format, join(folder, 'whole'), ids);
  rmSync(join(folder, 'whole'), { recursive: true });
  let [kills, fleets, most] = [0, 0, 0];
  while (kills < wanted) {
    const out = `fleet-${fleets}`;
    let killsOfThis = 0;
    // At most half of the time of a complete run, so that most runs are killed, at any point.
    while ((await run(out, (Math.random() * milliseconds) / 2)).signal !== null) {
      killsOfThis += 1;
      if (kills + killsOfThis < wanted) continue;
      await run(out);
      break;
    }
    await assertWhole(format, join(folder, out), ids);
    rmSync(join(folder, out), { recursive: true });
    rmSync(join(folder, `${out}.manifest.csv`));
    kills += killsOfThis;
    fleets += 1;
    most = Math.max(most, killsOfThis);
    console.log(
      `${kills} kills, ${fleets} fleets of ${count} devices, each whole (${killsOfThis} kills of this one)`,
    );
  }
  console.log(`done: ${kills} kills, up to ${most} of one fleet; nothing lost, nothing twice`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
