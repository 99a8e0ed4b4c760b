/** What the SDKs of other languages send that those for Node.js do not: each spoken on the wire, byte by byte. */
import assert from 'node:assert/strict';
import { randomBytes, X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import mqtt from 'mqtt';
import rhea from 'rhea';
import { test } from 'uvu';
import { hubUserName } from '../../src/dps/contract/mqtt.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { connectAmqp, type RawAmqpClient } from './amqp-client.js';
import { amqpHeader, attach, begin, flow, frame, open, read, saslHeader, transfer } from './amqp-frames.js';
import { hubService } from './hub-service.js';
import { record } from './mqtt-fixture.js';
import { base64, startTestEmulator, type TestEmulator } from './support.js';

const deviceKey = base64('the symmetric key of one device');
const deviceId = 'dialects';

let emulator: TestEmulator;
let hub: ReturnType<typeof hubService>;
test.before(async () => {
  emulator = await startTestEmulator({ hubs: ['hub-1', 'hub-2'] });
  hub = hubService(emulator);
  const symmetricKey = { primaryKey: deviceKey, secondaryKey: deviceKey };
  const device = { deviceId, authentication: { type: 'sas', symmetricKey } };
  assert.equal((await hub('PUT', `/devices/${deviceId}`, device)).status, 200);
  const attestation = { type: 'symmetricKey', symmetricKey };
  await emulator.service('PUT', '/enrollments/registers', { registrationId: 'registers', attestation });
});
test.after(() => emulator?.stop());

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

/** A token signed with the device's key, its last field as given. */
function tokenWith(resource: string, lastField: string): string {
  return createSasToken(resource, '', deviceKey, inAnHour()).replace(/&skn=$/, lastField);
}

async function dial(port: number): Promise<tls.TLSSocket> {
  const socket = tls.connect({
    port,
    host: 'localhost',
    ca: readFileSync(emulator.endpoints.caFile, 'utf8'),
  });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

/** Writes to a connection, and reads until what came satisfies the caller, or the connection ends. */
async function say(socket: tls.TLSSocket, bytes: string | Buffer, enough: (received: Buffer) => boolean) {
  let received = Buffer.alloc(0);
  socket.write(bytes);
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    received = Buffer.concat([received, chunk as Buffer]);
    if (enough(received)) break;
  }
  return received;
}

const headComplete = (received: Buffer) => received.includes('\r\n\r\n');

function upgrade(target: string, subprotocol: string): string {
  return [
    `GET ${target} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    `Sec-WebSocket-Protocol: ${subprotocol}`,
    '\r\n',
  ].join('\r\n');
}

/** RFC 6455 section 5.2: a frame of a client, with a mask of zeros. */
function webSocketFrame(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x82, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

for (const [client, lastField] of Object.entries({
  'Python and embedded C, without skn': '',
  'Java, with an empty skn': '&skn=',
  'Node.js, with skn=registration': '&skn=registration',
})) {
  test(`a device registers with the token of ${client}`, async () => {
    const base = `/${emulator.endpoints.idScope}/registrations/registers`;
    const token = tokenWith(base.slice(1), lastField);
    const { status } = await emulator.call({
      method: 'PUT',
      path: `${base}/register?api-version=2019-03-31`,
      body: { registrationId: 'registers' },
      headers: { authorization: token },
    });
    assert.equal(status, 202);
  });
}

test('a token for DPS that names another policy is refused, with the reason in the log', async () => {
  const base = `/${emulator.endpoints.idScope}/registrations/registers`;
  const { status } = await emulator.call({
    method: 'PUT',
    path: `${base}/register?api-version=2019-03-31`,
    body: { registrationId: 'registers' },
    headers: { authorization: tokenWith(base.slice(1), '&skn=iothubowner') },
  });
  assert.equal(status, 401);
  assert.match(emulator.events.at(-1)!.reason!, /skn/);
});

/** @param prepare called before anything arrives */
async function connectToHub(
  lastField = '',
  more: mqtt.IClientOptions = {},
  prepare: (client: mqtt.MqttClient) => void = () => {},
): Promise<mqtt.MqttClient> {
  const { hubHostName, ports, caFile } = emulator.endpoints;
  const client = mqtt.connect(`mqtts://localhost:${ports.mqtt}`, {
    ca: readFileSync(caFile, 'utf8'),
    reconnectPeriod: 0,
    clientId: deviceId,
    username: hubUserName(hubHostName, deviceId, '2021-04-12'),
    password: tokenWith(`${hubHostName}/devices/${deviceId}`, lastField),
    ...more,
  });
  prepare(client);
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
  });
  return client;
}

