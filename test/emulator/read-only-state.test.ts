/**
 * An emulator whose state can no longer be written, as on a full disk or a read-only file system, while devices are
 * connected: it refuses what it cannot store, does not crash, and goes on once it can write again.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type mqtt from 'mqtt';
import rhea from 'rhea';
import { test } from 'uvu';
import { hubUserName } from '../../src/dps/contract/mqtt.js';
import { serveAmqp } from '../../src/emulator/wire/amqp/amqp-connection.js';
import type { Link } from '../../src/emulator/wire/amqp/node.js';
import { connectAmqp } from './amqp-client.js';
import { type AmqpFixture, startAmqpFixture } from './amqp-fixture.js';

let fixture: AmqpFixture;
/** What would have ended the process. */
const crashes: unknown[] = [];
const onCrash = (error: unknown) => crashes.push(error);

test.before(async () => {
  for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, onCrash);
  fixture = await startAmqpFixture();
});
test.after(async () => {
  await fixture?.close();
  for (const event of ['uncaughtException', 'unhandledRejection']) process.off(event, onCrash);
});
test.after.each(() => {
  writable(true);
  assert.deepEqual(crashes.splice(0).map(String), []);
});

/** As SQLite behaves on a read-only file system; on a full one, it fails the same statements. */
function writable(isWritable: boolean): void {
  fixture.database.pragma(`query_only = ${isWritable ? 'OFF' : 'ON'}`);
}

const send = (deviceId: string, text = 'x') =>
  fixture.hub.cloudToDevice.send(deviceId, {
    systemProperties: {},
    properties: {},
    body: Buffer.from(text),
    acknowledgement: 'full',
  });
const inbox = (deviceId: string) => `devices/${deviceId}/messages/devicebound/#`;
const ended = (client: mqtt.MqttClient) =>
  new Promise<void>((resolve) => client.once('close', () => resolve()));

test('MQTT: a message that is acknowledged stays in the queue, and is delivered again later', async () => {
  const credential = await fixture.hubDevice('acknowledging');
  const client = await fixture.connectHub('acknowledging', credential);
  await client.subscribeAsync(inbox('acknowledging'), { qos: 1 });
  client.handleMessage = (_packet, acknowledge) => {
    writable(false);
    acknowledge();
  };
  const closed = ended(client);
  send('acknowledging');
  await closed;
  client.end(true);
  writable(true);
  assert.equal(fixture.hub.cloudToDevice.count('acknowledging'), 1);
  const again = await fixture.connectHub('acknowledging', credential);
  // Its subscription is kept, so the message comes with the connection.
  for (let left = 100; left > 0 && fixture.hub.cloudToDevice.count('acknowledging') > 0; left -= 1)
    await wait(20);
  assert.equal(fixture.hub.cloudToDevice.count('acknowledging'), 0);
  again.end(true);
});

test('MQTT: what a device sends is refused, and its connection may end with a will', async () => {
  const credential = await fixture.hubDevice('sending');
  const topic = 'devices/sending/messages/events/';
  const client = await fixture.connectHub('sending', credential);
  writable(false);
  const closed = ended(client);
  client.publish(topic, 'x', { qos: 1 });
  await closed;
  client.end(true);
  writable(true);
  const will = { topic, payload: Buffer.from('gone'), qos: 1 as const, retain: false };
  const username = hubUserName(fixture.hubHostName(), 'sending', '2021-04-12');
  const willing = await fixture.connect({ credential, clientId: 'sending', username, will });
  await willing.subscribeAsync(inbox('sending'), { qos: 1 });
  writable(false);
  willing.unsubscribe(inbox('sending'));
  willing.stream.destroy();
  await wait(100);
  willing.end(true);
  // The device can connect again, though its last connection could not be noted.
  writable(true);
  (await fixture.connectHub('sending', credential)).end(true);
});

test('AMQP: an outcome is not stored, and links end', async () => {
  const credential = await fixture.hubDevice('over-amqp');
  const client = await connectAmqp(fixture.client(credential));
  await client.receiver('/devices/over-amqp/messages/devicebound', {});
  send('over-amqp');
  // The client accepts the message once it has read it.
  writable(false);
  const isRefused = () =>
    fixture.events.some(({ transport, reason }) => transport === 'amqp' && /read-only/.test(reason ?? ''));
  for (let left = 100; left > 0 && !isRefused(); left -= 1) await wait(20);
  assert.ok(isRefused());
  client.end();
  await wait(50);
  writable(true);
  assert.equal(fixture.hub.cloudToDevice.count('over-amqp'), 1);
});

test('timers: a lock that runs out, and feedback that expires', async () => {
  await fixture.hubDevice('waiting');
  const stop = fixture.hub.feedback.onAvailable(() => fixture.hub.feedback.receive());
  const stopListening = fixture.hub.cloudToDevice.onAvailable('waiting', () =>
    fixture.hub.cloudToDevice.receive('waiting'),
  );
  send('waiting');
  fixture.hub.cloudToDevice.receive('waiting', 20);
  writable(false);
  await wait(1300);
  stop();
  stopListening();
});

test('an AMQP message that cannot be encoded ends its connection, also when a fault holds it back', async () => {
  for (const delay of [undefined, 5]) {
    let link: Link;
    const server = createServer((socket) =>
      serveAmqp(socket, {
        client: {
          certificates: { leaf: undefined, chain: [] },
          plain: undefined,
          dialled: { name: undefined, address: undefined },
        },
        nodes: {
          attach: (request) => {
            link = request.link;
            return {
              sendable: () => void link.send({ to: {}, body: 'x' }, undefined, 'receiveMessage'),
            };
          },
        },
        acceptsPlain: () => false,
        maxMessageBytes: 1000,
        openTimeout: 1000,
        idleTimeout: 10_000,
        refused: () => {},
        meet: (kind) =>
          kind === 'message' && delay !== undefined
            ? { delay: 0, fault: { type: 'late', milliseconds: delay } }
            : undefined,
        reset: () => socket.destroy(),
      }),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const container = rhea.create_container();
    container.on('connection_error', () => {});
    const connection = container.connect({ port, host: '127.0.0.1', reconnect: false });
    connection.open_receiver('inbox');
    const [{ connection: closed }] = (await once(connection, 'connection_close')) as [
      { connection: rhea.Connection },
    ];
    assert.equal((closed.error as { condition?: string } | undefined)?.condition, 'amqp:internal-error');
    connection.close();
    server.close();
  }
});

test.run();
