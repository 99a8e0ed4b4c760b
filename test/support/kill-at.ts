/**
 * Kills a command at one of its file-system calls, runs it again, and compares what it left with a run that nothing
 * disturbed. A kill loses nothing that was written, so a copy of the folder, made just before a call, is what a kill at
 * that call would leave: one run gives the copies for all calls.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bin as builtBin } from './bin.js';
import { summaryOf } from './folder-summary.js';
import type { Scenario } from './kill-scenarios.js';
import { inFolder, runIn, temporaryRoot } from './working-folder.js';

/** Before a call, from 1; or inside it, when half of what it writes is written. */
export type KillPoint = { before: number } | { inside: number };

/** Runs a command in a folder that it was killed in. */
type RunAgain = (folder: string) => Promise<{ status: number; stderr: string }>;

const preload = fileURLToPath(new URL('kill-preload.mjs', import.meta.url));
const programs = new URL('kill-programs.mjs', import.meta.url);

/** Runs one scenario at a time: commands that run in this process change its folder. */
export class KillRig {
  readonly #scenario: Scenario;
  readonly #bin: string;
  readonly #root = mkdtempSync(join(folders, 'rig-'));
  /** How one undisturbed run ends, and two: a command may be killed when it is done. */
  #expected: { status: number; left: string }[] = [];

  constructor(scenario: Scenario, bin = builtBin) {
    this.#scenario = scenario;
    this.#bin = bin;
  }