test('a device connects to its hub with a token without skn, or with an empty one', async () => {
  for (const lastField of ['', '&skn=']) {
    const client = await connectToHub(lastField);
    assert.ok(client.connected);
    await client.endAsync(true);
  }
});

for (const [client, target, subprotocol] of [
  ['C, whose subprotocol is MQTT in upper case', '/$iothub/websocket?iothub-no-client-cert=true', 'MQTT'],
  ['Java, whose path is /mqtt for DPS', '/mqtt', 'mqtt'],
  ['Java, whose upgrade is in absolute form', 'https://localhost/$iothub/websocket', 'AMQPWSB10'],
  ['any language, with the subprotocol amqp in upper case', '/$iothub/websocket', 'AMQP'],
] as const) {
  test(`WebSockets are spoken with the SDK for ${client}`, async () => {
    const socket = await dial(emulator.endpoints.ports.https);
    const head = (await say(socket, upgrade(target, subprotocol), headComplete)).toString('latin1');
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.match(head, new RegExp(`^Sec-WebSocket-Protocol: ${subprotocol}\r$`, 'im'));
    // MQTT answers a PINGREQ before CONNECT by hanging up, AMQP answers its header with a header.
    const isAmqp = /^amqp/i.test(subprotocol);
    const hello = isAmqp ? amqpHeader : Buffer.from('100c00044d5154540402003c0000', 'hex');
    const answer = await say(socket, webSocketFrame(hello), (received) => received.length >= 6);
    if (isAmqp) assert.ok(answer.includes(amqpHeader));
    // CONNACK: the user name is missing.
    else assert.equal(answer.subarray(2, 6).toString('hex'), '20020004');
    socket.destroy();
  });
}

test('a request in absolute form is answered for the host that it names, whatever the Host header says', async () => {
  const second = emulator.endpoints.hubs[1]!;
  const device = { deviceId: 'in-second' };
  const inSecond = hubService(emulator, second.serviceConnectionString);
  assert.equal((await inSecond('PUT', '/devices/in-second', device)).status, 200);
  const { HostName, SharedAccessKey } = Object.fromEntries(
    second.serviceConnectionString.split(';').map((part) => part.split(/=(.*)/s).slice(0, 2)),
  );
  const token = createSasToken(HostName, 'iothubowner', SharedAccessKey, inAnHour());
  const socket = await dial(emulator.endpoints.ports.https);
  const request = [
    `GET https://${HostName}/devices/in-second?api-version=2021-04-12 HTTP/1.1`,
    'Host: localhost',
    `Authorization: ${token}`,
    'Connection: close',
    '\r\n',
  ].join('\r\n');
  const answer = (await say(socket, request, () => false)).toString('latin1');
  assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.match(answer, /"deviceId":"in-second"/);
});

test('an upgrade that is refused is in the log, with its reason', async () => {
  for (const [bytes, status, reason] of [
    [upgrade('/$iothub/websocket', 'chat'), 400, /subprotocol.*chat.*mqtt/],
    [upgrade('/elsewhere', 'mqtt'), 404, /elsewhere.*\$iothub\/websocket/],
    [upgrade('/mqtt', 'mqtt').replace(/Version: 13/, 'Version: 3'), 400, /Sec-WebSocket-Version/],
    [upgrade('/mqtt', 'mqtt').replace(/Key: .*/, 'Key: short'), 400, /Sec-WebSocket-Key/],
    [upgrade('/mqtt', 'mqtt').replace(/Sec-WebSocket-Protocol.*\r\n/, ''), 400, /no subprotocol/],
  ] as const) {
    emulator.events.length = 0;
    const socket = await dial(emulator.endpoints.ports.https);
    const head = (await say(socket, bytes, headComplete)).toString('latin1');
    assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), String(reason));
    const [event, ...more] = emulator.events;
    assert.deepEqual(more, []);
    assert.deepEqual([event?.transport, event?.operation, event?.status], ['https', 'upgrade', status]);
    assert.match(event!.reason!, reason);
    socket.destroy();
  }
});

