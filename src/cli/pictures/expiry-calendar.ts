/** When certificates end, as a calendar of months. */
import { currentLanguage, sentences } from '../../languages/language.js';
import { numberText } from '../../languages/numbers.js';
import type { State } from './certificate-tree/validity.js';
import { hatchPattern, type Picture, svgText } from './svg.js';

/** Certificates that end at the same time. */
export interface Expiry {
  notAfter: Date;
  state: State;
  count: number;
}

const width = 960;
const left = 84;
const cell = { width: 70, height: 34, gap: 2 };
const firstRow = 26;
/** More years are summed up in a last row. */
const maxYears = 12;

/** How urgent each state is: a month shows the most urgent one of its certificates. */
const urgency: readonly State[] = ['not-yet-valid', 'valid', 'ends-soon', 'expired'];

/** `1.2M`: a month has room for six digits. */
const compact = new Intl.NumberFormat('en', { notation: 'compact' });

interface Month {
  count: number;
  state: State;
}

/** @param at now, which is marked */
export function expiryCalendar(expiries: readonly Expiry[], at: Date): Picture {
  const text = sentences.cliReport.calendar;
  const months = monthsOf(expiries);
  const now = monthOf(at);
  const years = [...new Set([now, ...months.keys()].map(yearOf))].sort((a, b) => a - b);
  const shown = years.slice(0, maxYears);
  const later = [...months].filter(([month]) => !shown.includes(yearOf(month)));
  const names = new Intl.DateTimeFormat(currentLanguage(), { month: 'short', timeZone: 'UTC' });
  const x = (month: number) => left + month * (cell.width + cell.gap);
  const parts = Array.from({ length: 12 }, (_, month) =>
    svgText(x(month) + cell.width / 2, firstRow - 10, 'small', names.format(Date.UTC(2000, month)), 'middle'),
  );
  let y = firstRow;
  for (const [index, year] of shown.entries()) {
    // Years without an end in between are left out.
    if (index > 0 && year - shown[index - 1]! > 1) {
      parts.push(svgText(left - 10, y + 11, 'small', '…', 'end'));
      y += 18;
    }
    parts.push(svgText(left - 10, y + 22, 'year', String(year), 'end'));
    for (let month = 0; month < 12; month += 1) {
      const key = year * 12 + month;
      parts.push(monthCell(x(month), y, months.get(key), key === now));
    }
    y += cell.height + cell.gap;
  }
  if (later.length > 0) {
    const count = later.reduce((sum, [, one]) => sum + one.count, 0);
    parts.push(svgText(left, y + 22, 'plain', text.later(shown.at(-1)!, count)));
    y += cell.height;
  }
  const legend = [
    ['expired', text.expired],
    ['ends-soon', text.soon],
    ['valid', text.valid],
  ] as const;
  y += 14;
  for (const [index, [state, label]] of legend.entries()) {
    const at = left + index * 190;
    parts.push(box(at, y, 26, 18, state), svgText(at + 34, y + 14, 'small', label));
  }
  parts.push(
    `<rect class="now" x="${left + 570}.5" y="${y}.5" width="25" height="17"/>`,
    svgText(left + 604, y + 14, 'small', text.now),
  );
  const total = expiries.reduce((sum, { count }) => sum + count, 0);
  const description = text.description(
    total,
    [...months].map(([month, { count }]) => named(month, count)),
  );
  return {
    name: 'expiry-calendar',
    title: text.title,
    description,
    width,
    height: y + 32,
    style: [
      ['.year', 'font-weight:bold'],
      ['.empty', 'fill:none;stroke:var(--line);stroke-opacity:.35'],
      ['.box', 'fill:var(--back);stroke:var(--used);stroke-width:1.5'],
      ['.box.ends-soon', 'stroke:var(--soon);stroke-width:4'],
      ['.box.expired', 'fill:url(#expiry-calendar-expired);stroke:var(--expired)'],
      ['.behind', 'fill:var(--back)'],
      ['.count', 'font-size:14px;font-weight:bold'],
      ['.now', 'fill:none;stroke:var(--text);stroke-width:1.5;stroke-dasharray:4 3'],
    ],
    definitions: hatchPattern('expiry-calendar-expired'),
    body: parts.join('\n'),
  };
}

function monthsOf(expiries: readonly Expiry[]): ReadonlyMap<number, Month> {
  const months = new Map<number, Month>();
  for (const { notAfter, state, count } of expiries) {
    const key = monthOf(notAfter);
    const known = months.get(key) ?? { count: 0, state };
    const worse = urgency.indexOf(state) > urgency.indexOf(known.state) ? state : known.state;
    months.set(key, { count: known.count + count, state: worse });
  }
  return new Map([...months].sort(([a], [b]) => a - b));
}

/** Months since the year 0. */
function monthOf(date: Date): number {
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function yearOf(month: number): number {
  return Math.floor(month / 12);
}

function named(month: number, count: number): string {
  return `${yearOf(month)}-${String((month % 12) + 1).padStart(2, '0')}: ${count}`;
}

function monthCell(x: number, y: number, month: Month | undefined, isNow: boolean): string {
  const { width: w, height: h } = cell;
  const mark = isNow ? `<rect class="now" x="${x}.5" y="${y}.5" width="${w - 1}" height="${h - 1}"/>` : '';
  if (!month) return `<rect class="empty" x="${x}.5" y="${y}.5" width="${w - 1}" height="${h - 1}"/>${mark}`;
  const count = month.count < 100_000 ? numberText(month.count) : compact.format(month.count);
  const room = count.length * 9 + 8;
  return [
    box(x + 5, y + 4, w - 10, h - 8, month.state),
    `<rect class="behind" x="${x + (w - room) / 2}" y="${y + 7}" width="${room}" height="${h - 14}"/>`,
    svgText(x + w / 2, y + 22, 'count', count, 'middle'),
    mark,
  ].join('');
}

function box(x: number, y: number, w: number, h: number, state: State): string {
  return `<rect class="box ${state}" x="${x}" y="${y}" width="${w}" height="${h}" rx="3"/>`;
}
