/** A back end reads telemetry with Microsoft's client for event hubs, unmodified, by the published connection string. */
import assert from 'node:assert/strict';
import {
  EventHubConsumerClient,
  type EventHubConsumerClientOptions,
  earliestEventPosition,
  latestEventPosition,
  type ReceivedEventData,
  type SubscribeOptions,
  type Subscription,
} from '@azure/event-hubs';
import { test } from 'uvu';
import { WebSocket } from 'ws';
import { startTestEmulator, type TestEmulator } from '../emulator/support.js';
import { dialEmulator, withoutPort } from './dial.js';
import { generations } from './generations.js';

const latest = generations.find(({ name }) => name === 'latest')!;
const key = Buffer.from('the key of every device').toString('base64');
const authentication = { type: 'sas' as const, symmetricKey: { primaryKey: key, secondaryKey: key } };
const transports = ['Mqtt', 'Amqp', 'Http', 'AmqpWs'] as const;

let emulator: TestEmulator;
let restore: () => void;
const clients: EventHubConsumerClient[] = [];
test.before(async () => {
  const canDialAddresses = Number.parseInt(process.versions.node, 10) < 26;
  emulator = await startTestEmulator({
    ...(canDialAddresses ? {} : { host: 'localhost' }),
    hubs: ['hub-1', 'hub-2'],
    seed: { devices: transports.map((transport) => ({ deviceId: `over-${transport}`, authentication })) },
  });
  restore = dialEmulator(emulator.endpoints);
});
test.before.each(() => emulator.reset());
test.after.each(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
test.after(async () => {
  restore?.();
  await emulator?.stop();
});

function consumer(
  group = '$Default',
  connectionString = emulator.endpoints.eventHubConnectionString,
  options: EventHubConsumerClientOptions = {},
): EventHubConsumerClient {
  const client = new EventHubConsumerClient(group, connectionString, {
    retryOptions: { maxRetries: 0 },
    ...options,
  });
  clients.push(client);
  return client;
}

/** What a consumer gets, until there are so many. */
function collect(client: EventHubConsumerClient, options: SubscribeOptions, partitionId?: string) {
  const events: ReceivedEventData[] = [];
  const errors: Error[] = [];
  let wake = () => {};
  const handlers = {
    async processEvents(received: ReceivedEventData[]) {
      events.push(...received);
      wake();
    },
    async processError(error: Error) {
      errors.push(error);
      wake();
    },
  };
  const subscription: Subscription =
    partitionId === undefined
      ? client.subscribe(handlers, options)
      : client.subscribe(partitionId, handlers, options);
  async function until(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return {
    events,
    errors,
    async count(number: number) {
      await until(() => events.length >= number || errors.length > 0);
      assert.deepEqual(errors, []);
      await subscription.close();
      return events;
    },
    async error() {
      await until(() => errors.length > 0);
      await subscription.close();
      return errors[0]!;
    },
  };
}

async function send(transport: (typeof transports)[number], body: object): Promise<void> {
  const { device, deviceTransports } = latest;
  const host =
    transport === 'Mqtt' ? emulator.endpoints.hubHostName : withoutPort(emulator.endpoints.hubHostName);
  const client = device.Client.fromConnectionString(
    `HostName=${host};DeviceId=over-${transport};SharedAccessKey=${key}`,
    deviceTransports[transport],
  );
  await client.open();
  const message = new device.Message(JSON.stringify(body));
  message.messageId = `from-${transport}`;
  message.correlationId = 'correlation-1';
  message.contentType = 'application/json';
  message.contentEncoding = 'utf-8';
  message.properties.add('colour', 'blue');
  await client.sendEvent(message);
  await client.close();
}

test('telemetry over each transport is read from the beginning, with the properties that IoT Hub adds', async () => {
  for (const transport of transports) await send(transport, { transport });
  const client = consumer();
  const { partitionIds, name } = await client.getEventHubProperties();
  assert.deepEqual([name, partitionIds], ['hub-1', ['0', '1', '2', '3']]);
  const events = await collect(client, {
    startPosition: earliestEventPosition,
    maxWaitTimeInSeconds: 1,
  }).count(4);
  for (const transport of transports) {
    const event = events.find(({ messageId }) => messageId === `from-${transport}`)!;
    assert.deepEqual(event.body, { transport });
    const { systemProperties = {} } = event;
    assert.deepEqual(
      [event.contentType, event.correlationId, event.properties],
      ['application/json', 'correlation-1', { colour: 'blue' }],
      transport,
    );
    assert.equal(systemProperties['iothub-connection-device-id'], `over-${transport}`);
    assert.match(systemProperties['iothub-connection-auth-generation-id'], /^\d{18}$/);
    assert.deepEqual(JSON.parse(systemProperties['iothub-connection-auth-method']), {
      ...{ scope: 'device', type: 'sas', issuer: 'iothub', acceptingIpFilterRule: null },
    });
    assert.equal(systemProperties['iothub-message-source'], 'Telemetry');
    assert.equal(Number(systemProperties['iothub-enqueuedtime']), event.enqueuedTimeUtc.getTime());
  }
});

test('a consumer begins at the end, at an offset, after a sequence number or at a time; groups are independent', async () => {
  const arm = '/eventHubEndpoints/events/ConsumerGroups/second';
  const { subscriptionId, resourceGroup, armToken } = emulator.endpoints;
  const hubPath = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Devices/IotHubs/hub-1`;
  const made = await emulator.call({
    method: 'PUT',
    path: `${hubPath}${arm}?api-version=2021-07-02`,
    headers: { authorization: `Bearer ${armToken}` },
    body: { properties: { name: 'second' } },
  });
  assert.equal(made.status, 200);
  await send('Mqtt', { number: 1 });
  await new Promise((resolve) => setTimeout(resolve, 5));
  await send('Mqtt', { number: 2 });
  const client = consumer();
  const all = await collect(client, { startPosition: earliestEventPosition }).count(2);
  const [first, second] = all as [ReceivedEventData, ReceivedEventData];
  const partitionId = await partitionWith(client, second.sequenceNumber);
  for (const startPosition of [
    { offset: first.offset },
    { offset: second.offset, isInclusive: true },
    { sequenceNumber: first.sequenceNumber },
    { sequenceNumber: second.sequenceNumber, isInclusive: true },
    { enqueuedOn: first.enqueuedTimeUtc },
  ]) {
    const [event] = await collect(client, { startPosition }, partitionId).count(1);
    assert.deepEqual(event!.body, { number: 2 }, JSON.stringify(startPosition));
  }
  const reading = readersSoFar();
  const later = collect(client, { startPosition: latestEventPosition }, partitionId);
  const other = collect(consumer('second'), { startPosition: earliestEventPosition }, partitionId);
  await untilReading(reading + 2);
  await send('Mqtt', { number: 3 });
  assert.deepEqual(
    (await later.count(1)).map(({ body }) => body),
    [{ number: 3 }],
  );
  assert.deepEqual(
    (await other.count(3)).map(({ body }) => body),
    [{ number: 1 }, { number: 2 }, { number: 3 }],
  );
});

async function partitionWith(client: EventHubConsumerClient, lastSequenceNumber: number): Promise<string> {
  for (const id of await client.getPartitionIds()) {
    const { isEmpty, lastEnqueuedSequenceNumber } = await client.getPartitionProperties(id);
    if (!isEmpty && lastEnqueuedSequenceNumber === lastSequenceNumber) return id;
  }
  return assert.fail('no partition has it');
}

test('a consumer over WebSockets, and one of another hub', async () => {
  await send('Mqtt', { number: 1 });
  const overWebSockets = consumer('$Default', emulator.endpoints.eventHubConnectionString, {
    webSocketOptions: { webSocket: WebSocket },
  });
  const [event] = await collect(overWebSockets, { startPosition: earliestEventPosition }).count(1);
  assert.deepEqual(event!.body, { number: 1 });
  const ofOther = consumer('$Default', emulator.endpoints.hubs[1]!.eventHubConnectionString);
  const { name } = await ofOther.getEventHubProperties();
  assert.equal(name, 'hub-2');
  for (const id of await ofOther.getPartitionIds()) {
    assert.equal((await ofOther.getPartitionProperties(id)).isEmpty, true);
  }
});

test('a consumer with a higher owner level ends the one before; refusals are those of Azure, and in the log', async () => {
  const start = { startPosition: earliestEventPosition };
  const reading = readersSoFar();
  const before = collect(consumer(), { ...start, ownerLevel: 1 }, '0');
  await untilReading(reading + 1);
  const owner = collect(consumer(), { ...start, ownerLevel: 2 }, '0');
  assert.equal(codeOf(await before.error()), 'ReceiverDisconnectedError');
  const lower = collect(consumer(), { ...start, ownerLevel: 1 }, '0');
  assert.equal(codeOf(await lower.error()), 'ReceiverDisconnectedError');
  const shared = collect(consumer(), start, '0');
  assert.equal(codeOf(await shared.error()), 'ReceiverDisconnectedError');
  assert.deepEqual(owner.errors, []);

  const unknownGroup = collect(consumer('nobodys'), start, '0');
  assert.equal(codeOf(await unknownGroup.error()), 'MessagingEntityNotFoundError');
  const unknownPartition = collect(consumer(), start, '9');
  assert.equal(codeOf(await unknownPartition.error()), 'ArgumentOutOfRangeError');
  const gone = collect(consumer(), { startPosition: { offset: '4000' } }, '1');
  assert.equal(codeOf(await gone.error()), 'ArgumentError');
  const wrongKey = emulator.endpoints.eventHubConnectionString.replace(
    /SharedAccessKey=./,
    'SharedAccessKey=_',
  );
  const stranger = collect(consumer('$Default', wrongKey), start, '1');
  assert.equal(codeOf(await stranger.error()), 'UnauthorizedError');
  const refused = emulator.events.filter(({ plane, status }) => plane === 'hub' && status >= 400);
  assert.deepEqual(
    refused.map(({ operation, status }) => `${operation} ${status}`),
    [
      ...['receiveEvents 409', 'attach 409', 'attach 409', 'attach 404', 'attach 400', 'attach 400'],
      'putToken 401',
    ],
  );
  for (const { reason } of refused) assert.ok(reason);
});

/** How many readers have begun. */
function readersSoFar(): number {
  return emulator.events.filter(({ operation, status }) => operation === 'receiveEvents' && status === 200)
    .length;
}

async function untilReading(count: number): Promise<void> {
  while (readersSoFar() < count) await new Promise((resolve) => setTimeout(resolve, 10));
}

function codeOf(error: Error): string | undefined {
  return (error as { code?: string }).code;
}

test.run();
