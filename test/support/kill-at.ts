/**
 * Kills a command at one of its file-system calls, runs it again, and compares the folder with that of a run that
 * nothing disturbed.
 */
import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bin as builtBin } from './bin.js';

export interface Scenario {
  name: string;
  /** What is run before, undisturbed. */
  before: string[][];
  argv: string[];
  env?: Record<string, string>;
}

/** Before a call, from 1; inside it, when half of what it writes is written; or some time after the start. */
export type KillPoint = { before: number } | { inside: number } | { afterMs: number };

const preload = fileURLToPath(new URL('kill-preload.mjs', import.meta.url));
const passphrase = 'correct horse';
/** Before that, a command has not begun. */
const startMs = 100;

export class KillRig {
  readonly #scenario: Scenario;
  readonly #bin: string;
  readonly #root = mkdtempSync(join(tmpdir(), 'enrollkit-kill-'));
  #durationMs = 0;
  /** What the folder looks like after one undisturbed run, and after two: a command may be killed when it is done. */
  #expected: string[] = [];

  constructor(scenario: Scenario, bin = builtBin) {
    this.#scenario = scenario;
    this.#bin = bin;
  }

  /** Runs the command undisturbed. @returns where it can be killed */
  prepare(): KillPoint[] {
    const before = join(this.#root, 'start');
    mkdirSync(before);
    for (const argv of this.#scenario.before) this.#succeed(argv, before);
    const folder = this.#copy('undisturbed');
    const count = join(this.#root, 'count');
    const start = performance.now();
    this.#succeed(this.#scenario.argv, folder, { KILL_COUNT: count });
    this.#durationMs = performance.now() - start;
    const calls = readFileSync(count, 'utf8').split('\n');
    this.#expected.push(describe(folder));
    this.#run(this.#scenario.argv, folder);
    this.#expected.push(describe(folder));
    return calls.flatMap((name, index) => {
      if (name.endsWith('-')) return [];
      const at = index + 1;
      return name.endsWith('*') ? [{ before: at }, { inside: at }] : [{ before: at }];
    });
  }

  /** Moments between the start of a program and the end of the undisturbed command, after {@link prepare}. */
  moments(count: number, seed: number): KillPoint[] {
    const random = randomOf(seed);
    return Array.from({ length: count }, () => ({
      afterMs: Math.round(startMs + random() * (this.#durationMs - startMs)),
    }));
  }

  /**
   * Lets every call of the command fail from one on, and runs it again undisturbed. Calls that make room on a disk do
   * not fail for want of it.
   *
   * @param code of the operating system
   * @returns what is wrong; undefined if nothing is
   */
  problemWith(code: string, at: number): string | undefined {
    const folder = this.#copy('failed');
    try {
      const env = { KILL_AT: String(at), KILL_ERROR: code };
      const failed = this.#run(this.#scenario.argv, folder, env);
      const isTold = failed.status === 0 || failed.status === 9;
      if (!isTold || /unforeseen|defect|^ {4}at /m.test(failed.stderr)) {
        return `status ${failed.status} ${failed.signal} ${failed.stderr.trim()}`;
      }
      return this.#problemAfter(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** @returns what is wrong after the command was killed and run again; undefined if nothing is */
  problemAt(point: KillPoint): string | undefined {
    const folder = this.#copy('killed');
    try {
      const killed = this.#killed(point, folder);
      if (killed.signal !== 'SIGKILL') return undefined;
      return this.#problemAfter(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  close(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  #copy(name: string): string {
    const folder = join(this.#root, name);
    cpSync(join(this.#root, 'start'), folder, { recursive: true });
    return folder;
  }

  #problemAfter(folder: string): string | undefined {
    const { status, stderr } = this.#run(this.#scenario.argv, folder);
    const found = describe(folder);
    if (this.#expected.includes(found)) return undefined;
    return `status ${status} ${stderr.trim()}\n${differences(this.#expected[0]!, found)}`;
  }

  #killed(point: KillPoint, folder: string) {
    const { argv } = this.#scenario;
    if ('afterMs' in point) return this.#run(argv, folder, {}, point.afterMs);
    if ('before' in point) return this.#run(argv, folder, { KILL_AT: String(point.before) });
    return this.#run(argv, folder, { KILL_AT: String(point.inside), KILL_TORN: '1' });
  }

  #run(argv: readonly string[], cwd: string, more: Record<string, string> = {}, timeout = 120_000) {
    return spawnSync(process.execPath, ['--import', preload, this.#bin, ...argv], {
      cwd,
      env: { ...process.env, ...this.#scenario.env, ...more },
      encoding: 'utf8',
      timeout,
      killSignal: 'SIGKILL',
    });
  }

  #succeed(argv: readonly string[], cwd: string, more: Record<string, string> = {}): void {
    const { status, stderr } = this.#run(argv, cwd, more);
    if (status !== 0) throw new Error(`${argv.join(' ')}: status ${status}\n${stderr}`);
  }
}

/** `size` of some points, selected by a seed. */
export function sampleOf(points: readonly KillPoint[], size: number, seed: number): KillPoint[] {
  const all = [...points];
  const random = randomOf(seed);
  while (all.length > size) all.splice(Math.floor(random() * all.length), 1);
  return all;
}

/** A linear congruential generator: the same seed, the same numbers, on every machine. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Files with their modes, what belongs to what, and what the emulator has; with placeholders for what is random. */
function describe(folder: string): string {
  const names = (readdirSync(folder, { recursive: true }) as string[]).sort();
  const lines = names.flatMap((name) => {
    const stat = lstatSync(join(folder, name));
    if (isEmulatorState(name)) return [];
    return [`${plain(name)} ${stat.isDirectory() ? 'folder' : (stat.mode & 0o777).toString(8)}`];
  });
  for (const name of names.filter((one) => one.endsWith('certificate.pem'))) {
    const at = (other: string) => join(folder, dirname(name), other);
    const certificate = new X509Certificate(readFileSync(join(folder, name)));
    if (existsSync(at('key.pem')) && !name.startsWith('proof-of-possession')) {
      const key = createPrivateKey({ key: readFileSync(at('key.pem')), passphrase });
      lines.push(`${plain(name)} its key: ${certificate.checkPrivateKey(key)}`);
    }
    if (!existsSync(at('chain.pem'))) continue;
    const first = new X509Certificate(readFileSync(at('chain.pem')));
    lines.push(`${plain(name)} its chain: ${first.raw.equals(certificate.raw)}`);
  }
  const state = join(folder, 'certs', '.enrollkit', 'emulator', 'state.db');
  if (existsSync(state)) lines.push(...emulatorCounts(state));
  // How many recordings there are depends on where the first run was killed.
  return [...new Set(lines)].sort().join('\n');
}

function isEmulatorState(name: string): boolean {
  return /\.enrollkit[/\\]emulator[/\\]((state|hub|dps).*|.*\.log.*)$/.test(name);
}

/** Names without what differs from run to run. */
function plain(name: string): string {
  return name
    .replace(/\b(previous|replaced)-[0-9A-Z]+(-\d+)?/g, '$1-*')
    .replace(/(runs[/\\])[-\dTZ.]+(?=\.json)/, '$1*');
}

function emulatorCounts(path: string): string[] {
  const Database = createRequire(import.meta.url)('libsql');
  const database = new Database(path);
  try {
    return ['certificate', 'enrollment_group', 'registration', 'hub_device', 'hub_message'].map((table) => {
      const row = database.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number };
      return `emulator: ${row.count} ${table}`;
    });
  } finally {
    database.close();
  }
}

function differences(expected: string, found: string): string {
  const [wanted, got] = [expected.split('\n'), found.split('\n')];
  return [
    ...wanted.filter((line) => !got.includes(line)).map((line) => `  missing: ${line}`),
    ...got.filter((line) => !wanted.includes(line)).map((line) => `  too much: ${line}`),
  ].join('\n');
}

const quickstart = ['quickstart', '--yes', '--target', 'emulator', '--count', '2'];

const device = 'certs/devices/device-001/certificate.pem';
const rollover = ['cert', 'rollover', 'root', '--group', 'enrollkit-devices'];
const ofIntermediate = [
  '--ca',
  'certs/ca/intermediate/chain.pem',
  '--ca-key',
  'certs/ca/intermediate/key.pem',
];
const ofLine = ['--ca', 'certs/ca/line/chain.pem', '--ca-key', 'certs/ca/line/key.pem'];
/** root > intermediate > line, with a device below line. */
const deepChain = [
  quickstart,
  ['cert', 'intermediate', 'Line CA', '--path-length', '0', ...ofIntermediate, '--out', 'certs/ca/line'],
  ['cert', 'device', 'device-9', ...ofLine, '--out', 'certs/devices/device-9'],
];
/** Keys and `device.pfx` are encrypted, which takes time; without it, they are not. */
const withPassphrase = { ENROLLKIT_PASSPHRASE: passphrase };
const authority = ['certgen', 'create_root_and_intermediate', '--dir', 'ca'];
const upload = ['ca', 'upload', 'certs/ca/intermediate/certificate.pem', '--ca-name', 'second'];
const groupCreate = ['group', 'create', 'second-group'];
const issue = ['fleet', 'issue', '--pattern', 'sensor-{01..04}', '--out', 'fleet.ndjson'];
const enroll = ['fleet', 'enroll', 'fleet.ndjson', '--target', 'emulator', '--quiet'];

/** The commands that are killed. */
export const scenarios: readonly Scenario[] = [
  { name: 'quickstart', before: [], argv: quickstart },
  { name: 'clean', before: [quickstart], argv: ['clean', '--yes'] },
  { name: 'clean --certificates', before: [quickstart], argv: ['clean', '--certificates', '--yes'] },
  { name: 'rollover', before: [quickstart], argv: rollover },
  {
    name: 'rollover --reissue',
    before: [quickstart, rollover],
    argv: ['cert', 'rollover', 'root', '--reissue', '--new-key'],
  },
  {
    name: 'rollover --finish',
    before: [quickstart, rollover, ['cert', 'rollover', 'root', '--reissue']],
    argv: ['cert', 'rollover', 'root', '--finish'],
  },
  { name: 'rollover of a deep chain', before: deepChain, argv: rollover },
  {
    name: 'rollover of a deep chain --reissue',
    before: [...deepChain, rollover],
    argv: ['cert', 'rollover', 'root', '--reissue', '--new-key'],
  },
  { name: 'cert renew', before: [quickstart], argv: ['cert', 'renew', device, '--force'] },
  {
    name: 'cert renew --new-key',
    before: [quickstart],
    argv: ['cert', 'renew', device, '--force', '--new-key'],
    env: withPassphrase,
  },
  {
    name: 'cert renew of a root',
    before: [['cert', 'root', 'Plant CA']],
    argv: ['cert', 'renew', 'Plant-CA/certificate.pem', '--force', '--new-key'],
  },
  { name: 'cert root', before: [], argv: ['cert', 'root', 'Plant CA'] },
  { name: 'cert csr', before: [], argv: ['cert', 'csr', 'device-9', '--out', 'new/request'] },
  {
    name: 'cert convert',
    before: [quickstart, ['cert', 'pfx', 'certs/devices/device-001/certificate.pem', '--out', 'a.pfx']],
    argv: ['cert', 'convert', 'a.pfx', '--out', 'new/c.pem', '--key-out', 'keys/k.pem'],
    env: withPassphrase,
  },
  { name: 'certgen authority', before: [], argv: authority, env: withPassphrase },
  {
    name: 'certgen device',
    before: [authority],
    argv: ['certgen', 'create_device_certificate', 'device-9', '--dir', 'ca'],
    env: withPassphrase,
  },
  { name: 'fleet issue', before: [quickstart], argv: issue },
  {
    name: 'fleet issue into a folder',
    before: [quickstart],
    argv: ['fleet', 'issue', '--pattern', 'sensor-{01..04}', '--out', 'fleet'],
  },
  { name: 'fleet enroll', before: [quickstart, issue], argv: enroll },
  {
    name: 'fleet enroll --update',
    before: [quickstart, issue, enroll],
    argv: [...enroll, '--update', '--provisioning-status', 'disabled'],
  },
  {
    name: 'fleet register',
    before: [quickstart, issue],
    argv: ['fleet', 'register', 'fleet.ndjson', '--telemetry', '--target', 'emulator', '--quiet'],
  },
  { name: 'ca upload', before: [quickstart], argv: upload },
  { name: 'ca verify', before: [quickstart, upload], argv: ['ca', 'verify', 'second'] },
  { name: 'ca delete', before: [quickstart, upload], argv: ['ca', 'delete', 'second', '--yes'] },
  { name: 'group create', before: [quickstart], argv: groupCreate },
  {
    name: 'group delete',
    before: [quickstart, groupCreate],
    argv: ['group', 'delete', 'second-group', '--yes'],
  },
];
