import assert from 'node:assert/strict';
import { setTimeout as sleep, setImmediate as soon } from 'node:timers/promises';
import fc from 'fast-check';
import { test } from 'uvu';
import { Pace } from '../../src/fleet/registration/pace.js';
import { Latencies } from '../../src/fleet/speed/latencies.js';

async function* numbers(count: number) {
  for (let number = 0; number < count; number += 1) yield number;
}

const signal = new AbortController().signal;

test('everything is done once, never more at once than was said', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 8 }),
      async (count, concurrency) => {
        const done: number[] = [];
        let atOnce = 0;
        let most = 0;
        await new Pace({ concurrency, signal }).forEach(numbers(count), async (number) => {
          atOnce += 1;
          most = Math.max(most, atOnce);
          await sleep(number % 3);
          atOnce -= 1;
          done.push(number);
        });
        assert.deepEqual(
          done.sort((one, other) => one - other),
          [...Array(count).keys()],
        );
        assert.ok(most <= concurrency);
        if (count >= concurrency) assert.equal(most, concurrency);
      },
    ),
    { numRuns: 20 },
  ));

test('no more begin in a minute than was said', async () => {
  const begun: number[] = [];
  const pace = new Pace({ concurrency: 50, perMinute: 6000, signal });
  await pace.forEach(numbers(20), async () => {
    begun.push(performance.now());
  });
  // 10 ms from one to the next; a late timer may be made up for by 50 ms.
  assert.ok(begun.at(-1)! - begun[0]! >= 190 - 50 - 10, `${begun.at(-1)! - begun[0]!} ms`);
});

test('what counts for several operations takes as long as they do', async () => {
  const begun: number[] = [];
  const pace = new Pace({ concurrency: 50, perMinute: 6000, signal });
  const act = async () => {
    begun.push(performance.now());
    await pace.turn(3);
  };
  await pace.forEach(numbers(4), act, () => 2);
  // 20 ms after each of three beginnings, and 30 for each turn that was taken by then.
  assert.ok(begun.at(-1)! - begun[0]! >= 60 - 50 - 10, `${begun.at(-1)! - begun[0]!} ms`);
  const before = performance.now();
  await pace.turn();
  await pace.turn(10);
  await pace.turn();
  assert.ok(performance.now() - before >= 110 - 50 - 10, `${performance.now() - before} ms`);
});

test('after a pause nothing begins until it is over, whatever was to begin', async () => {
  const pace = new Pace({ concurrency: 8, signal });
  const begun: number[] = [];
  const before = performance.now();
  pace.pause(60);
  pace.pause(10);
  await pace.forEach(numbers(8), async () => {
    begun.push(performance.now() - before);
  });
  assert.equal(begun.length, 8);
  assert.ok(Math.min(...begun) >= 60, String(begun));
});

test('what is thrown ends it, and what is under way is waited for', async () => {
  const done: number[] = [];
  const run = new Pace({ concurrency: 3, signal }).forEach(numbers(100), async (number) => {
    await sleep(number === 1 ? 1 : 20);
    if (number === 1) throw new Error('one');
    done.push(number);
  });
  await assert.rejects(run, /one/);
  assert.ok(done.includes(0) && done.includes(2) && done.length < 10, String(done));
});

test('percentiles are those of the sorted times, and the histogram counts each once', () =>
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
      (times) => {
        const latencies = new Latencies();
        for (const time of times) latencies.add(time);
        const summary = latencies.summary()!;
        const sorted = times.toSorted((one, other) => one - other);
        // Rounded to 0.1 ms, and to three figures; a rank that falls between two times may be either.
        const between = (actual: number, low: number, high: number) =>
          assert.ok(
            actual >= low * 0.998 - 0.06 && actual <= high * 1.002 + 0.06,
            `${actual}, not ${low} to ${high}`,
          );
        const percentile = (actual: number, part: number) => {
          const rank = times.length * part;
          between(
            actual,
            sorted[Math.max(0, Math.floor(rank) - 1)]!,
            sorted[Math.min(times.length - 1, Math.ceil(rank))]!,
          );
        };
        between(summary.max, sorted.at(-1)!, sorted.at(-1)!);
        percentile(summary.p50, 0.5);
        percentile(summary.p90, 0.9);
        percentile(summary.p99, 0.99);
        let below = 0;
        for (const { belowMs, count } of summary.histogram) {
          below += count;
          assert.equal(below, sorted.filter((time) => time < belowMs).length);
        }
        assert.equal(below, times.length);
      },
    ),
  ));

test('no times have no summary', () => assert.equal(new Latencies().summary(), undefined));

test('many at once, each listening for the abort, make Node.js warn of no leak', async () => {
  const warnings: string[] = [];
  const warned = (warning: Error) => warnings.push(warning.name);
  process.on('warning', warned);
  try {
    const { signal } = new AbortController();
    await new Pace({ concurrency: 16, signal }).forEach(numbers(16), () => sleep(20, undefined, { signal }));
    await soon();
  } finally {
    process.off('warning', warned);
  }
  assert.deepEqual(warnings, []);
});

test.run();
