/** Where the temporary files of all tests go. */
import { accessSync, constants, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** More than all tests leave at one time; containers often have 64 MB. */
const enoughBytes = 4 * 2 ** 30;

/**
 * Makes a folder for temporary files: in memory where there is room for it, unless TMPDIR names a place. Tests make and
 * delete tens of thousands of small files, and ext4 does not reuse an inode in the minutes after its file was deleted:
 * it then looks at one after the other for each new file.
 */
export function makeTemporaryFolder(): string {
  return (process.env.TMPDIR ? undefined : makeInMemory()) ?? makeBelow(tmpdir());
}

function makeInMemory(): string | undefined {
  const memory = '/dev/shm';
  let folder: string | undefined;
  try {
    const { bavail, bsize } = statfsSync(memory);
    if (bavail * bsize < enoughBytes) return;
    folder = makeBelow(memory);
    const program = join(folder, 'program');
    writeFileSync(program, '', { mode: 0o700 });
    // It fails where programs are not to be run: some tests write one.
    accessSync(program, constants.X_OK);
    return folder;
  } catch {
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
}

function makeBelow(folder: string): string {
  return mkdtempSync(join(folder, 'enrollkit-tests-'));
}
