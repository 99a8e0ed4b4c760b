import assert from 'node:assert/strict';
import { test } from 'uvu';
import { columns, padEnd, printable, truncate, wrap } from '../../src/cli/terminal/text.js';

test('columns line up also where characters are two columns wide', () => {
  assert.deepEqual(
    columns([
      ['工厂一号', 'a'],
      ['line-5', 'b'],
      ['👩‍🔧', 'c'],
    ]),
    ['工厂一号  a', 'line-5    b', '👩‍🔧        c'],
  );
});

test('a line is cut by columns, between characters', () => {
  assert.equal(truncate('工厂一号', 8), '工厂一号');
  assert.equal(truncate('工厂一号', 7), '工厂一…');
  assert.equal(truncate('工厂一号', 6), '工厂…');
  assert.equal(truncate('a👩‍🔧b', 3), 'a…');
  assert.equal(truncate('e\u0301e\u0301e\u0301', 2), 'e\u0301…');
  assert.equal(truncate('abc', 0), '…');
});

test('lines are wrapped by columns, and colours take none', () => {
  assert.equal(wrap('工厂 一号 线', 7, '  '), '  工厂\n  一号\n  线');
  assert.equal(wrap('\u001b[31merror:\u001b[39m ab', 9), '\u001b[31merror:\u001b[39m ab');
  assert.equal(padEnd('工厂', 6), '工厂  ');
});

test('what would steer a terminal is shown in place of done', () => {
  assert.equal(printable('a\u001b[2J\nb\u202e'), 'a\\u001b[2J\\nb\\u202e');
});

test.run();
