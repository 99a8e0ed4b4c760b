/** Damage to the files of a state that SQLite does not notice: it would go on with an empty or an older state. */

import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { rootFileName } from '../wire/tls/server-identity.js';

/** The header of a database file. */
const headerBytes = 100;

/**
 * Refuses a file that was cut off or whose log is missing. Changes nothing.
 *
 * Source: SQLite, "Database File Format", section 4.1 (WAL header), and "WAL-mode File Format", section 2.1: the number of
 * frames in the log is at offset 16 of the -shm file, in the byte order of the computer.
 *
 * @throws EnrollkitError EMULATOR_STATE_UNREADABLE
 */
export function assertUndamaged(path: string): void {
  const [size, journal] = [sizeOf(path), sizeOf(`${path}-journal`)];
  // A first start that was killed leaves an empty file alone, or one with a rollback journal.
  if (size === undefined || journal) return;
  const [log, index] = [`${path}-wal`, `${path}-shm`];
  if (size < headerBytes && (existsSync(log) || existsSync(index) || wasStarted(path))) {
    throw damaged(
      sentences.emulator.stateCutOff(path, size),
      sentences.emulator.restoreOrEmpty(dirname(path)),
    );
  }
  const logSize = sizeOf(log);
  if (logSize === undefined && firstBytes(index, 20)?.readUInt32LE(16)) {
    throw damaged(sentences.emulator.logMissing(log), sentences.emulator.restoreOrDeleteIndex(index));
  }
  const magic = firstBytes(log, 4)?.readUInt32BE();
  if (magic !== undefined && magic >>> 1 !== 0x377f0682 >>> 1) {
    throw damaged(sentences.emulator.logDamaged(log), sentences.emulator.restoreOrDelete(index));
  }
}

/** The root is made after the state. */
function wasStarted(path: string): boolean {
  return existsSync(join(dirname(path), rootFileName));
}

function damaged(message: string, next: string): EnrollkitError {
  return new EnrollkitError('EMULATOR_STATE_UNREADABLE', message, { next });
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

/** @returns undefined for a file that has fewer, or that cannot be read */
function firstBytes(path: string, count: number): Buffer | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const bytes = Buffer.alloc(count);
    return readSync(file, bytes, 0, count, 0) === count ? bytes : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
