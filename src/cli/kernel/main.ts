/** From arguments to an exit status. The only file that ends the process. */
import { exitStatus, interruption } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { packageVersion } from '../../package-files.js';
import { asEnrollkitError } from '../../quickstart/run-steps.js';
import { reason } from '../../workspace/files.js';
import type { Context } from './command.js';
import { knownLanguage, type outputFlags } from './common-flags.js';
import type { FlagValues } from './flags.js';
import { Output } from './output.js';
import { readArguments, runCommand } from './program.js';
import { reportError } from './report-error.js';

/** Runs what the arguments ask for, and ends the process with its status. */
export async function main(argv: readonly string[]): Promise<never> {
  // A reader that stops early (`| head`) closes the pipe; that is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitStatus.ok);
    process.stderr.write(
      `${sentences.cliKernel.labels.error}${sentences.cliKernel.outputNotWritten(reason(error))}\n`,
    );
    process.exit(exitStatus.local);
  });
  process.stderr.on('error', () => {});
  // For errors in the arguments.
  let output = outputFor({
    json: argv.includes('--json'),
    verbose: argv.includes('--verbose'),
    noColor: argv.includes('--no-color'),
  });
  const { signal, stop } = abortOnSignals(() => {
    // The terminal has written ^C, perhaps behind a line of progress.
    if (process.stderr.isTTY) output.line();
    output.note('interrupting', sentences.cliKernel.interrupting);
  });
  let status: number = exitStatus.ok;
  try {
    const { ENROLLKIT_LANG: language } = process.env;
    if (language) knownLanguage(language, 'ENROLLKIT_LANG');
    const request = await readArguments(argv);
    if (request.kind === 'text') output.data(request.text);
    else if (request.kind === 'version') output.data(packageVersion());
    else {
      output = outputFor(request.input.flags);
      const run = await request.entry.loadRun();
      status = (await run(request.input, contextFor(output, signal, stop))) ?? exitStatus.ok;
    }
  } catch (thrown) {
    const error = asEnrollkitError(thrown, signal);
    await reportError(error, output);
    status = error.exitStatus;
  }
  await flushed(process.stdout);
  process.exit(status);
}

function outputFor({ json, verbose, noColor }: FlagValues<typeof outputFlags>): Output {
  return new Output({
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    json: json === true,
    verbose: verbose === true,
    color: noColor !== true,
  });
}

function contextFor(output: Output, signal: AbortSignal, stop: Context['stop']): Context {
  const terminals = [process.stdin, process.stdout, process.stderr].every((stream) => stream.isTTY === true);
  const ci = !['', '0', 'false'].includes(process.env.CI ?? '');
  const context: Context = {
    output,
    env: process.env,
    signal,
    stop,
    now: () => new Date(),
    interactive: terminals && !ci,
    runCommand: (words) => runCommand(words, context),
  };
  return context;
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  // An error of the last write comes first. Writing nothing fails, too, where there is no room.
  if (stream.writableLength === 0) return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => stream.write('', () => resolve()));
}

/**
 * The first signal aborts, so that the run ends in a clean state; the second ends the process at once.
 *
 * @param acknowledge called at the first one
 */
function abortOnSignals(acknowledge: () => void): Pick<Context, 'signal' | 'stop'> {
  const controller = new AbortController();
  let isInterrupted = false;
  const onSignal = () => {
    if (isInterrupted) process.exit(exitStatus.interrupted);
    isInterrupted = true;
    acknowledge();
    controller.abort(interruption());
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return { signal: controller.signal, stop: (error) => controller.abort(error) };
}
