/** Merges the manifests of a fleet's shards. */

import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { registrationIdProblem, sameId } from '../dps/contract/ids.js';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { secretFileMode, unwritable } from '../workspace/files.js';
import { removeAbandoned, takeLock } from '../workspace/lock.js';
import { IdTable } from './devices/id-table.js';
import { manifestColumns, manifestHeader } from './manifest.js';
import { linesOf } from './text-files.js';

interface Row {
  path: string;
  /** From 1, which is the header. */
  line: number;
  text: string;
  registrationId: string;
  serialNumber: string;
}

/**
 * Merges the manifests of a fleet's shards into one, in the order of `paths`. All are checked before anything is
 * written.
 *
 * @param out a file, replaced atomically, or a stream, which is left open
 * @returns the number of devices
 * @throws EnrollkitError INVALID_MANIFEST, with file and line, when a file is no manifest, its tags differ from the first
 *   one's, or a registration ID or a serial number is listed twice; FILE_UNREADABLE, FILE_UNWRITABLE
 */
export async function mergeManifests(paths: readonly string[], out: string | Writable): Promise<number> {
  const header = await commonHeader(paths);
  const devices = await assertDisjoint(paths);
  const contents = Readable.from(linesToWrite(paths, header));
  if (typeof out !== 'string') {
    await pipeline(contents, out, { end: false });
    return devices;
  }
  const unlock = takeLock(`${out}.lock`, { locked: out });
  // In the lock, so that the next process removes what a killed one left.
  const temporary = join(`${out}.lock`, temporaryName);
  rmSync(temporary, { force: true });
  try {
    await pipeline(
      contents,
      createWriteStream(temporary, { flags: 'wx', mode: secretFileMode, flush: true }),
    );
    renameSync(temporary, out);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw cause instanceof EnrollkitError ? cause : unwritable(out, cause);
  } finally {
    unlock();
  }
  return devices;
}

/** Removes what a merge that was killed left beside its manifest. Call it before a manifest is found to exist. */
export function removeMergeLeftovers(out: string): void {
  removeAbandoned(`${out}.lock`, [temporaryName]);
}

const temporaryName = 'new';

async function commonHeader(paths: readonly string[]): Promise<string> {
  const usual = manifestHeader([]).trimEnd();
  let common: string | undefined;
  for (const path of paths) {
    const lines = linesOf(path, 65_536);
    const { value } = await lines.next();
    await lines.return();
    if (value === undefined || !(value === usual || value.startsWith(`${usual},`))) {
      throw invalid(sentences.fleet.notAManifest(path, manifestColumns[0]));
    }
    common ??= value;
    if (value !== common) {
      throw invalid(sentences.fleet.otherColumns(path, paths[0]!), {
        next: sentences.fleet.otherColumnsNext,
      });
    }
  }
  return common!;
}

async function assertDisjoint(paths: readonly string[]): Promise<number> {
  const [ids, serialNumbers] = [new IdTable(), new IdTable()];
  let count = 0;
  for await (const row of rowsOf(paths)) {
    const { registrationId, serialNumber } = row;
    await assertNew(paths, row, ids.add(registrationId, count), sentences.fleet.idTwice, (other) =>
      sameId(other.registrationId, registrationId) ? registrationId : undefined,
    );
    await assertNew(
      paths,
      row,
      serialNumbers.add(serialNumber, count),
      sentences.fleet.serialNumberTwice,
      (other) => (other.serialNumber === serialNumber ? serialNumber : undefined),
    );
    count += 1;
  }
  return count;
}

/** @param suspects the numbers, over all files, of earlier rows that have the same digest */
async function assertNew(
  paths: readonly string[],
  row: Row,
  suspects: readonly number[],
  listedTwice: (place: string, value: string, other: string) => string,
  shared: (other: Row) => string | undefined,
): Promise<void> {
  if (suspects.length === 0) return;
  let index = 0;
  for await (const other of rowsOf(paths)) {
    const value = suspects.includes(index) ? shared(other) : undefined;
    if (value !== undefined) {
      throw invalid(listedTwice(`${row.path}:${row.line}`, value, `${other.path}:${other.line}`));
    }
    if (index === suspects.at(-1)) return;
    index += 1;
  }
}

/** RFC 5280 section 4.1.2.2: at most 20 octets. */
const serialNumberText = /^[0-9A-F]{1,40}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: no row that fleet issue writes has one.
const controlCharacter = /[\u0000-\u001f\u007f]/;

async function* rowsOf(paths: readonly string[]): AsyncGenerator<Row, void, undefined> {
  for (const path of paths) {
    let line = 0;
    for await (const text of linesOf(path)) {
      line += 1;
      if (line === 1) continue;
      // Neither of the two ever needs quotes.
      const [registrationId, serialNumber, ...rest] = text.split(',', manifestColumns.length);
      if (
        registrationIdProblem(registrationId ?? '') !== undefined ||
        !serialNumberText.test(serialNumber ?? '') ||
        rest.length < manifestColumns.length - 2 ||
        controlCharacter.test(text)
      ) {
        throw invalid(sentences.fleet.notARow(path, line));
      }
      yield { path, line, text, registrationId: registrationId!, serialNumber: serialNumber! };
    }
  }
}

async function* linesToWrite(paths: readonly string[], header: string): AsyncGenerator<string> {
  let chunk = `${header}\n`;
  for await (const { text } of rowsOf(paths)) {
    chunk += `${text}\n`;
    if (chunk.length < 65_536) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

function invalid(message: string, options: { next?: string } = {}): EnrollkitError {
  return new EnrollkitError('INVALID_MANIFEST', message, options);
}
