/**
 * Chunks put together. esbuild makes one for each set of entry points that share a module: hundreds of small files, each of
 * which costs a command as much as 40 KB of code.
 */

import { isBuiltin } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { BuildOptions, BuildResult, Plugin } from 'esbuild';

/** A result of esbuild in memory, with `splitting` and source maps, and without `minifyWhitespace`. */
type Bundle = BuildResult<{ write: false; metafile: true }>;

export interface Loading {
  /** Entry points, by name. Those of one set are seldom loaded alone. */
  readonly programs: readonly (readonly string[])[];
  /** The modules that a frequent command loads with `import()`; the most frequent command first. */
  readonly commands: readonly (readonly string[])[];
}

interface Chunk {
  /** Where esbuild would have written it. */
  readonly path: string;
  readonly text: string;
  readonly exports: readonly string[];
  /** Paths of the chunks that it imports, without those that it loads with `import()`. */
  readonly imports: readonly string[];
  /** The name of its module, if that is loaded by its name or with `import()`. */
  readonly entryPoint: string | undefined;
  /** Whether it only passes on what others export. */
  readonly isEmpty: boolean;
  readonly bytes: number;
}

/** From this size on, a chunk is loaded only with what needs it. */
const largeBytes = 100_000;

const staticImport = /^import (?:\{([^}]*)\} from )?("\.[^"\n]+");$/gm;
const importByName = /^import ([^"\n]*) from "([a-z][^"\n]*)";$/gm;
const dynamicImport = /\bimport\(("\.[^"\n]+")\)/g;

/**
 * Options that write the chunks of a bundle to fewer files. Two chunks are in one file if the same command is the first to
 * load them, the same programs load them, and they need the same large chunks; of what no frequent command loads, if the
 * same folders do. Each of these only grows, or only shrinks, from a chunk to those that it imports. So files never import
 * each other in a circle.
 *
 * @param modules the folder of the modules that were bundled
 * @throws Error when a command or program names no module
 */
export function inFewerFiles(
  bundle: Bundle,
  modules: string,
  dist: string,
  loading: Loading,
): Pick<BuildOptions, 'allowOverwrite' | 'entryPoints' | 'plugins'> {
  const chunks = readChunks(bundle, modules);
  const numbers = new Map([...chunks.keys()].map((path, index) => [path, index.toString(36)]));
  const programs = new Set(loading.programs.flat().map((name) => join(dist, `${name}.js`)));
  const files = filesOf(chunks, programs, dist, loading);
  const fileOf = new Map([...files].flatMap(([file, paths]) => paths.map((path) => [path, file] as const)));
  const uses = usesOf(chunks, fileOf);

  /** What files call an export of a chunk, and all of its exports as an object. */
  const nameOf = (path: string, name: string) => `${name}_${numbers.get(path)}`;
  const allOf = (path: string) => `all_${numbers.get(path)}`;

  function contents(file: string): string {
    return files
      .get(file)!
      .flatMap((path) => {
        const from = JSON.stringify(path);
        const names = [...(uses.names.get(path) ?? [])].map((name) => `${name} as ${nameOf(path, name)}`);
        return [
          `export { ${names.join()} } from ${from};`,
          ...(uses.whole.has(path) ? [`export * as ${allOf(path)} from ${from};`] : []),
        ];
      })
      .join('\n');
  }

  function withNewImports({ path, text }: Chunk): string {
    const targetOf = (specifier: string) => resolve(dirname(path), JSON.parse(specifier));
    return text
      .replaceAll(importByName, (statement, names: string, specifier: string) =>
        isBuiltin(specifier) ? builtinWithoutFacade(names, specifier) : statement,
      )
      .replaceAll(staticImport, (statement, list: string | undefined, specifier: string) => {
        const target = targetOf(specifier);
        const file = fileOf.get(target);
        // esbuild's own functions: loading them alone does nothing, but for the file that they are in.
        if (list === undefined && isPassive(chunks.get(target))) return '';
        if (file === undefined || file === fileOf.get(path)) return statement;
        const names = namesIn(list).map(([name, local]) => `${nameOf(target, name)} as ${local}`);
        return `import { ${names.join()} } from ${JSON.stringify(file)};`;
      })
      .replaceAll(dynamicImport, (call, specifier: string) => {
        const target = targetOf(specifier);
        const file = fileOf.get(target);
        if (file === undefined) return call;
        const loaded = `import(${JSON.stringify(file)})`;
        return programs.has(target) ? loaded : `${loaded}.then((file) => file.${allOf(target)})`;
      });
  }

  const chunksInFiles: Plugin = {
    name: 'chunks-in-files',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, ({ path, kind, importer, namespace }) => {
        if (kind === 'entry-point')
          return programs.has(path) ? { path } : { path, namespace: 'file-of-chunks' };
        if (namespace === 'file-of-chunks') return { path };
        if (files.has(path) && (kind === 'dynamic-import' || fileOf.get(path) !== fileOf.get(importer))) {
          const way = relative(dirname(fileOf.get(importer)!), path).replaceAll('\\', '/');
          return { path: way.startsWith('.') ? way : `./${way}`, external: true };
        }
        const target = resolve(dirname(importer), path);
        return chunks.has(target) ? { path: target } : { path, external: true };
      });
      onLoad({ filter: /.*/, namespace: 'file-of-chunks' }, ({ path }) => ({ contents: contents(path) }));
      onLoad({ filter: /.*/ }, ({ path }) => ({ contents: withNewImports(chunks.get(path)!) }));
    },
  };
  return {
    entryPoints: [...files.keys()].map((file) => ({
      in: file,
      out: relative(dist, file).slice(0, -'.js'.length),
    })),
    plugins: [chunksInFiles],
    // They are read from memory.
    allowOverwrite: true,
  };
}

function isPassive(chunk: Chunk | undefined): boolean {
  return chunk?.isEmpty === true && chunk.imports.length === 0;
}

function readChunks({ metafile, outputFiles }: Bundle, modules: string): Map<string, Chunk> {
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]));
  const project = dirname(modules);
  return new Map(
    Object.entries(metafile.outputs)
      .filter(([name]) => name.endsWith('.js'))
      .map(([name, { imports, exports, entryPoint, inputs, bytes }]) => {
        const path = resolve(project, name);
        const map = Buffer.from(texts.get(`${path}.map`)!).toString('base64');
        const chunk: Chunk = {
          path,
          text: `${texts.get(path)!.replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n')}//# sourceMappingURL=data:application/json;base64,${map}\n`,
          exports,
          imports: imports
            .filter(({ kind, external }) => kind === 'import-statement' && !external)
            .map((imported) => resolve(project, imported.path)),
          entryPoint:
            entryPoint &&
            relative(modules, resolve(project, entryPoint)).replaceAll('\\', '/').slice(0, -'.js'.length),
          isEmpty: Object.values(inputs).every(({ bytesInOutput }) => bytesInOutput === 0),
          bytes,
        };
        return [path, chunk] as const;
      }),
  );
}

