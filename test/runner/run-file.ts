/** One test file in a process of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { TestFile } from './files.js';

export interface FileResult {
  /** Without skipped tests, as uvu counts. */
  total: number;
  passed: number;
  skipped: number;
  /** Why the file failed; undefined when it passed. */
  failure: string | undefined;
  /** What the file printed, on both streams. */
  output: string;
  seconds: number;
}

export interface FileOptions {
  /** The compiled file. */
  module: string;
  /** The working directory of its process. */
  project: string;
  /** For its temporary files. */
  temporaryFolder: string;
  /** Where the output is kept while it runs: unlike a pipe, a file loses nothing when a process ends abruptly. */
  outputFile: string;
  limitSeconds: number;
  /** Stops it; the reason says why. */
  signal: AbortSignal;
}

const entry = fileURLToPath(new URL('entry.mjs', import.meta.url));

const running = new Set<ChildProcess>();
// However the runner ends: process groups of their own outlive it otherwise.
process.on('exit', () => {
  for (const child of running) endWithChildren(child);
});

export async function runTestFile(file: TestFile, options: FileOptions): Promise<FileResult> {
  const started = performance.now();
  const output = openSync(options.outputFile, 'w');
  const child = spawn(process.execPath, ['--enable-source-maps', entry, options.module, file.name], {
    cwd: options.project,
    env: { ...process.env, TMPDIR: options.temporaryFolder },
    stdio: ['ignore', output, output],
    // A process group of its own, so that what it started can be ended with it.
    detached: process.platform !== 'win32',
  });
  closeSync(output);
  running.add(child);
  let stopped: string | undefined;
  const stop = (why: string) => {
    stopped = why;
    endWithChildren(child);
  };
  const onAbort = () => stop(String(options.signal.reason));
  options.signal.addEventListener('abort', onAbort);
  const timer = setTimeout(
    () => stop(`stopped after ${options.limitSeconds} s, the limit of one file`),
    options.limitSeconds * 1000,
  );
  const [status, signal] = (await once(child, 'exit').catch((error: Error) => [null, error.message])) as [
    number | null,
    string | null,
  ];
  clearTimeout(timer);
  running.delete(child);
  options.signal.removeEventListener('abort', onAbort);
  if (process.platform !== 'win32') endWithChildren(child);
  const text = readFileSync(options.outputFile, 'utf8');
  const end = stopped ?? (signal === null ? `exit status ${status}` : `ended by ${signal}`);
  return {
    ...judge(text, stopped === undefined && status === 0, end),
    output: text,
    seconds: (performance.now() - started) / 1000,
  };
}

/** Ends a process and those that it started, except what has made itself independent. */
function endWithChildren({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' });
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of them have ended.
  }
}

/**
 * What uvu counted, and whether the file passed. One that ended before uvu had counted has one test more that failed.
 *
 * @param ended whether the process ended by itself, with status 0
 * @param end how it ended, for messages
 */
function judge(
  output: string,
  ended: boolean,
  end: string,
): Pick<FileResult, 'total' | 'passed' | 'skipped' | 'failure'> {
  const counted = [
    ...stripVTControlCharacters(output).matchAll(
      /^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)\n {2}Duration: /gm,
    ),
  ].at(-1);
  if (!counted)
    return { total: 1, passed: 0, skipped: 0, failure: `its tests did not run to their end: ${end}` };
  const [total, passed, skipped] = counted.slice(1).map(Number) as [number, number, number];
  const failure =
    passed < total
      ? failedTests(output, total - passed, total)
      : total + skipped === 0
        ? 'it has no tests, or does not run them: is test.run() missing?'
        : ended
          ? undefined
          : `its tests passed, but not its process: ${end}`;
  return { total: failure !== undefined && passed === total ? total + 1 : total, passed, skipped, failure };
}

function failedTests(output: string, failed: number, total: number): string {
  const counts = `${failed} of ${total} tests failed`;
  // uvu keeps what a hook throws to itself.
  return output.includes(' FAIL ') ? counts : `${counts}: a hook (before, after) threw`;
}
