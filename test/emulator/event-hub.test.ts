/** The Event Hub-compatible endpoint over raw AMQP: positions, credit, tokens, redirection, and what is refused. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import rhea, { type Message, type Receiver } from 'rhea';
import { test } from 'uvu';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { parseSelector } from '../../src/emulator/hub/amqp/event-selector.js';
import { hash, partitionIds, partitionOf } from '../../src/emulator/hub/event-hub/partitions.js';
import { HubMessages } from '../../src/emulator/hub/messages.js';
import { connectAmqp, type RawAmqpClient, type RefusedError } from './amqp-client.js';
import { type AmqpFixture, hubPolicy, startAmqpFixture } from './amqp-fixture.js';

/** The package does not export it. */
const sdk = dirname(createRequire(import.meta.url).resolve('@azure/event-hubs/package.json'));
const { hashPartitionKey } = (await import(join(sdk, 'dist/esm/impl/partitionKeyToIdMapper.js'))) as {
  hashPartitionKey(key: string): number;
};

let fixture: AmqpFixture;
let shift = 0;
const now = () => new Date(Date.now() + shift);
const open: RawAmqpClient[] = [];
test.before(async () => {
  fixture = await startAmqpFixture({ now, idleReaderTimeout: 100 });
});
test.after.each(() => {
  shift = 0;
  for (const client of open.splice(0)) client.end();
});
test.after(() => fixture?.close());

const origin = { authMethod: { scope: 'device', type: 'sas', issuer: 'iothub' } } as const;
let devices = 0;

/** Sends events of a new device, whose partition has no others; their bodies count from 0. */
function events(count: number, size = 0): { partition: string; first: number } {
  const deviceId = `device-${devices++}`;
  fixture.hub.devices.ensure({ deviceId, credential: { type: 'certificateAuthority' }, iotEdge: false });
  const partition = partitionOf(deviceId);
  const first = fixture.hub.messages.positions.next(partition).sequenceNumber;
  for (let number = 0; number < count; number += 1) {
    const body = Buffer.from(String(number).padEnd(size));
    fixture.hub.messages.append(deviceId, { systemProperties: {}, properties: {}, body }, origin);
  }
  return { partition: String(partition), first };
}

/** As clients of event hubs sign: with the text of the key. */
function eventHubToken(resource: string, policyName = 'service', expiresIn = 3600): string {
  const sr = encodeURIComponent(resource);
  const se = Math.floor(now().getTime() / 1000) + expiresIn;
  const sig = createHmac('sha256', hubPolicy.primaryKey).update(`${sr}\n${se}`).digest('base64');
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}&skn=${policyName}`;
}

const everything = () => eventHubToken(`sb://localhost:${fixture.listener.port}/hub-1`);

async function connect(token: string | undefined = everything()): Promise<RawAmqpClient> {
  const client = await connectAmqp(fixture.client());
  open.push(client);
  if (token !== undefined) assert.equal(await putToken(client, token), 200);
  return client;
}

async function putToken(client: RawAmqpClient, token: string): Promise<number> {
  const answers = await client.receiver('$cbs');
  const requests = await client.sender('$cbs');
  await client.send(requests, {
    message_id: '1',
    application_properties: {
      ...{ operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: 'any' },
    },
    body: token,
  });
  return (await client.next(answers)).application_properties!['status-code'];
}

interface ReaderOptions {
  selector?: string;
  properties?: object;
  group?: string;
  address?: string;
  more?: object;
}

/** A reader that has given no credit yet. */
function reader(
  client: RawAmqpClient,
  partition: string,
  { selector, properties = {}, group = '$Default', address, more = {} }: ReaderOptions = {},
): Promise<Receiver> {
  const filter =
    selector === undefined
      ? {}
      : {
          filter: {
            'apache.org:selector-filter:string': rhea.types.wrap_described(selector, 0x468c00000004),
          },
        };
  return client.receiver(
    address ?? `hub-1/ConsumerGroups/${group}/Partitions/${partition}`,
    properties as Record<string, unknown>,
    {
      source: { address: address ?? `hub-1/ConsumerGroups/${group}/Partitions/${partition}`, ...filter },
      credit_window: 0,
      autoaccept: false,
      ...more,
    },
  );
}

async function bodies(client: RawAmqpClient, link: Receiver, count: number): Promise<string[]> {
  link.add_credit(count);
  const found: string[] = [];
  while (found.length < count) found.push(text(await client.next(link)));
  return found;
}