/** The chunks in each file, both as paths. */
function filesOf(
  chunks: ReadonlyMap<string, Chunk>,
  programs: ReadonlySet<string>,
  dist: string,
  loading: Loading,
): Map<string, string[]> {
  const entries = new Map(
    [...chunks.values()].flatMap((chunk) => (chunk.entryPoint ? [[chunk.entryPoint, chunk]] : [])),
  );
  const loadedWith = reachability(chunks);
  const loadedBy = (names: readonly string[]) =>
    new Set(
      names.flatMap((name) => {
        const entry = entries.get(name);
        if (!entry) throw new Error(`Nothing loads ${name} with import().`);
        return [...loadedWith(entry.path)];
      }),
    );
  const byCommand = loading.commands.map(loadedBy);
  const byProgram = loading.programs.map(loadedBy);
  const byFolder = new Map<string, Set<string>>();
  for (const [name, { path }] of entries) {
    const folder = name.split('/').slice(0, 2).join('/');
    byFolder.set(folder, new Set([...(byFolder.get(folder) ?? []), ...loadedWith(path)]));
  }

  const keyOf = ({ path, entryPoint }: Chunk): string => {
    if (programs.has(path)) return path;
    const first = byCommand.findIndex((loaded) => loaded.has(path));
    if (first === -1 && entryPoint) return path;
    const folders = [...byFolder].flatMap(([folder, loaded]) => (loaded.has(path) ? [folder] : []));
    const large = [...loadedWith(path)].filter((one) => chunks.get(one)!.bytes >= largeBytes);
    return JSON.stringify([
      first,
      byProgram.map((loaded) => loaded.has(path)),
      large.sort(),
      first === -1 ? folders : [],
    ]);
  };
  const isPassedOn = (chunk: Chunk) =>
    chunk.entryPoint !== undefined && chunk.isEmpty && chunk.imports.length > 0 && !programs.has(chunk.path);
  const groups = new Map<string, Chunk[]>();
  const groupOf = new Map<string, string>();
  for (const chunk of chunks.values()) {
    if (isPassedOn(chunk)) continue;
    const key = keyOf(chunk);
    groups.set(key, [...(groups.get(key) ?? []), chunk]);
    groupOf.set(chunk.path, key);
  }
  // What only passes on the exports of others is where the last of these is.
  const order = inOrder([...groups.keys()], (key) =>
    groups
      .get(key)!
      .flatMap(({ imports }) => imports.map((path) => groupOf.get(path)!).filter((one) => one !== key)),
  );
  for (const chunk of [...chunks.values()].filter(isPassedOn)) {
    // esbuild's own functions need no other file, so that their place in the order says nothing.
    const passedOn = chunk.imports.filter((path) => !isPassive(chunks.get(path)));
    const last = Math.max(...passedOn.map((path) => order.indexOf(groupOf.get(path)!)));
    groups.get(order[last]!)!.push(chunk);
  }
  return named([...groups.values()], programs, dist);
}

