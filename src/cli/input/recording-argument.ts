/** The recording that an argument names. */

import { resolve } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { readRecording } from '../../quickstart/recording/read.js';
import type { Recording } from '../../quickstart/recording/schema.js';
import { recordingsOf } from '../../quickstart/recording/store.js';
import { isFolder } from '../../workspace/files.js';
import { layoutOf } from '../../workspace/layout.js';
import { lockHolder } from '../../workspace/lock.js';

export interface NamedRecording {
  /** Absolute. */
  path: string;
  recording: Recording;
}

/**
 * Reads a recording.
 *
 * @param argument a file, or a certificate folder: then its last run
 * @throws EnrollkitError INVALID_RECORDING; FOLDER_IN_USE for a folder in which a run is going on
 */
export function openRecording(argument: string): NamedRecording {
  const path = isFolder(argument) ? lastOf(argument) : resolve(argument);
  return { path, recording: readRecording(path) };
}

function lastOf(folder: string): string {
  const layout = layoutOf(folder);
  const holder = lockHolder(layout.lock);
  if (holder !== undefined) {
    throw new EnrollkitError('FOLDER_IN_USE', sentences.cliQuickstart.runsStillGoing(folder, holder.pid), {
      next: sentences.cliQuickstart.runsStillGoingNext,
      context: { folder, ...holder },
    });
  }
  const last = recordingsOf(layout).at(-1);
  if (last !== undefined) return last;
  throw new EnrollkitError('INVALID_RECORDING', sentences.cliQuickstart.runsNoRecording(folder), {
    next: sentences.cliQuickstart.runsNoRecordingNext,
  });
}
