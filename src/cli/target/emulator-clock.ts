/** The clock of a folder's emulator, by which certificates for its devices are made. */

import { type ClockReply, controlPaths } from '../../emulator/control/paths.js';
import { askEmulator, settled } from '../../emulator/control/running.js';
import type { EmulatorEndpoints } from '../../emulator/endpoints.js';
import { sentences } from '../../languages/language.js';
import type { Context } from '../kernel/command.js';
import { emulatorStateOfRuns } from './emulator-state.js';

/** How far the clock of a running emulator is ahead of the computer's, in milliseconds. */
export async function clockOffsetOf(endpoints: EmulatorEndpoints): Promise<number> {
  const { status, body } = await askEmulator(endpoints, 'GET', controlPaths.clock);
  return status === 200 ? (body as ClockReply).offset : 0;
}

/**
 * The clock by which certificates of a folder are made: that of the emulator that runs on it, else the computer's. Says so
 * where the two differ.
 *
 * @throws EnrollkitError of {@link emulatorStateOfRuns}
 */
export async function folderClock(folder: string, { now, output }: Context): Promise<() => Date> {
  const state = emulatorStateOfRuns(folder);
  const found = state === undefined ? undefined : await settled(state);
  const offset = found?.kind === 'running' ? await clockOffsetOf(found.endpoints) : 0;
  if (offset === 0) return now;
  const clock = () => new Date(now().getTime() + offset);
  const time = clock().toISOString();
  output.note('emulator.clock.used', sentences.cliTarget.emulatorClock(String(state), time));
  return clock;
}
