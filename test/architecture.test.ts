import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { test } from 'uvu';

const source = fileURLToPath(new URL('../src', import.meta.url));

interface Import {
  /** The importing file, relative to src. */
  from: string;
  /** A file relative to src, or a package. */
  to: string;
}

/** All modules, relative to src. */
const sources = (readdirSync(source, { recursive: true }) as string[]).filter((file) => /\.tsx?$/.test(file));

const imports: Import[] = sources.flatMap((file) => {
  return specifiersOf(readFileSync(join(source, file), 'utf8'), file).map((specifier) => ({
    from: file,
    to: specifier.startsWith('.') ? moduleOf(normalize(join(dirname(file), specifier))) : specifier,
  }));
});

/** The source of a module that is imported by its name after compilation. */
function moduleOf(compiled: string): string {
  const name = compiled.replace(/\.js$/, '');
  return sources.includes(`${name}.tsx`) ? `${name}.tsx` : `${name}.ts`;
}

/** What a file imports, of values or of types: `import`, `export ... from`, `import('x')` and `typeof import('x')`. */
function specifiersOf(text: string, file = 'file.ts'): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isDynamicImport = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : isDynamicImport
            ? node.arguments[0]
            : undefined;
    if (specifier && ts.isStringLiteral(specifier)) found.push(specifier.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return found;
}

/** Which part of src a file belongs to. */
function partOf(file: string): string {
  if (file.startsWith('dps/contract/')) return 'dps/contract';
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.tsx?$/, '');
}

/** What every part may import, and imports nothing. */
const everywhere = ['languages'];

const parts: Record<string, string[]> = {
  languages: [],
  errors: [],
  explanations: ['errors'],
  'json-source': [],
  'package-files': [],
  pki: ['errors', 'package-files'],
  workspace: ['errors', 'pki'],
  certgen: ['errors', 'pki', 'workspace'],
  'dps/contract': ['errors', 'pki'],
  dps: ['errors', 'explanations', 'pki', 'dps/contract'],
  emulator: ['errors', 'pki', 'workspace', 'dps/contract', 'samples'],
  samples: ['package-files'],
  quickstart: [
    'errors',
    'package-files',
    'json-source',
    'pki',
    'workspace',
    'dps/contract',
    'dps',
    'samples',
    'fleet',
  ],
  rollover: ['errors', 'pki', 'workspace', 'dps/contract', 'dps', 'quickstart'],
  fleet: ['errors', 'explanations', 'package-files', 'pki', 'workspace', 'dps/contract', 'dps'],
  cli: [
    'errors',
    'explanations',
    'package-files',
    'json-source',
    'pki',
    'workspace',
    'certgen',
    'dps/contract',
    'dps',
    'samples',
    'quickstart',
    'rollover',
    'fleet',
    'emulator',
  ],
  // Fleets are a part of the library of their own: enrollkit/fleet.
  index: [
    'errors',
    'explanations',
    'pki',
    'workspace',
    'dps/contract',
    'dps',
    'quickstart',
    'rollover',
    'emulator',
  ],
  bin: ['cli', 'errors'],
};

test('dependencies point one way', () => {
  for (const { from, to } of imports.filter((one) => /\.tsx?$/.test(one.to))) {
    const part = partOf(from);
    const allowed = parts[part];
    assert.ok(allowed, `src/${from} belongs to no part that this test knows`);
    const may = partOf(to) === part || allowed.includes(partOf(to)) || everywhere.includes(partOf(to));
    assert.ok(may, `src/${from} must not import src/${to}`);
  }
});

test('no import circle, of values or of types', () => {
  assert.deepEqual(importCircles(imports), []);
});

test('circles are found, and only circles', () => {
  const chain = [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'c' },
    { from: 'a', to: 'c' },
  ];
  assert.deepEqual(importCircles(chain), []);
  assert.deepEqual(importCircles([...chain, { from: 'c', to: 'b' }]), [['b', 'c']]);
  assert.deepEqual(importCircles([{ from: 'a', to: 'a' }]), [['a']]);
  const forms =
    "import a from 'a'; import type { b } from 'b'; export * from 'c'; import('d'); type E = import('e').E;";
  assert.deepEqual(specifiersOf(forms), ['a', 'b', 'c', 'd', 'e']);
});

