/**
 * The commands that README.md and docs/ show succeed and print what is shown, apart from dates, keys and times. A block
 * that is not run says why: scripts/document-blocks.ts has the comments for it. `UPDATE_DOCS=1` writes what they print
 * in this run; scripts/transcripts.ts does so for the tutorials, with the ports that readers get.
 */
import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import {
  type Block,
  blocksOf,
  commandsOf,
  DocumentShell,
  difference,
  hasCommands,
  type Ran,
  type RunEnrollkit,
  verificationCode,
  wordsOf,
} from '../../scripts/document-blocks.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';
import { cli } from './run-cli.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(project, path), 'utf8');
const documents = [
  'README.md',
  ...readdirSync(join(project, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const translated = documents.filter((path) => !path.endsWith('.zh-CN.md'));
const translations = ['README.zh-CN.md', ...documents.filter((path) => path.endsWith('.zh-CN.md'))];
const withCommands = (path: string) => blocksOf(read(path)).filter(hasCommands);
const isRunHere = ({ notRun, runBy }: Block) => notRun === undefined && runBy === undefined;

test('words are split as in a shell', () => {
  assert.deepEqual(wordsOf(`cert root "A B" --x '{"a":1}' --name="a b"`), [
    ...['cert', 'root', 'A B', '--x', '{"a":1}', '--name=a b'],
  ]);
});

test('a shown output may leave out lines, and may not differ in others', () => {
  const printed = 'until 2026-01-01\nHub  127.0.0.1:8443\nend\n';
  assert.equal(difference('until 2030-12-31\nHub 127.0.0.1:1\nend\n', printed), undefined);
  assert.equal(difference('until 2030-12-31\n...\nend\n', printed), undefined);
  assert.equal(difference('...\n', printed), undefined);
  assert.ok(difference('until 2030-12-31\nHub 127.0.0.1:1\n', printed));
  assert.ok(difference('Hub 127.0.0.1:1\nend\n', printed));
  assert.ok(difference('until 2030-12-31\n...\nanother end\n', printed));
});

test('a document types the verification code that it shows', () => {
  for (const path of [...translated, ...translations]) {
    let shown: string | undefined;
    for (const { source, printed = '' } of withCommands(path).flatMap(commandsOf)) {
      const [typed] = verificationCode.exec(source) ?? [];
      assert.ok(typed === undefined || typed === shown, `${path}: ${source}`);
      if (/ ca code /.test(source)) [shown] = verificationCode.exec(printed) ?? [];
    }
  }
});

test('every block with commands is run, or says why not', () => {
  const counts = { blocks: 0, commands: 0, run: 0, runByOtherTests: 0, notRun: 0, typescript: 0 };
  for (const path of translated) {
    for (const block of blocksOf(read(path))) {
      const place = `${path}:${block.line}`;
      if (block.language === 'ts') counts.typescript += 1;
      if (!hasCommands(block)) continue;
      assert.notEqual(block.language, '', `${place}: commands need a language, sh or console`);
      counts.blocks += 1;
      counts.commands += commandsOf(block).length;
      if (block.runBy !== undefined) {
        assert.match(block.runBy, /^test\/.*\.test\.ts$/, place);
        assert.ok(existsSync(join(project, block.runBy)), `${place}: ${block.runBy}`);
        counts.runByOtherTests += 1;
      } else if (block.notRun !== undefined) {
        assert.ok(block.notRun.length > 10, `${place}: the reason`);
        counts.notRun += 1;
      } else {
        assert.ok(commandsOf(block).length > 0, `${place}: no command found`);
        counts.run += 1;
      }
    }
  }
  console.log(
    `${counts.blocks} blocks with ${counts.commands} commands: ${counts.run} blocks run here, ` +
      `${counts.runByOtherTests} by other tests, ${counts.notRun} not run, with a reason; ` +
      `${counts.typescript} blocks of TypeScript run by test/library/library.test.ts`,
  );
});

for (const path of translations) {
  test(`${path} has the commands of the English document`, () => {
    const comparable = (name: string) =>
      withCommands(name)
        .flatMap(commandsOf)
        .map(({ line }) => line.replace(verificationCode, 'CODE'))
        .filter((line) => line !== 'export ENROLLKIT_LANG=zh-CN');
    assert.deepEqual(comparable(path), comparable(path.replace('.zh-CN', '')));
  });
}

/**
 * In this process, except for worker threads, which look for the loader of TypeScript in the working folder. An emulator
 * in the background is in this process too, which saves a second, unless a document shows what its start prints.
 */
const runEnrollkitFor = (document: string): RunEnrollkit => {
  const showsStart = /^\$ enrollkit emulator start --detach/m.test(document);
  return async (words, options) => {
    if (words[0] === 'fleet' && words[1] === 'issue') {
      const { status, stdout, stderr } = await cli([...words], options);
      return { status: status ?? 1, stdout, printed: stderr + stdout };
    }
    if (showsStart || !words.includes('--detach')) return run(words, options);
    const inForeground = words.filter((word) => word !== '--detach');
    const ended = run(inForeground, options);
    const dir = words.indexOf('--dir');
    const status = ['emulator', 'status', ...(dir < 0 ? [] : ['--dir', words[dir + 1]!])];
    for (;;) {
      const answer = await Promise.race([ended, run(status, options)]);
      if (answer.status !== 12) return answer;
      await setTimeout(20);
    }
  };
};

/** What the quickstart before the blocks of many documents has made: it is made once, and copied. */
const made = mkdtempSync(join(tmpdir(), 'enrollkit-test-'));
test.after(() => rmSync(made, { recursive: true, force: true }));

async function typeFirst(shell: DocumentShell, line: string, folder: string): Promise<Ran> {
  const kept = join(made, 'certs');
  const certs = join(folder, 'certs');
  if (line !== 'enrollkit quickstart --yes --count 1' || existsSync(certs)) return shell.type(line);
  if (existsSync(kept)) {
    cpSync(kept, certs, { recursive: true });
    return { status: 0, printed: '', stdout: '' };
  }
  const ran = await shell.type(line);
  if (ran.status === 0) cpSync(certs, kept, { recursive: true });
  return ran;
}

for (const path of translated) {
  const blocks = blocksOf(read(path)).filter(
    (block) => block.file ?? (hasCommands(block) && isRunHere(block)),
  );
  if (!blocks.some(hasCommands)) continue;
  // The others use programs of a Unix shell, such as cp.
  if (process.platform === 'win32' && path !== 'docs/tutorial.md') continue;
  test(`the commands in ${path} work, and print what it shows`, () =>
    inTemporaryFolder(async (folder) => {
      const shell = new DocumentShell(folder, runEnrollkitFor(read(path)), { fixedPorts: false });
      let text = read(path);
      try {
        const printedNow: [Block, string][] = [];
        for (const block of blocks) {
          const place = `${path}:${block.line}`;
          if (block.file !== undefined) {
            shell.write(block.file, block.text);
            continue;
          }
          for (const line of block.first) {
            const { status, printed } = await typeFirst(shell, line, folder);
            assert.equal(status, 0, `${place}: ${line}\n${printed}`);
          }
          let printedHere = '';
          const commands = commandsOf(block);
          for (const [index, { line, source, printed: shown }] of commands.entries()) {
            const ran = await shell.type(line);
            const { status } = ran;
            const printed = ran.printed
              .replaceAll(realpathSync(folder), '/home/you')
              .replaceAll(folder, '/home/you');
            const statusIsShown = commands[index + 1]?.line === 'echo $?';
            const fails = shown !== undefined && /^error: /m.test(shown);
            const expected = index === commands.length - 1 ? (block.exitsWith ?? 0) : 0;
            if (fails) assert.notEqual(status, 0, `${place}: ${line}\n${printed}`);
            else if (!statusIsShown) assert.equal(status, expected, `${place}: ${line}\n${printed}`);
            if (shown === undefined) continue;
            const shortened = shown.split('\n').includes('...');
            printedHere += `$ ${source}\n${shortened ? shown : printed.trimEnd() + (printed.trim() ? '\n' : '')}`;
            if (process.env.UPDATE_DOCS) continue;
            const found = difference(shown, printed);
            assert.equal(found, undefined, `${place}: ${line}\n${found}`);
          }
          if (block.language === 'console') printedNow.push([block, printedHere]);
        }
        if (!process.env.UPDATE_DOCS || path === 'docs/tutorial.md') return;
        for (const [{ start, text: shown }, printed] of printedNow.reverse()) {
          text = text.slice(0, start) + printed + text.slice(start + shown.length);
        }
        writeFileSync(join(project, path), text);
      } finally {
        await shell.stopEmulators();
      }
    }));
}

test.run();
