/** Commands that messages suggest: each can be typed as it is printed, once what is in capitals is filled in. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { test } from 'uvu';
import { commands, families } from '../../src/cli/command-table.js';
import type { Declaration } from '../../src/cli/kernel/command.js';
import { colorFlag, verboseFlag } from '../../src/cli/kernel/common-flags.js';
import type { Flag } from '../../src/cli/kernel/flags.js';
import { en } from '../../src/languages/en.js';
import { readEntries, textsOf as textsOfEntry } from '../languages/catalogue-entries.js';
import { make } from '../support/chains.js';
import { run } from './in-process.js';
import { inCommandWorld } from './running-emulator.js';

const source = fileURLToPath(new URL('../../src', import.meta.url));

/** The texts of a file, with X for what is filled in; what is glued to a word adds words of its own, such as `--dir`. */
function textsOf(file: string): string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) texts.push(node.text);
    else if (ts.isTemplateExpression(node)) {
      let text = node.head.text;
      for (const { literal } of node.templateSpans) text += (/\w$/.test(text) ? '' : 'X') + literal.text;
      texts.push(text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true));
  return texts;
}

interface Suggestion {
  name: string;
  words: string[];
}

const names = new Set(commands.map(({ name }) => name));
/** Words of a command line: flags, and what can be an argument or a value; a word of a sentence is neither. */
const isOperand = (word: string) => /^[A-Z0-9_]+$|[./'=]|^X|X$/.test(word) && !/^[A-Z][a-z]/.test(word);

/** The commands in a text. */
function suggestionsIn(text: string, declarations: ReadonlyMap<string, Declaration>): Suggestion[] {
  return text
    .split(/\benrollkit (?=[a-z])/)
    .slice(1)
    .flatMap((rest) => {
      // Chinese has its own punctuation, and needs no space after a command.
      const [line = ''] = rest.split(/\n|[^\x20-\x7e’]/);
      const words = line.split(/\s+/).filter(Boolean);
      // Punctuation of the sentence ends the command.
      const end = words.findIndex((word) => /[,;:.)"]$/.test(word));
      const own = (end < 0 ? words : words.slice(0, end + 1)).map((word) => word.replace(/[,;:.)"]+$/, ''));
      const name = [own.slice(0, 2).join(' '), own[0]!].find((one) => names.has(one));
      if (name === undefined) {
        const [first] = own;
        // "enrollkit emulator" is also what the emulator calls itself.
        return first! in families && first !== 'emulator'
          ? [{ name: own.slice(0, 2).join(' '), words: [] }]
          : [];
      }
      const taken: string[] = [];
      const [firstArgument] = Object.keys(declarations.get(name)?.args ?? {});
      const takesWord = ['action', 'command', 'sample'].includes(firstArgument!);
      for (let at = name.split(' ').length; at < own.length; at += 1) {
        const word = own[at]!;
        const isWord = takesWord && taken.length === 0;
        if (!word.startsWith('--') && !isOperand(word) && !isWord) break;
        taken.push(word);
        const flag = declarations.get(name)?.flags[word.replace(/^--(no-)?/, '')];
        if (word.startsWith('--') && flag && flag.kind !== 'switch') {
          at += 1;
          taken.push(own[at] ?? '');
        }
      }
      return [{ name, words: taken }];
    });
}

/** What is wrong with a command line; undefined if nothing is. */
function problemOf({ words }: Suggestion, declared: Declaration | undefined): string | undefined {
  if (!declared) return 'there is no such command';
  if (words.includes('--help')) return undefined;
  let operands = 0;
  const flags: Readonly<Record<string, Flag>> = { ...declared.flags, ...verboseFlag, ...colorFlag };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    if (!word.startsWith('--')) operands += 1;
    else {
      const flag: Flag | undefined = flags[word.slice(2)] ?? flags[word.replace(/^--no-/, '')];
      if (!flag) return `it has no ${word}`;
      if (flag.kind === 'switch') continue;
      at += 1;
      if (!words[at] || words[at]!.startsWith('--')) return `${word} needs a value`;
    }
  }
  const args = Object.entries(declared.args ?? {});
  const needed = args.filter(([, { optional }]) => !optional);
  if (operands < needed.length) return `it lacks ${needed[operands]![0]}`;
  const isVariadic = args.some(([, { variadic }]) => variadic);
  return !isVariadic && operands > args.length ? 'it has too many arguments' : undefined;
}

test('every command in a message of src exists, with its flags and arguments', async () => {
  const declarations = new Map<string, Declaration>();
  for (const { name, load } of commands) declarations.set(name, await load());
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  let count = 0;
  const wrong: string[] = [];
  for (const file of files) {
    for (const text of textsOf(join(source, file))) {
      for (const suggestion of suggestionsIn(text, declarations)) {
        count += 1;
        const problem = problemOf(suggestion, declarations.get(suggestion.name));
        if (problem)
          wrong.push(`${file}: enrollkit ${suggestion.name} ${suggestion.words.join(' ')}: ${problem}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(count > 150, `only ${count} were found`);
});

/** What a next step may ask for, and the commands of enrollkit for it; `: ⟦0⟧` is a command that its caller fills in. */
const byCommand: readonly (readonly [RegExp, RegExp])[] = [
  [/\benable (it|its|the|this) (?!subscription)/i, /enrollkit (enrollment|group) create|device unblock|: ⟦/],
  [/\blink (a|the|this) (hub|one)\b/i, /enrollkit hub link|: ⟦/],
  [/\bregister (it|the device)\b/i, /enrollkit device register|: ⟦/],
  [/\bdelete the existing\b/i, /enrollkit [a-z ]*delete|: ⟦/],
  [/\bupload (the|this)\b/i, /enrollkit ca upload|in the portal|: ⟦/],
  [/\b(renew|reissue) (it|the)\b/i, /enrollkit cert|enrollkit device|: ⟦/],
  [/\b(start|stop) (it|the emulator)\b/i, /enrollkit emulator|: ⟦/],
  [/\baz iot dps (list|show|create|linked-hub)\b/i, /^$/],
];

test('a next step that enrollkit has a command for names it', () => {
  const isNextStep = /(^|\/)next(\/|$)|^diagnosis\/|^cliDoctor\/|Next$|^explanations\/.*causes/;
  const wrong = readEntries()
    .filter(({ path }) => isNextStep.test(path))
    .flatMap((entry) => textsOfEntry(en, entry).map(({ text }) => ({ path: entry.path, text })))
    .filter(({ text }) => byCommand.some(([asks, names]) => asks.test(text) && !names.test(text)));
  assert.deepEqual(wrong, []);
});

/** The commands that an answer tells people to run next, split as a shell does. */
function printedCommands(stderr: string): string[][] {
  return [...stderr.matchAll(/^(?:next:)?.*?\benrollkit ([^\n]+)$/gm)].map(([, line]) =>
    [...line!.matchAll(/'((?:[^']|'\\'')*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!),
  );
}

test('what ca upload and ca code print works as it is printed', () =>
  inCommandWorld(async ({ folder, enrollkit, json }) => {
    const ca = await make('root', 'My Root');
    const at = (name: string) => join(folder, name);
    writeFileSync(at('tut.pem'), ca.pem);
    writeFileSync(at('tut.key'), ca.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const uploaded = await enrollkit('ca', 'upload', at('tut.pem'), '--ca-name', 'tut');
    const [verify] = printedCommands(uploaded.stderr);
    assert.deepEqual((await run(verify!)).status, 0, verify!.join(' '));
    assert.equal((await json(['ca', 'code', 'tut'], 4)).code, 'CONFLICT');

    // A CA of the certificate folder, by the code.
    await run(['cert', 'root', 'Folder Root', '--out', join(folder, 'ca', 'root')]);
    const own = await enrollkit(
      'ca',
      'upload',
      join(folder, 'ca', 'root', 'certificate.pem'),
      '--ca-name',
      'own',
    );
    assert.deepEqual(printedCommands(own.stderr)[0]!.slice(0, 5), ['ca', 'verify', 'own', '--dir', folder]);
    const { status, stdout, stderr } = await enrollkit('ca', 'code', 'own');
    assert.equal(status, 0, stderr);
    const [sign, send] = printedCommands(stderr);
    assert.ok(sign!.includes(stdout.trim()));
    const inFolder = (line: string[]) => line.map((word) => (word === 'verification.pem' ? at(word) : word));
    for (const line of [sign!, send!]) {
      const ended = await run(inFolder(line));
      assert.equal(ended.status, 0, `${line.join(' ')}: ${ended.stderr}`);
    }
    const { certificates } = await json(['ca', 'list']);
    assert.ok(certificates.every(({ isVerified }: any) => isVerified));
  }));

test('ca code: each code replaces the last; a CA whose key is elsewhere gets placeholders; bad input', () =>
  inCommandWorld(async ({ folder, enrollkit, json }) => {
    const ca = await make('root', 'Elsewhere');
    writeFileSync(join(folder, 'ca.pem'), ca.pem);
    const uploaded = await enrollkit('ca', 'upload', join(folder, 'ca.pem'), '--ca-name', 'tut');
    assert.match(uploaded.stderr, / --key KEY_FILE/);
    const first = await json(['ca', 'code', 'tut']);
    const second = await json(['ca', 'code', 'tut']);
    assert.notEqual(first.verificationCode, second.verificationCode);
    assert.notEqual(first.etag, second.etag);
    assert.match((await enrollkit('ca', 'code', 'tut')).stderr, /--ca CA_FILE --ca-key KEY_FILE/);
    assert.equal((await json(['ca', 'code', 'none'], 4)).code, 'NOT_FOUND');
    assert.equal((await json(['ca', 'code', 'a b'], 2)).code, 'INVALID_CERTIFICATE_NAME');
    const proof = ['ca', 'verify', 'tut', '--verification-certificate'];
    const [file, none] = [join(folder, 'ca.pem'), join(folder, 'none.pem')];
    assert.equal((await json([...proof, file], 4)).code, 'REFUSED');
    assert.equal((await json([...proof, none], 9)).code, 'FILE_UNREADABLE');
    assert.equal((await json([...proof, file, '--certificate', file, '--key', file], 2)).code, 'USAGE');
  }));

test('a pattern without an end is told of one that has it', async () => {
  for (const [pattern, suggested] of [
    ['a-{01..}', 'a-{01..100}'],
    ['{1..}-b', '{1..100}-b'],
    ['a-{0005..}', 'a-{0005..0104}'],
  ]) {
    const { status, stdout } = await run(['fleet', 'issue', '--pattern', pattern!, '--json']);
    assert.equal(status, 2);
    assert.ok(JSON.parse(stdout).error.next.includes(`--pattern '${suggested}'`), stdout);
  }
});

test.run();
