/** How many devices were finished when, in few numbers however long it takes. */

export interface RateSummary {
  /** Of all devices over the whole time. */
  perSecond: number;
  /** In the busiest period. */
  peakPerSecond: number;
  /** The length of a period, in milliseconds. The last one may have ended early. */
  periodMs: number;
  /** Devices finished in each period. */
  counts: number[];
}

/** In less, batches and retries are seen rather than the rate. */
const firstPeriodMs = 500;
/** When there would be more, two become one. */
const maxPeriods = 120;

export class Rates {
  #periodMs = firstPeriodMs;
  #counts: number[] = [];

  /** @param ms since the beginning */
  add(ms: number, count = 1): void {
    let period = Math.max(0, Math.floor(ms / this.#periodMs));
    while (period >= maxPeriods) {
      this.#halve();
      period = Math.floor(ms / this.#periodMs);
    }
    while (this.#counts.length <= period) this.#counts.push(0);
    this.#counts[period]! += count;
  }

  /** @param elapsedMs how long it took in all. Undefined when nothing was added. */
  summary(elapsedMs: number): RateSummary | undefined {
    const counts = [...this.#counts];
    if (counts.length === 0) return undefined;
    const perSecond = (counts.reduce((sum, count) => sum + count, 0) / Math.max(1, elapsedMs)) * 1000;
    const peak = (Math.max(...counts) / this.#periodMs) * 1000;
    return {
      perSecond: rounded(perSecond),
      // Within one period, nothing is known of peaks.
      peakPerSecond: rounded(counts.length === 1 ? perSecond : Math.max(peak, perSecond)),
      periodMs: this.#periodMs,
      counts,
    };
  }

  #halve(): void {
    const counts = this.#counts;
    this.#counts = Array.from(
      { length: Math.ceil(counts.length / 2) },
      (_, index) => counts[2 * index]! + (counts[2 * index + 1] ?? 0),
    );
    this.#periodMs *= 2;
  }
}

/** Three digits are enough; slow keys make less than one a second. */
function rounded(perSecond: number): number {
  return perSecond < 100 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond);
}
