/** The steps of a run on a line of time. */
import { sentences } from '../../languages/language.js';
import type { RecordedStep } from '../../quickstart/recording/schema.js';
import { plainText } from '../pictures/markup.js';
import { hatchPattern, type Picture, round, svgText } from '../pictures/svg.js';
import { milliseconds, truncate } from '../terminal/text.js';

const width = 960;
const margin = 20;
const bars = { left: 440, width: 350 };
const firstRow = 12;
const rowHeight = 30;
/** A run has a dozen; a recording may come from anywhere. */
const maxSteps = 40;
/** Columns for the title of a step. */
const titleColumns = 52;

/** @param elapsedMs of the whole run */
export function timeline(steps: readonly RecordedStep[], elapsedMs: number): Picture {
  const text = sentences.cliReport.timeline;
  const total = Math.max(
    1,
    steps.reduce((sum, step) => sum + step.elapsedMs, 0),
  );
  const place = (ms: number) => bars.left + (ms / total) * bars.width;
  const parts: string[] = [];
  let before = 0;
  let y = firstRow;
  for (const step of steps.slice(0, maxSteps)) {
    const [from, to] = [place(before), place(before + step.elapsedMs)];
    before += step.elapsedMs;
    const spent = milliseconds(Math.round(step.elapsedMs));
    const note = step.status === 'done' ? spent : `${spent}, ${text.statuses[step.status]}`;
    parts.push(
      svgText(margin, y + 14, 'plain', truncate(plainText(step.title), titleColumns)),
      `<rect class="bar ${step.status}" x="${round(from)}" y="${y}" width="${round(Math.max(3, to - from))}" height="18"/>`,
      svgText(bars.left + bars.width + 14, y + 14, `plain ${step.status}`, note),
    );
    y += rowHeight;
  }
  const ticks = ticksOf(total);
  const axis = ticks.map(
    (ms) =>
      `<path class="grid" d="M${round(place(ms))} ${firstRow - 6}V${y}"/>${svgText(round(place(ms)), y + 16, 'small', milliseconds(ms), 'middle')}`,
  );
  const summary = text.summary(steps.length, milliseconds(Math.round(elapsedMs)));
  return {
    name: 'timeline',
    title: text.title,
    description: summary,
    summary,
    width,
    height: y + 32,
    style: [
      ['.grid', 'fill:none;stroke:var(--line);stroke-opacity:.5;stroke-dasharray:2 3'],
      ['.bar', 'fill:var(--used);stroke:var(--used)'],
      ['.bar.already', 'fill:var(--back);stroke-width:2'],
      ['.bar.failed', 'fill:url(#timeline-failed);stroke:var(--expired)'],
      ['.bar.interrupted', 'fill:var(--back);stroke:var(--soon);stroke-width:2;stroke-dasharray:5 3'],
      ['text.failed', 'fill:var(--expired);font-weight:bold'],
      ['text.interrupted', 'fill:var(--soon);font-weight:bold'],
    ],
    definitions: hatchPattern('timeline-failed'),
    body: [...axis, ...parts].join('\n'),
  };
}

/** About five round times from 0 to the end. */
function ticksOf(total: number): number[] {
  const rough = total / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((digit) => digit * power).find((one) => one >= rough)!);
  return Array.from({ length: Math.floor(total / step) + 1 }, (_, index) => Math.round(index * step));
}
