/** Folders for what benches write. */
import { mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Far more than any bench writes. */
const roomNeeded = 1024 ** 3;
const memory = '/dev/shm';

/**
 * Creates a folder, in memory where there is room: on a disk, the files that were deleted a minute before can make
 * creating files many times slower (ext4). Set TMPDIR for another place.
 */
export function scratchFolder(): string {
  return mkdtempSync(join(process.env.TMPDIR ?? (hasRoom(memory) ? memory : tmpdir()), 'enrollkit-bench-'));
}

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= roomNeeded;
  } catch {
    return false;
  }
}