test('embedded C subscribes to the messages to its device with a wildcard for the device ID', async () => {
  const client = await connectToHub();
  const received = record(client);
  const [granted] = await client.subscribeAsync('devices/+/messages/devicebound/#', { qos: 1 });
  assert.equal(granted!.qos, 1);
  const sent = await hub('POST', '/messages/deviceBound', 'hello', {
    'iothub-to': `/devices/${deviceId}/messages/devicebound`,
    'content-type': 'application/octet-stream',
  });
  assert.equal(sent.status, 204, JSON.stringify(sent.body));
  assert.equal((await received.first(`devices/${deviceId}/messages/devicebound/`)).payload, 'hello');
  await client.unsubscribeAsync('devices/+/messages/devicebound/#');
  await client.endAsync(true);
});

test('a wildcard subscription without CleanSession outlives the connection, as one by the ID does', async () => {
  const first = await connectToHub('', { clean: false });
  await first.subscribeAsync('devices/+/messages/devicebound/#', { qos: 1 });
  await first.endAsync(true);
  const sent = await hub('POST', '/messages/deviceBound', 'later', {
    'iothub-to': `/devices/${deviceId}/messages/devicebound`,
    'content-type': 'application/octet-stream',
  });
  assert.equal(sent.status, 204);
  let received: ReturnType<typeof record>;
  const second = await connectToHub('', { clean: false }, (client) => {
    received = record(client);
  });
  assert.equal((await received!.first(`devices/${deviceId}/messages/devicebound/`)).payload, 'later');
  await second.unsubscribeAsync('devices/+/messages/devicebound/#');
  await second.endAsync(true);
});

test('subscriptions to the messages of another device, or of all, still end the connection', async () => {
  for (const filter of ['devices/other/messages/devicebound/#', 'devices/+/messages/events/#', 'devices/#']) {
    const client = await connectToHub();
    client.on('error', () => {});
    const ended = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.subscribe(filter, () => {});
    await ended;
  }
});

const symbolic = (text: string) => {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([Buffer.from([0xa3, bytes.length]), bytes]);
};

/** sasl-init as the SDK for C writes it, without an initial response: OASIS, AMQP 1.0 part 5 section 5.3.3.2. */
function saslInit(mechanism: string): Buffer {
  const fields = symbolic(mechanism);
  const list = Buffer.concat([Buffer.from([0x00, 0x53, 0x41, 0xc0, fields.length + 1, 1]), fields]);
  return frame(list, undefined, 0, 1);
}

/** The message that puts a token, in an encoding of rhea's: Microsoft Learn, "Control access to IoT Hub". */
function putToken(token: string): Buffer {
  return (rhea as any).message.encode({
    message_id: 'token-1',
    to: '$cbs',
    reply_to: 'cbs',
    application_properties: {
      operation: 'put-token',
      type: 'servicebus.windows.net:sastoken',
      name: `${emulator.endpoints.hubHostName}/devices/${deviceId}`,
    },
    body: token,
  });
}

for (const mechanism of ['MSSBCBS', 'ANONYMOUS']) {
  test(`C and Python's uamqp sign in with the SASL mechanism ${mechanism}, and put their token then`, async () => {
    const { hubHostName, ports } = emulator.endpoints;
    const token = tokenWith(`${hubHostName}/devices/${deviceId}`, '');
    for (const [given, status] of [
      [token, 200],
      [token.replace(/sig=.{6}/, 'sig=AAAAAA'), 401],
    ] as const) {
      const socket = await dial(ports.amqp);
      const offered = await say(socket, saslHeader, (received) => received.length > 20);
      assert.ok(offered.includes(mechanism), 'it is offered');
      const outcome = await say(socket, saslInit(mechanism), (received) => received.length >= 8);
      const [answer] = read(outcome);
      assert.equal(answer?.name, 'sasl_outcome');
      assert.equal(Number(answer?.fields.code), 0);
      const opened = await say(socket, Buffer.concat([amqpHeader, open()]), (received) =>
        read(received).some(({ name }) => name === 'open'),
      );
      assert.ok(opened.includes(amqpHeader));
      const links = [begin(), attach(0, '$cbs', 'sender'), attach(1, '$cbs', 'receiver'), flow(1, 1)];
      const bytes = Buffer.concat([...links, transfer(0, putToken(given))]);
      const isReply = ({ name }: { name: string }) => name === 'transfer';
      const reply = await say(socket, bytes, (received) => read(received).some(isReply));
      const { payload } = read(reply).find(isReply)!;
      const { application_properties, correlation_id } = (rhea as any).message.decode(payload);
      assert.deepEqual([application_properties['status-code'], correlation_id], [status, 'token-1']);
      socket.destroy();
    }
  });
}

