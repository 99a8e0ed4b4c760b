/**
 * A replay that did not come to its end. A recording compares only with a run that begins in a new folder, so that the
 * same replay, run again, removes what the earlier one created, and starts over.
 */
import { rmSync } from 'node:fs';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { type CleanResult, cleanLocal, cleanRemote, forgetRemote } from '../../quickstart/clean.js';
import type { Recording } from '../../quickstart/recording/schema.js';
import { readTextIfExists, secretFileMode, writeFileAtomically } from '../../workspace/files.js';
import type { Layout } from '../../workspace/layout.js';
import { requestOf } from '../input/write-files.js';
import type { Context, FlagsOf } from '../kernel/command.js';
import { withTargets } from '../target/target.js';
import type { replay } from './replay.js';

type ReplayFlags = FlagsOf<typeof replay>;

/** A file in the state of the folder, from the beginning of a replay until it is recorded. */
export class UnfinishedReplay {
  readonly #layout: Layout;
  readonly #request: string;

  constructor(layout: Layout, recording: Recording, flags: ReplayFlags) {
    this.#layout = layout;
    this.#request = requestOf('replay', recording, flags);
  }

  /** Whether all that is in the folder is of an earlier run of the same command. */
  get exists(): boolean {
    return readTextIfExists(this.#layout.replay) === this.#request;
  }

  /** @throws EnrollkitError FILE_UNWRITABLE */
  begin(): void {
    writeFileAtomically(this.#layout.replay, this.#request, secretFileMode);
  }

  end(): void {
    rmSync(this.#layout.replay, { force: true });
  }

  /**
   * Removes what the earlier run created.
   *
   * @throws EnrollkitError FOLDER_NOT_EMPTY when something cannot be removed; FOLDER_IN_USE
   */
  async remove({ offline, connectionStringFile }: ReplayFlags, context: Context): Promise<void> {
    const { folder } = this.#layout;
    const { signal, now } = context;
    const kept: CleanResult['kept'] = [];
    if (offline) forgetRemote(folder, now);
    else {
      const removed = await withTargets({ folder, flags: { connectionStringFile } }, context, (targetFor) =>
        cleanRemote({ folder, targetFor, signal, now }),
      );
      kept.push(...removed.kept);
    }
    if (kept.length === 0) kept.push(...cleanLocal(folder, now).kept);
    if (kept.length === 0) return;
    throw new EnrollkitError('FOLDER_NOT_EMPTY', sentences.quickstart.folderUsed(folder), {
      next: sentences.quickstart.newFolder,
      context: { folder, kept },
    });
  }
}
