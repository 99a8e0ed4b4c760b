/** Which hub a device goes to: by weight, by latency, and by what the enrollment and the link say. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { AllocationPolicy } from '../../src/dps/contract/schemas.js';
import { allocate } from '../../src/emulator/dps/registration/allocation.js';
import type { Hub, LinkedHubs } from '../../src/emulator/dps/state/linked-hubs.js';
import type { EmulatorSeed } from '../../src/emulator/start.js';
import { make } from '../support/chains.js';
import { groupBody, startTestEmulator } from './support.js';

interface LinkedHub {
  id: string;
  weight?: number;
  applies?: boolean;
  latency?: number;
}

/** Links of a service, as the allocation sees them. */
function linked(...hubs: LinkedHub[]): LinkedHubs {
  const all = hubs.map(
    ({ id, weight = 1, applies = true, latency = 0 }) =>
      ({
        hubId: id,
        hostName: `${id}.example`,
        allocationWeight: weight,
        applyAllocationPolicy: applies,
        iotHub: { latency },
      }) as Hub,
  );
  return {
    list: () => all,
    get: (hubId: string) => all.find((hub) => hub.hubId === hubId),
  } as unknown as LinkedHubs;
}

interface Asked {
  policy?: AllocationPolicy;
  defaultPolicy?: AllocationPolicy;
  chosen?: string[];
  sticky?: boolean;
  previous?: string | undefined;
}

async function hubOf(
  registrationId: string,
  hubs: LinkedHubs,
  asked: Asked = {},
): Promise<string | undefined> {
  const { policy, defaultPolicy = 'hashed', chosen, sticky = false, previous } = asked;
  const allocation = await allocate({
    registrationId,
    enrollment: {
      ...(policy ? { allocationPolicy: policy } : {}),
      ...(chosen ? { hubIds: chosen } : {}),
      reprovisionPolicy: { updateHubAssignment: !sticky, migrateDeviceData: !sticky },
    },
    defaultPolicy,
    hubs,
    previousHubId: previous,
    webhookRequest: () => assert.fail('no webhook is asked'),
  });
  return allocation?.hub.hubId;
}

const ids = Array.from({ length: 4000 }, (_, index) => `device-${index}`);

async function shares(hubs: LinkedHubs, asked: Asked = {}): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const id of ids) {
    const hub = (await hubOf(id, hubs, asked))!;
    counts[hub] = (counts[hub] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).map(([hub, count]) => [hub, count / ids.length]));
}

/** Of 4000, a share of a half has a standard deviation of 0.008. */
function assertNear(share: number | undefined, expected: number): void {
  assert.ok(Math.abs((share ?? 0) - expected) < 0.03, `${share}, not ${expected}`);
}

