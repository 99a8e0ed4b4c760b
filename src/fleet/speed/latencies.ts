/** Percentiles of many durations, and a histogram to show. */
import { createHistogram } from 'node:perf_hooks';

export interface LatencySummary {
  /** All in milliseconds. */
  p50: number;
  p90: number;
  p95: number;
  p99: number;
  max: number;
  mean: number;
  /** How many durations were measured: a batch of devices is one. */
  measurements: number;
  /** Durations below `belowMs` that are not in an earlier bar; from the first bar that is not empty to the last. */
  histogram: { belowMs: number; count: number }[];
}

/** 0.01, 0.015, 0.02, 0.03, 0.05, 0.07, 0.1, ... ms, up to some minutes: about the same factor each. */
const bounds = [-2, -1, 0, 1, 2, 3, 4, 5].flatMap((power) =>
  [1, 1.5, 2, 3, 5, 7].map((digit) => (power < 0 ? digit / 10 ** -power : digit * 10 ** power)),
);

export class Latencies {
  readonly #histogram = createHistogram({ figures: 3 });
  #measurements = 0;
  readonly #counts = new Array<number>(bounds.length + 1).fill(0);

  /**
   * @param ms at least 0
   * @param count how many took this long
   */
  add(ms: number, count = 1): void {
    this.#measurements += 1;
    // Node's histogram takes whole microseconds, at least one.
    const microseconds = Math.max(1, Math.round(ms * 1000));
    for (let index = 0; index < count; index += 1) this.#histogram.record(microseconds);
    const bucket = bounds.findIndex((bound) => ms < bound);
    const index = bucket === -1 ? bounds.length : bucket;
    this.#counts[index] = this.#counts[index]! + count;
  }

  /** Undefined when nothing was added. */
  summary(): LatencySummary | undefined {
    const histogram = this.#histogram;
    if (histogram.count === 0) return undefined;
    // Certificates take a fraction of a millisecond.
    const ms = (microseconds: number) =>
      microseconds < 10_000 ? Math.round(microseconds / 10) / 100 : Math.round(microseconds / 100) / 10;
    const first = this.#counts.findIndex((count) => count > 0);
    const last = this.#counts.findLastIndex((count) => count > 0);
    return {
      p50: ms(histogram.percentile(50)),
      p90: ms(histogram.percentile(90)),
      p95: ms(histogram.percentile(95)),
      p99: ms(histogram.percentile(99)),
      max: ms(histogram.max),
      mean: ms(histogram.mean),
      measurements: this.#measurements,
      histogram: this.#counts.slice(first, last + 1).map((count, index) => ({
        belowMs: bounds[first + index] ?? Number.MAX_SAFE_INTEGER,
        count,
      })),
    };
  }
}
