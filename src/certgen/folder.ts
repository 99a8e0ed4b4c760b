/** The folder of a CA that certgen writes: locked, and changed by transactions. */
import { join } from 'node:path';
import { lookAt, removeIfEmpty } from '../workspace/files.js';
import { takeLock } from '../workspace/lock.js';
import { assertNoLinkIn } from '../workspace/symbolic-links.js';
import { type Completed, finishInterrupted, Transaction } from '../workspace/transaction.js';

/** For the CA's database and copies of certificates; other files are moved aside before a new one is written. */
const replaceable = /^((index\.txt(\.attr)?|serial)(\.old)?|newcerts\/[0-9A-F]+\.pem)$/;

/** Next to the CA's files, on the same file system; exists only while a command runs. */
const workFolder = '.certgen';

/**
 * Runs one command at a time in a folder, after completing an interrupted one.
 *
 * @param act is given a transaction, and the changes that were completed, if there were any
 * @throws EnrollkitError FOLDER_IN_USE, FILE_UNWRITABLE; JOURNAL_UNREADABLE when an interrupted command's changes
 *   cannot be read
 */
export async function withFolderLock<Result>(
  folder: string,
  act: (transaction: Transaction, completed: Completed | undefined) => Promise<Result>,
): Promise<Result> {
  const work = join(folder, workFolder);
  assertNoLinkIn(folder, work);
  const release = takeLock(join(work, 'lock'));
  const place = { folder, work, isReplaceable: (path: string) => replaceable.test(path) };
  try {
    const completed = finishInterrupted(place);
    return await act(new Transaction(place), completed);
  } finally {
    release();
    removeIfEmpty(work);
  }
}

/** Whether a command is at work, or was killed: the next one that locks the folder completes what it left. */
export function isInterrupted(folder: string): boolean {
  return lookAt(join(folder, workFolder)) !== undefined;
}

/** A new folder for files that are moved aside: `replaced-<time>`. @param time for a file name */
export function newAsideFolder(folder: string, time: string): string {
  const name = `replaced-${time}`;
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? name : `${name}-${number}`;
    if (!lookAt(join(folder, free))) return free;
  }
}
