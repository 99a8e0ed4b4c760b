/**
 * The types of the package: the declarations that its parts reach, and those of the packages that these mention, so that
 * nothing has to be installed for them.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { withLinesOnly } from './source-maps.js';

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
  const maps: string[] = [];

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
    const isCatalogue = /[\\/]languages[\\/]en\.d\.ts$/.test(from);
    let text = isCatalogue ? sentences : readFileSync(from, 'utf8');
    for (const specifier of specifiersIn(from, text).toReversed()) {
      const { text: name } = specifier;
      if (name.startsWith('node:')) continue;
      const target = copy(resolve(name, from));
      if (name.startsWith('.')) continue;
      const path = relative(dirname(to), target).replaceAll('\\', '/');
      const own = (path.startsWith('.') ? path : `./${path}`).replace(/\.d\.([cm]?)ts$/, '.$1js');
      text = `${text.slice(0, specifier.getStart())}'${own}'${text.slice(specifier.getEnd())}`;
    }
    mkdirSync(dirname(to), { recursive: true });
    // Of packages, whose sources nobody has here, without the map.
    if (folder !== undefined) text = text.replace(/^ *\/\*\*(?! @ts-).*?\*\/\n/gms, '');
    const hasMap = folder === undefined && !isCatalogue && existsSync(`${from}.map`);
    writeFileSync(to, hasMap ? text : text.replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n'));
    if (hasMap) {
      writeFileSync(`${to}.map`, withLinesOnly(readFileSync(`${from}.map`, 'utf8')));
      maps.push(`${to}.map`);
    }
    return to;
  };

  for (const name of entryPoints) copy(join(modules, `${name}.d.ts`));
  return { files: [...files.values(), ...maps], packages: [...packages] };
}

/** @throws Error when a module has no declarations */
function resolve(name: string, from: string): string {
  const mode = ts.ModuleKind.ESNext;
  const { resolvedModule } = ts.resolveModuleName(name, from, options, ts.sys, undefined, undefined, mode);
  if (!resolvedModule) throw new Error(`${from} imports ${name}, which has no declarations`);
  return resolvedModule.resolvedFileName;
}

/** Where a text names modules, in its order. */
function specifiersIn(path: string, text: string): ts.StringLiteral[] {
  const found: ts.StringLiteral[] = [];
  const visit = (node: ts.Node): void => {
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : undefined;
    if (specifier && ts.isStringLiteral(specifier)) found.push(specifier);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  return found;
}