  /** Runs the command undisturbed, twice. @returns where it can be killed */
  async prepare(): Promise<KillPoint[]> {
    const folder = await this.#copy('undisturbed');
    const count = join(this.#root, 'count');
    this.#spawnUndisturbed(folder, { KILL_COUNT: count });
    this.#expected.push({ status: 0, left: await summaryOf(folder) });
    const { status } = await runScenario(folder, this.#scenario);
    this.#expected.push({ status, left: await summaryOf(folder) });
    const calls = readFileSync(count, 'utf8').split('\n');
    return calls.flatMap((name, index) => {
      if (name.endsWith('-')) return [];
      const at = index + 1;
      return name.endsWith('*') ? [{ before: at }, { inside: at }] : [{ before: at }];
    });
  }

  /** Runs the command undisturbed, and copies the folder at these points, for {@link problemInCopy}. */
  async makeCopies(points: readonly KillPoint[]): Promise<void> {
    mkdirSync(this.#copies, { recursive: true });
    const folder = await this.#copy('copied');
    this.#spawnUndisturbed(folder, { KILL_COPIES: this.#copies, KILL_COPY_AT: points.map(nameOf).join() });
    rmSync(folder, { recursive: true });
  }

  /**
   * Lets every call of the command fail from one on, and runs it again undisturbed. Calls that make room on a disk do
   * not fail for want of it.
   *
   * @param code of the operating system
   * @returns what is wrong; undefined if nothing is
   */
  async problemWith(code: string, at: number): Promise<string | undefined> {
    const folder = await this.#copy('failed');
    const failed = this.#spawn(folder, { KILL_AT: String(at), KILL_ERROR: code });
    const isTold = failed.status === 0 || failed.status === 9;
    if (!isTold || /unforeseen|defect|^ {4}at /m.test(failed.stderr)) {
      rmSync(folder, { recursive: true });
      return `status ${failed.status} ${failed.signal} ${failed.stderr.trim()}`;
    }
    return this.#problemAfter(folder);
  }

  /** @returns what is wrong after the command was killed and run again; undefined if nothing is */
  async problemAt(point: KillPoint): Promise<string | undefined> {
    const folder = await this.#copy('killed');
    const env = 'before' in point ? { KILL_AT: String(point.before) } : tornAt(point.inside);
    const killed = this.#spawn(folder, env);
    if (killed.signal === 'SIGKILL') return this.#problemAfter(folder);
    rmSync(folder, { recursive: true });
    return undefined;
  }

  /** A copy of {@link makeCopies}; undefined for a write that does not block, which is not made in halves. */
  copyAt(point: KillPoint): string | undefined {
    const folder = join(this.#copies, nameOf(point));
    return existsSync(folder) ? folder : undefined;
  }

  /** As {@link problemAt}, in a copy of {@link makeCopies}. @param again runs the command again */
  async problemInCopy(point: KillPoint, again?: RunAgain): Promise<string | undefined> {
    const copy = this.copyAt(point);
    if (copy === undefined) return undefined;
    const folder = join(this.#root, 'again');
    cpSync(copy, folder, { recursive: true });
    return this.#problemAfter(folder, again);
  }

  close(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  get #copies(): string {
    return join(this.#root, 'copies');
  }

  async #copy(name: string): Promise<string> {
    const folder = join(this.#root, name);
    cpSync(await startOf(this.#scenario), folder, { recursive: true });
    return folder;
  }

  /** Removes the folder. */
  async #problemAfter(
    folder: string,
    again: RunAgain = () => runScenario(folder, this.#scenario),
  ): Promise<string | undefined> {
    const { status, stderr } = await again(folder);
    const found = await summaryOf(folder);
    rmSync(folder, { recursive: true });
    const isStatus = this.#expected.some((one) => one.status === status);
    if (isStatus && this.#expected.some(({ left }) => left === found)) return undefined;
    return `status ${status} ${stderr.trim()}\n${differences(this.#expected[0]!.left, found)}`;
  }

  #spawn(cwd: string, more: Record<string, string>) {
    const program = this.#scenario.program ? fileURLToPath(programs) : this.#bin;
    return spawnSync(process.execPath, ['--import', preload, program, ...this.#scenario.argv], {
      cwd,
      env: { ...process.env, ...this.#scenario.env, ...more },
      encoding: 'utf8',
      timeout: 120_000,
    });
  }

  #spawnUndisturbed(cwd: string, more: Record<string, string>): void {
    const { status, stderr } = this.#spawn(cwd, more);
    if (status !== 0) throw new Error(`${this.#scenario.argv.join(' ')}: status ${status}\n${stderr}`);
  }
}

/** All folders of this process. Those in which many scenarios begin are kept. */
const folders = temporaryRoot();
const starts = new Map<string, string>();

type Command = Pick<Scenario, 'argv' | 'env' | 'program'>;

/** Runs a command in this process. */
async function runScenario(
  folder: string,
  { argv, env, program }: Command,
): Promise<{ status: number; stderr: string }> {
  if (!program) return runIn(folder, argv, env);
  const { run } = (await import(programs.href)) as Programs;
  return inFolder(folder, () => run(argv[0]!));
}

/** kill-programs.mjs, which runs what is compiled. */
interface Programs {
  run(name: string): Promise<{ status: number; stderr: string }>;
}

/** The folder in which a scenario begins. */
async function startOf({ before, ...how }: Pick<Scenario, 'before' | 'env' | 'program'>): Promise<string> {
  const key = JSON.stringify([before, how.env, how.program]);
  const existing = starts.get(key);
  if (existing !== undefined) return existing;
  const last = before.at(-1);
  const folder = mkdtempSync(join(folders, 'start-'));
  if (last !== undefined) {
    const earlier = await startOf({ before: before.slice(0, -1), ...how });
    cpSync(earlier, folder, { recursive: true });
    const { status, stderr } = await runScenario(folder, { ...how, argv: last });
    if (status !== 0) throw new Error(`${last.join(' ')}: status ${status}\n${stderr}`);
  }
  starts.set(key, folder);
  return folder;
}

/** `7`, or `7-inside`. */
const nameOf = (point: KillPoint) => ('before' in point ? `${point.before}` : `${point.inside}-inside`);
const tornAt = (call: number) => ({ KILL_AT: String(call), KILL_TORN: '1' });

/** `size` of some points, selected by a seed. */
export function sampleOf<Point>(points: readonly Point[], size: number, seed: number): Point[] {
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

function differences(expected: string, found: string): string {
  const [wanted, got] = [expected.split('\n'), found.split('\n')];
  return [
    ...wanted.filter((line) => !got.includes(line)).map((line) => `  missing: ${line}`),
    ...got.filter((line) => !wanted.includes(line)).map((line) => `  too much: ${line}`),
  ].join('\n');
}