function text({ body }: Message): string {
  return body.content.toString().trim();
}

async function refusal(attempt: Promise<unknown>): Promise<RefusedError> {
  return attempt.then(
    () => assert.fail('it was let in'),
    (error: RefusedError) => error,
  );
}

test('a device belongs to one partition, by the hash of its ID as the SDK computes hashes', () => {
  const ids = Array.from(
    { length: 2000 },
    (_, index) => `device-${index}`.slice(0, 1 + (index % 24)) + index,
  );
  for (const id of ids) assert.equal(hash(Buffer.from(id)), hashPartitionKey(id), id);
  const counts = partitionIds.map((_, partition) => ids.filter((id) => partitionOf(id) === partition).length);
  for (const count of counts) assert.ok(count > 400, String(counts));
  assert.equal(partitionOf('Device-A'), partitionOf('DEVICE-a'));
});

test('credit is respected, and whoever drains gets what there is', async () => {
  const { partition, first } = events(40);
  const client = await connect();
  const link = await reader(client, partition, {
    selector: `amqp.annotation.x-opt-sequence-number >= '${first}'`,
  });
  assert.deepEqual(await bodies(client, link, 3), ['0', '1', '2']);
  const more = new Promise<'more'>((resolve) => link.once('message', () => resolve('more')));
  const quiet = new Promise<'quiet'>((resolve) => setTimeout(resolve, 50, 'quiet'));
  assert.equal(await Promise.race([more, quiet]), 'quiet');
  link.add_credit(1000);
  const drained = new Promise((resolve) => link.once('receiver_drained', resolve));
  link.drain_credit();
  await drained;
  const rest: string[] = [];
  while (rest.length < 37) rest.push(text(await client.next(link)));
  assert.equal(rest.at(-1), '39');
});

test('a client that takes few frames gets events as its window opens', async () => {
  const count = 60;
  const { partition, first } = events(count, 100_000);
  const client = await connectAmqp({ ...fixture.client() });
  open.push(client);
  assert.equal(await putToken(client, everything()), 200);
  const link = await reader(client, partition, {
    selector: `amqp.annotation.x-opt-sequence-number >= ${first}`,
  });
  const found = await bodies(client, link, count);
  assert.deepEqual(
    found,
    Array.from({ length: count }, (_, number) => String(number)),
  );
});

test('a client that gives credit and does not read is not sent everything; when it reads, it gets the rest', async () => {
  const count = 200;
  const { partition, first } = events(count, 256_000);
  const client = await connect();
  const link = await reader(client, partition, {
    selector: `amqp.annotation.x-opt-sequence-number >= '${first}'`,
  });
  const { events: store } = fixture.hub.eventHub;
  const read = store.read.bind(store);
  let taken = 0;
  store.read = (...range) => {
    const found = read(...range);
    taken += found.length;
    return found;
  };
  try {
    const { socket } = client.connection as unknown as { socket: Duplex };
    const arrived = new Promise<void>((resolve) => {
      let number = 0;
      link.on('message', () => {
        number += 1;
        if (number === count) resolve();
      });
    });
    link.add_credit(count);
    await new Promise(setImmediate);
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(taken < count, `${taken} events were read from the state`);
    socket.resume();
    await arrived;
    assert.equal(taken, count);
  } finally {
    store.read = read;
  }
});

test('events are settled as they are sent, so that a client that settles nothing goes on', async () => {
  const { partition, first } = events(3);
  const client = await connect();
  const link = await reader(client, partition, {
    selector: `amqp.annotation.x-opt-sequence-number >= '${first}'`,
  });
  const settled: boolean[] = [];
  link.on('message', ({ delivery }) => settled.push(delivery.remote_settled));
  await bodies(client, link, 3);
  assert.deepEqual(settled, [true, true, true]);
});