test('hashed: as many devices as the weights say', async () => {
  const even = await shares(linked({ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' }));
  for (const id of ['a', 'b', 'c', 'd']) assertNear(even[id], 0.25);
  const uneven = await shares(
    linked({ id: 'a', weight: 1 }, { id: 'b', weight: 3 }, { id: 'c', weight: 6 }, { id: 'd', weight: 10 }),
  );
  assertNear(uneven.a, 0.05);
  assertNear(uneven.b, 0.15);
  assertNear(uneven.c, 0.3);
  assertNear(uneven.d, 0.5);
  const extreme = await shares(linked({ id: 'a', weight: 1 }, { id: 'b', weight: 1000 }));
  assert.ok((extreme.b ?? 0) > 0.99);
});

test('hashed: the case of the ID and the order of the hubs do not count', async () => {
  const hubs = [{ id: 'a', weight: 2 }, { id: 'b' }, { id: 'c' }];
  for (const id of ids.slice(0, 200)) {
    const hub = await hubOf(id, linked(...hubs));
    assert.equal(await hubOf(id.toUpperCase(), linked(...hubs)), hub);
    assert.equal(await hubOf(id, linked(...[...hubs].reverse())), hub);
  }
});

test('hashed: a hub that is added takes its share from the others, and moves no device between them', async () => {
  const before = linked({ id: 'a' }, { id: 'b', weight: 2 });
  const after = linked({ id: 'a' }, { id: 'b', weight: 2 }, { id: 'c', weight: 3 });
  let moved = 0;
  for (const id of ids) {
    const first = await hubOf(id, before);
    const then = await hubOf(id, after, { previous: first });
    if (then !== first) {
      assert.equal(then, 'c');
      moved += 1;
    }
    assert.equal(await hubOf(id, after, { previous: first, sticky: true }), first);
  }
  assertNear(moved / ids.length, 0.5);
});

test('hashed: more weight moves devices to that hub only', async () => {
  const before = linked({ id: 'a' }, { id: 'b' }, { id: 'c' });
  const after = linked({ id: 'a' }, { id: 'b', weight: 4 }, { id: 'c' });
  for (const id of ids.slice(0, 1000)) {
    const [first, then] = [await hubOf(id, before), await hubOf(id, after)];
    assert.ok(then === first || then === 'b', `${id}: ${first} to ${then}`);
  }
});

test('a hub kept out of allocation gets no device, by whatever policy, also where the enrollment names it', async () => {
  const hubs = linked({ id: 'out', applies: false, latency: 0 }, { id: 'in', latency: 9 });
  for (const policy of ['hashed', 'geoLatency'] as const) {
    for (const id of ids.slice(0, 50)) {
      assert.equal(await hubOf(id, hubs, { policy }), 'in');
      assert.equal(await hubOf(id, hubs, { policy, chosen: ['out', 'in'] }), 'in');
    }
  }
  for (const policy of ['hashed', 'geoLatency', 'static'] as const) {
    assert.equal(await hubOf('device', hubs, { policy, chosen: ['out'] }), undefined);
  }
  // It keeps those that it has, when they are never to move.
  assert.equal(await hubOf('device', hubs, { previous: 'out', sticky: true }), 'out');
});

test('geoLatency: the nearest hub of those that may be used', async () => {
  const hubs = linked(
    { id: 'far', latency: 80 },
    { id: 'near', latency: 5.5 },
    { id: 'middle', latency: 20 },
  );
  const policy = 'geoLatency';
  for (const id of ids.slice(0, 50)) {
    assert.equal(await hubOf(id, hubs, { policy }), 'near');
    assert.equal(await hubOf(id, hubs, { defaultPolicy: policy }), 'near');
    assert.equal(await hubOf(id, hubs, { policy, chosen: ['far', 'middle'] }), 'middle');
    assert.equal(await hubOf(id, hubs, { policy, previous: 'far' }), 'near');
    assert.equal(await hubOf(id, hubs, { policy, previous: 'far', sticky: true }), 'far');
  }
});

test('geoLatency: hubs that are as near as each other share devices by weight', async () => {
  const hubs = linked(
    { id: 'far', weight: 1000, latency: 30 },
    { id: 'a', weight: 1, latency: 10 },
    { id: 'b', weight: 3, latency: 10 },
  );
  const found = await shares(hubs, { policy: 'geoLatency' });
  assert.equal(found.far, undefined);
  assertNear(found.a, 0.25);
  assertNear(found.b, 0.75);
});

test('static: the hub that the enrollment names, and the first one without', async () => {
  const hubs = linked({ id: 'a' }, { id: 'b' });
  assert.equal(await hubOf('device', hubs, { policy: 'static', chosen: ['b'] }), 'b');
  assert.equal(await hubOf('device', hubs, { defaultPolicy: 'static', chosen: ['b'] }), 'b');
  assert.equal(await hubOf('device', hubs, { defaultPolicy: 'static' }), 'a');
  assert.equal(await hubOf('device', hubs, { policy: 'static' }), 'a');
  assert.equal(await hubOf('device', hubs, { policy: 'static', chosen: ['elsewhere'] }), undefined);
});

test('devices register by latencies that a seed gives, through the wire', async () => {
  const root = await make('root', 'Root');
  const seed: EmulatorSeed = {
    hubs: [{ name: 'hub-far', latency: 90 }, { name: 'hub-near', latency: 4 }, 'hub-here'],
    allocationPolicy: 'geoLatency',
    certificates: [{ name: 'root', certificate: root.pem }],
    enrollmentGroups: [
      groupBody(
        'away',
        { reference: 'root' },
        { allocationPolicy: 'geoLatency', iotHubs: ['hub-far', 'hub-near'] },
      ) as never,
    ],
  };
  const emulator = await startTestEmulator({ seed });
  try {
    const nameOf = (hostName: string) =>
      emulator.endpoints.hubs.find((hub) => hub.hostName === hostName)?.name;
    const chain = [await make('device', 'traveller', root)];
    const first = await emulator.register('traveller', chain);
    assert.equal(nameOf(first.body.registrationState.assignedHub), 'hub-near');
    await emulator.service('PUT', '/enrollmentGroups/away', groupBody('away', { reference: 'root' }), {
      'if-match': '*',
    });
    const second = await emulator.register('traveller', chain);
    assert.equal(nameOf(second.body.registrationState.assignedHub), 'hub-here', 'its latency is 0');
    assert.equal(second.body.registrationState.substatus, 'deviceDataMigrated');
  } finally {
    await emulator.stop();
  }
});

test.run();
