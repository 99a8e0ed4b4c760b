/** What people read has none of the patterns that CONTRIBUTING.md says to avoid. */
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

/** Not rewritten yet. */
const notYet = new Set<string>([
  'docs/certgen.md',
  'docs/contract.md',
  'docs/emulator-support.md',
  'docs/emulator.md',
  'docs/errors.md',
  'docs/fleet.md',
  'docs/rollover.md',
  'docs/validation.md',
  'src/cli/ca/ca-text.ts',
  'src/cli/ca/list.ts',
  'src/cli/ca/upload.ts',
  'src/cli/ca/verify.ts',
  'src/cli/command-table.ts',
  'src/cli/device/register.ts',
  'src/cli/device/send.ts',
  'src/cli/doctor/folder.ts',
  'src/cli/doctor/network.ts',
  'src/cli/group/create.ts',
  'src/cli/input/certificate-flags.ts',
  'src/cli/input/key-flags.ts',
  'src/cli/input/material.ts',
  'src/cli/input/plan-flags.ts',
  'src/cli/input/profile.ts',
  'src/cli/input/write-files.ts',
  'src/cli/kernel/help.ts',
  'src/cli/quickstart/quickstart.ts',
  'src/cli/quickstart/run-flags.ts',
  'src/cli/quickstart/step-prompt.ts',
  'src/cli/terminal/confirm.ts',
  'src/cli/terminal/enrollment-group-text.ts',
  'src/emulator/dps/arm/service-request.ts',
  'src/emulator/dps/attestation/chain-verifier.ts',
  'src/emulator/hub/amqp/hub-amqp-nodes.ts',
  'src/emulator/hub/mqtt/hub-mqtt-session.ts',
  'src/emulator/seed/seed-schema.ts',
  'src/emulator/wire/amqp/encoding.ts',
  'src/pki/containers/contents.ts',
  'src/pki/containers/pkcs12-read.ts',
  'src/pki/containers/pkcs7.ts',
  'src/pki/make/alternative-name-shape.ts',
  'src/pki/make/issuer.ts',
  'src/pki/make/profile.ts',
  'src/pki/path/explain.ts',
  'src/pki/path/name-constraints.ts',
  'src/pki/path/path-checks.ts',
]);

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

/** The texts of a program: what is in quotes. */
function textsOf(path: string): string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      texts.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, contentsOf(path), ts.ScriptTarget.Latest));
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
  const wrong = [...sources, ...documents]
    .filter((path) => !notYet.has(path))
    .flatMap((path) => {
      const texts = /\.tsx?$/.test(path) ? textsOf(path) : paragraphsOf(contentsOf(path));
      return found(texts).map((finding) => `${path}: ${finding}`);
    });
  assert.deepEqual(wrong, []);
});

test('CONTRIBUTING.md follows its table, apart from the table', () => {
  const text = contentsOf('CONTRIBUTING.md').replace(/^\| `\\b.+$/gm, '');
  assert.deepEqual(found(paragraphsOf(text)), []);
});

test.run();
