/** `device block` and `device unblock`: one device of a group, in DPS and in its hub. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { HubService } from '../../src/dps/client/hub-service.js';
import { ServicePlane } from '../../src/dps/client/service.js';
import { type CommandWorld, inCommandWorld } from './running-emulator.js';

async function withQuickstart(act: (world: CommandWorld & { hub: HubService }) => Promise<void>) {
  await inCommandWorld(async (world) => {
    const made = await world.enrollkit('quickstart', '--yes', '--count', '2');
    assert.equal(made.status, 0, made.stderr);
    const hub = new HubService(world.target.hubConnectionStrings[0]!, world.target);
    await act({ ...world, hub });
    hub.close();
  });
}

const statusIn = async (hub: HubService, id: string) => (await hub.getDevice(id))?.status;

test('one device of a group is kept out, twice over, and let in again; the others are not concerned', () =>
  withQuickstart(async ({ json, enrollkit, hub }) => {
    const blocked = await json(['device', 'block', 'device-001']);
    assert.equal(blocked.enrollment, 'created');
    assert.deepEqual(
      blocked.hubs.map(({ deviceId, status }: any) => [deviceId, status]),
      [['device-001', 'disabled']],
    );
    assert.equal(await statusIn(hub, 'device-001'), 'disabled');
    assert.equal(await statusIn(hub, 'device-002'), 'enabled');
    const refused = await json(['device', 'register', 'device-001'], 4);
    assert.deepEqual([refused.code, refused.context.status], ['DEVICE_NOT_AUTHORIZED', 'disabled']);
    // Registering did not let it in at the hub.
    assert.equal(await statusIn(hub, 'device-001'), 'disabled');
    await json(['device', 'register', 'device-002']);

    const again = await json(['device', 'block', 'device-001']);
    assert.equal(again.enrollment, 'none');
    assert.equal(again.hubs[0].status, 'disabled');
    const text = await enrollkit('device', 'block', 'device-001');
    assert.match(text.stdout, /device-001/);
    assert.match(text.stderr, /enrollkit device unblock device-001 --dir /);

    const unblocked = await json(['device', 'unblock', 'device-001']);
    assert.equal(unblocked.enrollment, 'deleted');
    assert.equal(await statusIn(hub, 'device-001'), 'enabled');
    assert.equal((await json(['device', 'register', 'device-001'])).status, 'assigned');
    assert.equal((await json(['device', 'unblock', 'device-001'])).enrollment, 'none');
    assert.equal((await json(['enrollment', 'show', 'device-001'], 4)).code, 'NOT_FOUND');
  }));

test('an enrollment that existed stays, with its other settings, and keys stay the same', () =>
  withQuickstart(async ({ json, enrollkit, target }) => {
    assert.equal((await enrollkit('enrollment', 'create', 'own', '--symmetric-key')).status, 0);
    const service = new ServicePlane(target);
    const keys = async () => (await service.getEnrollmentAttestation('own'))!.symmetricKey;
    const before = await keys();
    assert.equal((await json(['device', 'block', 'own'])).enrollment, 'disabled');
    assert.equal((await service.getEnrollment('own'))!.provisioningStatus, 'disabled');
    assert.equal((await json(['device', 'unblock', 'own'])).enrollment, 'enabled');
    assert.equal((await service.getEnrollment('own'))!.provisioningStatus, 'enabled');
    assert.deepEqual(await keys(), before);
    service.close();
  }));

test('a device that never registered is kept out, too; without its certificate, or with another one, nothing is done', () =>
  withQuickstart(async ({ folder, json, enrollkit }) => {
    const file = join(folder, 'devices', 'device-002', 'certificate.pem');
    const other = await json(['device', 'block', 'device-001', '--certificate', file], 2);
    assert.equal(other.code, 'USAGE');
    const missing = await json(['device', 'block', 'device-9'], 9);
    assert.equal(missing.code, 'FILE_UNREADABLE');
    assert.match(missing.next, /--certificate/);
    const gone = await json(['device', 'block', 'device-9', '--certificate', 'none.pem'], 9);
    assert.equal(gone.code, 'FILE_UNREADABLE');
    await json(['cert', 'device', 'device-9']);
    const blocked = await json(['device', 'block', 'device-9']);
    assert.deepEqual([blocked.enrollment, blocked.hubs], ['created', []]);
    assert.equal((await json(['device', 'register', 'device-9'], 4)).context.status, 'disabled');
    // Unblocking needs no certificate.
    rmSync(join(folder, 'devices', 'device-9'), { recursive: true });
    assert.equal((await json(['device', 'unblock', 'device-9'])).enrollment, 'deleted');
    // A mistyped ID is not reported as a device that can connect again.
    const unknown = await enrollkit('device', 'unblock', 'no-such-device');
    assert.equal(unknown.status, 0);
    assert.match(unknown.stderr, /no-such-device/);
    assert.doesNotMatch(unknown.stderr, /device register/);
  }));

test.run();