/** Groups of files each of which imports all others of its group, directly or through others; sorted. */
function importCircles(edges: readonly Import[]): string[][] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of edges) targets.set(from, [...(targets.get(from) ?? []), to]);
  const reachableFrom = (file: string): Set<string> => {
    const reached = new Set<string>();
    const visit = (next: string) => {
      for (const target of targets.get(next) ?? []) {
        if (reached.has(target)) continue;
        reached.add(target);
        visit(target);
      }
    };
    visit(file);
    return reached;
  };
  const reachable = new Map([...targets.keys()].map((file) => [file, reachableFrom(file)]));
  const inCircle = [...targets.keys()].filter((file) => reachable.get(file)!.has(file)).sort();
  const circles = new Set(
    inCircle.map((file) =>
      inCircle
        .filter((other) => reachable.get(file)!.has(other) && reachable.get(other)!.has(file))
        .join('\n'),
    ),
  );
  return [...circles].map((files) => files.split('\n'));
}

/** The rooms of the emulator, and those that each may import; files in its own folder compose them. */
const emulatorRooms: Record<string, string[]> = {
  wire: [],
  state: ['wire'],
  access: ['wire', 'state'],
  hub: ['wire', 'state', 'access'],
  dps: ['wire', 'state', 'access', 'hub'],
  seed: ['dps', 'hub'],
  faults: ['wire'],
  control: ['wire', 'state', 'access', 'hub', 'dps', 'faults', ''],
  openapi: ['wire', 'hub', 'dps'],
  console: ['wire', 'hub', 'dps', 'faults', 'openapi', ''],
};

test('the rooms of the emulator: wire knows neither dps nor hub, and hub does not know dps', () => {
  const roomOf = (file: string) => file.split('/').slice(1, -1)[0] ?? '';
  for (const { from, to } of imports) {
    if (!from.startsWith('emulator/') || !to.startsWith('emulator/') || roomOf(from) === '') continue;
    const allowed = emulatorRooms[roomOf(from)];
    assert.ok(allowed, `src/${from} is in no room that this test knows`);
    const isAllowed = roomOf(to) === roomOf(from) || allowed.includes(roomOf(to));
    assert.ok(isAllowed, `src/${from} must not import src/${to}`);
  }
});

/** Rooms of the CLI that every family of commands may use; families do not import one another. */
const sharedCliRooms = ['kernel', 'terminal', 'input', 'target', 'pictures', 'command-table.ts'];

test('no family of commands imports another', () => {
  const familyOf = (file: string) => (file.startsWith('cli/') ? (file.split('/')[1] ?? '') : '');
  for (const { from, to } of imports) {
    const [family, other] = [familyOf(from), familyOf(to)];
    if (other === '' || family === '' || family.endsWith('.ts')) continue;
    assert.ok(other === family || sharedCliRooms.includes(other), `src/${from} must not import src/${to}`);
  }
});

test('the kernel of the CLI does not know the commands, and the table loads them lazily', () => {
  const eager = imports.filter(
    ({ from, to }) => from.startsWith('cli/kernel/') && /^cli\/(?!kernel|terminal)/.test(to),
  );
  for (const { from, to } of eager)
    assert.equal(to, 'cli/command-table.ts', `src/${from} must not import src/${to}`);
});

