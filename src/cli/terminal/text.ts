/** Text for people: aligned, wrapped and cut by the columns that it takes on a terminal, and made safe to print. */
import { createRequire } from 'node:module';
import { relative } from 'node:path';
import type StringWidth from 'string-width';

let loadedStringWidth: typeof StringWidth | undefined;

/** One column each: ASCII, letters with accents, dashes, quotation marks, arrows and the lines of trees. */
const narrowOnly = /^[\x20-\x7e\xc0-\u017f\u2010-\u2027\u2190-\u2193\u2500-\u257f]*$/;
/** Those and what takes two: Chinese characters, and full-width punctuation. */
const narrowAndWide = /^[\x20-\x7e\u2010-\u2027\u2500-\u257f\u3001-\u3029\u4e00-\u9fff\uff01-\uff60]*$/;
const wideOnes = /[\u3001-\u3029\u4e00-\u9fff\uff01-\uff60]/g;

/** The columns of a text. Loads string-width, which takes as long as 20 modules, only for characters that are rare here. */
export function displayWidth(text: string): number {
  if (narrowOnly.test(text)) return text.length;
  if (narrowAndWide.test(text)) return text.length + text.match(wideOnes)!.length;
  loadedStringWidth ??= (createRequire(import.meta.url)('string-width') as { default: typeof StringWidth })
    .default;
  return loadedStringWidth(text);
}

/** The columns of a terminal that output is laid out for. */
export const pageWidth = 80;

/** Pads a text with spaces to a number of columns. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Puts spaces before a text, up to a number of columns. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}

/** The columns of the widest of some texts; 0 for none. */
export function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => displayWidth(text)));
}

/** Ideographs, kana and full-width punctuation: a line can end after each of them. */
const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;

/** What no line begins with, and what none ends with (W3C, Requirements for Chinese Text Layout, section 3.1.3). */
const closing = /^[，。、；：！？）】》〉」』”’…—～％),.;:!?%\]}]/u;
const opening = /[（【《〈「『“‘([{]$/u;

const style = /\p{Cc}\[[\d;]*m/u;

/** What stays on one line, in its order; a style stays with what it follows, or begins. */
function unbreakableParts(word: string): string[] {
  if (!wide.test(word)) return [word];
  const parts: string[] = [];
  for (const [found] of word.matchAll(new RegExp(`${style.source}|.`, 'gsu'))) {
    const last = parts.at(-1);
    const before = last?.replace(new RegExp(`(${style.source})+$`, 'u'), '');
    const joins =
      last === undefined ||
      before === '' ||
      style.test(found) ||
      closing.test(found) ||
      opening.test(before!) ||
      !(wide.test(found) || wide.test(before!.at(-1)!));
    if (joins) parts.splice(-1, 1, (last ?? '') + found);
    else parts.push(found);
  }
  return parts;
}

/** Keeps words together on a line, in texts for {@link wrap} and {@link fitted}. */
export const noBreakSpace = '\u00a0';

/** A text that stays on one line: a command that was broken at its spaces could not be copied. */
export function unbroken(text: string): string {
  return text.replaceAll(' ', noBreakSpace);
}

/**
 * Breaks a text into lines of at most `width` columns: at spaces, and between the characters of languages that have none.
 * A longer word stays whole. At {@link noBreakSpace}, no line is broken; it becomes a space.
 */
export function wrap(text: string, width: number, indent = ''): string {
  const room = width - displayWidth(indent);
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    let lineWidth = 0;
    for (const word of paragraph.split(' ')) {
      for (const [index, part] of unbreakableParts(word).entries()) {
        const space = line !== '' && index === 0 ? 1 : 0;
        const partWidth = displayWidth(part);
        if (line !== '' && lineWidth + space + partWidth > room) {
          lines.push(indent + line);
          line = part;
          lineWidth = partWidth;
        } else {
          line += ' '.repeat(space) + part;
          lineWidth += space + partWidth;
        }
      }
    }
    lines.push(line === '' ? '' : indent + line);
  }
  return lines.join('\n').replaceAll(noBreakSpace, ' ');
}

/** A text whose longer lines are broken, with the indentation of each line kept. */
export function fitted(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => {
      if (displayWidth(line) <= width) return line.replaceAll(noBreakSpace, ' ');
      const indent = /^ */.exec(line)![0];
      return wrap(line.slice(indent.length), width, indent);
    })
    .join('\n');
}

/** A line cut to `width` columns. @param mark what shows that something was cut, one column wide */
export function truncate(text: string, width: number, mark = '…'): string {
  if (displayWidth(text) <= width) return text;
  const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
  let kept = '';
  let left = width - 1;
  for (const { segment } of graphemes.segment(text)) {
    left -= displayWidth(segment);
    if (left < 0) break;
    kept += segment;
  }
  return kept + mark;
}

/** Full-width punctuation, which has its space in it. */
const wideEnd = /[\u3000-\u303f\uff00-\uff60]$/u;

/** A value after its label: with a space between, except after full-width punctuation. */
export function labeled(label: string, value: string): string {
  return value === '' || wideEnd.test(label) ? label + value : `${label} ${value}`;
}

/**
 * The same in at most `width` columns. What does not fit is cut, of the label first: of the value, half of the line stays.
 *
 * @param mark as in {@link truncate}
 * @returns the text, and where the value begins in it
 */
export function labeledWithin(
  label: string,
  value: string,
  width: number,
  mark = '…',
): { text: string; at: number } {
  if (value === '') return { text: truncate(label, width, mark), at: 0 };
  const shownValue = truncate(value, Math.max(width - displayWidth(label) - 1, Math.floor(width / 2)), mark);
  const shownLabel = truncate(label, width - displayWidth(shownValue) - 1, mark);
  const text = labeled(shownLabel, shownValue);
  return { text, at: text.length - shownValue.length };
}

/** Parts that stay whole, side by side, in lines of at most `width` columns. */
export function wrapParts(parts: readonly string[], separator: string, width: number): string {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = lines.length === 0 ? part : `${lines.at(-1)}${separator}${part}`;
    if (lines.length === 0 || displayWidth(longer) > width) lines.push(part);
    else lines[lines.length - 1] = longer;
  }
  return lines.join('\n');
}

/** No column is wider, so that one long cell does not push the others off the page. */
const widestCell = 46;

/** Rows of cells, aligned; lines that are too long are cut. `indent` is the room that the caller puts before them. */
export function columns(rows: readonly (readonly string[])[], indent = 0): string[] {
  const lines = rows.map((row) => row.map(onOneLine));
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.min(widestCell, widest(lines.map((row) => row[column]!))),
  );
  return lines.map((row) => {
    const line = row
      .map((cell, column) =>
        column === row.length - 1 ? cell : padEnd(truncate(cell, widths[column]!), widths[column]!),
      )
      .join('  ');
    return truncate(line, pageWidth - indent);
  });
}

