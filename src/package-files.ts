/**
 * The files of the package, from wherever this code runs: `src` in a test run from source, `build` as compiled for the
 * tests, `dist` as bundled for users, where modules are not in the folders that they were written in.
 */
import { existsSync } from 'node:fs';

const packageFolder = folderWith('package.json', new URL('./', import.meta.url));

/** `src/`, `build/` or `dist/`. */
const codeFolder = new URL(
  `${import.meta.url.slice(packageFolder.href.length).split('/')[0]}/`,
  packageFolder,
);
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/** A file of the package, such as `templates/profiles/root.json`. */
export function packageFile(path: string): URL {
  return new URL(path, packageFolder);
}

/** A program of enrollkit, for processes and threads to run; each of them is an entry point of the bundle. */
export function programFile(path: 'bin' | 'pki/slow-work-process' | 'fleet/issue/worker'): URL {
  return new URL(`${path}${extension}`, codeFolder);
}

function folderWith(name: string, folder: URL): URL {
  if (existsSync(new URL(name, folder))) return folder;
  const above = new URL('../', folder);
  if (above.href === folder.href) {
    throw new Error('The files of enrollkit are not where it was installed. Install it again.');
  }
  return folderWith(name, above);
}
