/** What people read comes from the catalogue and has none of the patterns that CONTRIBUTING.md says to avoid. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { test } from 'uvu';

const project = fileURLToPath(new URL('../..', import.meta.url));
const contentsOf = (path: string) => readFileSync(join(project, path), 'utf8');

/** The rows of the table of CONTRIBUTING.md. */
const patterns = [...contentsOf('CONTRIBUTING.md').matchAll(/^\| `(\\b.+?)` \| (.+?) \| (.+?) \|$/gm)].map(
  ([, pattern, example, better]) => ({
    pattern: new RegExp(pattern!.replaceAll('\\|', '|'), 'i'),
    example: example!,
    better: better!,
  }),
);

const documents = [
  'README.md',
  'SECURITY.md',
  ...readdirSync(join(project, 'docs'))
    .filter((name) => name.endsWith('.md') && !name.endsWith('.zh-CN.md'))
    .map((name) => `docs/${name}`),
];

const sources = (readdirSync(join(project, 'src'), { recursive: true }) as string[])
  .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('zh-CN.ts'))
  .map((name) => `src/${name}`);

const parsed = new Map<string, ts.SourceFile>();

function sourceOf(path: string): ts.SourceFile {
  const known = parsed.get(path);
  if (known) return known;
  const source = ts.createSourceFile(path, contentsOf(path), ts.ScriptTarget.Latest, true);
  parsed.set(path, source);
  return source;
}

/** The texts of a program: what is in quotes. */
function textsOf(path: string): string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      texts.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(sourceOf(path));
  return texts;
}

/** The paragraphs of a document, each on one line, and the rows of its tables. */
function paragraphsOf(text: string): string[] {
  return text.split(/\n\s*\n|\n(?=[|*-] )/).map((paragraph) => paragraph.replaceAll(/\s+/g, ' '));
}

function found(texts: readonly string[]): string[] {
  return texts.flatMap((text) =>
    patterns
      .filter(({ pattern }) => pattern.test(text))
      .map(({ pattern, better }) => `"${pattern.exec(text)![0]}" in: ${text} (write: ${better})`),
  );
}

test('each pattern finds its example, and not what to write instead', () => {
  assert.ok(patterns.length >= 20);
  for (const { pattern, example, better } of patterns) {
    assert.match(example, pattern);
    assert.doesNotMatch(better, pattern);
  }
});

test('the sentences of the program and its documents have none of them', () => {
  const wrong = [...sources, ...documents].flatMap((path) => {
    const texts = /\.tsx?$/.test(path) ? textsOf(path) : paragraphsOf(contentsOf(path));
    return found(texts).map((finding) => `${path}: ${finding}`);
  });
  assert.deepEqual(wrong, []);
});

/** Files whose English is not for people, or not ours. */
const notForPeople: Record<string, string> = {
  'src/dps/contract/wire-error.ts': 'the messages of DPS',
  'src/quickstart/sample-program.ts': 'a program in Python',
  'src/pki/lint/rules.ts': 'titles of standards',
  'src/emulator/check-options.ts': 'for the programmer who calls startEmulator',
};

/** IDs that read like words. */
const ids = new Set(['after the name', 'always the same', 'null or absent', 'encrypted private key']);

/** Three words in a row, or two that end a sentence. */
const isSentence = (text: string) =>
  /[A-Za-z]{2,}( [a-z’'-]+){2,}|[A-Za-z]{2,} [a-z]+[.:?!]$/.test(text) &&
  !/^\s*(enrollkit|npx|az|keytool|certutil) |^…? ?(enrollkit|emulator|--)/.test(text) &&
  !ids.has(text);

/** The sentences in quotes below a node; none of a schema's description, an example's command, or a bug. */
function sentencesIn(node: ts.Node): string[] {
  if (ts.isNewExpression(node) && /^(TypeError|Error)$/.test(node.expression.getText())) return [];
  if (ts.isPropertyAssignment(node) && /^(line|description)$/.test(node.name.getText())) {
    return ts.isStringLiteralLike(node.initializer) ? [] : sentencesIn(node.initializer);
  }
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    if (node.expression.name.text === 'describe') return sentencesIn(node.expression.expression);
  }
  const text = textOf(node);
  const own = text !== undefined && isSentence(text) ? [text] : [];
  ts.forEachChild(node, (child) => {
    own.push(...sentencesIn(child));
  });
  return own;
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
}

/** Where the emulator speaks to the person who started it, not to its clients. */
function errorsIn(node: ts.Node): ts.Node[] {
  if (ts.isNewExpression(node) && node.expression.getText() === 'EnrollkitError') return [node];
  const found: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    found.push(...errorsIn(child));
  });
  return found;
}

test('every sentence is in the catalogue', () => {
  const inline = sources
    .filter((path) => !path.startsWith('src/languages/') && notForPeople[path] === undefined)
    .flatMap((path) => {
      const source = sourceOf(path);
      const parts = path.startsWith('src/emulator/') ? errorsIn(source) : [source];
      return parts.flatMap(sentencesIn).map((text) => `${path}: ${text}`);
    });
  assert.deepEqual(inline, []);
});

test('CONTRIBUTING.md follows its table, apart from the table', () => {
  const text = contentsOf('CONTRIBUTING.md').replace(/^\| `\\b.+$/gm, '');
  assert.deepEqual(found(paragraphsOf(text)), []);
});

test.run();
