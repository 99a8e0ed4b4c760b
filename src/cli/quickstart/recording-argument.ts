/** The recording that an argument names. */

import { resolve } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { readRecording } from '../../quickstart/recording/read.js';
import type { Recording } from '../../quickstart/recording/schema.js';
import { recordingsOf } from '../../quickstart/recording/store.js';
import { isFolder } from '../../workspace/files.js';
import { layoutOf } from '../../workspace/layout.js';

export interface NamedRecording {
  /** Absolute. */
  path: string;
  recording: Recording;
}

/**
 * Reads a recording.
 *
 * @param argument a file, or a certificate folder: then its last run
 * @throws EnrollkitError INVALID_RECORDING
 */
export function openRecording(argument: string): NamedRecording {
  const path = isFolder(argument) ? lastOf(argument) : resolve(argument);
  return { path, recording: readRecording(path) };
}

function lastOf(folder: string): string {
  const last = recordingsOf(layoutOf(folder)).at(-1);
  if (last !== undefined) return last;
  throw new EnrollkitError('INVALID_RECORDING', sentences.cliQuickstart.runsNoRecording(folder), {
    next: sentences.cliQuickstart.runsNoRecordingNext,
  });
}
