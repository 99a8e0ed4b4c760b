/**
 * Test files to JavaScript, once for all processes, each in few files: loading TypeScript through tsx costs a process a
 * second, and hundreds of modules a third of one.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Loader, type Plugin, transform } from 'esbuild';
import { bundling, readCompiled } from '../../scripts/bundling.js';
import type { TestFile } from './files.js';

/** What tests meet as its users do: official clients, and the runner that counts. */
const packagesOfTests = ['uvu', 'uvu/*', 'typescript', 'esbuild', 'playwright-core', 'azure-*', '@azure/*'];

/**
 * Bundles test files, with what they import: `build`, of `src` as tsc compiled it, and packages. What several of them
 * import is one file. `import.meta.url` stays that of the source, and so do the lines in stack traces, with
 * --enable-source-maps. Types are not checked: `npm run typecheck` does that.
 *
 * @param project the folder above test/ and build/
 * @param into an empty folder, from which packages resolve as they do from the project
 * @throws Error when an import names what a module does not export
 */
export async function compile(project: string, files: readonly TestFile[], into: string): Promise<void> {
  await build({
    ...bundling,
    absWorkingDir: project,
    entryPoints: files.map(({ name, path }) => ({ in: path, out: name })),
    outdir: into,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    external: [...bundling.external, ...packagesOfTests],
    plugins: [...bundling.plugins, sourcesOf(project)],
    minifyWhitespace: false,
    minifySyntax: false,
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'silent',
  });
}

export function compiledFile(into: string, { name }: TestFile): string {
  return join(into, `${name}.mjs`);
}

function sourcesOf(project: string): Plugin {
  const [src, compiled] = ['src', 'build'].map((folder) => join(project, folder) + sep) as [string, string];
  return {
    name: 'sources',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\.?\// }, ({ path: imported, importer, resolveDir }) => {
        if (importer.includes(`${sep}node_modules${sep}`)) return;
        const path = join(resolveDir, imported);
        if (path.startsWith(src)) return { path: join(compiled, path.slice(src.length)) };
        // What is missing fails where it is imported, and nothing else.
        const found = [path, path.replace(/\.js$/, '.ts')].some((file) => existsSync(file));
        return found ? undefined : { path: pathToFileURL(path).href, external: true };
      });
      onLoad({ filter: /\.(ts|js|mjs)$/ }, async ({ path }) => {
        if (path.includes(`${sep}node_modules${sep}`)) return;
        if (path.startsWith(compiled)) return { contents: withUrl(path, await readCompiled(path)) };
        const loader: Loader = path.endsWith('.ts') ? 'ts' : 'js';
        return { contents: await readSource(path, loader), loader };
      });
    },
  };
}

/** What is no TypeScript fails where it is imported, and nothing else. */
async function readSource(path: string, loader: Loader): Promise<string> {
  const text = await readFile(path, 'utf8');
  try {
    await transform(text, { loader, logLevel: 'silent' });
    return withUrl(path, text);
  } catch (error) {
    return `throw new Error(${JSON.stringify((error as Error).message)});`;
  }
}

function withUrl(path: string, text: string): string {
  return text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
}
