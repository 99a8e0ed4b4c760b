/** The commands in the tutorials work, in their order, and both languages have the same. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import { commandsOf, verificationCode, wordsOf } from '../../scripts/tutorial-commands.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

const commandsIn = (name: string) =>
  commandsOf(readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8'));
const commands = commandsIn('tutorial.md');

test('the tutorials have the same commands, apart from the verification code', () => {
  const comparable = (name: string) => commandsIn(name).map((line) => line.replace(verificationCode, 'CODE'));
  assert.ok(commands.length > 15);
  assert.deepEqual(comparable('tutorial.zh-CN.md'), comparable('tutorial.md'));
});

test('words are split as in a shell', () => {
  assert.deepEqual(wordsOf(`cert root "A B" --x '{"a":1}'`), ['cert', 'root', 'A B', '--x', '{"a":1}']);
});

test('the commands of the tutorial succeed, in their order', async () => {
  await inTemporaryFolder(async (cwd) => {
    let code = '';
    try {
      for (const line of commands) {
        const words = wordsOf(line.replace(verificationCode, code));
        // Other tests run at the same time: no fixed ports.
        if (line.startsWith('emulator start')) words.push('--port', '0', '--mqtt-port', '0');
        const { status, stdout, stderr } = await run(words, { cwd });
        assert.equal(status, 0, `${line}\n${stdout}${stderr}`);
        if (line.startsWith('ca code ')) code = stdout.trim();
      }
    } finally {
      await run(['emulator', 'stop'], { cwd });
    }
  });
});

test.run();