async function amqpDevice(): Promise<RawAmqpClient> {
  const { hubHostName, ports, caFile } = emulator.endpoints;
  return connectAmqp({
    port: ports.amqp,
    ca: readFileSync(caFile, 'utf8'),
    username: `${deviceId}@sas.${hubHostName}`,
    password: tokenWith(`${hubHostName}/devices/${deviceId}`, ''),
  });
}

test('over AMQP, every answer of the twin has a body of data, also where it is empty: Java casts it', async () => {
  const client = await amqpDevice();
  const address = `/devices/${deviceId}/twin`;
  const replies = await client.receiver(address);
  const requests = await client.sender(address);
  for (const [operation, resource, body] of [
    ['PUT', '/notifications/twin/properties/desired', undefined],
    ['PATCH', '/properties/reported', '{"a":1}'],
    ['GET', '', undefined],
    ['DELETE', '/notifications/twin/properties/desired', undefined],
    ['PATCH', '/properties/reported', 'garbled'],
  ] as const) {
    await client.send(requests, {
      correlation_id: operation,
      message_annotations: { operation, resource },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    });
    const { body: answer } = await client.next(replies);
    assert.equal(answer?.typecode, 0x75, `${operation} ${resource}`);
  }
  client.end();
});

test('over AMQP, the hub says in both directions how large a message may be', async () => {
  const socket = await dial(emulator.endpoints.ports.amqp);
  const bytes = Buffer.concat([
    ...[amqpHeader, open(), begin()],
    ...[attach(0, '$cbs', 'sender'), attach(1, '$cbs', 'receiver')],
  ]);
  const answer = await say(
    socket,
    bytes,
    (received) => read(received).filter(({ name }) => name === 'attach').length === 2,
  );
  for (const { fields } of read(answer).filter(({ name }) => name === 'attach')) {
    // Microsoft Learn, "IoT Hub quotas": 256 KB of a device, 64 KB to a device.
    assert.ok(Number(fields.max_message_size) >= 64 * 1024, String(fields.max_message_size));
  }
  socket.destroy();
});

test('no bytes of a garbled upgrade take the emulator down', async () => {
  for (const target of ['https://', 'https:///x', 'http://[::1', '//', '*', '/%', 'https://localhost/%zz']) {
    const socket = await dial(emulator.endpoints.ports.https);
    await say(socket, upgrade(target, 'mqtt').replace(/^GET/, 'GET'), headComplete);
    socket.destroy();
  }
  assert.equal((await hub('GET', `/devices/${deviceId}`)).status, 200);
});

test('the hubs that are given out by default have a dot in their name, resolve without set-up, and are in the certificate', async () => {
  const { hubs, hubHostName, hubServiceConnectionString, caFile, ports } = emulator.endpoints;
  assert.equal(hubs[0]!.hostName, hubHostName);
  assert.ok(hubServiceConnectionString.startsWith(`HostName=${hubHostName.split(':')[0]}:`));
  for (const { hostName } of hubs) {
    const [host = ''] = hostName.split(':');
    // iothub_client_core_ll.c of the SDK for C.
    assert.ok(host.includes('.'), host);
    const { address } = await lookup(host);
    const socket = tls.connect({ port: ports.mqtt, host: address, ca: readFileSync(caFile, 'utf8') });
    await once(socket, 'secureConnect');
    const { raw } = socket.getPeerCertificate();
    const certificate = new X509Certificate(raw);
    assert.equal(certificate.checkIP(host), host);
    socket.destroy();
  }
});

test('--host localhost gives out the first hub as localhost, for Node.js 26 over AMQP', async () => {
  const named = await startTestEmulator({ host: 'localhost' });
  try {
    assert.equal(named.endpoints.hubHostName, `localhost:${named.endpoints.ports.mqtt}`);
  } finally {
    await named.stop();
  }
});

test.run();
