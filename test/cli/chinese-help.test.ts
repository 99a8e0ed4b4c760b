/** The help in Chinese: no line is too wide for a terminal, where a character takes two columns, and no English is left. */
import assert from 'node:assert/strict';
import stringWidth from 'string-width';
import { test } from 'uvu';
import { useLanguage } from '../../src/languages/language.js';

// Declarations of commands read their sentences while they are loaded.
await useLanguage('zh-CN');
const { commands } = await import('../../src/cli/command-table.js');
const { run } = await import('./in-process.js');

const topics = [['--help'], ['help', 'environment'], ['help', 'exit-codes']];
const pages = [...topics, ...commands.map(({ name }) => [...name.split(' '), '--help'])];

/** Four words in a row that are not a command line. */
const english = /(?<![\w<-])[A-Za-z]{2,}( [a-z]{2,}){3,}/;

for (const words of pages) {
  test(`enrollkit ${words.join(' ')}`, async () => {
    const { status, stdout, stderr } = await run(words);
    assert.equal(status, 0);
    assert.equal(stderr, '');
    assert.match(stdout, /\p{Script=Han}/u);
    for (const line of stdout.split('\n')) {
      assert.ok(stringWidth(line) <= 80, line);
      if (!/^ +(enrollkit|--)|\\$/.test(line)) assert.doesNotMatch(line, english);
    }
  });
}

test.run();
