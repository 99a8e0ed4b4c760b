import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { HubService } from '../../src/dps/client/hub-service.js';
import { deregisterFleet } from '../../src/fleet/deregister-fleet.js';
import { type EnrollFleetOptions, enrollFleet } from '../../src/fleet/enroll-fleet.js';
import { type FleetWorld, inFleetWorld, resultsOf } from './registration-support.js';

const signal = new AbortController().signal;

function enroll({ service }: FleetWorld, out: string, more: Partial<EnrollFleetOptions> = {}) {
  return enrollFleet({
    files: { out, manifest: `${out}.manifest.csv` },
    results: `${out}.enrollments.ndjson`,
    service,
    settings: { provisioningStatus: 'enabled', allocationPolicy: 'hashed' },
    update: false,
    concurrency: 2,
    signal,
    ...more,
  });
}

test('a fleet enrolled one by one registers without a group, with its tags, and is taken back whole', () =>
  inFleetWorld(async (world) => {
    const ids = Array.from({ length: 23 }, (_, index) => `s-${index + 1}`);
    const rows = ids.map((id, index) => `${id},${index % 2 ? 'left' : ''}`);
    writeFileSync(join(world.folder, 'list.csv'), `registrationId,tags.side\n${rows.join('\n')}\n`);
    const out = await world.issue('f', '--from', 'list.csv', '--format', 'ndjson');
    const settings = { initialTwin: { tags: { site: 'one' }, properties: { desired: { rate: 5 } } } };
    const result = await enroll(world, out, { settings });
    assert.deepEqual([result.created, result.enrolled, result.failed], [23, 23, 0]);
    const posts = world.events.filter(({ method, url }) => method === 'POST' && /enrollments/.test(url));
    assert.deepEqual(
      posts.map(({ url }) => new URL(url).pathname),
      ['/enrollments/query', ...Array(3).fill('/enrollments'), '/enrollments/query'],
    );
    const enrollment = await world.service.getEnrollment('s-2');
    assert.deepEqual(enrollment?.initialTwin?.tags, { site: 'one', side: 'left' });
    assert.equal((await enroll(world, out, { settings })).unchanged, 23);
    assert.equal((await enroll(world, out)).failed, 23, 'they have no allocation policy of their own');

    assert.equal((await world.register(out)).assigned, 23);
    const hub = new HubService(world.target.hubConnectionStrings[0]!, world.target);
    try {
      assert.ok(await hub.getDevice('s-23'));
      const gone = await deregisterFleet({
        manifest: `${out}.manifest.csv`,
        target: world.target,
        service: world.service,
        enrollments: true,
        hubDevices: true,
        concurrency: 2,
        signal,
      });
      assert.deepEqual([gone.devices, gone.leftInHubs], [23, 0]);
      for (const id of ids) {
        assert.equal(await world.service.getRegistration(id), undefined);
        assert.equal(await world.service.getEnrollment(id), undefined);
        assert.equal(await hub.getDevice(id), undefined);
      }
    } finally {
      hub.close();
    }
  }));

test('existing enrollments: the same one is fine, another is a conflict, or changed when asked', () =>
  inFleetWorld(async (world) => {
    const out = await world.issue('f', '--count', '3', '--pattern', 's-{1..}', '--format', 'ndjson');
    const other = await world.issue('g', '--count', '4', '--pattern', 's-{1..}', '--format', 'dir');
    await enroll(world, out);
    // As after a run that was killed before it could write down what it had done.
    const again = await enroll(world, out, { results: `${out}.second.ndjson` });
    assert.deepEqual([again.enrolled, again.unchanged, again.failed], [3, 3, 0]);
    const refused = await enroll(world, other);
    assert.deepEqual([refused.enrolled, refused.failed], [1, 3]);
    const [failure] = refused.failures;
    assert.equal(Math.floor(failure!.errorCode! / 1000), 409);
    assert.equal(failure!.count, 3);
    const lines = resultsOf(`${other}.enrollments.ndjson`);
    assert.deepEqual(lines.map(({ status }) => status).sort(), ['created', 'failed', 'failed', 'failed']);
    const replaced = await enroll(world, other, { update: true });
    const { created, updated, unchanged, failed } = replaced;
    assert.deepEqual([created, updated, unchanged, failed], [0, 3, 1, 0]);
    assert.equal((await world.register(other)).assigned, 4);
    assert.equal((await world.register(out)).failed, 3);
  }));

test('what was enrolled once is not taken for enrolled: it is looked up again', () =>
  inFleetWorld(async (world) => {
    const out = await world.issue('f', '--count', '3', '--pattern', 's-{1..}', '--format', 'ndjson');
    assert.equal((await enroll(world, out)).created, 3);
    await world.service.bulkEnrollments('delete', [{ registrationId: 's-2' }]);
    const again = await enroll(world, out);
    assert.deepEqual([again.created, again.unchanged], [1, 2]);
    assert.ok(await world.service.getEnrollment('s-2'));
  }));

test('--update keeps what is set elsewhere, in enrollments as a device has registered by them', () =>
  inFleetWorld(async (world) => {
    const out = await world.issue('f', '--count', '2', '--pattern', 's-{1..}', '--format', 'ndjson');
    await enroll(world, out);
    assert.equal((await world.register(out)).assigned, 2);
    const before = (await world.service.getEnrollment('s-1'))!;
    const changed = {
      ...before,
      optionalDeviceInformation: { line: 7 },
      initialTwin: { tags: { site: 'Oslo' }, properties: { desired: { rate: 5 } } },
    };
    const { errors } = await world.service.bulkEnrollments('updateIfMatchETag', [changed]);
    assert.deepEqual(errors, []);
    const settings = { capabilities: { iotEdge: true }, initialTwin: { tags: { line: 'B' } } };
    const result = await enroll(world, out, { update: true, settings });
    assert.deepEqual([result.updated, result.unchanged, result.failed], [2, 0, 0]);
    const after = (await world.service.getEnrollment('s-1'))!;
    assert.deepEqual(after.optionalDeviceInformation, { line: 7 });
    assert.deepEqual(after.capabilities, { iotEdge: true });
    assert.deepEqual(after.initialTwin, {
      tags: { site: 'Oslo', line: 'B' },
      properties: { desired: { rate: 5 } },
    });
    assert.equal(after.createdDateTimeUtc, before.createdDateTimeUtc);
    assert.equal((await enroll(world, out, { update: true, settings })).unchanged, 2);
  }));

test('an enrollment that the service refuses fails with the reason; the others do not', () =>
  inFleetWorld(async (world) => {
    const out = await world.issue('f', '--count', '2', '--pattern', 's-{1..}', '--format', 'ndjson');
    await enroll(world, out);
    const settings = { iotHubs: ['no-such-hub.azure-devices.net'] };
    const result = await enroll(world, out, { update: true, settings });
    assert.deepEqual([result.updated, result.unchanged, result.failed], [0, 0, 2]);
    const [failure] = result.failures;
    assert.deepEqual([failure!.code, failure!.errorCode, failure!.count], ['REFUSED', 400004, 2]);
    const [line] = resultsOf(`${out}.enrollments.ndjson`);
    assert.deepEqual([line.status, line.error.errorCode], ['failed', 400004]);
    assert.equal((await world.service.getEnrollment('s-1'))!.iotHubs, undefined);
  }));

test.run();
