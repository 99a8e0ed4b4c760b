/** The run of a report: a recording, or none; and what the journal of its folder says by now. */
import { basename, join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Recording } from '../../quickstart/recording/schema.js';
import { recordingsOf } from '../../quickstart/recording/store.js';
import { lookAt } from '../../workspace/files.js';
import { type CreatedResource, Journal } from '../../workspace/journal.js';
import { type Layout, layoutOf } from '../../workspace/layout.js';
import { openRecording } from '../input/recording-argument.js';
import { isPathBelow } from './paths.js';

export interface RecordedRun {
  recording?: Recording;
  /** Absolute. */
  path?: string;
  /** Sentences. */
  warnings: string[];
}

/**
 * @param named a recording: a file, or its name in the folder's runs; by default, the last one. The last one may be
 *   missing or unreadable: then a sentence says so
 * @throws EnrollkitError INVALID_RECORDING for the one that was named; FOLDER_IN_USE while a run is going on
 */
export function recordedRun(folder: string, named: string | undefined): RecordedRun {
  const layout = layoutOf(folder);
  const text = sentences.cliReport.warnings;
  if (named !== undefined) return { ...openRecording(fileOf(named, layout)), warnings: [] };
  if (recordingsOf(layout).length === 0) return { warnings: [text.noRun(folder)] };
  try {
    return { ...openRecording(folder), warnings: [] };
  } catch (error) {
    if (!(error instanceof EnrollkitError) || error.code !== 'INVALID_RECORDING') throw error;
    return { warnings: [text.unreadableRun(error.message)] };
  }
}

/** `2026-11-29T08-07-04.830Z` is a recording of the folder. */
function fileOf(named: string, { folder, runs }: Layout): string {
  if (lookAt(named) || named !== basename(named)) return named;
  const inFolder = [named, `${named}.json`].map((name) => join(runs, name));
  const found = inFolder.find((path) => lookAt(path));
  if (found !== undefined) return found;
  throw new EnrollkitError('INVALID_RECORDING', sentences.cliReport.noSuchRun(named, folder), {
    next: sentences.cliReport.listRuns(folder),
  });
}

export interface Created {
  /** What runs created in services, and did not delete since. */
  things: readonly CreatedResource[];
  warnings: string[];
}

/** What the journal of a folder has by now. */
export function createdIn(folder: string, { recording, path }: RecordedRun): Created {
  const layout = layoutOf(folder);
  const text = sentences.cliReport.warnings;
  let things: CreatedResource[];
  try {
    const journal = Journal.open(layout.journal, () => new Date(0));
    things = journal.things().filter((thing) => isRemote(thing) && journal.has(thing));
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw error;
    return { things: [], warnings: [error.message] };
  }
  const isOfFolder = path !== undefined && isPathBelow(layout.runs, path);
  if (!recording || !isOfFolder) return { things, warnings: [] };
  const lost = kindsMadeBy(recording).filter((kind) => !things.some((thing) => thing.kind === kind));
  if (lost.length === 0) return { things, warnings: [] };
  return { things, warnings: [things.length === 0 ? text.cleaned : text.partlyCleaned] };
}

function isRemote({ kind }: CreatedResource): boolean {
  return kind !== 'file' && kind !== 'telemetry';
}

/** What steps create that did not find it there. */
const madeBySteps: Readonly<Record<string, CreatedResource['kind']>> = {
  'upload-ca': 'ca-certificate',
  'enrollment-group': 'enrollment-group',
  'individual-enrollments': 'individual-enrollment',
  'register-devices': 'registration',
};

function kindsMadeBy({ steps }: Recording): CreatedResource['kind'][] {
  return steps.flatMap(({ id, status }) => {
    const kind = Object.hasOwn(madeBySteps, id) ? madeBySteps[id] : undefined;
    return status === 'done' && kind !== undefined ? [kind] : [];
  });
}
