/** Where the emulator that a command means keeps its state. */
import { findEmulator, hasState } from '../../emulator/control/running.js';
import { assertStateInFolder, layoutOf } from '../../workspace/layout.js';

/**
 * The state folder of a folder's emulator: `FOLDER/.enrollkit`, where a quickstart keeps it, or `FOLDER` itself, as in
 * `emulator start --dir FOLDER`. A running emulator comes before one that is stopped.
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

/** The state folder of a certificate folder, as it was typed. */
export function stateOfRuns(folder: string): string {
  return `${folder.replace(/(?<=.)\/+$/, '')}/.enrollkit`;
}
