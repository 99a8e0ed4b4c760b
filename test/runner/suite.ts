/** Test files over processes, as many at once as there are cores. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compile, compiledFile } from './compile.js';
import { longestFirst, readDurations, type TestFile, writeDurations } from './files.js';
import { type FileResult, runTestFile } from './run-file.js';
import { makeTemporaryFolder } from './temporary-folder.js';

export interface SuiteOptions {
  /** The folder above test/ and build/. */
  project: string;
  files: readonly TestFile[];
  /** How many run at once. */
  jobs: number;
  fileLimitSeconds: number;
  /** Ends what runs, and starts nothing more; the reason says why. */
  signal: AbortSignal;
  onResult(file: TestFile, result: FileResult): void;
}

export async function runSuite({ project, files, jobs, signal, ...options }: SuiteOptions): Promise<void> {
  const cache = join(project, 'node_modules', '.cache', 'enrollkit-tests');
  const durationsFile = join(cache, 'durations.json');
  const durations = readDurations(durationsFile);
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'run-'));
  const temporaryFolder = makeTemporaryFolder();
  try {
    await compile(project, files, folder);
    const queue = longestFirst(files, durations);
    const runOneAfterAnother = async (_: unknown, job: number) => {
      for (let file = queue.shift(); file; file = queue.shift()) {
        const result = signal.aborted
          ? notRun(String(signal.reason))
          : await runTestFile(file, {
              module: compiledFile(folder, file),
              project,
              temporaryFolder,
              outputFile: join(folder, `output-${job}`),
              limitSeconds: options.fileLimitSeconds,
              signal,
            });
        if (result.failure === undefined) durations[file.name] = result.seconds;
        options.onResult(file, result);
      }
    };
    await Promise.all(Array.from({ length: jobs }, runOneAfterAnother));
    writeDurations(durationsFile, durations);
  } finally {
    for (const made of [folder, temporaryFolder]) rmSync(made, { recursive: true, force: true });
  }
}

function notRun(why: string): FileResult {
  return { total: 1, passed: 0, skipped: 0, failure: `not run: ${why}`, output: '', seconds: 0 };
}
