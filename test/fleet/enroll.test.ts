import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { HubService } from '../../src/dps/client/hub.js';
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
    assert.deepEqual([result.before, result.enrolled, result.failed], [0, 23, 0]);
    assert.equal(
      world.events.filter(({ method, url }) => method === 'POST' && /enrollments/.test(url)).length,
      3,
    );
    const enrollment = await world.service.getEnrollment('s-2');
    assert.deepEqual(enrollment?.initialTwin?.tags, { site: 'one', side: 'left' });
    assert.equal((await enroll(world, out)).before, 23);

    assert.equal((await world.register(out)).assigned, 23);
    const hub = new HubService(world.target.hubConnectionString!, world.target);
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

test('enrollments that are there: the same certificate is fine, another is told, or replaced when asked', () =>
  inFleetWorld(async (world) => {
    const out = await world.issue('f', '--count', '3', '--pattern', 's-{1..}', '--format', 'ndjson');
    const other = await world.issue('g', '--count', '4', '--pattern', 's-{1..}', '--format', 'dir');
    await enroll(world, out);
    // As after a run that was killed before it could write down what it had done.
    const again = await enroll(world, out, { results: `${out}.second.ndjson` });
    assert.deepEqual([again.enrolled, again.failed], [3, 0]);
    const refused = await enroll(world, other);
    assert.deepEqual([refused.enrolled, refused.failed], [1, 3]);
    const [failure] = refused.failures;
    assert.equal(Math.floor(failure!.errorCode / 1000), 409);
    assert.equal(failure!.count, 3);
    const lines = resultsOf(`${other}.enrollments.ndjson`);
    assert.deepEqual(lines.map(({ status }) => status).sort(), ['enrolled', 'failed', 'failed', 'failed']);
    const replaced = await enroll(world, other, { update: true });
    assert.deepEqual([replaced.before, replaced.enrolled, replaced.failed], [1, 3, 0]);
    assert.equal((await world.register(other)).assigned, 4);
    assert.equal((await world.register(out)).failed, 3);
  }));

test.run();
