/** Percentiles of many durations, and a histogram to show. */
import { createHistogram } from 'node:perf_hooks';

export interface LatencySummary {
  /** All in milliseconds. */
  p50: number;
  p90: number;
  p99: number;
  max: number;
  mean: number;
  /** Durations below `belowMs` that are not in an earlier bar; from the first bar that is not empty to the last. */
  histogram: { belowMs: number; count: number }[];
}

/** 1, 1.5, 2, 3, 5, 7, 10, ... ms, up to some minutes: about the same factor each. */
const bounds = [0, 1, 2, 3, 4, 5].flatMap((power) =>
  [1, 1.5, 2, 3, 5, 7].map((digit) => digit * 10 ** power),
);

export class Latencies {
  readonly #histogram = createHistogram({ figures: 3 });
  readonly #counts = new Array<number>(bounds.length + 1).fill(0);

  /** @param ms at least 0 */
  add(ms: number): void {
    // Node's histogram takes whole microseconds, at least one.
    this.#histogram.record(Math.max(1, Math.round(ms * 1000)));
    const bucket = bounds.findIndex((bound) => ms < bound);
    const index = bucket === -1 ? bounds.length : bucket;
    this.#counts[index] = this.#counts[index]! + 1;
  }

  /** Undefined when nothing was added. */
  summary(): LatencySummary | undefined {
    const histogram = this.#histogram;
    if (histogram.count === 0) return undefined;
    const ms = (microseconds: number) => Math.round(microseconds / 100) / 10;
    const first = this.#counts.findIndex((count) => count > 0);
    const last = this.#counts.findLastIndex((count) => count > 0);
    return {
      p50: ms(histogram.percentile(50)),
      p90: ms(histogram.percentile(90)),
      p99: ms(histogram.percentile(99)),
      max: ms(histogram.max),
      mean: ms(histogram.mean),
      histogram: this.#counts.slice(first, last + 1).map((count, index) => ({
        belowMs: bounds[first + index] ?? Number.MAX_SAFE_INTEGER,
        count,
      })),
    };
  }
}
