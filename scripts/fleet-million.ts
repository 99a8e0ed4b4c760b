/**
 * A large fleet in one run: its peak memory, and whether that stays flat. Then checks that no ID and no serial number
 * comes twice, and that `openssl verify -x509_strict` accepts devices sampled at random, with their own keys. Linux.
 *
 *     tsx scripts/fleet-million.ts [--devices 1000000] [--samples 1000] [--from-list]
 *
 * With --from-list, the devices come from a list (`fleet issue --from`) instead of a pattern.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createPublicKey, randomInt, X509Certificate } from 'node:crypto';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mergeManifests } from '../src/fleet/merge-manifests.js';
import { type Device, makeCertificateFolder, rootOf } from '../test/fleet/support.js';
import { bin } from '../test/support/bin.js';

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '1000000' },
    samples: { type: 'string', default: '1000' },
    'from-list': { type: 'boolean', default: false },
  },
});
const [count, sampleCount] = [Number(values.devices), Number(values.samples)];
const folder = mkdtempSync(join(tmpdir(), 'enrollkit-million-'));
const out = join(folder, 'fleet.ndjson');

/** A list of as many devices, with a name and a tag each. */
function writeList(): string {
  const path = join(folder, 'devices.csv');
  const file = openSync(path, 'w');
  writeSync(file, 'registrationId,dns,tags.site\n');
  for (let first = 0; first < count; first += 10_000) {
    const rows = Array.from({ length: Math.min(10_000, count - first) }, (_, index) => {
      const number = first + index;
      return `device-${number},d${number}.plant.example,site-${number % 50}\n`;
    });
    writeSync(file, rows.join(''));
  }
  closeSync(file);
  return path;
}

/** Megabytes in memory, sampled twice a second. */
async function residentWhileIssuing(): Promise<number[]> {
  const devices = values['from-list']
    ? ['--from', writeList()]
    : ['--count', String(count), '--pattern', 'device-{0000001..}'];
  const flags = [...devices, '--format', 'ndjson', '--out', out];
  const child = spawn(process.execPath, [bin, 'fleet', 'issue', ...flags], { cwd: folder, stdio: 'inherit' });
  const resident: number[] = [];
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      resident.push(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has just ended.
    }
  }, 500);
  await new Promise<void>((ended, failed) => {
    child.on('close', (status) => (status === 0 ? ended() : failed(new Error(`exit status ${status}`))));
  });
  clearInterval(timer);
  return resident.filter((megabytes) => megabytes > 0);
}

/** The line after a random position. */
function randomDevice(file: number, size: number): Device {
  const bytes = Buffer.alloc(16_384);
  const read = readSync(file, bytes, 0, bytes.length, randomInt(0, Math.max(1, size - bytes.length)));
  const [, line] = bytes.toString('latin1', 0, read).split('\n');
  return JSON.parse(line!) as Device;
}

function verified(devices: readonly Device[]): void {
  const chain = join(folder, 'chain.pem');
  writeFileSync(chain, devices[0]!.chain);
  const files = devices.map(({ certificate, privateKey }, index) => {
    const own = new X509Certificate(certificate).publicKey.export({ format: 'der', type: 'spki' });
    const kept = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
    if (!own.equals(kept)) throw new Error(`the key of sample ${index} is another`);
    const path = join(folder, `sample-${index}.pem`);
    writeFileSync(path, certificate);
    return path;
  });
  const flags = ['verify', '-x509_strict', '-CAfile', rootOf(join(folder, 'certs')), '-untrusted', chain];
  const told = execFileSync('openssl', [...flags, ...files], { encoding: 'utf8' });
  const accepted = told.split('\n').filter((line) => line.endsWith(': OK')).length;
  if (accepted !== devices.length) throw new Error(`openssl took ${accepted} of ${devices.length}`);
}

try {
  await makeCertificateFolder(join(folder, 'certs'));
  const started = performance.now();
  const resident = await residentWhileIssuing();
  const seconds = (performance.now() - started) / 1000;
  const part = Math.floor(resident.length / 4);
  const mean = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  console.log(`${count} devices in ${seconds.toFixed(0)} s, ${(statSync(out).size / 1e9).toFixed(2)} GB`);
  console.log(
    `memory: peak ${Math.max(...resident).toFixed(0)} MB; mean of the second quarter ${mean(resident.slice(part, 2 * part)).toFixed(0)} MB, of the last ${mean(resident.slice(-part)).toFixed(0)} MB`,
  );
  const listed = await mergeManifests([`${out}.manifest.csv`], join(folder, 'checked.csv'));
  if (listed !== count) throw new Error(`the manifest lists ${listed}`);
  console.log(`manifest: ${listed} devices, no registration ID and no serial number twice`);
  const file = openSync(out, 'r');
  const { size } = statSync(out);
  verified(Array.from({ length: sampleCount }, () => randomDevice(file, size)));
  closeSync(file);
  console.log(
    `${sampleCount} sampled at random: taken by openssl verify -x509_strict, each with its own key`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
