/** Every sentence in every language: the same values, its own words, its own punctuation. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { en } from '../../src/languages/en.js';
import { languages } from '../../src/languages/language.js';
import { zhCN } from '../../src/languages/zh-CN.js';
import { readEntries, textsOf, tracesIn, withoutTraces } from './catalogue-entries.js';

const entries = readEntries();
const { en: _, ...translations } = languages;

test('the entries that are read are those of the catalogue', () => {
  const paths: string[] = [];
  const visit = (member: unknown, path: string): void => {
    if (typeof member !== 'object') paths.push(path);
    else for (const [name, child] of Object.entries(member!)) visit(child, path ? `${path}/${name}` : name);
  };
  visit(en, '');
  assert.deepEqual(
    entries.map(({ path }) => path),
    paths,
  );
});

for (const [tag, { load }] of Object.entries(translations)) {
  test(`${tag}: every sentence has the values that it has in English`, async () => {
    const translated = await load();
    const different = entries.flatMap((entry) => {
      const [inEnglish, inOther] = [textsOf(en, entry), textsOf(translated, entry)];
      return inEnglish.flatMap(({ samples, text }, index) => {
        const [expected, actual] = [tracesIn(text), tracesIn(inOther[index]!.text)];
        return expected.join() === actual.join() ? [] : [{ path: entry.path, samples, expected, actual }];
      });
    });
    assert.deepEqual(different, []);
  });
}

test('every text and list that a sentence takes is in it', () => {
  const unused = entries.flatMap((entry) => {
    const seen = new Set(textsOf(en, entry).flatMap(({ text }) => tracesIn(text)));
    return (entry.parameters ?? []).flatMap(({ name, type }, index) => {
      const isShown = /^(readonly )?string/.test(type.getText());
      const isSeen = seen.has(`⟦${index}⟧`) || seen.has(`⟦${index}a⟧`);
      return isShown && !isSeen ? [`${entry.path}: ${name}`] : [];
    });
  });
  assert.deepEqual(unused, []);
});

/** Words that no command, code or name has, and every English sentence has some of. */
const englishWords =
  /(?<![\w-])(the|a|an|is|are|was|were|be|been|it|its|this|that|these|of|and|or|not|with|without|your|you|has|have|cannot|can|must|which|who|there|only|each|every|does|will|into|from)(?![\w-])/i;

test('zh-CN: no English is left', () => {
  const left = entries.flatMap((entry) =>
    textsOf(zhCN, entry).flatMap(({ text }, index) => {
      const rest = withoutTraces(text).replace(/\{".*\}|--[\w-]+|`[^`]*`|\b[A-Z]{2,}\b/g, ' ');
      const isChinese =
        !/[a-z]/i.test(rest) || /\p{Script=Han}/u.test(rest) || text === textsOf(en, entry)[index]!.text;
      return isChinese && !englishWords.test(rest) ? [] : [`${entry.path}: ${text}`];
    }),
  );
  assert.deepEqual(left, []);
});

test('zh-CN: punctuation after Chinese is Chinese', () => {
  const wrong = entries.flatMap((entry) =>
    textsOf(zhCN, entry)
      .filter(({ text }) => /\p{Script=Han}[,;:!?](?!\w)|\p{Script=Han}\.(?![\w.])/u.test(text))
      .map(({ text }) => `${entry.path}: ${text}`),
  );
  assert.deepEqual(wrong, []);
});

test('zh-CN: lists are joined as in Chinese', () => {
  const wrong = entries.flatMap((entry) =>
    textsOf(zhCN, entry)
      .filter(({ text }) => /⟦\d+a⟧[,;] ?⟦\d+b⟧/.test(text))
      .map(({ text }) => `${entry.path}: ${text}`),
  );
  assert.deepEqual(wrong, []);
});

/** Terms of Azure's Chinese documentation, and what else one might write. */
const terms: [wrong: RegExp, right: string][] = [
  [/登记|报名|注册群组|群组注册/, '注册组、个体注册'],
  [/(拥有|持有)(权)?证明|所有证明/, '所有权证明'],
  [/供应服务|配置服务|设备供应/, '设备预配服务'],
  [/设备(孪生体|双胞胎|镜像)/, '设备孪生'],
  [/口令|密码短语|通行短语/, '密码'],
  [/重新(供应|配置)|再预配/, '重新预配'],
  [/校验码|确认码/, '验证码'],
  [/中级证书|中间人证书/, '中间证书'],
];

test('zh-CN: terms are those of Azure', () => {
  const wrong = entries.flatMap((entry) =>
    textsOf(zhCN, entry).flatMap(({ text }) =>
      terms.filter(([pattern]) => pattern.test(text)).map(([, right]) => `${entry.path}: ${text} (${right})`),
    ),
  );
  assert.deepEqual(wrong, []);
});

test.run();
