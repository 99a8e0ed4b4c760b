/**
 * Kills a command at one of its file-system calls, runs it again, and compares what it left with a run that nothing
 * disturbed. A kill loses nothing that was written, so a copy of the folder, made just before a call, is what a kill at
 * that call would leave: one run gives the copies for all calls.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../cli/in-process.js';
import { bin as builtBin } from './bin.js';
import { summaryOf } from './folder-summary.js';
import type { Scenario } from './kill-scenarios.js';

/** Before a call, from 1; or inside it, when half of what it writes is written. */
export type KillPoint = { before: number } | { inside: number };

const preload = fileURLToPath(new URL('kill-preload.mjs', import.meta.url));

/** Runs one scenario at a time: commands that run in this process change its folder. */
export class KillRig {
  readonly #scenario: Scenario;
  readonly #bin: string;
  readonly #root = realpathSync(mkdtempSync(join(tmpdir(), 'enrollkit-kill-')));
  /** What is left by one undisturbed run, and by two: a command may be killed when it is done. */
  #expected: string[] = [];

  constructor(scenario: Scenario, bin = builtBin) {
    this.#scenario = scenario;
    this.#bin = bin;
  }

  /** Runs the command undisturbed. @returns where it can be killed */
  async prepare(): Promise<KillPoint[]> {
    const { before, argv } = this.#scenario;
    const start = join(this.#root, 'start');
    mkdirSync(start);
    for (const one of before) await this.#succeed(one, start);
    const folder = this.#copy('undisturbed');
    const [count, copies] = [join(this.#root, 'count'), this.#copies];
    mkdirSync(copies);
    const { status, stderr } = this.#spawn(folder, { KILL_COUNT: count, KILL_COPIES: copies });
    if (status !== 0) throw new Error(`${argv.join(' ')}: status ${status}\n${stderr}`);
    this.#expected.push(summaryOf(folder));
    await this.#run(argv, folder);
    this.#expected.push(summaryOf(folder));
    const calls = readFileSync(count, 'utf8').split('\n');
    return calls.flatMap((name, index) => {
      if (name.endsWith('-')) return [];
      const at = index + 1;
      return name.endsWith('*') ? [{ before: at }, { inside: at }] : [{ before: at }];
    });
  }

  /**
   * Lets every call of the command fail from one on, and runs it again undisturbed. Calls that make room on a disk do
   * not fail for want of it.
   *
   * @param code of the operating system
   * @returns what is wrong; undefined if nothing is
   */
  async problemWith(code: string, at: number): Promise<string | undefined> {
    const folder = this.#copy('failed');
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
    const folder = this.#copy('killed');
    const env = 'before' in point ? { KILL_AT: String(point.before) } : tornAt(point.inside);
    const killed = this.#spawn(folder, env);
    if (killed.signal === 'SIGKILL') return this.#problemAfter(folder);
    rmSync(folder, { recursive: true });
    return undefined;
  }

  /** As {@link problemAt}, in the copy made at this point by the undisturbed run. */
  async problemInCopy(point: KillPoint): Promise<string | undefined> {
    const name = 'before' in point ? `${point.before}` : `${point.inside}-inside`;
    const folder = join(this.#copies, name);
    // Writes that do not block are not made in halves.
    return existsSync(folder) ? this.#problemAfter(folder) : undefined;
  }

  close(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  get #copies(): string {
    return join(this.#root, 'copies');
  }

  #copy(name: string): string {
    const folder = join(this.#root, name);
    cpSync(join(this.#root, 'start'), folder, { recursive: true });
    return folder;
  }

  /** Removes the folder. */
  async #problemAfter(folder: string): Promise<string | undefined> {
    const { status, stderr } = await this.#run(this.#scenario.argv, folder);
    const found = summaryOf(folder);
    rmSync(folder, { recursive: true });
    if (this.#expected.includes(found)) return undefined;
    return `status ${status} ${stderr.trim()}\n${differences(this.#expected[0]!, found)}`;
  }

  #spawn(cwd: string, more: Record<string, string>) {
    return spawnSync(process.execPath, ['--import', preload, this.#bin, ...this.#scenario.argv], {
      cwd,
      env: { ...process.env, ...this.#scenario.env, ...more },
      encoding: 'utf8',
      timeout: 120_000,
    });
  }

  async #run(argv: readonly string[], folder: string) {
    const former = process.cwd();
    process.chdir(folder);
    try {
      return await run(argv, { env: this.#scenario.env ?? {} });
    } finally {
      process.chdir(former);
    }
  }

  async #succeed(argv: readonly string[], folder: string): Promise<void> {
    const { status, stderr } = await this.#run(argv, folder);
    if (status !== 0) throw new Error(`${argv.join(' ')}: status ${status}\n${stderr}`);
  }
}

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
