import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { test } from 'uvu';
import {
  type Connection,
  ConnectRefused,
  type Refusal,
  type Session,
} from '../../src/emulator/wire/mqtt/mqtt-session.js';
import { createSessionLayer } from '../../src/emulator/wire/mqtt/session-layer.js';

interface Client {
  /** The server's end. */
  server: Duplex;
  bytes: Duplex;
  send(...packets: (Packet | Buffer)[]): void;
  /** What came so far. */
  packets: Packet[];
  /** Waits for so many packets. */
  received(count: number): Promise<Packet[]>;
  ended: Promise<void>;
}

const connect = (more: object = {}): Packet => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  keepalive: 60,
  clientId: 'device',
  username: 'key',
  ...more,
});
const publish = (topic: string, messageId?: number): Packet => ({
  cmd: 'publish',
  topic,
  payload: 'body',
  dup: false,
  retain: false,
  ...(messageId === undefined ? { qos: 0 } : { qos: 1, messageId }),
});

function layerOf(session: Partial<Session> = {}, { connectTimeout = 5000 } = {}) {
  const refusals: Refusal[] = [];
  const connections: Connection[] = [];
  const layer = createSessionLayer({
    connectTimeout,
    maxPacketBytes: 100_000,
    refused: (refusal) => refusals.push(refusal),
    identify({ userName }) {
      if (userName === '') throw new ConnectRefused('badUserName', 'no user name');
      return {
        key: userName,
        plane: 'device',
        id: userName,
        async open(connection) {
          await wait(1);
          connections.push(connection);
          return { accepts: () => true, publish: () => undefined, ...session };
        },
      };
    },
  });
  function client(): Client {
    const [server, bytes] = duplexPair();
    layer.handle(server, { leaf: undefined, chain: [] });
    const packets: Packet[] = [];
    const parser = mqttPacket
      .parser()
      .on('packet', (packet) => packets.push(packet))
      .on('error', () => {});
    bytes.on('data', (chunk: Buffer) => parser.parse(chunk)).on('error', () => {});
    const received = async (count: number) => {
      while (packets.length < count) await Promise.race([once(bytes, 'data'), ended]);
      return packets;
    };
    const ended = new Promise<void>((resolve) => server.once('close', resolve));
    const send = (...sent: (Packet | Buffer)[]) =>
      bytes.write(Buffer.concat(sent.map((one) => (Buffer.isBuffer(one) ? one : mqttPacket.generate(one)))));
    return { server, bytes, send, packets, received, ended };
  }
  return { client, refusals, connections, close: () => layer.close() };
}

const commands = (packets: Packet[]) => packets.map(({ cmd }) => cmd);

test('what comes before CONNACK is done after it, and in its order', async () => {
  const topics: string[] = [];
  const { client, close } = layerOf({
    publish(topic) {
      topics.push(topic);
      return { topic: 'answers', payload: topic };
    },
  });
  const one = client();
  const subscribe: Packet = {
    cmd: 'subscribe',
    messageId: 7,
    subscriptions: [{ topic: 'answers', qos: 0 }],
  };
  one.send(connect(), publish('unheard'), subscribe, publish('heard'), { cmd: 'pingreq' });
  const packets = await one.received(4);
  assert.deepEqual(commands(packets), ['connack', 'suback', 'publish', 'pingresp']);
  assert.equal((packets[2] as { payload: Buffer }).payload.toString(), 'heard');
  assert.deepEqual(topics, ['unheard', 'heard']);
  close();
  await one.ended;
});

test('packets may be cut anywhere', async () => {
  const stream = Buffer.concat([
    ...[connect(), publish('a', 1), publish('b', 2)].map((packet) => mqttPacket.generate(packet)),
  ]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: stream.length - 1 })), async (cuts) => {
      const { client, close } = layerOf();
      const one = client();
      const at = [...new Set([0, ...cuts, stream.length])].sort((a, b) => a - b);
      for (const [index, start] of at.slice(0, -1).entries()) one.send(stream.subarray(start, at[index + 1]));
      assert.deepEqual(commands(await one.received(3)), ['connack', 'puback', 'puback']);
      close();
    }),
    { numRuns: 30 },
  );
});

test('messages are acknowledged in their order, whichever is done first', async () => {
  const done: (() => void)[] = [];
  const { client, close } = layerOf({
    publish: () => new Promise((resolve) => done.push(() => resolve(undefined))),
  });
  const one = client();
  one.send(connect(), publish('a', 11), publish('b', 12), publish('c', 13));
  await one.received(1);
  while (done.length < 3) await wait(1);
  done[2]!();
  done[1]!();
  await wait(20);
  assert.deepEqual(commands(one.packets), ['connack']);
  done[0]!();
  const acknowledged = (await one.received(4)).slice(1);
  assert.deepEqual(
    acknowledged.map(({ cmd, messageId }) => [cmd, messageId]),
    [
      ['puback', 11],
      ['puback', 12],
      ['puback', 13],
    ],
  );
  close();
});

test('a subscription with QoS 2 is granted QoS 1; one that is not taken, the failure code', async () => {
  const subscribed: [string, number][] = [];
  const { client, close } = layerOf({
    accepts: (filter) => filter !== 'other',
    subscribed: (filter, qos) => subscribed.push([filter, qos]),
  });
  const one = client();
  const subscriptions = [
    { topic: 'zero', qos: 0 },
    { topic: 'one', qos: 1 },
    { topic: 'two', qos: 2 },
    { topic: 'other', qos: 0 },
  ] as const;
  one.send(connect(), { cmd: 'subscribe', messageId: 1, subscriptions: [...subscriptions] });
  const [, suback] = await one.received(2);
  assert.deepEqual((suback as { granted: number[] }).granted, [0, 1, 1, 0x80]);
  assert.deepEqual(subscribed, [
    ['zero', 0],
    ['one', 1],
    ['two', 1],
  ]);
  close();
});