const text = (file: string) => readFileSync(join(source, file), 'utf8');
/** What is written in one place only. */
const onePlace: [what: string, pattern: RegExp, files: RegExp][] = [
  ['a field of the plan is declared', /\bdialogue: '(short|details)'/, /^quickstart\/plan\/fields\.ts$/],
  [
    'HTTP requests of the emulator are read',
    /from 'hono'/,
    /^emulator\/(wire\/http|control|access|console|emulator-app)/,
  ],
  ['a format of a fleet is told from another', /[=!]== '(dir|ndjson|tar)'/, /^fleet\/formats\//],
  [
    'SQLite is loaded',
    /createRequire\(import\.meta\.url\)\('libsql'\)|getBuiltinModule/,
    /^emulator\/state\//,
  ],
  ['a flag is cast', /\bflags(\.\w+|\[[^\]]+\]) as /, /^$/],
  ['the process is ended', /\bprocess\.exit(Code = |\()/, /^(bin|cli\/kernel\/main)\.ts$/],
];

for (const [what, pattern, files] of onePlace) {
  test(`one place: ${what} in ${files.source}`, () => {
    for (const file of sources.filter((one) => pattern.test(text(one)))) assert.match(file, files, what);
  });
}

test('zod is imported as a namespace: bundles then leave out what nothing uses, such as its forty languages', () => {
  for (const file of sources) assert.doesNotMatch(text(file), /import (type )?\{ z \} from 'zod'/, file);
});

const onlyImporters: [pattern: RegExp, files: RegExp][] = [
  [/^(@peculiar\/|reflect-metadata)/, /^pki\/crypto\.ts$/],
  [/^(@inquirer\/|inquirer$)/, /^cli\/terminal\/prompts(\.ts$|\/)/],
  [/^listr2$/, /^cli\/terminal\/progress\.ts$/],
  [/^string-width$/, /^cli\/terminal\/text\.ts$/],
  [/^jsonc-parser$/, /^json-source\.ts$/],
  [/^commander$/, /^cli\//],
  [/^(hono|@hono\/)/, /^emulator\//],
  [/^mqtt-packet$/, /^((emulator\/wire|dps\/client)\/mqtt\/|dps\/contract\/mqtt-packet-writer\.ts$)/],
  [/^rhea$/, /^(emulator|dps\/client\/amqp)\//],
  [/^@azure\//, /^dps\//],
];

for (const [pattern, files] of onlyImporters) {
  test(`only ${files.source} imports ${pattern.source}`, () => {
    const importing = imports.filter(({ to }) => pattern.test(to));
    assert.ok(importing.length > 0, 'nothing imports it: mend this test');
    for (const { from } of importing) assert.match(from, files);
  });
}

const onlyCallers: [name: RegExp, file: RegExp][] = [
  // Node derives keys for as long as a file asks it to: only what is in the clear may reach it.
  [/^createPrivateKey$/, /^pki\/private-key\.ts$/],
  // Elsewhere, nothing could end them.
  [/^(pbkdf2|scrypt)(Sync)?$/, /^pki\/slow-work\.ts$/],
];

for (const [name, file] of onlyCallers) {
  test(`only ${file.source} takes ${name.source} from node:crypto`, () => {
    const taking = (readdirSync(source, { recursive: true }) as string[]).filter((path) => {
      if (!/\.tsx?$/.test(path)) return false;
      const text = readFileSync(join(source, path), 'utf8');
      const taken = [...text.matchAll(/import \{([^}]*)\} from 'node:crypto'/g)].flatMap(([, names]) =>
        names!.split(',').map((one) => one.trim().split(' as ')[0]!),
      );
      return (
        taken.some((one) => name.test(one)) ||
        /import \S+ from 'node:crypto'|\* as \w+ from 'node:crypto'/.test(text)
      );
    });
    assert.equal(taking.length, 1, taking.join());
    assert.match(taking[0]!, file);
  });
}

test('what generates a key pair synchronously gets it encoded: a KeyObject of it may wait for ever', () => {
  const generating = sources.filter((file) => /generateKeyPairSync/.test(text(file)));
  assert.deepEqual(generating.sort(), ['fleet/issue/key-pairs.ts', 'pki/slow-work.ts']);
  const tests = fileURLToPath(new URL('./', import.meta.url));
  const inTests = (readdirSync(tests, { recursive: true }) as string[]).filter(
    (file) => file.endsWith('.ts') && /generateKeyPairSync\(/.test(readFileSync(join(tests, file), 'utf8')),
  );
  assert.deepEqual(inTests, [join('support', 'generated-keys.ts')]);
  for (const file of generating) {
    for (const [call] of text(file).matchAll(/generateKeyPairSync\([^;]*;/g))
      assert.match(call, /privateKeyEncoding|rsaOptions\(/, file);
    assert.match(text(file), /publicKeyEncoding: .*\n +privateKeyEncoding: /, file);
  }
});

test('pki knows neither clock nor environment, and writes no file', () => {
  const files = (readdirSync(join(source, 'pki'), { recursive: true }) as string[]).filter((file) =>
    file.endsWith('.ts'),
  );
  for (const file of files) {
    const text = readFileSync(join(source, 'pki', file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    assert.doesNotMatch(text, /process\.env|writeFile|Date\.now\(\)/, `src/pki/${file}`);
  }
});

test('only one test file opens the standard ports, since test files run at the same time', () => {
  const folder = fileURLToPath(new URL('./', import.meta.url));
  const opens = /'-{2}standard-ports'|(https|mqtt|amqp)Port: (443|8883|5671)\b/;
  const opening = (readdirSync(folder, { recursive: true }) as string[]).filter(
    (file) => file.endsWith('.ts') && opens.test(readFileSync(join(folder, file), 'utf8')),
  );
  assert.deepEqual(opening, [join('emulator', 'standard-ports.test.ts')]);
});

test.run();
