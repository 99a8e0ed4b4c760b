/** From arguments to an exit status. The only file that ends the process. */
import { exitStatus } from '../../errors.js';
import { abortOnSignals } from './interrupt.js';
import { Output } from './output.js';
import { readArguments } from './program.js';
import { errorOf, reportError } from './report-error.js';
import type { Context } from './untyped-command.js';

/** Runs what the arguments ask for, and ends the process with its status. */
export async function main(argv: readonly string[]): Promise<never> {
  // A reader that has seen enough (`| head`) closes the pipe; that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitStatus.ok);
    process.stderr.write(`error: Standard output cannot be written: ${error.code}.\n`);
    process.exit(exitStatus.local);
  });
  process.stderr.on('error', () => {});
  const { signal } = abortOnSignals((status) => process.exit(status));
  // Before the arguments are understood, their look must do: an error in them is reported with it.
  let output = outputFor({
    json: argv.includes('--json'),
    verbose: argv.includes('--verbose'),
    color: !argv.includes('--no-color'),
  });
  let status: number = exitStatus.ok;
  try {
    const request = await readArguments(argv);
    if (request.kind === 'text') output.data(request.text);
    else if (request.kind === 'version') output.data((await import('./version.js')).version());
    else {
      output = outputFor(request.input.flags);
      const command =
        request.kind === 'command'
          ? request.command
          : (await import('../quickstart/quickstart.js')).quickstart;
      status = (await command.run(request.input, contextFor(output, signal))) ?? exitStatus.ok;
    }
  } catch (thrown) {
    const error = errorOf(thrown, signal);
    reportError(error, output);
    status = error.exitStatus;
  }
  await flushed(process.stdout);
  process.exit(status);
}

function outputFor({ json, verbose, color }: Readonly<Record<string, unknown>>): Output {
  return new Output({
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    json: json === true,
    verbose: verbose === true,
    color: color !== false,
  });
}

function contextFor(output: Output, signal: AbortSignal): Context {
  const terminals = [process.stdin, process.stdout, process.stderr].every((stream) => stream.isTTY === true);
  const ci = !['', '0', 'false'].includes(process.env.CI ?? '');
  return { output, env: process.env, signal, now: () => new Date(), interactive: terminals && !ci };
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
