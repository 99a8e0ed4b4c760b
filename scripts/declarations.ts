/**
 * The types of the package: the declarations that its parts reach, and those of the packages that these mention, so that
 * nothing has to be installed for them.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/** The type of the catalogue of sentences, without the 200 KB of its texts: no program writes a language. */
const sentences = 'export type Sentences = Record<string, any>;\n';

const options: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
};

/**
 * @param modules what tsc wrote
 * @param dist where the declarations go, in the same folders; those of packages go to `vendor/PACKAGE`
 * @param entryPoints without their extension
 * @returns the files written, and the folders of the packages
 */
export function copyDeclarations(
  modules: string,
  dist: string,
  entryPoints: readonly string[],
): { files: string[]; packages: string[] } {
  const files = new Map<string, string>();
  const packages = new Set<string>();

  const copy = (from: string): string => {
    const copied = files.get(from);
    if (copied !== undefined) return copied;
    const [, folder] = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(from) ?? [];
    if (folder !== undefined) packages.add(folder);
    const to =
      folder === undefined
        ? join(dist, relative(modules, from))
        : join(dist, 'vendor', /[\\/]node_modules[\\/](.*)$/.exec(from)![1]!);
    files.set(from, to);
    let text = /[\\/]languages[\\/]en\.d\.ts$/.test(from) ? sentences : readFileSync(from, 'utf8');
    for (const { fileName, pos, end } of ts.preProcessFile(text).importedFiles.toReversed()) {
      const { resolvedModule } = ts.resolveModuleName(
        fileName,
        from,
        options,
        ts.sys,
        undefined,
        undefined,
        ts.ModuleKind.ESNext,
      );
      if (fileName.startsWith('node:')) continue;
      if (!resolvedModule) throw new Error(`${from} imports ${fileName}, which has no types`);
      const path = relative(dirname(to), copy(resolvedModule.resolvedFileName)).replaceAll('\\', '/');
      const specifier = (path.startsWith('.') ? path : `./${path}`).replace(/\.d\.([cm]?)ts$/, '.$1js');
      if (!fileName.startsWith('.'))
        text =
          text.slice(0, pos) + text.slice(pos, end + 1).replace(fileName, specifier) + text.slice(end + 1);
    }
    mkdirSync(dirname(to), { recursive: true });
    // Of packages, whose sources nobody has here, without the map.
    const hasMap = folder === undefined && existsSync(`${from}.map`);
    writeFileSync(to, hasMap ? text : text.replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n'));
    if (hasMap) copyFileSync(`${from}.map`, `${to}.map`);
    return to;
  };

  for (const name of entryPoints) copy(join(modules, `${name}.d.ts`));
  const written = [...files.values()];
  return { files: [...written, ...written.map((path) => `${path}.map`)], packages: [...packages] };
}
