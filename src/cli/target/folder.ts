/** The certificate folder that a command means: apart from clients, which commands on files do not load. */
import { defaultFolder, type dirFlag } from '../kernel/common-flags.js';
import type { FlagValues } from '../kernel/flags.js';
import { quoted } from '../terminal/command-line.js';

/** The certificate folder, as it was typed. */
export function folderOf(flags: FlagValues<typeof dirFlag>): string {
  return flags.dir ?? defaultFolder;
}

/** The flag that makes a suggested command use the same folder: ` --dir FOLDER`, or nothing for the default. */
export function sameFolder(flags: FlagValues<typeof dirFlag>): string {
  const folder = folderOf(flags);
  return folder === defaultFolder ? '' : ` --dir ${quoted(folder)}`;
}
