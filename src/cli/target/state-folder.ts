/** The state folder that `--dir` of an emulator command names. */
import { existsSync } from 'node:fs';
import { assertStateInFolder, layoutOf } from '../../workspace/layout.js';
import type { Input } from '../kernel/untyped-command.js';
import { defaultFolder, defaultStateFolder } from '../kernel/untyped-flags.js';

/**
 * As it was typed; a certificate folder stands for the state that is in it.
 *
 * @throws EnrollkitError FILE_UNWRITABLE when that state is behind a symbolic link
 */
export function stateFolderOf(flags: Input['flags']): string {
  const typed = flags.dir as string | undefined;
  const layout = layoutOf(typed ?? defaultFolder);
  assertStateInFolder(layout);
  if (typed === undefined) return defaultStateFolder;
  return existsSync(layout.state) ? `${typed.replace(/\/+$/, '')}/.enrollkit` : typed;
}
