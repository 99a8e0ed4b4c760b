/** The documents name files that exist, and CONTRIBUTING.md names every room. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { documentsWithFigures, withFigures } from '../scripts/figures.js';
import { problemCodes } from '../src/dps/client/diagnosis/problem.js';

const project = fileURLToPath(new URL('..', import.meta.url));
const documents = [
  'README.md',
  'README.zh-CN.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(project, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const contentsOf = (path: string) => readFileSync(join(project, path), 'utf8');

/** Paths of this repository in a text; not those with a part that the reader fills in: `templates/profiles/ROLE.json`. */
function pathsIn(text: string): string[] {
  const found = text.matchAll(
    /(?<![\w./-])(?:src|test|scripts|templates|bench|examples|docs|\.ci)\/[\w./*-]*/g,
  );
  return [...new Set([...found].map(([path]) => path.replace(/\.$/, '')))].filter(
    (path) => !/\*|(^|\/)[A-Z]{3,}(\.|\/|$)/.test(path),
  );
}

test('paths are found in sentences, code and tables, and only those of this repository', () => {
  const text =
    'See `src/a.ts`, docs/b.md. | test/c/ | src/x/NAME.ts test/**/*.test.ts ./src/d /tmp/src/e my-src/f';
  assert.deepEqual(pathsIn(text), ['src/a.ts', 'docs/b.md', 'test/c/']);
});

/** What the headings of a document can be linked by, as GitHub and editors do it. */
function anchorsOf(path: string): string[] {
  const headings = contentsOf(path).matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

for (const document of documents) {
  test(`${document} names files that exist`, () => {
    const missing = pathsIn(contentsOf(document)).filter((path) => !existsSync(join(project, path)));
    assert.deepEqual(missing, []);
  });

  test(`${document} links to files that exist`, () => {
    const links = [...contentsOf(document).matchAll(/\]\(([^)\s#]*)(?:#([^)\s]+))?[^)]*\)/g)];
    const missing = links.filter(([, target, anchor]) => {
      if (/^[a-z]+:/.test(target!)) return false;
      const path = target === '' ? document : join(dirname(document), target!);
      if (!existsSync(join(project, path))) return true;
      return anchor !== undefined && !anchorsOf(path).includes(anchor);
    });
    assert.deepEqual(
      missing.map(([link]) => link),
      [],
    );
  });

  test(`${document} names npm scripts that exist`, () => {
    const { scripts } = JSON.parse(contentsOf('package.json')) as { scripts: Record<string, string> };
    const named = [...contentsOf(document).matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name!);
    assert.deepEqual(
      named.filter((name) => !(name in scripts)),
      [],
    );
  });
}

for (const document of documentsWithFigures) {
  test(`${document} has the figures of bench/results, as "npm run figures" writes them`, () => {
    const text = contentsOf(document);
    assert.match(text, /<!-- bench \w+ -->/);
    assert.equal(text, withFigures(text));
  });
}

test('CONTRIBUTING.md names every room of src and of the emulator', () => {
  const text = contentsOf('CONTRIBUTING.md');
  const foldersOf = (folder: string) =>
    readdirSync(join(project, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${folder}/${name}/`);
  const rooms = ['src', 'src/emulator', 'src/dps'].flatMap(foldersOf).filter((room) => room !== 'src/dps/');
  assert.deepEqual(
    rooms.filter((room) => !text.includes(`\`${room}\``)),
    [],
  );
});

test('docs/troubleshooting.md has every finding of doctor, and no other', () => {
  const folder = join(project, 'src/cli/doctor');
  const source = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  const made = [
    ...source.matchAll(
      /(?:\b(?:info|warning|failure|find)|\))\(\s*'([A-Z][A-Z_]+)',|code: '([A-Z][A-Z_]+)'/g,
    ),
  ].map(([, call, member]) => (call ?? member)!);
  const inTables = contentsOf('docs/troubleshooting.md')
    .split('\n')
    .flatMap((line) => /^\| (`[^|]+)\|/.exec(line)?.[1]?.match(/[A-Z][A-Z_]+/g) ?? []);
  const known = new Set<string>([...made, ...problemCodes]);
  assert.deepEqual(
    inTables.filter((code) => !known.has(code)),
    [],
  );
  assert.deepEqual(
    [...known].filter((code) => !inTables.includes(code)),
    [],
  );
});

test.run();
