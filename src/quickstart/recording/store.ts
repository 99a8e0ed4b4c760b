/** The recordings of a certificate folder: `.enrollkit/runs/<time>.json`. */

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { createFileAtomically, reason, removeIfEmpty, secretFileMode } from '../../workspace/files.js';
import type { Layout } from '../../workspace/layout.js';
import { assertNoLinkIn } from '../../workspace/symbolic-links.js';
import type { Recording } from './schema.js';

/** A time without colons, which Windows does not allow; runs of one millisecond are numbered. */
const name = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z(-\d+)?\.json$/;

/**
 * The caller has the lock of the folder.
 *
 * @returns the path of the new file, absolute
 * @throws EnrollkitError FILE_UNWRITABLE, FILE_UNREADABLE
 */
export function saveRecording({ folder, runs }: Layout, recording: Recording): string {
  assertNoLinkIn(folder, runs);
  removeUnfinished(runs);
  const text = `${JSON.stringify(recording, null, 2)}\n`;
  const time = recording.startedAt.replaceAll(':', '-');
  for (let number = 1; ; number += 1) {
    const path = join(runs, `${time}${number === 1 ? '' : `-${number}`}.json`);
    try {
      createFileAtomically(path, text, secretFileMode, `${path}.tmp`);
      return path;
    } catch (error) {
      if (!(error instanceof EnrollkitError) || error.code !== 'FILE_EXISTS') throw error;
    }
  }
}

/** The recordings of a folder, absolute paths, the oldest first. */
export function recordingsOf({ runs }: Pick<Layout, 'runs'>): string[] {
  return namesIn(runs)
    .filter((one) => name.test(one))
    .sort(byTime)
    .map((one) => join(runs, one));
}

/** Removes the recordings; anything else in their folder stays. */
export function removeRecordings(layout: Pick<Layout, 'runs'>): void {
  for (const path of recordingsOf(layout)) rmSync(path, { force: true });
  removeUnfinished(layout.runs);
  removeIfEmpty(layout.runs);
}

/** What a killed process was about to write. */
function removeUnfinished(runs: string): void {
  const unfinished = namesIn(runs).filter(
    (one) => one.endsWith('.tmp') && name.test(one.slice(0, -'.tmp'.length)),
  );
  for (const one of unfinished) rmSync(join(runs, one), { force: true });
}

/** `...Z-2.json` is after `...Z.json`. */
function byTime(a: string, b: string): number {
  const parts = (one: string) => /^(.*Z)(?:-(\d+))?\.json$/.exec(one)!;
  const [, timeOfA, numberOfA] = parts(a);
  const [, timeOfB, numberOfB] = parts(b);
  if (timeOfA === timeOfB) return Number(numberOfA ?? 1) - Number(numberOfB ?? 1);
  return timeOfA! < timeOfB! ? -1 : 1;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new EnrollkitError('FILE_UNREADABLE', sentences.recording.unreadable(folder, reason(cause)), {
      cause,
    });
  }
}
