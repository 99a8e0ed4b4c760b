/** A command as the command line runs it, in this process: a child process costs 0.2 s. */
import { Writable } from 'node:stream';
import type { Context } from '../../src/cli/kernel/command.js';
import { Output } from '../../src/cli/kernel/output.js';
import { readArguments } from '../../src/cli/kernel/program.js';
import { reportError } from '../../src/cli/kernel/report-error.js';
import { asEnrollkitError } from '../../src/quickstart/run-steps.js';

export interface Answer {
  status: number;
  stdout: string;
  /** As it was written, for what is binary. */
  bytes: Buffer;
  stderr: string;
}

class Sink extends Writable {
  readonly chunks: Buffer[] = [];
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(chunk);
    done();
  }
}

/** Like main.ts, with the clock and the environment given, and without an end of the process. */
export async function run(
  argv: readonly string[],
  { env = {}, now = new Date() }: { env?: Record<string, string>; now?: Date } = {},
): Promise<Answer> {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const output = new Output({
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    env,
    json: argv.includes('--json'),
    verbose: false,
    color: false,
  });
  const controller = new AbortController();
  const { signal } = controller;
  const stop = (error: Error) => controller.abort(error);
  const context: Context = { output, env, signal, stop, now: () => now, interactive: false };
  let status = 0;
  try {
    const request = await readArguments(argv);
    if (request.kind === 'text') output.data(request.text);
    else if (request.kind === 'command') {
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
  };
}