/** Rows of two cells in `width` columns. The second one is wrapped; it goes below a first one that is too long. */
export function wrappedRows(rows: readonly (readonly [string, string])[], width: number): string[] {
  const column = Math.min(
    Math.max(...rows.map(([first]) => displayWidth(first))),
    Math.max(20, Math.floor(width * 0.55)),
  );
  return rows.flatMap(([first, second]) => {
    const lines = wrap(second, Math.max(16, width - column - 2)).split('\n');
    const isLong = displayWidth(first) > column;
    const texts = isLong ? ['', ...lines] : lines;
    return texts.map((text, index) =>
      truncate(`${padEnd(index === 0 ? first : '', column)}  ${text}`.trimEnd(), width),
    );
  });
}

/** A cell that a row stays one line with; it may have colours. */
function onOneLine(cell: string): string {
  return cell.replace(/[\n\r\t]/g, escaped);
}

/** A path as a person would type it in the current folder. */
export function displayPath(path: string): string {
  const shorter = relative('', path);
  return shorter === '' || shorter.startsWith('..') ? path : shorter;
}

/** 340 ms, 1.2 s. @param space before the unit */
export function milliseconds(elapsed: number, space = ' '): string {
  return elapsed < 1000 ? `${elapsed}${space}ms` : `${(elapsed / 1000).toFixed(1)}${space}s`;
}

const timeUnits = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** A duration to the second, in the units of `emulator clock --advance`: `29d 23h 5s`. */
export function durationText(duration: number): string {
  let seconds = Math.round(Math.abs(duration) / 1000);
  const parts: string[] = [];
  for (const [unit, length] of timeUnits) {
    const count = Math.floor(seconds / length);
    seconds -= count * length;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.length > 0 ? parts.join(' ') : '0s';
}

/** Characters that steer a terminal or hide text: control and format characters (as for bidirectional text), line separators. */
export const steeringCharacters = '[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]';

const steering = new RegExp(steeringCharacters, 'gu');

/** Text from elsewhere on one line of a terminal or a log: control and format characters are escaped. */
export function printable(text: string): string {
  return text.replace(steering, escaped);
}

/** A character as JSON escapes it, so that JSON stays JSON. */
export function escaped(character: string): string {
  const short = JSON.stringify(character).slice(1, -1);
  if (short !== character) return short;
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
