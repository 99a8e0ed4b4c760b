/** TypeScript to JavaScript, once for all processes: loading it through tsx costs each of them a second. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transform } from 'esbuild';

/** What tests consist of; beside it, `src` is the compiled `build`, of which users get a bundle. */
const folders = ['scripts', 'test'];

/**
 * Compiles tests, and what they import, into a folder that mirrors the project. `import.meta.url` stays that of the
 * source, and so do the lines in stack traces, with --enable-source-maps. Types are not checked: `npm run typecheck`
 * does that.
 *
 * @param project the folder above test/ and build/
 * @param into an empty folder, from which packages resolve as they do from the project
 */
export async function compile(project: string, into: string): Promise<void> {
  // A junction needs no rights on Windows; other systems take it for a symbolic link.
  await symlink(join(project, 'build'), join(into, 'src'), 'junction');
  // Below node_modules, that of the project does not count.
  await writeFile(join(into, 'package.json'), '{ "type": "module" }');
  const files = folders
    .filter((folder) => existsSync(join(project, folder)))
    .flatMap((folder) =>
      (readdirSync(join(project, folder), { recursive: true }) as string[]).map((file) => join(folder, file)),
    )
    .filter((file) => /\.(ts|mjs)$/.test(file));
  await Promise.all(
    files.map(async (file) => {
      const source = join(project, file);
      const text = await readFile(source, 'utf8');
      const target = compiledFile(into, file);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, file.endsWith('.ts') ? await toJavaScript(source, text) : text);
    }),
  );
}

/** @param file relative to the project */
export function compiledFile(into: string, file: string): string {
  return join(into, file.replace(/\.ts$/, '.js'));
}

async function toJavaScript(file: string, text: string): Promise<string> {
  const url = pathToFileURL(file).href;
  try {
    const { code } = await transform(text, {
      loader: 'ts',
      format: 'esm',
      target: 'es2022',
      define: { 'import.meta.url': JSON.stringify(url) },
      sourcefile: url,
      sourcemap: 'inline',
      sourcesContent: false,
      logLevel: 'silent',
    });
    return code;
  } catch (error) {
    // What is no TypeScript fails where it is imported, and nothing else.
    return `throw new Error(${JSON.stringify((error as Error).message)});`;
  }
}
