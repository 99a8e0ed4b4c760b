import assert from 'node:assert/strict';
import stringWidth from 'string-width';
import { test } from 'uvu';
import {
  columns,
  displayWidth,
  labeled,
  labeledWithin,
  padEnd,
  printable,
  truncate,
  wrap,
  wrapParts,
} from '../../src/cli/terminal/text.js';

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

test('Chinese is wrapped between characters; punctuation stays with its word', () => {
  assert.equal(wrap('设备预配服务', 6), '设备预\n配服务');
  assert.equal(wrap('上传证书，然后验证。', 10), '上传证书，\n然后验证。');
  assert.equal(wrap('上传证书，然后验证。', 8), '上传证\n书，然后\n验证。');
  assert.equal(wrap('运行（见下）', 6), '运行\n（见\n下）');
  assert.equal(wrap('运行 enrollkit ca list 查看列表', 12), '运行\nenrollkit ca\nlist 查看列\n表');
  assert.equal(wrap('a CA’s key', 5), 'a\nCA’s\nkey');
  assert.equal(wrap('标志--json无效', 8), '标志\n--json无\n效');
  assert.equal(wrap('\u001b[31m错误：\u001b[39m无效', 8), '\u001b[31m错误：\u001b[39m无\n效');
});

test('in Chinese, no line is too wide, begins with what closes or ends with what opens, and nothing is lost', () => {
  const text =
    '所有权证明：在“证书”页面上生成验证码（仅一次），然后运行 enrollkit ca verify NAME --code X；参见《文档》。无需权限！';
  for (let width = 30; width <= 120; width += 1) {
    const lines = wrap(text, width).split('\n');
    for (const line of lines) {
      assert.ok(displayWidth(line) <= width, line);
      assert.doesNotMatch(line, /^[，。、；：！？）》”]|[（《“]$/u);
    }
    assert.equal(lines.join('').replaceAll(' ', ''), text.replaceAll(' ', ''));
  }
});

test('a value follows its label, and what does not fit is cut of the label first', () => {
  assert.equal(labeled('Hubs:', 'all'), 'Hubs: all');
  assert.equal(labeled('注册组 ID：', 'line-5'), '注册组 ID：line-5');
  assert.equal(labeled('如何注册设备？', '使用注册组'), '如何注册设备？使用注册组');
  const within = (label: string, value: string, width: number) => {
    const { text, at } = labeledWithin(label, value, width);
    assert.ok(displayWidth(text) <= width, text);
    return [text.slice(0, at), text.slice(at)];
  };
  assert.deepEqual(within('Hubs:', 'all', 80), ['Hubs: ', 'all']);
  assert.deepEqual(within('Which protocol do the devices use?', 'MQTT', 20), ['Which protocol… ', 'MQTT']);
  assert.deepEqual(within('Which hubs?', 'hub-1.azure-devices.net', 20), ['Which hu… ', 'hub-1.azu…']);
  assert.deepEqual(within('如何验证 CA（所有权证明）？', '自动', 16), ['如何验证 C… ', '自动']);
  assert.equal(labeledWithin('Which hubs?', '', 8).text, 'Which h…');
});

test('keys and the like are never cut within one of them', () => {
  assert.equal(
    wrapParts(['Enter: next', 'Esc: back', '?: help'], '   ', 25),
    'Enter: next   Esc: back\n?: help',
  );
  assert.equal(wrapParts(['Enter: next'], '   ', 5), 'Enter: next');
});

test('what would steer a terminal is shown in place of done', () => {
  assert.equal(printable('a\u001b[2J\nb\u202e'), 'a\\u001b[2J\\nb\\u202e');
});

test('texts are as wide as string-width says, whether it is loaded for them or not', () => {
  const ranges = [
    [0x20, 0x17f],
    [0x300, 0x303],
    [0x2010, 0x2030],
    [0x2190, 0x2193],
    [0x2500, 0x257f],
    [0x3000, 0x303f],
    [0x4e00, 0x4e20],
    [0x9ff0, 0xa000],
    [0xff00, 0xff65],
  ];
  for (const [first, last] of ranges as [number, number][]) {
    for (let point = first; point <= last; point += 1) {
      for (const text of [
        String.fromCodePoint(point),
        `a${String.fromCodePoint(point)}─`,
        `证书${String.fromCodePoint(point)}└`,
        `é${String.fromCodePoint(point)}`,
      ]) {
        assert.equal(displayWidth(text), stringWidth(text), `U+${point.toString(16)} in ${text}`);
      }
    }
  }
});

test.run();
