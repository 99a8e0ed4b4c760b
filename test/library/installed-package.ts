/** The package as npm packs it, installed for programs that use it. */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const project = fileURLToPath(new URL('../..', import.meta.url));

const run = promisify(execFile);

/**
 * Packs the project and unpacks it into `FOLDER/node_modules/enrollkit`, beside the types of Node.js, for ES modules in
 * the folder. Nothing is built or downloaded: libsql, the only dependency, is a link to that of the project.
 *
 * @param folder an empty one
 */
export async function installPackage(folder: string): Promise<void> {
  // On Windows, npm is a script.
  const options = { cwd: project, shell: process.platform === 'win32' };
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], options);
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  const installed = join(folder, 'node_modules', 'enrollkit');
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', archive, '-C', installed, '--strip-components', '1'], { cwd: folder });
  link('libsql', installed);
  link('@types/node', folder);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
}

/** What Node.js prints in a folder, run with the given arguments. */
export async function runNode(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, args, { cwd: folder });
  return stdout.trim();
}

function link(name: string, folder: string): void {
  const path = join(folder, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  // A junction needs no rights on Windows; other systems take it for a symbolic link.
  symlinkSync(join(project, 'node_modules', name), path, 'junction');
}
