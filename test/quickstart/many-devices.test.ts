/** Many devices are read back in pages, and one by one where a page does not show what is true. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import type { Exchange } from '../../src/dps/client/exchange.js';
import { HubService } from '../../src/dps/client/hub-service.js';
import { previewQuickstart } from '../../src/quickstart/preview.js';
import type { Recording } from '../../src/quickstart/recording/schema.js';
import { run as command } from '../cli/in-process.js';
import { inWorld, planWith, type World } from '../support/quickstart.js';

const ids = Array.from({ length: 21 }, (_, index) => `device-${String(index + 1).padStart(3, '0')}`);
const manyDevices = planWith((plan) => {
  plan.devices.registrationIds = ids;
  plan.devices.sendTelemetry = false;
});

/** What was asked of DPS and its hubs in the step that registers, IDs and versions left out; each with how often. */
function asked(recording: string): Record<string, number> {
  const { steps } = JSON.parse(readFileSync(recording, 'utf8')) as Recording;
  const { requests } = steps.find(({ id }) => id === 'register-devices')!;
  const counts: Record<string, number> = {};
  for (const { plane, method, url } of requests) {
    if (plane === 'device') continue;
    const what = `${plane} ${method} ${pathOf(url).replace(/device-\d+/, '{id}')}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

/** Over MQTT, what comes after the host is no path. */
const pathOf = (url: string) => /^https:\/\/[^/]+([^?]*)/.exec(url)?.[1] ?? '';

const records = 'service POST /registrations/enrollkit-devices/query';
const oneRecord = 'service GET /registrations/{id}';
const devices = 'hub POST /devices/query';
const oneDevice = 'hub GET /devices/{id}';

let replays = 0;
async function assertReplays(recording: string): Promise<void> {
  for (const more of [[], ['--offline'], ['--offline', '--name-prefix', 'anna-']]) {
    const dir = join(dirname(recording), `../../../replay-${replays++}`);
    const { status, stdout } = await command([
      'replay',
      recording,
      '--dir',
      dir,
      '--check',
      '--json',
      ...more,
    ]);
    assert.deepEqual(JSON.parse(stdout).differences, [], more.join(' '));
    assert.equal(status, 0);
  }
}

async function deleteDevice({ target }: World, id: string): Promise<void> {
  const hub = new HubService(target.hubConnectionStrings[0]!, target);
  await hub.deleteDevice(id).finally(() => hub.close());
}

/** Answers some requests in place of the service. */
function answering(
  answers: Record<string, { status: number; headers?: Record<string, string>; body: string }>,
): Exchange {
  return async ({ plane, method, url }, send) => {
    const answer = answers[`${plane} ${method} ${pathOf(url)}`];
    return answer ? { headers: {}, ...answer } : send();
  };
}

test('what is registered is read in a page, and the devices in the hub by their IDs', () =>
  inWorld(async (world) => {
    const first = await world.run(manyDevices);
    assert.deepEqual(asked(first.recording), { [records]: 2, [devices]: 1 });
    assert.ok(first.devices.every(({ status }) => status === 'assigned'));
    await assertReplays(first.recording);

    const second = await world.run(manyDevices);
    // A query could still show a device that was deleted.
    assert.deepEqual(asked(second.recording), { [records]: 1, [oneDevice]: ids.length });
    assert.ok(second.steps.find(({ id }) => id === 'register-devices')!.already);
    await assertReplays(second.recording);

    await deleteDevice(world, ids[4]!);
    const third = await world.run(manyDevices);
    assert.deepEqual(asked(third.recording), { [records]: 2, [devices]: 1, [oneDevice]: 2 * ids.length - 1 });
    const hub = new HubService(world.target.hubConnectionStrings[0]!, world.target);
    assert.ok(await hub.getDevice(ids[4]!).finally(() => hub.close()));
  }));

test('a dry run lists what the run sends', () =>
  inWorld(async ({ folder, run }) => {
    const { steps } = previewQuickstart(manyDevices, folder);
    const listed = steps
      .find(({ id }) => id === 'register-devices')!
      .requests.filter(({ url }) => url.startsWith('https:'))
      .map(({ method, url }) => `${method} ${pathOf(url)}`);
    assert.deepEqual(
      listed,
      [records, records, devices].map((what) => what.replace(/^\w+ /, '')),
    );
    assert.deepEqual(asked((await run(manyDevices)).recording), { [records]: 2, [devices]: 1 });
  }));

test('what pages do not show yet is read one by one', () =>
  inWorld(async ({ target, run }) => {
    const exchange = answering({
      [records]: { status: 200, body: '[]' },
      [devices]: { status: 200, body: JSON.stringify([{ deviceId: ids[0] }, { deviceId: 'another' }]) },
    });
    const { recording } = await run(manyDevices, { target: { ...target, exchange } });
    assert.deepEqual(asked(recording), {
      [records]: 2,
      [oneRecord]: ids.length,
      [devices]: 1,
      [oneDevice]: ids.length - 1,
    });
  }));

test('a policy that must not query, and a group that is not found: each device is read', () =>
  inWorld(async ({ target, run }) => {
    const exchange = answering({
      [records]: { status: 404, body: '{}' },
      [devices]: { status: 403, body: '{}' },
    });
    const { recording } = await run(manyDevices, { target: { ...target, exchange } });
    assert.deepEqual(asked(recording), {
      [records]: 2,
      [oneRecord]: 2 * ids.length,
      [devices]: 1,
      [oneDevice]: ids.length,
    });
  }));

test('of a group with far more devices than the plan, only some pages are read', () =>
  inWorld(async ({ target, run }) => {
    const page = Array.from({ length: 100 }, (_, index) => ({
      registrationId: `other-${index}`,
      status: 'assigned',
      assignedHub: 'hub',
    }));
    const headers = { 'x-ms-continuation': 'more' };
    const exchange = answering({ [records]: { status: 200, headers, body: JSON.stringify(page) } });
    const { recording } = await run(manyDevices, { target: { ...target, exchange } });
    assert.deepEqual(asked(recording), { [records]: 2 * 3, [oneRecord]: 2 * ids.length, [devices]: 1 });
  }));

test.run();
