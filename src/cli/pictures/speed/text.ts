/** Latency and rate as pictures of characters. */
import type { LatencySummary } from '../../../fleet/speed/latencies.js';
import type { RateSummary } from '../../../fleet/speed/rates.js';
import { numberText } from '../../../languages/numbers.js';
import { padStart, widest, wrap } from '../../terminal/text.js';
import {
  barText,
  durationText,
  mostPeriods,
  percentilesText,
  ratesIn,
  rateText,
  roundAbove,
} from './words.js';

export interface TextPicture {
  /** Columns. */
  width: number;
  /** Whether to draw with blocks and lines, or with ASCII. */
  unicode: boolean;
}

/** A longer bar says no more. */
const longestBar = 60;
/** Eighths of a column, and of a row. */
const partsOfColumn = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const partsOfRow = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇'];

/** A bar for each range of durations, and the percentiles. */
export function latencyLines(latency: LatencySummary, { width, unicode }: TextPicture): string[] {
  const { histogram } = latency;
  const most = Math.max(...histogram.map(({ count }) => count));
  const labels = histogram.map(barText);
  const counts = histogram.map(({ count }) => numberText(count));
  const [labelWidth, countWidth] = [widest(labels), widest(counts)];
  const room = Math.max(8, Math.min(longestBar, width - labelWidth - countWidth - 4));
  return [
    ...wrap(percentilesText(latency), width).split('\n'),
    ...histogram.map(({ count }, index) => {
      const bar = barOf((count / most) * room, count, unicode);
      return `${padStart(labels[index]!, labelWidth)}  ${padStart(counts[index]!, countWidth)}  ${bar}`.trimEnd();
    }),
  ];
}

function barOf(length: number, count: number, unicode: boolean): string {
  if (!unicode) return '#'.repeat(count === 0 ? 0 : Math.max(1, Math.round(length)));
  const eighths = count === 0 ? 0 : Math.max(1, Math.round(length * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + partsOfColumn[eighths % 8];
}

const rows = 5;
/** Fewer periods show no course. */
const fewestPeriods = 4;
/** For the label of the highest line. */
const labelRoom = 14;
/** A short run is drawn with wider columns. */
const widestPeriod = 4;

/** Columns for the rate in each period, below the mean and the highest; only those for a short run. */
export function rateLines(rate: RateSummary, { width, unicode }: TextPicture): string[] {
  if (rate.counts.length < fewestPeriods) return wrap(rateText(rate), width).split('\n');
  const { perSecond, periodMs, highest } = ratesIn(rate, Math.min(mostPeriods, width - labelRoom));
  const top = roundAbove(highest);
  const labels = [numberText(top), numberText(top / 2), '0'];
  const labelWidth = widest(labels);
  const room = width - labelWidth - 3;
  const columns = Math.max(1, Math.min(widestPeriod, Math.floor(room / perSecond.length)));
  const [axis, floor, corner] = unicode ? ['│', '─', '└'] : ['|', '-', '+'];
  const lines = Array.from({ length: rows }, (_, index) => {
    const row = rows - 1 - index;
    const label = index === 0 ? labels[0]! : index * 2 === rows - 1 ? labels[1]! : '';
    const cells = perSecond.map((one) => cellOf((one / top) * rows - row, unicode).repeat(columns));
    return `${padStart(label, labelWidth)} ${axis}${cells.join('')}`.trimEnd();
  });
  const length = perSecond.length * columns;
  const end = durationText(perSecond.length * periodMs);
  const start = durationText(0);
  const times = start + padStart(end, Math.max(end.length + 1, length - start.length));
  return [
    ...wrap(rateText(rate, highest), width).split('\n'),
    ...lines,
    `${padStart('0', labelWidth)} ${corner}${floor!.repeat(length)}`,
    `${' '.repeat(labelWidth + 2)}${times}`,
  ];
}

/** @param height of the column above the bottom of this row, in rows */
function cellOf(height: number, unicode: boolean): string {
  if (!unicode) return height >= 0.5 ? '#' : ' ';
  if (height >= 1) return '█';
  return partsOfRow[Math.max(0, Math.round(height * 8))] ?? '█';
}
