/** Durations and rates in words. */

import type { LatencySummary } from '../../../fleet/speed/latencies.js';
import type { RateSummary } from '../../../fleet/speed/rates.js';
import { sentences } from '../../../languages/language.js';
import { numberText } from '../../../languages/numbers.js';

/** `0.05 ms`, `227 ms`, `1.5 s` */
export function durationText(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 100) / 100} ms`;
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`;
}

/** The durations that people compare, with their names. */
export function percentilesText({ p50, p95, p99, max }: LatencySummary): string {
  const shown = [p50, p95, p99, max].map(durationText) as [string, string, string, string];
  return sentences.cliFleet.percentiles(...shown);
}

/** @param highest of the periods that are drawn, which may be longer than those of the summary */
export function rateText({ perSecond, peakPerSecond }: RateSummary, highest = peakPerSecond): string {
  const shown = highest < 100 ? Math.round(highest * 10) / 10 : Math.round(highest);
  return sentences.cliFleet.rate(numberText(perSecond), numberText(Math.max(perSecond, shown)));
}

/** Periods in a picture: more would show accidents rather than the course. */
export const mostPeriods = 60;

/** What a bar of the histogram stands for. */
export function barText({ belowMs }: LatencySummary['histogram'][number]): string {
  const { slowest, faster } = sentences.cliFleet;
  return belowMs === Number.MAX_SAFE_INTEGER ? slowest : faster(durationText(belowMs));
}

/**
 * The rate of each period, after neighboring periods are joined.
 *
 * @param most how many periods may be left
 */
export function ratesIn(
  { counts, periodMs }: RateSummary,
  most: number,
): { perSecond: number[]; periodMs: number; highest: number } {
  const joined = Math.max(1, Math.ceil(counts.length / most));
  const perSecond = Array.from({ length: Math.ceil(counts.length / joined) }, (_, index) => {
    const part = counts.slice(index * joined, (index + 1) * joined);
    return (part.reduce((sum, count) => sum + count, 0) / (part.length * periodMs)) * 1000;
  });
  return { perSecond, periodMs: periodMs * joined, highest: Math.max(...perSecond) };
}

/** The smallest round number that is not below a rate. */
export function roundAbove(rate: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(rate, 1e-3)));
  return [1, 1.5, 2, 3, 4, 6, 8, 10].map((digit) => digit * power).find((one) => one >= rate * 0.999)!;
}
