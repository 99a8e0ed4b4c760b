/** The state folder that `--dir` of an emulator command names. */
import { existsSync } from 'node:fs';
import { layoutOf } from '../../workspace/layout.js';
import type { Input } from '../kernel/command.js';
import { defaultStateFolder } from '../kernel/flags.js';

/** As it was typed; a certificate folder stands for the state that is in it. */
export function stateFolderOf(flags: Input['flags']): string {
  const typed = flags.dir as string | undefined;
  if (typed === undefined) return defaultStateFolder;
  const { state } = layoutOf(typed);
  return existsSync(state) ? `${typed.replace(/\/+$/, '')}/.enrollkit` : typed;
}
