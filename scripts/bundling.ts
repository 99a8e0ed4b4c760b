/** How compiled modules are bundled: for the package, and with the tests that run them. */
import { readFile } from 'node:fs/promises';
import type { BuildOptions } from 'esbuild';

/** Options of esbuild. What they bundle also runs where `require` is used, as CommonJS packages do. */
export const bundling = {
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Of packages with both forms, the one whose imports can be followed.
  mainFields: ['module', 'main'],
  // Native code, and what only Azure needs: loaded from node_modules, on demand.
  external: ['libsql', '@azure/identity'],
  banner: {
    js: "import { createRequire as createRequireOfBundle } from 'node:module';\nconst require = createRequireOfBundle(import.meta.url);",
  },
} satisfies BuildOptions;

/**
 * The text of a compiled module. Packages that it loads with `createRequire`, which is faster where nothing is bundled,
 * are bundled like imported ones.
 */
export async function readCompiled(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).replaceAll('createRequire(import.meta.url)(', 'require(');
}