test('selectors of all SDKs are read, and others are refused', async () => {
  for (const [selector, expected] of [
    ["amqp.annotation.x-opt-offset > '-1'", { from: 'earliest' }],
    ["amqp.annotation.x-opt-offset > '@latest'", { from: 'latest' }],
    ['amqp.annotation.x-opt-offset > 12', { from: 'offset', value: 12, inclusive: false }],
    ["amqp.annotation.x-opt-offset >= '12'", { from: 'offset', value: 12, inclusive: true }],
    ["amqp.annotation.x-opt-sequence-number > '7'", { from: 'sequenceNumber', value: 7, inclusive: false }],
    [
      "amqp.annotation.x-opt-enqueued-time > '1700000000000'",
      { from: 'enqueuedTime', value: 1700000000000, inclusive: false },
    ],
    [
      'amqp.annotation.x-opt-enqueuedtimeutc > 1700000000000',
      { from: 'enqueuedTime', value: 1700000000000, inclusive: false },
    ],
    [undefined, { from: 'earliest' }],
  ] as const) {
    assert.deepEqual(parseSelector(selector), expected, selector);
  }
  const client = await connect();
  for (const selector of [
    ...['', 'colour = blue', "amqp.annotation.x-opt-offset > 'abc'", "amqp.annotation.x-opt-offset < '1'"],
    ...["amqp.annotation.toString > '1'", `amqp.annotation.x-opt-enqueued-time > '${'9'.repeat(16)}'`],
  ]) {
    const { condition } = await refusal(reader(client, '0', { selector }));
    assert.equal(condition, 'com.microsoft:argument-error', selector);
  }
});

test('an event of a day ago is gone, and reading begins with the first that is kept; one beyond the end is refused', async () => {
  const { partition, first } = events(2);
  const client = await connect();
  const before = await bodies(
    client,
    await reader(client, partition, { selector: `amqp.annotation.x-opt-sequence-number >= '${first}'` }),
    2,
  );
  assert.deepEqual(before, ['0', '1']);
  shift = 25 * 3_600_000;
  const device = fixture.hub.messages.last(1)[0]!.deviceId;
  const body = Buffer.from('later');
  fixture.hub.messages.append(device, { systemProperties: {}, properties: {}, body }, origin);
  const again = await connect();
  for (const selector of [
    "amqp.annotation.x-opt-offset > '-1'",
    `amqp.annotation.x-opt-sequence-number > '${first}'`,
    "amqp.annotation.x-opt-offset > '0'",
  ]) {
    assert.deepEqual(
      await bodies(again, await reader(again, partition, { selector }), 1),
      ['later'],
      selector,
    );
  }
  const next = fixture.hub.messages.positions.next(Number(partition));
  for (const selector of [
    `amqp.annotation.x-opt-sequence-number > '${next.sequenceNumber}'`,
    `amqp.annotation.x-opt-offset > '${next.offset}'`,
  ]) {
    const { condition, description } = await refusal(reader(again, partition, { selector }));
    assert.equal(condition, 'com.microsoft:argument-error', selector);
    assert.match(description, /is invalid\. The last .* in the system is/);
  }
});

test('a partition keeps a limited number of events, and never its last one', () => {
  const { hub } = fixture;
  const { partition } = events(1);
  const oldest = hub.eventHub.events.state(Number(partition)).begin;
  const device = hub.messages.last(1)[0]!.deviceId;
  const body = Buffer.alloc(256 * 1024);
  for (let number = 0; number < 340; number += 1) {
    hub.messages.append(device, { systemProperties: {}, properties: {}, body }, origin);
  }
  const { begin, lastSequenceNumber } = hub.eventHub.events.state(Number(partition));
  assert.ok(begin > oldest, 'old events are deleted');
  assert.ok(lastSequenceNumber - begin > 200, 'as many stay as there is room for');
  assert.equal(hub.messages.list(device).length, 100);
});

test('each of the tokens that SDKs put opens what it is for', async () => {
  const { port } = fixture.listener;
  for (const resource of [
    ...['sb://localhost/hub-1', `amqps://localhost:${port}/hub-1/`, 'amqps://127.0.0.1/hub-1'],
    ...['sb://localhost/hub-1/ConsumerGroups/$default/Partitions/0', 'localhost/hub-1'],
  ]) {
    const client = await connect(eventHubToken(resource));
    await reader(client, '0');
    const gone = client.closed();
    client.end();
    await gone;
  }
  const expiry = Math.floor(Date.now() / 1000) + 60;
  const ofIotHub = createSasToken(fixture.hubHostName(), 'service', hubPolicy.primaryKey, expiry);
  await reader(await connect(ofIotHub), '1');

  const elsewhere = await connect(eventHubToken('sb://localhost/hub-1/ConsumerGroups/other/Partitions/0'));
  assert.equal((await refusal(reader(elsewhere, '0'))).condition, 'amqp:unauthorized-access');
  const none = await connectAmqp(fixture.client());
  open.push(none);
  assert.equal((await refusal(reader(none, '0'))).condition, 'amqp:unauthorized-access');
  for (const token of [
    eventHubToken('sb://localhost/hub-1', 'registryRead'),
    eventHubToken('sb://localhost/hub-1', 'nobody'),
    eventHubToken('sb://elsewhere/hub-1'),
    eventHubToken('sb://localhost/hub-1', 'service', -60),
    eventHubToken('sb://localhost/hub-1').replace(/sig=./, 'sig=_'),
  ]) {
    assert.equal(await putToken(none, token), 401);
  }
});

