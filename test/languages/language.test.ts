import assert from 'node:assert/strict';
import { test } from 'uvu';
import { chooseLanguage, languageOf } from '../../src/languages/choice.js';

test('a language is found by its tag and by locales, and not by those of another script', () => {
  for (const name of [
    'zh-CN',
    'zh_CN.UTF-8',
    'zh_CN',
    'zh',
    'zh-Hans',
    'zh-Hans-CN',
    'ZH_cn.gb18030@x',
    'zh_SG',
  ])
    assert.equal(languageOf(name), 'zh-CN', name);
  for (const name of ['en', 'en_US.UTF-8', 'en-GB']) assert.equal(languageOf(name), 'en', name);
  for (const name of [
    'zh_TW.UTF-8',
    'zh-Hant',
    'zh-Hant-CN',
    'zh-HK',
    'zhx',
    'fr',
    'C',
    'POSIX',
    '',
    'constructor',
  ])
    assert.equal(languageOf(name), undefined, name);
});

test('--lang comes before ENROLLKIT_LANG, and that before the locale, in the order of POSIX', () => {
  const choose = (argv: string[], env: Record<string, string>) => chooseLanguage(argv, env);
  assert.equal(choose(['ca', '--lang', 'zh-CN'], { ENROLLKIT_LANG: 'en' }), 'zh-CN');
  assert.equal(choose(['--lang=zh'], {}), 'zh-CN');
  assert.equal(choose(['--lang', 'zh', '--lang', 'en'], {}), 'en');
  assert.equal(choose([], { ENROLLKIT_LANG: 'zh', LC_ALL: 'en_US' }), 'zh-CN');
  assert.equal(choose([], { LC_ALL: 'zh_CN', LC_MESSAGES: 'en_US', LANG: 'en_US' }), 'zh-CN');
  assert.equal(choose([], { LC_ALL: '', LC_MESSAGES: 'zh_CN', LANG: 'en_US' }), 'zh-CN');
  assert.equal(choose([], { LANG: 'zh_CN.UTF-8' }), 'zh-CN');
  assert.equal(choose([], { LC_ALL: 'C', LANG: 'zh_CN.UTF-8' }), 'en');
});

test('English where nothing is named, or a language that is not there', () => {
  assert.equal(chooseLanguage([], {}), 'en');
  for (const LANG of ['fr_FR.UTF-8', 'xx_YY.UTF-8', 'tlh', 'C', 'C.UTF-8', 'POSIX', '.UTF-8', '@euro'])
    assert.equal(chooseLanguage([], { LANG }), 'en', LANG);
  // The first that is set counts, as in POSIX.
  assert.equal(chooseLanguage([], { LC_ALL: 'tlh', LANG: 'zh_CN.UTF-8' }), 'en');
  assert.equal(chooseLanguage([], { LC_ALL: 'C', LANG: 'zh_CN.UTF-8' }), 'en');
  assert.equal(chooseLanguage(['--lang'], { LANG: 'zh_CN' }), 'zh-CN');
  assert.equal(chooseLanguage(['--', '--lang', 'zh'], {}), 'en');
});

test('the locale of the system is asked for if the environment names none', () => {
  assert.equal(
    chooseLanguage([], {}, () => 'zh-Hans-CN'),
    'zh-CN',
  );
  assert.equal(
    chooseLanguage([], { LANG: 'en_US' }, () => 'zh-CN'),
    'en',
  );
});

test.run();
