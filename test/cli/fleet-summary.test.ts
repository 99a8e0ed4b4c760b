import assert from 'node:assert/strict';
import { test } from 'uvu';
import {
  deregistrationText,
  enrollmentText,
  pictureFor,
  registrationText,
  speedLines,
} from '../../src/cli/fleet/fleet-summary.js';
import { displayWidth } from '../../src/cli/terminal/text.js';
import { Latencies } from '../../src/fleet/speed/latencies.js';
import { Rates } from '../../src/fleet/speed/rates.js';

const nothingNew = (before: number) => ({ before, failed: 0, failures: [], elapsedMs: 12 });
const noneOf = { created: 0, updated: 0, unchanged: 0, failed: 0, failures: [], elapsedMs: 12 };

test('one device is, two are', () => {
  const registered = (before: number) =>
    registrationText({ ...nothingNew(before), assigned: 0, throttled: 0, sentAgain: 0, hubs: {} }, 'f');
  const enrolled = (unchanged: number) => enrollmentText({ ...noneOf, enrolled: unchanged, unchanged }, 'f');
  assert.equal(registered(1), '1 device is already assigned. Nothing to do.');
  assert.equal(registered(2000), '2,000 devices are already assigned. Nothing to do.');
  assert.equal(enrolled(1), '1 device is already enrolled. Nothing to do.');
  assert.equal(enrolled(2), '2 devices are already enrolled. Nothing to do.');
  assert.equal(deregistrationText(1, 0, 1234), '1 device no longer has a registration record (1.2 s).');
  assert.match(deregistrationText(2, 1, 0), /^2 devices .*\n1 device remains in hubs other than/);
});

test('enrollments are counted by what came of them, those that there are none of left out', () => {
  const text = (counts: Record<'created' | 'updated' | 'unchanged' | 'failed', number>) =>
    enrollmentText(
      { ...noneOf, ...counts, enrolled: counts.created + counts.updated + counts.unchanged },
      'f.ndjson',
    ).split('\n');
  const [all, , file] = text({ created: 1200, updated: 2, unchanged: 3, failed: 0 });
  assert.equal(all, '1,205 devices enrolled: 1,200 created, 2 updated, 3 unchanged; 0 failed, in 0.0 s');
  assert.match(file!, /f\.ndjson$/);
  const [some] = text({ created: 0, updated: 1, unchanged: 0, failed: 2 });
  assert.equal(some, '1 device enrolled: 1 updated; 2 failed, in 0.0 s');
  const [none] = text({ created: 0, updated: 0, unchanged: 0, failed: 1 });
  assert.equal(none, '0 devices enrolled; 1 failed, in 0.0 s');
});

test('pictures of speed fit the terminal, and are ASCII without Unicode', () => {
  const [latencies, rates] = [new Latencies(), new Rates()];
  // A device every 7 ms for a minute, each in a time from 1 ms to 10 s.
  const count = 8600;
  for (let index = 0; index < count; index += 1) {
    latencies.add(10 ** ((index * 4) / count));
    rates.add(index * 7);
  }
  const speed = { latency: latencies.summary(), rate: rates.summary(count * 7) };
  assert.equal(
    speed.rate!.counts.reduce((sum, one) => sum + one, 0),
    count,
  );
  assert.ok(speed.rate!.counts.length <= 121 && Math.abs(speed.rate!.perSecond - 143) <= 1);
  for (const width of [60, 80, 120]) {
    for (const unicode of [true, false]) {
      const lines = speedLines(speed, 'Latency', { width, unicode });
      for (const line of lines) assert.ok(displayWidth(line) <= width, line);
      const text = lines.join('\n');
      assert.equal(/^[\n\x20-\x7e]*$/.test(text), !unicode);
      assert.match(text, /p50 100 ms, p95 6\.3 s, p99 9\.1 s, max 10 s/);
      assert.match(text, unicode ? /│█{10,}/ : /\|#{10,}/);
    }
  }
  const [nineBatches, tenBatches] = [new Latencies(), new Latencies()];
  for (let batch = 0; batch < 9; batch += 1) nineBatches.add(batch, 100);
  for (let batch = 0; batch < 10; batch += 1) tenBatches.add(batch, 100);
  const pictureOf = (one: Latencies) =>
    speedLines({ ...speed, latency: one.summary() }, 'Latency', { width: 60, unicode: false });
  assert.deepEqual(pictureOf(nineBatches), []);
  assert.ok(pictureOf(tenBatches).length > 15);
  const few = new Rates();
  few.add(10);
  const short = speedLines({ rate: few.summary(20) }, 'Latency', { width: 60, unicode: false });
  assert.equal(short.length, 3, short.join('\n'));
  assert.deepEqual(speedLines({}, 'Latency', { width: 60, unicode: false }), []);
  assert.deepEqual(pictureFor({ isTTY: true, columns: 120 }, { LANG: 'C' }), { width: 120, unicode: false });
  assert.deepEqual(pictureFor({ isTTY: true, columns: 60 }, { TERM: 'dumb' }), { width: 60, unicode: false });
  assert.deepEqual(pictureFor({}, { LANG: 'en_US.UTF-8' }), { width: 80, unicode: false });
});

test.run();
