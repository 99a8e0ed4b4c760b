/** The command line in Chinese: chosen by a flag, a variable or the locale; the same codes, statuses and JSON. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { cli } from './run-cli.js';

const chinese = /\p{Script=Han}/u;
const missing = ['cert', 'fingerprint', 'nothing-there.pem'];

test('--lang, ENROLLKIT_LANG and the locale choose Chinese; codes and statuses stay', async () => {
  const [flag, variable, locale, english] = await Promise.all([
    cli([...missing, '--lang', 'zh-CN'], { env: { ENROLLKIT_MESSAGE_IDS: '1' } }),
    cli([...missing, '--json'], { env: { ENROLLKIT_LANG: 'zh' } }),
    cli(missing, { env: { LC_ALL: 'zh_CN.UTF-8' } }),
    cli(missing, { env: { LANG: 'fr_FR.UTF-8' } }),
  ]);
  for (const { status } of [flag, variable, locale, english]) assert.equal(status, 9);
  assert.match(flag.stderr, /^\[FILE_UNREADABLE\]/);
  assert.match(flag.stderr, chinese);
  const { error } = JSON.parse(variable.stdout) as { error: { code: string; next: string } };
  assert.equal(error.code, 'FILE_UNREADABLE');
  assert.match(error.next, chinese);
  assert.match(locale.stderr, chinese);
  assert.doesNotMatch(english.stderr, chinese);
});

test('a language that is not there is refused with those that are, also by ENROLLKIT_LANG', async () => {
  const [flag, variable] = await Promise.all([
    cli(['ca', 'list', '--lang', 'fr'], { env: { ENROLLKIT_MESSAGE_IDS: '1' } }),
    cli(['ca', 'list'], { env: { ENROLLKIT_LANG: 'fr', ENROLLKIT_MESSAGE_IDS: '1' } }),
  ]);
  for (const { status, stderr } of [flag, variable]) {
    assert.equal(status, 2);
    assert.match(stderr, /^\[USAGE\] .*"fr"[\s\S]*en, zh-CN/);
  }
});

test.run();
