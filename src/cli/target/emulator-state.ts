/** Where the emulator that a command means keeps its state. */
import { resolve } from 'node:path';
import { findEmulator, hasState, settled } from '../../emulator/control/running.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { PlanTarget } from '../../quickstart/plan/fields.js';
import { publicFileMode, readTextIfExists, writeFileAtomically } from '../../workspace/files.js';
import { assertStateInFolder, layoutOf } from '../../workspace/layout.js';
import type { FlagValues } from '../kernel/flags.js';
import { quoted } from '../terminal/command-line.js';
import type { sharedEmulatorFlag } from './target-flags.js';

/**
 * The state folder of a folder's own emulator: `FOLDER/.enrollkit`, where a quickstart keeps it, or `FOLDER` itself, as
 * in `emulator start --dir FOLDER`. A running emulator comes before one that is stopped.
 *
 * @param folder as it was typed
 * @returns undefined when there is no emulator
 * @throws EnrollkitError FILE_UNWRITABLE when `FOLDER/.enrollkit` is behind a symbolic link; FILE_UNREADABLE
 */
export function emulatorStateOf(folder: string): string | undefined {
  assertStateInFolder(layoutOf(folder));
  const candidates = [stateOfRuns(folder), folder];
  return candidates.find((dir) => findEmulator(dir).kind !== 'stopped') ?? candidates.find(hasState);
}

/**
 * The state folder of the emulator that the runs of a folder use: the shared one, if `--emulator` named one, else its own.
 *
 * @throws EnrollkitError NOT_FOUND when the shared emulator is gone; as {@link emulatorStateOf}
 */
export function emulatorStateOfRuns(folder: string): string | undefined {
  const shared = sharedEmulatorOf(folder);
  if (shared === undefined) return emulatorStateOf(folder);
  if (hasState(shared)) return shared;
  throw new EnrollkitError('NOT_FOUND', sentences.cliTarget.sharedEmulatorGone(folder, shared), {
    next: sentences.cliTarget.startShared(quoted(shared)),
    context: { folder, emulator: shared },
  });
}

function sharedEmulatorOf(folder: string): string | undefined {
  const layout = layoutOf(folder);
  assertStateInFolder(layout);
  return readTextIfExists(layout.sharedEmulator)?.trim() || undefined;
}

/**
 * Lets the runs of a certificate folder use the emulator that `--emulator` names, which several people or tests share: that
 * of `emulator start --dir FOLDER`, or of a certificate folder. Without the flag, nothing changes.
 *
 * @returns writes the choice into the folder, for when nothing else can be refused
 * @throws EnrollkitError USAGE for a run in Azure; NOT_FOUND unless the emulator is running; CONFLICT when the folder uses
 *   another one already
 */
export async function emulatorToUse(
  { emulator }: FlagValues<typeof sharedEmulatorFlag>,
  { kind }: PlanTarget,
  folder: string,
): Promise<() => void> {
  const unchanged = () => {};
  if (emulator === undefined) return unchanged;
  if (kind === 'azure') {
    throw new EnrollkitError('USAGE', sentences.cliTarget.emulatorOrAzure, {
      next: sentences.cliTarget.omitEmulator,
    });
  }
  const found = emulatorStateOf(emulator);
  if (found === undefined || (await settled(found)).kind !== 'running') {
    throw new EnrollkitError('NOT_FOUND', sentences.cliTarget.sharedEmulatorStopped(emulator), {
      next: sentences.cliTarget.startShared(quoted(emulator)),
      context: { emulator },
    });
  }
  const state = resolve(found);
  const before = sharedEmulatorOf(folder) ?? emulatorStateOf(folder);
  if (before !== undefined && resolve(before) === state) return unchanged;
  if (before !== undefined) {
    throw new EnrollkitError('CONFLICT', sentences.cliTarget.anotherEmulator(folder, before), {
      next: sentences.cliTarget.newFolderForShared,
      context: { folder, emulator: before },
    });
  }
  return () => writeFileAtomically(layoutOf(folder).sharedEmulator, `${state}\n`, publicFileMode);
}

/** The state folder of a certificate folder, as it was typed. */
export function stateOfRuns(folder: string): string {
  return `${folder.replace(/(?<=.)\/+$/, '')}/.enrollkit`;
}
