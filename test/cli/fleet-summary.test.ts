import assert from 'node:assert/strict';
import { test } from 'uvu';
import { deregistrationText, enrollmentText, registrationText } from '../../src/cli/fleet/fleet-summary.js';

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
  assert.equal(deregistrationText(1, 0, 1234), 'Deleted the registration records of 1 device (1.2 s).');
  assert.match(deregistrationText(2, 1, 0), / 2 devices .*\n1 device remains in hubs other than/);
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

test.run();