test('a token that expires ends its readers with the next event', async () => {
  const client = await connect(eventHubToken('sb://localhost/hub-1', 'service', 60));
  const { partition } = events(1);
  const link = await reader(client, partition, { selector: "amqp.annotation.x-opt-offset > '@latest'" });
  link.add_credit(10);
  await new Promise((resolve) => setTimeout(resolve, 20));
  shift = 120_000;
  const closed = client.closed(link);
  for (let attempt = 0; attempt < 50 && partition !== events(1).partition; ) attempt += 1;
  assert.equal((await closed).condition, 'amqp:unauthorized-access');
});

test('a policy and its key open the endpoint by SASL PLAIN', async () => {
  const signIn = (username: string, password: string) =>
    connectAmqp({ ...fixture.client(), username, password });
  const client = await signIn('service', hubPolicy.secondaryKey);
  open.push(client);
  await reader(client, '0');
  for (const [username, password] of [
    ['service', Buffer.from('some other key of 32 bytes').toString('base64')],
    ['registryRead', hubPolicy.primaryKey],
  ] as const) {
    const stranger = await signIn(username, password);
    open.push(stranger);
    assert.equal((await refusal(reader(stranger, '0'))).condition, 'amqp:unauthorized-access', username);
  }
});

test('readers of the hub are redirected; entities, groups and partitions that are not there are refused, and logged', async () => {
  const expiry = Math.floor(Date.now() / 1000) + 60;
  const client = await connect(
    createSasToken(fixture.hubHostName(), 'service', hubPolicy.primaryKey, expiry),
  );
  const { port } = fixture.listener;
  for (const path of ['$management', 'ConsumerGroups/$Default/Partitions/1']) {
    const { condition, info } = await refusal(
      reader(client, '', { address: `amqps://localhost/messages/events/${path}` }),
    );
    assert.equal(condition, 'amqp:link:redirect');
    assert.deepEqual(info, {
      ...{ hostname: 'localhost', 'network-host': 'localhost', port },
      address: `amqps://localhost:${port}/hub-1/${path}`,
    });
  }
  fixture.events.length = 0;
  for (const [address, condition] of [
    ['hub-2/ConsumerGroups/$Default/Partitions/0', 'amqp:not-found'],
    ['hub-1/ConsumerGroups/nobodys/Partitions/0', 'amqp:not-found'],
    ['hub-1/ConsumerGroups/$Default/Partitions/4', 'com.microsoft:argument-out-of-range'],
    ['hub-1/ConsumerGroups/$Default/Partitions/-1', 'com.microsoft:argument-out-of-range'],
    ['hub-2/$management', 'amqp:not-found'],
  ] as const) {
    assert.equal((await refusal(reader(client, '', { address }))).condition, condition, address);
  }
  const sending = await refusal(client.sender('hub-1'));
  assert.equal(sending.condition, 'amqp:unauthorized-access');
  assert.deepEqual(
    fixture.events.map(({ status, operation }) => `${operation} ${status}`),
    ['attach 404', 'attach 404', 'attach 400', 'attach 400', 'attach 404', 'attach 401'],
  );
  for (const { reason } of fixture.events) assert.ok(reason);
});

test('five readers share a partition; a sixth is refused, and an owner takes it over, also from an owner of its level', async () => {
  const client = await connect();
  const shared = [];
  for (let number = 0; number < 5; number += 1) {
    shared.push(await reader(client, '2', { properties: { 'com.microsoft:receiver-name': `r-${number}` } }));
  }
  const sixth = await refusal(reader(client, '2'));
  assert.equal(sixth.condition, 'amqp:resource-limit-exceeded');
  assert.match(sixth.description, /which is 5\..*r-0, r-1, r-2, r-3, r-4/);
  const ended = Promise.all(shared.map((link) => client.closed(link)));
  const owning = { properties: { 'com.microsoft:epoch': rhea.types.wrap_long(3) } };
  const first = await reader(client, '2', owning);
  for (const { condition } of await ended) assert.equal(condition, 'amqp:link:stolen');
  const firstEnded = client.closed(first);
  await reader(await connect(), '2', owning);
  assert.equal((await firstEnded).condition, 'amqp:link:stolen');
  for (const properties of [{}, { 'com.microsoft:epoch': rhea.types.wrap_long(2) }]) {
    assert.equal((await refusal(reader(client, '2', { properties }))).condition, 'amqp:link:stolen');
  }
  const odd = { 'com.microsoft:epoch': 'three' };
  assert.equal(
    (await refusal(reader(client, '2', { properties: odd }))).condition,
    'com.microsoft:argument-error',
  );
  // Other partitions and groups are others' business.
  fixture.hub.eventHub.consumerGroups.ensure('aside');
  await reader(client, '2', { group: 'ASIDE' });
});

