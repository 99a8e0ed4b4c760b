/** Commands that run in this process, in a current folder of their own. */
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Answer, run } from '../cli/in-process.js';

/** A temporary folder for current folders. It is removed when the process ends. */
export function temporaryRoot(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'enrollkit-')));
  // Worker threads load the loader of TypeScript, if there is one, from the current folder.
  const packages = fileURLToPath(new URL('../../node_modules', import.meta.url));
  symlinkSync(packages, join(root, 'node_modules'), 'junction');
  process.on('exit', () => rmSync(root, { recursive: true, force: true }));
  return root;
}

/** Runs a command in a folder. Not for two at once: there is one current folder. */
export function runIn(
  folder: string,
  argv: readonly string[],
  env: Record<string, string> = {},
): Promise<Answer> {
  return inFolder(folder, () => run(argv, { env }));
}

/** As {@link runIn}, for anything else. */
export async function inFolder<Result>(folder: string, act: () => Promise<Result>): Promise<Result> {
  const former = process.cwd();
  process.chdir(folder);
  try {
    return await act();
  } finally {
    process.chdir(former);
  }
}
