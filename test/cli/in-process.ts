/** A command as the command line runs it, in this process: a child process costs 0.2 s. */
import { Writable } from 'node:stream';
import type { Context } from '../../src/cli/kernel/command.js';
import { Output } from '../../src/cli/kernel/output.js';
import { readArguments, runCommand } from '../../src/cli/kernel/program.js';
import { reportError } from '../../src/cli/kernel/report-error.js';
import { packageVersion } from '../../src/package-files.js';
import { asEnrollkitError } from '../../src/quickstart/run-steps.js';
import '../support/quick-key-derivation.js';

export interface Answer {
  status: number;
  stdout: string;
  /** As it was written, for what is binary. */
  bytes: Buffer;
  stderr: string;
  /** Both, in their order, as in a terminal. */
  printed: string;
}

class Sink extends Writable {
  readonly chunks: Buffer[] = [];
  readonly #both: Buffer[];
  constructor(both: Buffer[]) {
    super();
    this.#both = both;
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(chunk);
    this.#both.push(chunk);
    done();
  }
}

export interface RunOptions {
  /** The working directory of the command. Meanwhile, it is that of the whole process. */
  cwd?: string;
  /** All of the environment. */
  env?: Record<string, string>;
  /** What the command takes for the time; by default, it goes on. */
  now?: Date;
}

/**
 * Like main.ts, with the clock and the environment given, and without an end of the process. For tests of what a command
 * reads, writes and answers; signals, pipes, locks and the end of the process need a process of their own: `cli`.
 */
export function run(argv: readonly string[], { cwd, ...options }: RunOptions = {}): Promise<Answer> {
  return cwd === undefined ? runHere(argv, options) : inFolder(cwd, () => runHere(argv, options));
}

const home = process.cwd();
const users = { folder: home, count: 0, left: Promise.resolve(), leave: () => {} };

/** Commands of one folder may overlap; one of another folder waits for them. */
async function inFolder<T>(folder: string, act: () => Promise<T>): Promise<T> {
  while (users.count > 0 && users.folder !== folder) await users.left;
  if (users.count === 0) {
    process.chdir(folder);
    users.folder = folder;
    users.left = new Promise((resolve) => {
      users.leave = resolve;
    });
  }
  users.count += 1;
  try {
    return await act();
  } finally {
    users.count -= 1;
    if (users.count === 0) {
      process.chdir(home);
      users.leave();
    }
  }
}

async function runHere(argv: readonly string[], { env = {}, now }: Omit<RunOptions, 'cwd'>): Promise<Answer> {
  const both: Buffer[] = [];
  const [stdout, stderr] = [new Sink(both), new Sink(both)];
  const output = new Output({
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    env,
    json: argv.includes('--json'),
    verbose: argv.includes('--verbose'),
    color: false,
  });
  const controller = new AbortController();
  const { signal } = controller;
  const stop = (error: Error) => controller.abort(error);
  const context: Context = {
    output,
    env,
    signal,
    stop,
    now: () => now ?? new Date(),
    interactive: false,
    runCommand: (words) => runCommand(words, context),
  };
  let status = 0;
  try {
    const request = await readArguments(argv);
    if (request.kind === 'text') output.data(request.text);
    else if (request.kind === 'version') output.data(packageVersion());
    else {
      const runCommand = await request.entry.loadRun();
      status = (await runCommand(request.input, context)) ?? 0;
    }
  } catch (thrown) {
    const error = asEnrollkitError(thrown, signal);
    await reportError(error, output);
    status = error.exitStatus;
  }
  const bytes = Buffer.concat(stdout.chunks);
  return {
    status,
    stdout: bytes.toString('utf8'),
    bytes,
    stderr: Buffer.concat(stderr.chunks).toString('utf8'),
    printed: Buffer.concat(both).toString('utf8'),
  };
}
