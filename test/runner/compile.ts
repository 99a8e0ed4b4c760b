/** TypeScript to JavaScript, once for all processes: loading it through tsx costs each of them a second. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transform } from 'esbuild';

/**
 * Compiles modules, and what they import from the project by relative paths, into a folder that mirrors the project.
 * There, `src` is the built `dist`, so that tests run what users run. `import.meta.url` stays that of the source, and
 * so do the lines in stack traces, with --enable-source-maps. Types are not checked: `npm run typecheck` does that.
 *
 * @param project the folder above test/ and dist/
 * @param modules TypeScript files, by absolute paths
 * @param into an empty folder, from which packages resolve as they do from the project
 * @returns where the JavaScript of a module is
 */
export async function compile(
  project: string,
  modules: readonly string[],
  into: string,
): Promise<(module: string) => string> {
  const compiled = (file: string) => join(into, relative(project, file)).replace(/\.ts$/, '.js');
  // A junction needs no rights on Windows; other systems take it for a symbolic link.
  await symlink(join(project, 'dist'), join(into, 'src'), 'junction');
  const source = join(project, 'src') + sep;
  const seen = new Set(modules);
  for (let batch = [...seen]; batch.length > 0; ) {
    const imports = await Promise.all(batch.map((file) => compileOne(file, compiled(file))));
    batch = imports.flat().filter((file) => !file.startsWith(source) && !seen.has(file));
    for (const file of batch) seen.add(file);
  }
  return compiled;
}

/** @returns the files that it imports by relative paths */
async function compileOne(file: string, target: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  const code = file.endsWith('.ts') ? await toJavaScript(file, text) : text;
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, code);
  const specifiers = [...code.matchAll(/\b(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g)];
  return specifiers.map(([, specifier]) => sourceOf(join(dirname(file), specifier!)));
}

/** Imports name the JavaScript that the TypeScript becomes. */
function sourceOf(imported: string): string {
  const typeScript = imported.replace(/\.js$/, '.ts');
  return existsSync(typeScript) ? typeScript : imported;
}

async function toJavaScript(file: string, text: string): Promise<string> {
  const { code } = await transform(text, {
    loader: 'ts',
    format: 'esm',
    target: 'es2022',
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(file).href) },
    sourcefile: pathToFileURL(file).href,
    sourcemap: 'inline',
    sourcesContent: false,
  });
  return code;
}