test('MQTT 5 is refused in its own words, a bad user name with 4', async () => {
  const { client, refusals, close } = layerOf();
  const five = client();
  const raw: Buffer[] = [];
  five.bytes.on('data', (chunk: Buffer) => raw.push(chunk));
  five.bytes.write(mqttPacket.generate(connect({ protocolVersion: 5 }), { protocolVersion: 5 }));
  await once(five.bytes, 'end');
  // OASIS, MQTT 5.0 section 3.2: no session, reason code 0x84 (unsupported protocol version), no properties.
  assert.equal(Buffer.concat(raw).toString('hex'), '2003008400');
  const nameless = client();
  const end = once(nameless.bytes, 'end');
  nameless.send(connect({ username: undefined }));
  assert.equal(((await nameless.received(1))[0] as { returnCode: number }).returnCode, 4);
  await end;
  assert.deepEqual(
    refusals.map(({ operation, reason }) => [operation, reason]),
    [
      ['connect', 'MQTT 5 is not spoken here, 3.1.1 is'],
      ['connect', 'no user name'],
    ],
  );
  close();
});

test('what breaks the protocol ends the connection, and the log says why', async () => {
  const { client, refusals, close } = layerOf();
  for (const [packets, reason] of [
    [[publish('early')], /the first packet is publish/],
    [[connect(), connect()], /a second CONNECT/],
    [[connect(), publish('a/#')], /wildcard/],
    [[connect(), publish('a/+')], /wildcard/],
    [[connect(), { cmd: 'connack', returnCode: 0, sessionPresent: false }], /connack is not a client's/],
    [[connect(), Buffer.from([0x82, 0x02, 0x00, 0x01])], /SUBSCRIBE names no topic filter/],
    [[Buffer.from([0x10, 0xff, 0xff, 0x7f])], /larger than 100000 bytes/],
    [[Buffer.from([0x00, 0x00])], /./],
  ] as [(Packet | Buffer)[], RegExp][]) {
    const one = client();
    one.send(...packets);
    await one.ended;
    assert.match(refusals.at(-1)!.reason, reason);
  }
  close();
});

test('a later connection of the same key takes the place of the earlier one; another key does not', async () => {
  let closed = 0;
  const { client, close } = layerOf({
    closed() {
      closed += 1;
    },
  });
  const [first, other, second] = [client(), client(), client()];
  first.send(connect());
  other.send(connect({ username: 'other' }));
  await Promise.all([first.received(1), other.received(1)]);
  second.send(connect());
  await second.received(1);
  await first.ended;
  assert.equal(closed, 1);
  assert.equal(other.server.destroyed, false);
  assert.equal(second.server.destroyed, false);
  close();
  await Promise.all([other.ended, second.ended]);
  assert.equal(closed, 3);
});

test('a client has its time to connect, also when it sends byte by byte, and is left in peace afterwards', async () => {
  const { client, close } = layerOf({}, { connectTimeout: 100 });
  const slow = client();
  const steady = client();
  steady.send(connect({ keepalive: 0 }));
  const bytes = mqttPacket.generate(connect());
  const drip = setInterval(() => {
    if (!slow.server.destroyed) slow.bytes.write(bytes.subarray(0, 1));
  }, 20);
  await slow.ended;
  clearInterval(drip);
  await wait(50);
  assert.equal(steady.server.destroyed, false);
  close();
});

test('a client is gone when it is silent for half as long again as it said', async () => {
  const { client, close } = layerOf();
  const [silent, alive] = [client(), client()];
  for (const [index, one] of [silent, alive].entries())
    one.send(connect({ keepalive: 1, username: `k${index}` }));
  await Promise.all([silent.received(1), alive.received(1)]);
  const started = performance.now();
  const ping = setInterval(() => alive.send({ cmd: 'pingreq' }), 400);
  await silent.ended;
  const after = performance.now() - started;
  assert.ok(after > 1300, `it was let go after ${after} ms`);
  await wait(200);
  assert.equal(alive.server.destroyed, false);
  clearInterval(ping);
  close();
});

test('what a client does not read is not gathered without end', async () => {
  const { client, connections, close } = layerOf({
    publish: () => ({ topic: 'answers', payload: 'x'.repeat(10_000) }),
  });
  const one = client();
  one.send(connect());
  await one.received(1);
  one.bytes.pause();
  one.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'answers', qos: 0 }] });
  for (let index = 0; index < 2000; index += 1) {
    one.send(publish('a'));
    connections[0]!.send({ topic: 'pushed', payload: 'y'.repeat(10_000), qos: 0 });
  }
  await wait(100);
  assert.ok(one.server.writableLength < 6_000_000, `${one.server.writableLength} bytes are gathered`);
  close();
});

test('what was sent with QoS 1 is delivered when it is acknowledged, and not more than a thousand wait', async () => {
  const { client, connections, close } = layerOf();
  const one = client();
  one.send(connect());
  await one.received(1);
  const delivered: number[] = [];
  for (let index = 0; index < 1100; index += 1) {
    connections[0]!.send({ topic: 't', payload: String(index), qos: 1 }, () => delivered.push(index));
  }
  const sent = (await one.received(1001)).slice(1);
  await wait(20);
  assert.equal(one.packets.length, 1001);
  for (const { messageId } of [sent[5]!, sent[0]!, sent[5]!])
    one.send({ cmd: 'puback', messageId: messageId! });
  one.send({ cmd: 'pingreq' });
  await one.received(1002);
  assert.deepEqual(delivered, [5, 0]);
  close();
});

test.run();