/** Files by their paths: a chunk that is alone keeps its name, so that stack traces and profiles say what it is. */
function named(
  groups: readonly (readonly Chunk[])[],
  programs: ReadonlySet<string>,
  dist: string,
): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const group of groups) {
    const paths = group.map(({ path }) => path);
    const program = paths.find((path) => programs.has(path));
    const own = group.filter(({ entryPoint, isEmpty }) => entryPoint !== undefined && !isEmpty);
    const name = own.length === 1 ? basename(own[0]!.entryPoint!) : 'shared';
    const free = (number: number): string => {
      const file = join(dist, 'chunks', `${name}${number === 1 ? '' : `-${number}`}.js`);
      return files.has(file) ? free(number + 1) : file;
    };
    files.set(program ?? free(1), paths);
  }
  return files;
}

/**
 * What a module of Node.js exports, without `import`, for which Node.js makes another module with all of its exports and
 * reads each of them: a tenth of the time of a short command.
 *
 * @param names as in `import`
 */
function builtinWithoutFacade(names: string, specifier: string): string {
  const [, whole, list] = /^(?:(?:\* as )?([\w$]+))?,? ?(?:\{(.*)\})?$/.exec(names) ?? [];
  const parts = namesIn(list).map(([name, local]) => `${name}: ${local}`);
  const all = [
    ...(whole === undefined ? [] : [whole]),
    ...(list === undefined ? [] : [`{ ${parts.join()} }`]),
  ];
  if (all.length === 0) throw new Error(`import ${names} from "${specifier}" is not understood.`);
  // `process` may be one of the names.
  return all.map((one) => `const ${one} = globalThis.process.getBuiltinModule("${specifier}");`).join(' ');
}

/** What other files use of each chunk: the names, and the chunks that are loaded whole. */
function usesOf(
  chunks: ReadonlyMap<string, Chunk>,
  fileOf: ReadonlyMap<string, string>,
): { names: Map<string, Set<string>>; whole: Set<string> } {
  const names = new Map<string, Set<string>>();
  const whole = new Set<string>();
  for (const { path, text } of chunks.values()) {
    const targetOf = (specifier: string) => resolve(dirname(path), JSON.parse(specifier));
    for (const [, list, specifier] of text.matchAll(staticImport)) {
      const target = targetOf(specifier!);
      if (fileOf.get(target) === fileOf.get(path)) continue;
      names.set(target, new Set([...(names.get(target) ?? []), ...namesIn(list).map(([name]) => name)]));
    }
    for (const [, specifier] of text.matchAll(dynamicImport)) whole.add(targetOf(specifier!));
  }
  return { names, whole };
}

/** The names in `{ a, b as c }`, and what they are called here. */
function namesIn(list = ''): [name: string, local: string][] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => {
      const [name, local] = item.split(' as ');
      return [name!, local ?? name!];
    });
}

/** For a chunk, by its path: the chunks that are loaded with it, itself included. */
function reachability(chunks: ReadonlyMap<string, Chunk>): (path: string) => ReadonlySet<string> {
  const known = new Map<string, Set<string>>();
  for (const path of inOrder([...chunks.keys()], (one) => chunks.get(one)!.imports)) {
    known.set(path, new Set([path, ...chunks.get(path)!.imports.flatMap((one) => [...known.get(one)!])]));
  }
  return (path) => known.get(path)!;
}

/**
 * Each after those that it needs.
 *
 * @throws Error when they need each other in a circle
 */
function inOrder(names: readonly string[], needs: (name: string) => readonly string[]): string[] {
  const done = new Set<string>();
  const open = new Set<string>();
  const visit = (name: string) => {
    if (done.has(name)) return;
    if (open.has(name)) throw new Error(`${name} needs itself.`);
    open.add(name);
    for (const needed of needs(name)) visit(needed);
    done.add(name);
  };
  for (const name of names) visit(name);
  return [...done];
}