test('a reader that gives no credit is ended after a while; one that waits for events stays', async () => {
  const { partition } = events(1);
  const client = await connect();
  const waiting = await reader(client, partition, { selector: "amqp.annotation.x-opt-offset > '@latest'" });
  waiting.add_credit(5);
  const idle = await reader(client, partition);
  assert.equal((await client.closed(idle)).condition, 'amqp:link:detach-forced');
  assert.equal(waiting.is_open(), true);
});

test('$management answers in the types that the SDKs read, and says what it does not know', async () => {
  const { partition } = events(3);
  const client = await connect();
  const answers = await client.receiver('$management');
  const requests = await client.sender('amqps://localhost/hub-1/$management');
  const read = async (properties: object) => {
    await client.send(requests, {
      message_id: 'request-1',
      reply_to: 'here',
      application_properties: { operation: 'READ', name: 'hub-1', ...properties },
    });
    return client.next(answers);
  };
  const { body: hub, correlation_id } = await read({ type: 'com.microsoft:eventhub' });
  assert.equal(correlation_id, 'request-1');
  assert.deepEqual(
    [hub.name, hub.partition_count, [...hub.partition_ids]],
    ['hub-1', 4, ['0', '1', '2', '3']],
  );
  const { body } = await read({ type: 'com.microsoft:partition', partition });
  const { lastSequenceNumber, lastOffset } = fixture.hub.eventHub.events.state(Number(partition));
  assert.deepEqual(
    [body.last_enqueued_sequence_number, body.last_enqueued_offset, body.is_partition_empty],
    [lastSequenceNumber, String(lastOffset), false],
  );
  for (const [properties, status] of [
    [{ type: 'com.microsoft:partition', partition: '7' }, 400],
    [{ type: 'com.microsoft:partition' }, 400],
    [{ type: 'com.microsoft:other' }, 400],
    [{ type: 'com.microsoft:eventhub', name: 'other' }, 404],
    [{ type: 'com.microsoft:eventhub', operation: 'WRITE' }, 501],
  ] as const) {
    const { application_properties } = await read(properties);
    assert.equal(application_properties!['status-code'], status, JSON.stringify(properties));
    assert.ok(application_properties!['error-condition']);
  }
});

test('with each event, a reader that asks for it learns what the last one is', async () => {
  const { partition, first } = events(3);
  const client = await connect();
  const link = await reader(client, partition, {
    selector: `amqp.annotation.x-opt-sequence-number >= '${first}'`,
    more: { desired_capabilities: ['com.microsoft:enable-receiver-runtime-metric'] },
  });
  link.add_credit(1);
  const { delivery_annotations: annotations } = await client.next(link);
  assert.equal(annotations!.last_enqueued_sequence_number, first + 2);
});

test('positions go on after a restart, and events outlive their device', () => {
  const { hub } = fixture;
  const { partition } = events(2);
  const deviceId = hub.messages.last(1)[0]!.deviceId;
  const before = hub.messages.positions.next(Number(partition));
  hub.devices.delete(deviceId);
  assert.deepEqual(hub.messages.list(deviceId), []);
  const kept = hub.eventHub.events.read(Number(partition), before.sequenceNumber - 3, 10);
  assert.deepEqual(
    kept.map((event) => event.deviceId),
    [deviceId, deviceId],
  );
  hub.devices.ensure({ deviceId, credential: { type: 'certificateAuthority' }, iotEdge: false });
  assert.deepEqual(hub.messages.list(deviceId), [], 'a device with the same ID begins anew');
  const reopened = new HubMessages(fixture.database, now);
  assert.deepEqual(reopened.positions.next(Number(partition)), before);
});

test.run();
