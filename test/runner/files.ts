/** The test files of a project: which there are, which are asked for, and in which order they are run. */
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

export interface TestFile {
  /** Its path below test/, with slashes and without `.test.ts`. */
  name: string;
  path: string;
}

const suffix = '.test.ts';

/** @param project the folder above test/ */
export function findTestFiles(project: string): TestFile[] {
  const folder = join(project, 'test');
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((path) => path.endsWith(suffix))
    .sort()
    .map((path) => ({
      name: path.slice(0, -suffix.length).replaceAll(sep, '/'),
      path: join(folder, path),
    }));
}

export class UnknownName extends Error {}

/**
 * The files that are meant by names: each is the beginning of a path below test/ (`pki`, `emulator/hub`), or else a
 * part of one (`rollover`). All files when there are no names.
 *
 * @throws UnknownName
 */
export function selectTestFiles(files: readonly TestFile[], names: readonly string[]): TestFile[] {
  if (names.length === 0) return [...files];
  const selected = new Set<TestFile>();
  for (const given of names) {
    const name = given
      .replaceAll('\\', '/')
      .replace(/^(\.\/)?test\//, '')
      .replace(/(\.test)?\.ts$/, '');
    const beginning = files.filter((file) => file.name.startsWith(name));
    const matches = beginning.length > 0 ? beginning : files.filter((file) => file.name.includes(name));
    if (name === '' || matches.length === 0)
      throw new UnknownName(`No test file under test/ has "${given}" in its path.`);
    for (const file of matches) selected.add(file);
  }
  return files.filter((file) => selected.has(file));
}

/** How long each file took when it last passed, in seconds, by its name. */
export type Durations = Record<string, number>;

/** Longest first, so that none is left running alone at the end: by what was measured; before that, by size. */
export function longestFirst(files: readonly TestFile[], durations: Durations): TestFile[] {
  const expected = new Map(
    files.map((file) => [file, [durations[file.name] ?? Infinity, statSync(file.path).size]]),
  );
  return [...files].sort((one, other) => {
    const [[seconds, size], [otherSeconds, otherSize]] = [expected.get(one)!, expected.get(other)!];
    return seconds === otherSeconds ? otherSize! - size! : otherSeconds! - seconds!;
  });
}

/** Empty when there is none, or it is damaged: it is a hint only. */
export function readDurations(file: string): Durations {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

export function writeDurations(file: string, durations: Durations): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(durations, null, 2)}\n`);
  renameSync(`${file}.${process.pid}`, file);
}
