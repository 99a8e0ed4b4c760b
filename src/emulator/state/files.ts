/** The names of the files that a state has: apart from what opens them, which other processes do not load. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isFolder } from '../../workspace/files.js';
import { emulatorSnapshotFolders } from '../../workspace/layout.js';

/** The file that every state has. */
export const mainStateFile = 'state.db';

/** Matches the files that SQLite puts beside each as well. */
export const stateFilePattern = /^state(-(service|hub)-(\d+))?\.db(-wal|-shm|-journal)?$/;

/** Whether there is a state, or a snapshot of one. */
export function hasStateFiles(folder: string): boolean {
  return existsSync(join(folder, mainStateFile)) || hasSnapshot(folder);
}

/** Where a snapshot is, and where one is made. */
export function snapshotFolders(folder: string): [finished: string, unfinished: string] {
  return emulatorSnapshotFolders.map((name) => join(folder, name)) as [string, string];
}

/** Whether a process was killed before it was done with a snapshot. */
export function hasSnapshot(folder: string): boolean {
  return isFolder(snapshotFolders(folder)[0]);
}
