/** Shared by the commands that control a running emulator. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { EndpointsFile } from '../../emulator/endpoints.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { layoutOf } from '../../workspace/layout.js';
import { defaultFolder } from '../kernel/common-flags.js';
import type { FlagValues } from '../kernel/flags.js';
import { emulatorStateOf, stateOfRuns } from '../target/emulator-state.js';
import { defaultStateFolder, type stateFolderFlag } from '../target/target-flags.js';
import { quoted } from '../terminal/command-line.js';

/** The `--dir` flag for a state folder; empty for the default. */
export function dirFlagFor(dir: string): string {
  return dir === defaultStateFolder ? '' : ` --dir ${quoted(dir)}`;
}

/**
 * The emulator that runs on a folder.
 *
 * @throws EnrollkitError NOT_FOUND when none does, TIMEOUT
 */
export async function runningOn(dir: string): Promise<EndpointsFile> {
  const { settled } = await import('../../emulator/control/running.js');
  const finding = await settled(dir);
  if (finding.kind === 'running') return finding;
  throw new EnrollkitError('NOT_FOUND', sentences.cliEmulator.notRunning(resolve(dir)), {
    next: sentences.cliEmulator.startOne(dirFlagFor(dir)),
  });
}

/**
 * Refuses on behalf of an emulator.
 *
 * @throws EnrollkitError
 */
export function refusedBy({ pid }: EndpointsFile, status: number, body: unknown): never {
  const message = (body as { error?: { message?: string } } | undefined)?.error?.message;
  if (status === 409) {
    throw new EnrollkitError('EMULATOR_STATE_IN_USE', sentences.cliEmulator.usedByOther(pid), {
      next: sentences.cliEmulator.waitForOther,
    });
  }
  throw new EnrollkitError('REFUSED', sentences.cliEmulator.answered(status, message));
}

/**
 * The state folder that `--dir` means, as it was typed: that of the emulator there is, else where a new one goes.
 *
 * @throws EnrollkitError FILE_UNWRITABLE when the state of a certificate folder is behind a symbolic link
 */
export function stateFolderOf(flags: FlagValues<typeof stateFolderFlag>): string {
  const typed = flags.dir;
  const found = emulatorStateOf(typed ?? defaultFolder);
  if (found !== undefined) return found;
  if (typed === undefined) return defaultStateFolder;
  return existsSync(layoutOf(typed).state) ? stateOfRuns(typed) : typed;
}
