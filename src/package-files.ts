/**
 * The files of the package, from wherever this code runs: `src` in a test run from source, `build` as compiled for the
 * tests, `dist` as bundled for users, where modules are not in the folders that they were written in.
 */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sentences } from './languages/language.js';

const packageFolder = folderWith('package.json', new URL('./', import.meta.url));

/** `build/` or `dist/`: threads and processes of their own do not load TypeScript, so that from `src` they run `build`. */
const programFolder = new URL(
  `${import.meta.url.slice(packageFolder.href.length).split('/')[0]}/`.replace(/^src\/$/, 'build/'),
  packageFolder,
);

/** A file of the package, such as `templates/profiles/root.json`. */
export function packageFile(path: string): URL {
  return new URL(path, packageFolder);
}

/** A program of enrollkit, for processes and threads to run; each of them is an entry point of the bundle. */
export function programFile(path: 'bin' | 'pki/slow-work-process' | 'fleet/issue/worker'): URL {
  return new URL(`${path}.js`, programFolder);
}

/** What an installation has, and nobody else writes. */
const installed = ['dist/', 'build/', 'templates/', 'package.json'].map((path) =>
  fileURLToPath(packageFile(path)),
);

/**
 * The file of the package that is missing or cut off, or the folder that it is in, if that is what an error says: of
 * loading a module, or of reading a template.
 */
export function damagedFile(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path } = error as NodeJS.ErrnoException;
  // An error of syntax does not say where it is; only modules of the package are loaded.
  if (error.name === 'SyntaxError')
    return /^ +at .*\(node:internal\/(modules|vm)/m.test(error.stack ?? '') ? installed[0] : undefined;
  const named = /MODULE_NOT_FOUND$/.test(code ?? '') ? /'([^']+)'/.exec(error.message)?.[1] : path;
  const isMissing = named !== undefined && (named !== path || code === 'ENOENT');
  return isMissing && installed.some((one) => named.startsWith(one)) ? named : undefined;
}

/** The version in package.json. */
export function packageVersion(): string {
  const text = readFileSync(packageFile('package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function folderWith(name: string, folder: URL): URL {
  if (existsSync(new URL(name, folder))) return folder;
  const above = new URL('../', folder);
  if (above.href === folder.href) {
    throw new Error(sentences.errors.filesMissing);
  }
  return folderWith(name, above);
}
