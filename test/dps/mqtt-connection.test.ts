/** The packets of the MQTT client, against a peer that answers as it likes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { test } from 'uvu';
import { MqttConnection } from '../../src/dps/client/mqtt/connection.js';

interface Ended {
  error?: Error & { code?: unknown };
}

/** A connected client, and its peer. */
async function connected(answer: (packet: Packet) => Packet[] = () => []) {
  const [here, there] = duplexPair();
  const received: Packet[] = [];
  const published: string[] = [];
  const end: Ended = {};
  const send = (packet: Packet) => there.write(mqttPacket.generate(packet));
  const parser = mqttPacket.parser({ protocolVersion: 4 }).on('packet', (packet: Packet) => {
    received.push(packet);
    if (packet.cmd === 'connect') send({ cmd: 'connack', returnCode: 0, sessionPresent: false });
    for (const one of answer(packet)) send(one);
  });
  there.on('data', (chunk: Buffer) => parser.parse(chunk));
  const client = new MqttConnection(here, {
    onPublication: (topic, payload) => published.push(`${topic} ${payload}`),
    onEnd(reason) {
      end.error = reason();
    },
  });
  const options = { clientId: 'device', userName: 'hub/device', keepAliveSeconds: 1 };
  await new Promise<void>((done) => client.connect(options, done));
  return { client, received, published, end, send, there, here };
}

test('each acknowledgment completes its own packet, in any order', async () => {
  const { client, received, send } = await connected();
  const done: string[] = [];
  client.publish('a', 'one', () => done.push('a'));
  client.subscribe('f/#', (code) => done.push(`f ${code}`));
  client.publish('b', 'two', () => done.push('b'));
  await until(() => received.length === 4);
  const [, a, f, b] = received.map(({ messageId }) => messageId!);
  assert.equal(new Set([a, f, b]).size, 3);
  send({ cmd: 'puback', messageId: b! });
  send({ cmd: 'suback', messageId: f!, granted: [128] });
  send({ cmd: 'puback', messageId: a! });
  send({ cmd: 'puback', messageId: a! });
  await until(() => done.length === 3);
  assert.deepEqual(done, ['b', 'f 128', 'a']);
  client.destroy();
});

test('what the server publishes with QoS 1 is acknowledged', async () => {
  const { client, received, published, send } = await connected();
  const common = { cmd: 'publish', dup: false, retain: false } as const;
  send({ ...common, topic: 't/0', payload: 'zero', qos: 0 });
  send({ ...common, topic: 't/1', payload: 'one', qos: 1, messageId: 7 });
  await until(() => received.length === 2);
  assert.deepEqual(published, ['t/0 zero', 't/1 one']);
  assert.equal(received[1]!.cmd, 'puback');
  assert.equal(received[1]!.messageId, 7);
  client.destroy();
});

test('a server that no longer answers pings is noticed; one that does is kept', async () => {
  const answering = await connected(({ cmd }) => (cmd === 'pingreq' ? [{ cmd: 'pingresp' }] : []));
  const silent = await connected();
  await until(() => silent.end.error !== undefined);
  assert.equal(silent.end.error!.code, 'ETIMEDOUT');
  assert.equal(silent.here.destroyed, true);
  await until(() => answering.received.filter(({ cmd }) => cmd === 'pingreq').length === 2);
  assert.equal(answering.end.error, undefined);
  answering.client.destroy();
});

test('a refusal ends the connection with its return code; a lost connection with a text', async () => {
  const refused = await connected(({ cmd }) =>
    cmd === 'publish' ? [{ cmd: 'connack', returnCode: 5, sessionPresent: false }] : [],
  );
  refused.client.publish('t', '', () => {});
  await until(() => refused.end.error !== undefined);
  assert.equal(refused.end.error!.code, 5);
  const lost = await connected();
  lost.here.destroy();
  await until(() => lost.end.error !== undefined);
  assert.equal(lost.end.error!.code, 'ECONNRESET');
});

test('bytes that are not MQTT, and packets that a server does not send, end the connection', async () => {
  for (const bytes of [Buffer.from([0xf1, 0x00]), mqttPacket.generate({ cmd: 'pingreq' })]) {
    const { end, there, here } = await connected();
    there.write(bytes);
    await until(() => end.error !== undefined);
    assert.equal(here.destroyed, true);
  }
});

test('the client says goodbye, and writes nothing afterwards', async () => {
  const { client, received, there } = await connected();
  client.disconnect();
  client.publish('t', 'late', () => {});
  await once(there, 'end');
  assert.deepEqual(
    received.map(({ cmd }) => cmd),
    ['connect', 'disconnect'],
  );
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test.run();
