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

/** Call `at`, from 1; `torn` writes half of it first. */
export interface KillPoint {
  at: number;
  torn: boolean;
}

const preload = fileURLToPath(new URL('kill-preload.mjs', import.meta.url));
const passphrase = 'correct horse';

export class KillRig {
  readonly #scenario: Scenario;
  readonly #bin: string;
  readonly #root = mkdtempSync(join(tmpdir(), 'enrollkit-kill-'));
  #calls = 0;
  /** What the folder looks like after one undisturbed run, and after two: a command may be killed when it is done. */
  #expected: string[] = [];

  constructor(scenario: Scenario, bin = builtBin) {
    this.#scenario = scenario;
    this.#bin = bin;
  }

  /** Runs the command undisturbed. @returns the number of its file-system calls */
  prepare(): number {
    const start = join(this.#root, 'start');
    mkdirSync(start);
    for (const argv of this.#scenario.before) this.#succeed(argv, start);
    const folder = this.#copy('undisturbed');
    const count = join(this.#root, 'count');
    this.#succeed(this.#scenario.argv, folder, { KILL_COUNT: count });
    this.#calls = Number(readFileSync(count, 'utf8'));
    this.#expected.push(describe(folder));
    this.#run(this.#scenario.argv, folder);
    this.#expected.push(describe(folder));
    return this.#calls;
  }

  /** @returns what is wrong after the command was killed and run again; undefined if nothing is */
  problemAt({ at, torn }: KillPoint): string | undefined {
    const folder = this.#copy('killed');
    try {
      const killed = this.#run(this.#scenario.argv, folder, {
        KILL_AT: String(at),
        ...(torn ? { KILL_TORN: '1' } : {}),
      });
      if (killed.signal !== 'SIGKILL') return undefined;
      const { status, stderr } = this.#run(this.#scenario.argv, folder);
      const found = describe(folder);
      if (this.#expected.includes(found)) return undefined;
      return `status ${status} ${stderr.trim()}\n${differences(this.#expected[0]!, found)}`;
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

  #run(argv: readonly string[], cwd: string, more: Record<string, string> = {}) {
    return spawnSync(process.execPath, ['--import', preload, this.#bin, ...argv], {
      cwd,
      env: { ...process.env, ENROLLKIT_PASSPHRASE: passphrase, ...this.#scenario.env, ...more },
      encoding: 'utf8',
      timeout: 120_000,
    });
  }

  #succeed(argv: readonly string[], cwd: string, more: Record<string, string> = {}): void {
    const { status, stderr } = this.#run(argv, cwd, more);
    if (status !== 0) throw new Error(`${argv.join(' ')}: status ${status}\n${stderr}`);
  }
}

/** All points of a command, or `size` of them that a seed selects. */
export function killPoints(calls: number, size = Number.POSITIVE_INFINITY, seed = 1): KillPoint[] {
  const all = Array.from({ length: calls }, (_, index) => index + 1).flatMap((at) => [
    { at, torn: false },
    { at, torn: true },
  ]);
  // A linear congruential generator: the same seed, the same sample, on every machine.
  let state = seed >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  while (all.length > size) all.splice(Math.floor(random() * all.length), 1);
  return all;
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
const authority = ['certgen', 'create_root_and_intermediate', '--dir', 'ca'];

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
  { name: 'cert renew', before: [quickstart], argv: ['cert', 'renew', device, '--force'] },
  {
    name: 'cert renew --new-key',
    before: [quickstart],
    argv: ['cert', 'renew', device, '--force', '--new-key'],
  },
  {
    name: 'cert renew of a root',
    before: [['cert', 'root', 'Plant CA']],
    argv: ['cert', 'renew', 'Plant-CA/certificate.pem', '--force', '--new-key'],
  },
  { name: 'cert root', before: [], argv: ['cert', 'root', 'Plant CA'] },
  { name: 'cert csr', before: [], argv: ['cert', 'csr', 'device-9', '--out', 'new/request'] },
  { name: 'certgen authority', before: [], argv: authority },
  {
    name: 'certgen device',
    before: [authority],
    argv: ['certgen', 'create_device_certificate', 'device-9', '--dir', 'ca'],
  },
  {
    name: 'fleet issue',
    before: [quickstart],
    argv: ['fleet', 'issue', '--pattern', 'sensor-{01..08}', '--out', 'fleet.ndjson'],
  },
  {
    name: 'ca upload',
    before: [quickstart],
    argv: ['ca', 'upload', 'certs/ca/intermediate/certificate.pem', '--ca-name', 'second'],
  },
  {
    name: 'ca verify',
    before: [quickstart, ['ca', 'upload', 'certs/ca/intermediate/certificate.pem', '--ca-name', 'second']],
    argv: ['ca', 'verify', 'second'],
  },
  { name: 'group create', before: [quickstart], argv: ['group', 'create', 'second-group'] },
  {
    name: 'group delete',
    before: [quickstart, ['group', 'create', 'second-group']],
    argv: ['group', 'delete', 'second-group', '--yes'],
  },
];
