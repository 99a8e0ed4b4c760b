/** `group devices`, `registration show` and `registration delete` against an emulator. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { inCommandWorld } from './running-emulator.js';

test('group devices lists the registrations of a group; registration show and delete act on one', () =>
  inCommandWorld(async ({ enrollkit, json }) => {
    await json(['quickstart', '--yes', '--count', '3', '--no-telemetry']);

    const all = await json(['group', 'devices', 'enrollkit-devices']);
    assert.equal(all.enrollmentGroupId, 'enrollkit-devices');
    assert.equal(all.isComplete, true);
    const ids = all.registrations.map(({ registrationId }: any) => registrationId);
    assert.deepEqual(ids.sort(), ['device-001', 'device-002', 'device-003']);
    for (const { status, assignedHub, deviceId, lastUpdatedDateTimeUtc } of all.registrations)
      assert.ok(status === 'assigned' && assignedHub && deviceId && lastUpdatedDateTimeUtc);
    for (const [limit, isComplete] of [
      [2, false],
      [3, true],
    ] as const) {
      const some = await json(['group', 'devices', 'enrollkit-devices', '--limit', String(limit)]);
      assert.deepEqual([some.registrations.length, some.isComplete], [limit, isComplete]);
    }
    const table = (await enrollkit('group', 'devices', 'enrollkit-devices')).stdout.trimEnd().split('\n');
    assert.equal(table.length, 4);
    assert.match(table.join('\n'), /^device-002 +assigned +device-002 +\d{4}-\d\d-\d\d \d\d:\d\dZ +\S+$/m);
    for (const line of table) assert.ok(line.length <= 80, line);

    assert.equal((await json(['registration', 'show', 'device-001'])).status, 'assigned');
    assert.match((await enrollkit('registration', 'show', 'device-001')).stdout, /^Status +assigned/m);
    assert.equal((await json(['registration', 'delete', 'device-001'], 8)).code, 'NEEDS_INPUT');
    assert.deepEqual(await json(['registration', 'delete', 'device-001', '--yes']), {
      deleted: 'device-001',
    });
    assert.equal((await json(['registration', 'show', 'device-001'], 4)).code, 'NOT_FOUND');
    assert.equal((await json(['registration', 'delete', 'device-001', '--yes'], 4)).code, 'NOT_FOUND');
    // It is still enrolled.
    await json(['device', 'register', 'device-001']);
    assert.equal((await json(['registration', 'show', 'device-001'])).status, 'assigned');
  }));

test('an empty group, an unknown one, and illegal IDs', () =>
  inCommandWorld(async ({ enrollkit, json }) => {
    const unknown = await json(['group', 'devices', 'none'], 4);
    assert.equal(unknown.code, 'NOT_FOUND');
    assert.equal((await json(['group', 'devices', 'a b'], 2)).code, 'INVALID_ENROLLMENT_GROUP_ID');
    // Too long for a common name, and legal with another attestation.
    assert.equal((await json(['registration', 'show', 'a'.repeat(128)], 4)).code, 'NOT_FOUND');
    for (const id of ['a'.repeat(129), 'a/b', '..', '']) {
      const { code } = await json(['registration', 'show', id], 2);
      assert.equal(code, 'INVALID_REGISTRATION_ID', id);
    }
    assert.equal((await enrollkit('registration', 'show')).status, 2);
  }));

test.run();
