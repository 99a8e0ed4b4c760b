import assert from 'node:assert/strict';
import { test } from 'uvu';
import { deregistrationText, enrollmentText, registrationText } from '../../src/cli/fleet/fleet-summary.js';

const nothingNew = (before: number) => ({ before, failed: 0, failures: [], elapsedMs: 12 });

test('one device is, two are', () => {
  const registered = (before: number) =>
    registrationText({ ...nothingNew(before), assigned: 0, throttled: 0, hubs: {} }, 'f');
  const enrolled = (before: number) => enrollmentText({ ...nothingNew(before), enrolled: 0 }, 'f');
  assert.equal(registered(1), '1 device is assigned already; nothing was done.');
  assert.equal(registered(2000), '2,000 devices are assigned already; nothing was done.');
  assert.equal(enrolled(1), '1 device is enrolled already; nothing was done.');
  assert.equal(enrolled(2), '2 devices are enrolled already; nothing was done.');
  assert.equal(deregistrationText(1, 0, 1234), '1 device is no longer registered (1.2 s).');
  assert.match(deregistrationText(2, 1, 0), /^2 devices are .*\n1 of them stays in hubs other than/);
});

test.run();
