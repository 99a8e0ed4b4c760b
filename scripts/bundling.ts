/** How compiled modules are bundled: for the package, and with the tests that run them. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';
import ts from 'typescript';

/**
 * One copy of each of these, where npm installs several of the same version, or a package is both imported and required:
 * nothing is compiled twice.
 */
const oneCopy: Plugin = {
  name: 'one-copy',
  setup({ onResolve, resolve }) {
    const first = new Map<string, string>();
    onResolve(
      { filter: /^(asn1js|pvtsutils|@peculiar\/utils)(\/|$)/ },
      async ({ path, importer, resolveDir, pluginData }) => {
        if (pluginData === oneCopy || importer === '') return;
        const found = await resolve(path, {
          importer,
          resolveDir,
          kind: 'import-statement',
          pluginData: oneCopy,
        });
        if (found.errors.length > 0) return found;
        const key = `${path} ${versionOf(found.path)}`;
        if (!first.has(key)) first.set(key, found.path);
        return { path: first.get(key), sideEffects: found.sideEffects };
      },
    );
  },
};

/**
 * Of these, only modules whose exports are used: each describes classes, and changes nothing else. Some encode default
 * values for RSA when they are loaded, a fifth of the time that @peculiar/x509 takes to load.
 */
const usedSchemas: Plugin = {
  name: 'used-schemas',
  setup({ onResolve, resolve }) {
    onResolve(
      { filter: /^(@peculiar\/asn1-|\.)/ },
      async ({ path, importer, resolveDir, kind, pluginData }) => {
        const isSchema = path.startsWith('@') || /[\\/]@peculiar[\\/]asn1-/.test(resolveDir);
        if (pluginData === usedSchemas || !isSchema) return;
        const found = await resolve(path, { importer, resolveDir, kind, pluginData: usedSchemas });
        return found.errors.length > 0 ? found : { path: found.path, sideEffects: false };
      },
    );
  },
};

/** Of 335 KB, mostly encodings, for a question that opens an editor: no question of ours does. */
const noEditor: Plugin = {
  name: 'no-editor',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@inquirer\/external-editor$/ }, ({ path }) => ({ path, namespace: 'no-editor' }));
    onLoad({ filter: /.*/, namespace: 'no-editor' }, () => ({
      contents: `export function editAsync() { throw new Error('no question opens an editor'); }`,
    }));
  },
};

/** @peculiar/asn1-schema tells one class of asn1js from others by its name, which is shortened. */
const schemaByTag: Plugin = {
  name: 'schema-by-tag',
  setup({ onLoad }) {
    onLoad(
      { filter: /[\\/]@peculiar[\\/]asn1-schema[\\/]build[\\/].*[\\/]parser\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const byName = '.constructor.name === "Sequence"';
        if (!text.includes(byName))
          throw new Error(`${path} has changed: does it still compare names of classes?`);
        return { contents: text.replace(byName, '.constructor.NAME === "SEQUENCE"') };
      },
    );
  },
};

/** tsyringe refuses to load before reflect-metadata, and esbuild does not keep the order of what a module imports. */
const reflectFirst: Plugin = {
  name: 'reflect-first',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]tsyringe[\\/]dist[\\/]esm5[\\/]index\.js$/ }, async ({ path }) => ({
      contents: `import 'reflect-metadata';\n${await readFile(path, 'utf8')}`,
    }));
  },
};

function versionOf(file: string): string {
  const folder = /^.*node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)![0];
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

/** Options of esbuild. What they bundle also runs where `require` is used, as CommonJS packages do. */
export const bundling = {
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifyWhitespace: true,
  minifySyntax: true,
  minifyIdentifiers: true,
  lineLimit: 200,
  // Chinese as it is written, in half the bytes.
  charset: 'utf8',
  plugins: [oneCopy, usedSchemas, noEditor, schemaByTag, reflectFirst],
  // Node's streams, from before they were part of Node.
  alias: { 'readable-stream': 'node:stream' },
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
 * are bundled like imported ones. The sections of a language are made when they are first used.
 */
export async function readCompiled(path: string): Promise<string> {
  const text = await readFile(path, 'utf8');
  if (/[\\/]languages[\\/](?!(language|choice)\.js)/.test(path)) return withLazySections(text);
  return text.replaceAll('createRequire(import.meta.url)(', 'require(');
}

/** A command uses few of the thousands of sentences, and making all of them takes longer than the rest of its start. */
function withLazySections(text: string): string {
  const source = ts.createSourceFile('language.js', text, ts.ScriptTarget.Latest, true);
  const catalogue = source.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .find(({ initializer }) => initializer && ts.isObjectLiteralExpression(initializer))?.initializer;
  if (!catalogue || !ts.isObjectLiteralExpression(catalogue)) return text;
  return catalogue.properties.toReversed().reduce((changed, section) => {
    if (!ts.isPropertyAssignment(section)) return changed;
    const name = section.name.getText();
    const getter = `get ${name}() {
      const section = ${section.initializer.getText()};
      Object.defineProperty(this, '${name}', { value: section });
      return section;
    }`;
    return changed.slice(0, section.getStart()) + getter + changed.slice(section.getEnd());
  }, text);
}
