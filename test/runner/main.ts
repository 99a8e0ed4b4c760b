/**
 * `npm test`: every test file in a process of its own.
 *
 * Its last lines are uvu's: `Total:`, `Passed:`, `Skipped:`, `Duration:`. A file that ended before its tests did, or
 * that was stopped, counts as one more test that failed.
 *
 * Exit status: 0 when every test passed; 1 when one failed, a file did not end well, or no test ran; 2 when the
 * arguments are wrong; 128 and the signal's number when a signal ended it.
 */
import { setMaxListeners } from 'node:events';
import { availableParallelism, constants } from 'node:os';
import { parseArgs } from 'node:util';
import { isInstalled, notInstalled, tools } from '../support/tools.js';
import { findTestFiles, selectTestFiles, type TestFile } from './files.js';
import type { FileResult } from './run-file.js';
import { runSuite } from './suite.js';

const defaults = { jobs: availableParallelism() + 1, 'file-limit': 300, 'suite-limit': 1800 };
const usage = `npm test -- [NAME ...] [--jobs N] [--file-limit SECONDS] [--suite-limit SECONDS]

NAME is the beginning of a path under test/ (pki, emulator/hub), or else any part of one (rollover).
--jobs N               how many files run at once (default: ${defaults.jobs}, one more than there are cores, since tests also wait)
--file-limit SECONDS   stops a file that takes longer (default: ${defaults['file-limit']})
--suite-limit SECONDS  stops everything after this time (default: ${defaults['suite-limit']})
`;

interface Arguments extends Record<keyof typeof defaults, number> {
  files: TestFile[];
}

/** @throws Error when they are wrong, with a message for the user */
function readArguments(project: string): Arguments | 'help' {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      jobs: { type: 'string' },
      'file-limit': { type: 'string' },
      'suite-limit': { type: 'string' },
    },
  });
  if (values.help) return 'help';
  const number = (name: keyof typeof defaults) => {
    const value = Number(values[name] ?? defaults[name]);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1 on.`);
    return value;
  };
  return {
    files: selectTestFiles(findTestFiles(project), positionals),
    jobs: number('jobs'),
    'file-limit': number('file-limit'),
    'suite-limit': number('suite-limit'),
  };
}

/** @returns the exit status */
async function main(project: string): Promise<number> {
  let given: Arguments;
  try {
    const read = readArguments(project);
    if (read === 'help') {
      process.stdout.write(usage);
      return 0;
    }
    given = read;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  const { files, jobs } = given;
  for (const tool of tools) if (!isInstalled(tool)) console.log(notInstalled(tool));
  console.log(`${files.length} test files, ${jobs} at a time\n`);

  const started = performance.now();
  const failed: [TestFile, FileResult][] = [];
  const counts = { total: 0, passed: 0, skipped: 0 };
  const onResult = (file: TestFile, result: FileResult) => {
    counts.total += result.total;
    counts.passed += result.passed;
    counts.skipped += result.skipped;
    if (result.failure !== undefined) failed.push([file, result]);
    console.log(resultLine(file, result));
  };

  const stop = new AbortController();
  // Each file that runs listens for it.
  setMaxListeners(0, stop.signal);
  let interruptedBy: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      interruptedBy ??= signal;
      stop.abort(`stopped by ${signal}`);
    });
  }
  const limit = given['suite-limit'];
  const timer = setTimeout(
    () => stop.abort(`stopped after ${limit} s, the limit of the suite`),
    limit * 1000,
  );
  await runSuite({
    ...{ project, files, jobs, onResult },
    fileLimitSeconds: given['file-limit'],
    signal: stop.signal,
  });
  clearTimeout(timer);

  // At the end, where it is not lost among what passed.
  for (const [file, result] of failed) {
    if (result.output !== '')
      console.log(`\n==== ${file.name}: ${result.failure}\n\n${result.output.trimEnd()}`);
  }
  if (failed.length > 0) {
    console.log('\nFailed:');
    for (const [{ name }, { failure }] of failed) console.log(`  ${name}: ${failure}`);
  }
  if (counts.total === 0) console.log('\nNo test ran.');
  console.log(`
  Total:     ${counts.total}
  Passed:    ${counts.passed}
  Skipped:   ${counts.skipped}
  Duration:  ${(performance.now() - started).toFixed(2)}ms
`);
  if (interruptedBy) return 128 + constants.signals[interruptedBy];
  return failed.length > 0 || counts.total === 0 ? 1 : 0;
}

function resultLine({ name }: TestFile, { failure, passed, skipped, seconds }: FileResult): string {
  const what = failure ?? `${passed} passed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  return `${failure === undefined ? 'ok    ' : 'FAILED'}  ${name}: ${what} (${seconds.toFixed(1)} s)`;
}

process.exitCode = await main(process.cwd());
