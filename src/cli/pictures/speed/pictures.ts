/** Latency and rate as SVG. */

import type { LatencySummary } from '../../../fleet/speed/latencies.js';
import type { RateSummary } from '../../../fleet/speed/rates.js';
import { sentences } from '../../../languages/language.js';
import { numberText } from '../../../languages/numbers.js';
import { type Picture, round, svgText } from '../svg.js';
import {
  barText,
  durationText,
  mostPeriods,
  percentilesText,
  ratesIn,
  rateText,
  roundAbove,
} from './words.js';

const width = 960;

const histogram = { left: 150, width: 640, row: 24 };

/** A bar for each range of durations. */
export function latencyPicture(latency: LatencySummary): Picture {
  const most = Math.max(...latency.histogram.map(({ count }) => count));
  const rows = latency.histogram.map((one, index) => {
    const y = 8 + index * histogram.row;
    const length = one.count === 0 ? 0 : Math.max(2, (one.count / most) * histogram.width);
    return [
      svgText(histogram.left - 12, y + 13, 'plain', barText(one), 'end'),
      `<rect class="fill" x="${histogram.left}" y="${y}" width="${round(length)}" height="17"/>`,
      svgText(round(histogram.left + length + 10), y + 13, 'plain', numberText(one.count)),
    ].join('');
  });
  return {
    name: 'latency',
    title: sentences.cliFleet.latency,
    description: percentilesText(latency),
    width,
    height: 16 + rows.length * histogram.row,
    style: [],
    body: rows.join('\n'),
  };
}

const course = { left: 90, top: 12, width: 820, height: 180 };

/** A column for each period. */
export function ratePicture(rate: RateSummary): Picture {
  const { perSecond, periodMs, highest } = ratesIn(rate, mostPeriods);
  const top = roundAbove(highest);
  const column = course.width / perSecond.length;
  const bottom = course.top + course.height;
  const columns = perSecond.map((one, index) => {
    const height = (one / top) * course.height;
    return `<rect class="fill" x="${round(course.left + index * column)}" y="${round(bottom - height)}" width="${round(Math.max(1, column - 1))}" height="${round(height)}"/>`;
  });
  const lines = [top, top / 2, 0].map((value) => {
    const y = bottom - (value / top) * course.height;
    return `<path class="grid" d="M${course.left} ${y}.5H${course.left + course.width}"/>${svgText(course.left - 10, y + 4, 'small', numberText(value), 'end')}`;
  });
  const end = durationText(perSecond.length * periodMs);
  return {
    name: 'rate',
    title: sentences.cliFleet.rateHeading,
    description: rateText(rate, highest),
    width,
    height: bottom + 26,
    style: [['.grid', 'fill:none;stroke:var(--line);stroke-opacity:.6;shape-rendering:crispEdges']],
    body: [
      ...lines,
      ...columns,
      svgText(course.left, bottom + 18, 'small', durationText(0)),
      svgText(course.left + course.width, bottom + 18, 'small', end, 'end'),
    ].join('\n'),
  };
}
