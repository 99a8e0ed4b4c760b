/** AMQP: who is not served, and what clients that break the rules are told. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import rhea from 'rhea';
import { test } from 'uvu';
import { WebSocket } from 'ws';
import { apiVersionProperty, dpsAmqp } from '../../src/dps/contract/amqp.js';
import { createSasToken, deriveDeviceKey } from '../../src/dps/contract/sas.js';
import { type Made, make, makeChain } from '../support/chains.js';
import { untilClosed } from '../support/until-closed.js';
import { connectAmqp, exchange, type RawAmqpClient, RefusedError } from './amqp-client.js';
import { type AmqpFixture, startAmqpFixture } from './amqp-fixture.js';
import * as frames from './amqp-frames.js';
import { type Credential, makeCertificate } from './mqtt-fixture.js';
import { base64, groupBody, startTestEmulator, type TestEmulator } from './support.js';

const { types } = rhea as any;
const groupKey = base64('the primary key of a group of devices');
let fixture: AmqpFixture;
/** Lets go of a connection that is not through after 150 ms, and of one that says nothing for 200 ms. */
let impatient: AmqpFixture;
let emulator: TestEmulator;
let known: Made[];
let other: Made[];
/** By which the fixture judges tokens. */
let clock = () => new Date();

test.before(async () => {
  fixture = await startAmqpFixture({ now: () => clock() });
  impatient = await startAmqpFixture({ connectTimeout: 400, idleTimeout: 250 });
  emulator = await startTestEmulator();
  const made = await makeChain('known');
  known = [made.device, made.intermediate];
  const another = await makeChain('other');
  other = [another.device, another.intermediate];
  for (const [name, { root }] of [
    ['root', made],
    ['other-root', another],
  ] as const) {
    await emulator.verifiedCa(name, root);
    const put = await emulator.service(
      'PUT',
      `/enrollmentGroups/${name}`,
      groupBody(name, { reference: name }),
    );
    assert.equal(put.status, 200);
  }
  const attestation = { type: 'symmetricKey', symmetricKey: { primaryKey: groupKey } };
  const keys = { enrollmentGroupId: 'keys', attestation };
  assert.equal((await emulator.service('PUT', '/enrollmentGroups/keys', keys)).status, 200);
});
test.after(async () => {
  await fixture?.close();
  await impatient?.close();
  await emulator?.stop();
});

function refused(promise: Promise<unknown>, condition: string, description = /./): Promise<void> {
  return promise.then(
    () => assert.fail('it was granted'),
    (error) => {
      assert.ok(error instanceof RefusedError, String(error));
      assert.equal(error.condition, condition, error.message);
      assert.match(error.description, description);
    },
  );
}

function connectDps(chain?: Made[], more: object = {}): Promise<RawAmqpClient> {
  const { ports, caFile } = emulator.endpoints;
  return connectAmqp({
    port: ports.amqp,
    ca: readFileSync(caFile, 'utf8'),
    ...(chain && {
      cert: chain.map(({ pem }) => pem).join(''),
      key: chain[0]!.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    }),
    ...more,
  });
}

const version = { [apiVersionProperty]: '2019-03-31' };
const nodeOf = (registrationId: string) => `${emulator.endpoints.idScope}/registrations/${registrationId}`;
const registerMessage = (body: unknown = {}) => ({
  correlation_id: 'c1',
  application_properties: { [dpsAmqp.operationType]: dpsAmqp.register },
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});
const pollMessage = (operationId: string) => ({
  correlation_id: 'c2',
  application_properties: {
    [dpsAmqp.operationType]: dpsAmqp.getOperation,
    [dpsAmqp.operationId]: operationId,
  },
  body: '',
});
const jsonOf = (message: { body?: any }) => JSON.parse(message.body.content.toString());

/** Registers on a connection, and gives the operation that was begun. */
async function begin(client: RawAmqpClient, registrationId: string) {
  const answers = await client.receiver(nodeOf(registrationId), version);
  const requests = await client.sender(nodeOf(registrationId), version);
  await client.send(requests, registerMessage({ registrationId }));
  const answer = await client.next(answers);
  return { answers, requests, answer, operationId: jsonOf(answer).operationId as string };
}

/** Tried again, since on a busy machine an honest client, too, can miss the short time of this test. */
async function stillServes(one: AmqpFixture, attempts = 10): Promise<void> {
  try {
    const credential = await one.hubDevice('steady');
    const client = await connectAmqp(one.client(credential));
    await client.send(await client.sender('/devices/steady/messages/events'), { body: 'still here' });
    client.end();
  } catch (error) {
    if (attempts === 1) throw error;
    await stillServes(one, attempts - 1);
  }
}

test('a device registers: 202 with retry-after, then its assignment; each operation is of who began it', async () => {
  const client = await connectDps(known);
  const { answers, requests, answer, operationId } = await begin(client, 'known');
  assert.equal(answer.correlation_id, 'c1');
  assert.deepEqual(answer.application_properties, { 'retry-after': '0', 'Retry-After': '0' });
  assert.equal(jsonOf(answer).status, 'assigning');
  await client.send(requests, pollMessage(operationId));
  const assigned = jsonOf(await client.next(answers));
  assert.equal(assigned.status, 'assigned');
  assert.equal(assigned.registrationState.deviceId, 'known');

  const stranger = await connectDps(other);
  const own = await begin(stranger, 'other');
  await refused(
    stranger.send(own.requests, pollMessage(operationId)),
    'amqp:unauthorized-access',
    /"errorCode":401000/,
  );
  await refused(stranger.send(own.requests, pollMessage('5.none')), 'amqp:not-found', /"errorCode":404203/);
  client.end();
  stranger.end();
});

test('a link of DPS is refused for another device, without a credential, without a version, elsewhere', async () => {
  const client = await connectDps(known);
  await refused(client.sender(nodeOf('other'), version), 'amqp:unauthorized-access', /"errorCode":401002/);
  await refused(client.receiver(nodeOf('other'), version), 'amqp:unauthorized-access');
  await refused(client.sender(nodeOf('known')), 'com.microsoft:argument-error', /Unknown api version/);
  await refused(
    client.sender(nodeOf('known'), { [apiVersionProperty]: '1999-01-01' }),
    'com.microsoft:argument-error',
  );
  await refused(client.sender('nowhere', version), 'amqp:not-found');
  await refused(client.sender('', version), 'amqp:not-found');
  // The connection goes on: what is its own, the device gets.
  const requests = await client.sender(nodeOf('known'), version);
  await refused(client.send(requests, registerMessage()), 'amqp:not-allowed', /receives the answers/);
  client.end();
});

test('a device without certificate and token: the connection ends, as in logs of Azure', async () => {
  for (const direction of ['sender', 'receiver'] as const) {
    const nobody = await connectDps();
    const ended = nobody.closed();
    await refused(nobody[direction](nodeOf('known'), version), 'amqp:unauthorized-access');
    const { condition, description } = await ended;
    assert.equal(condition, 'amqp:unauthorized-access');
    const { errorCode, message, trackingId } = JSON.parse(description);
    assert.deepEqual([errorCode, message], [401002, 'IotHubUnauthorizedAccess']);
    assert.match(trackingId, /^[0-9a-f-]{36}$/);
    const refusal = emulator.events.at(-1);
    assert.deepEqual(
      [refusal?.plane, refusal?.operation, refusal?.id, refusal?.status, refusal?.reason],
      ['device', 'attach', 'known', 401, 'no client certificate was presented'],
    );
  }
});

test('what no enrollment admits is refused by the outcome of its message, as in logs of Azure', async () => {
  const nobody = await make('root', 'Nobody');
  const stranger = [await make('device', 'stranger', nobody), nobody];
  const own = await make('device', 'own', await make('root', 'Of the enrollment'));
  const x509 = { clientCertificates: { primary: { certificate: own.pem } } };
  const attestation = { type: 'x509', x509 };
  await emulator.service('PUT', '/enrollments/own', { registrationId: 'own', attestation });
  const impostor = [await make('device', 'own', nobody), nobody];
  for (const [id, chain] of Object.entries({ stranger, own: impostor })) {
    const client = await connectDps(chain);
    await refused(
      begin(client, id),
      'amqp:unauthorized-access',
      /^\{"errorCode":401002,"trackingId":"[0-9a-f-]{36}","message":"[^"]+","timestampUtc":"[^"]+"\}$/,
    );
    client.end();
  }
});

test('requests that are none are rejected with the codes of DPS', async () => {
  const client = await connectDps(known);
  const { requests } = await begin(client, 'known');
  await refused(
    client.send(requests, registerMessage('{')),
    'com.microsoft:argument-error',
    /"errorCode":400004/,
  );
  await refused(
    client.send(requests, registerMessage({ registrationId: 'other' })),
    'com.microsoft:argument-error',
    /not that of the path/,
  );
  const large = registerMessage(JSON.stringify({ payload: 'x'.repeat(100_000) }));
  await refused(client.send(requests, large), 'amqp:link:message-size-exceeded', /"errorCode":413000/);
  await refused(
    client.send(requests, { body: 'what?' }),
    'com.microsoft:argument-error',
    /names no operation/,
  );
  const wrongScope = emulator.endpoints.idScope.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
  const elsewhere = client.sender(`${wrongScope}/registrations/known`, version);
  await refused(elsewhere, 'amqp:unauthorized-access', /"errorCode":401001/);
  client.end();
});

test('SASL: a token is for its own device, EXTERNAL asks for a certificate, what is no token ends there', async () => {
  const key = deriveDeviceKey(groupKey, 'keyed');
  const expiry = Math.floor(Date.now() / 1000) + 60;
  const password = createSasToken(nodeOf('keyed'), 'registration', key, expiry);
  const client = await connectDps(undefined, { username: nodeOf('keyed'), password });
  await refused(client.sender(nodeOf('other'), version), 'amqp:unauthorized-access', /"errorCode":401000/);
  const { operationId } = await begin(client, 'keyed');
  assert.match(operationId, /./);
  client.end();
  const forged = createSasToken(nodeOf('keyed'), 'registration', base64('guessed'), expiry);
  const forger = await connectDps(undefined, { username: nodeOf('keyed'), password: forged });
  await refused(begin(forger, 'keyed'), 'amqp:unauthorized-access', /"errorCode":401002/);
  forger.end();

  for (const more of [
    { username: nodeOf('keyed'), password: 'secret' },
    { username: 'keyed', password },
    { sasl: 'EXTERNAL' },
  ]) {
    await assert.rejects(connectDps(undefined, more), /authenticate/i, JSON.stringify(more));
  }
  for (const sasl of ['EXTERNAL', 'ANONYMOUS']) {
    const presenting = await connectDps(known, { sasl });
    await begin(presenting, 'known');
    presenting.end();
  }
});

test('a link of the hub is refused for another device, a stranger, a node that is none', async () => {
  const credential = await fixture.hubDevice('mine');
  await fixture.hubDevice('theirs');
  const client = await connectAmqp(fixture.client(credential));
  for (const node of ['messages/events', 'twin', 'methods/devicebound']) {
    await refused(client.sender(`/devices/theirs/${node}`), 'amqp:unauthorized-access');
  }
  await refused(client.receiver('/devices/theirs/messages/devicebound'), 'amqp:unauthorized-access');
  await refused(client.sender('/devices/nobody/messages/events'), 'amqp:unauthorized-access');
  await refused(client.receiver('/devices/mine/messages/events'), 'amqp:not-allowed');
  await refused(client.sender('/devices/mine/modules/m/twin'), 'amqp:not-implemented');
  await refused(
    client.sender('/devices/mine/twin', { [apiVersionProperty]: '1' }),
    'com.microsoft:argument-error',
  );
  assert.equal(
    fixture.hub.devices.connections.has('mine'),
    false,
    'links that were refused are no connection',
  );
  const events = await client.sender('/devices/mine/messages/events');
  assert.equal(fixture.hub.devices.connections.has('mine'), true);
  await client.send(events, { body: 'hello', correlation_id: 7, application_properties: { n: 1, b: true } });
  const [message] = fixture.hub.messages.list('mine');
  assert.equal(message?.body.toString(), 'hello');
  assert.deepEqual(message?.systemProperties, { cid: '7' });
  assert.deepEqual(message?.properties, { n: '1', b: 'true' });
  client.end();
  const stranger: Credential = await makeCertificate('device', 'mine');
  const outside = await connectAmqp(fixture.client(stranger));
  await refused(outside.sender('/devices/mine/messages/events'), 'amqp:unauthorized-access');
  outside.end();
  const refusal = fixture.events.findLast(({ operation }) => operation === 'attach');
  assert.deepEqual(
    { ...refusal, at: '' },
    {
      at: '',
      plane: 'hub',
      transport: 'amqp',
      operation: 'attach',
      id: 'mine',
      status: 401,
      reason: 'no CA that provisioned the device is in the chain',
    },
  );
});

test('$cbs: a token opens the links of its device until it expires; one that is not good opens none', async () => {
  const key = base64('the key of a device');
  fixture.hub.devices.ensure({
    deviceId: 'tokens',
    credential: { type: 'sas', symmetricKeys: [key] },
    iotEdge: false,
  });
  const client = await connectAmqp(fixture.client());
  await refused(client.sender('/devices/tokens/messages/events'), 'amqp:unauthorized-access');
  const answers = await client.receiver('$cbs');
  const claims = await client.sender('$cbs');
  const resource = `${fixture.hubHostName()}/devices/tokens`;
  const inAMinute = Math.floor(Date.now() / 1000) + 60;
  async function put(token: string, more: object = {}) {
    await client.send(claims, {
      message_id: 'm1',
      body: token,
      application_properties: {
        operation: 'put-token',
        type: 'servicebus.windows.net:sastoken',
        name: resource,
        ...more,
      },
    });
    const answer = await client.next(answers);
    assert.equal(answer.correlation_id, 'm1');
    return answer.application_properties?.['status-code'];
  }
  const token = (from: string, signer = key) =>
    createSasToken(from, '', signer, inAMinute).replace(/&skn=$/, '');
  assert.equal(await put('nonsense'), 401);
  assert.equal(await put(token(resource, base64('guessed'))), 401);
  assert.equal(await put(token(`${fixture.hubHostName()}/devices/mine`)), 401);
  assert.equal(await put(token('elsewhere.azure-devices.net/devices/tokens')), 401);
  assert.equal(await put(token(resource), { type: 'jwt' }), 400);
  assert.equal(await put(token(resource), { operation: 'delete-token' }), 501);
  await refused(client.sender('/devices/tokens/messages/events'), 'amqp:unauthorized-access');
  assert.equal(await put(token(resource)), 200);
  const events = await client.sender('/devices/tokens/messages/events');
  await client.send(events, { body: 'in time' });
  clock = () => new Date(Date.now() + 120_000);
  try {
    await refused(client.send(events, { body: 'too late' }), 'amqp:unauthorized-access', /expired/);
    await refused(client.sender('/devices/tokens/twin'), 'amqp:unauthorized-access');
  } finally {
    clock = () => new Date();
  }
  assert.equal(fixture.hub.messages.list('tokens').length, 1);
  client.end();
});

test('beyond the quotas a device is told when to come again', async () => {
  const own = await startTestEmulator({ quotas: { registrationsPerMinute: 1 } });
  try {
    const { device, intermediate, root } = await makeChain('quotas');
    await own.verifiedCa('root', root);
    await own.service('PUT', '/enrollmentGroups/quotas', groupBody('quotas', { reference: 'root' }));
    const { ports, caFile, idScope } = own.endpoints;
    const client = await connectAmqp({
      port: ports.amqp,
      ca: readFileSync(caFile, 'utf8'),
      cert: device.pem + intermediate.pem,
      key: device.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    });
    const node = `${idScope}/registrations/quotas`;
    await client.receiver(node, version);
    const requests = await client.sender(node, version);
    await client.send(requests, registerMessage());
    const error = await client.send(requests, registerMessage()).catch((cause) => cause as RefusedError);
    assert.ok(error instanceof RefusedError);
    assert.equal(error.condition, 'com.microsoft:device-container-throttled');
    assert.equal(JSON.parse(error.description).errorCode, 429001);
    assert.ok(Number(error.info?.['retry-after']) > 0 && Number(error.info?.['Retry-After']) > 0);
    client.end();
  } finally {
    await own.stop();
  }
});

test('the hub takes the token of a device over SASL PLAIN, too', async () => {
  const key = base64('another key of a device');
  fixture.hub.devices.ensure({
    deviceId: 'plain',
    credential: { type: 'sas', symmetricKeys: [key] },
    iotEdge: false,
  });
  const expiry = Math.floor(Date.now() / 1000) + 60;
  const resource = `${fixture.hubHostName()}/devices/plain`;
  const connect = (signer: string, username = 'plain@sas.localhost') => {
    const password = createSasToken(resource, '', signer, expiry).replace(/&skn=$/, '');
    return connectAmqp({ ...fixture.client(), username, password });
  };
  const client = await connect(key);
  await client.send(await client.sender('/devices/plain/messages/events'), { body: 'hello' });
  await refused(client.sender('/devices/tokens/messages/events'), 'amqp:unauthorized-access');
  client.end();
  for (const other of [await connect(base64('guessed')), await connect(key, 'other@sas.localhost')]) {
    await refused(other.sender('/devices/plain/messages/events'), 'amqp:unauthorized-access');
    other.end();
  }
});

test('a device has one connection: the earlier one loses its links, and all of them when the device is deleted', async () => {
  const credential = await fixture.hubDevice('twice');
  const first = await connectAmqp(fixture.client(credential));
  const events = await first.sender('/devices/twice/messages/events');
  const lost = first.closed(events);
  const second = await connectAmqp(fixture.client(credential));
  const twin = await second.receiver('/devices/twice/twin');
  assert.equal((await lost).condition, 'amqp:link:stolen');
  const deleted = second.closed(twin);
  fixture.hub.devices.delete('twice');
  assert.equal((await deleted).condition, 'amqp:not-found');
  assert.equal(fixture.hub.devices.connections.has('twice'), false);
  first.end();
  second.end();
});

test('a message that a device does not settle goes back to its queue with the connection', async () => {
  const credential = await fixture.hubDevice('forgetful');
  const { cloudToDevice } = fixture.hub;
  cloudToDevice.send('forgetful', { systemProperties: {}, properties: {}, body: Buffer.from('one') });
  const client = await connectAmqp(fixture.client(credential));
  const inbox = await client.receiver('/devices/forgetful/messages/devicebound', {}, { autoaccept: false });
  assert.equal((await client.next(inbox)).body.content.toString(), 'one');
  const gone = client.closed();
  client.connection.get_tls_socket()!.end();
  await gone;
  const again = await connectAmqp(fixture.client(credential));
  const second = await again.receiver('/devices/forgetful/messages/devicebound');
  const message = await again.next(second);
  assert.equal(message.body.content.toString(), 'one');
  assert.equal(message.delivery_count, 0, 'only what is abandoned counts');
  again.end();
});

test('a device that asks for settled messages has them when they are sent', async () => {
  const { cloudToDevice } = fixture.hub;
  const client = await connectAmqp(fixture.client(await fixture.hubDevice('once')));
  const settled = { snd_settle_mode: 1, autoaccept: false };
  const inbox = await client.receiver('/devices/once/messages/devicebound', {}, settled);
  const arrived = new Promise<{ remote_settled: boolean }>((resolve) => {
    inbox.once('message', ({ delivery }: any) => resolve(delivery));
  });
  cloudToDevice.send('once', { systemProperties: {}, properties: {}, body: Buffer.from('one') });
  assert.equal((await arrived).remote_settled, true);
  assert.equal(cloudToDevice.count('once'), 0);
  client.end();
});

test('messages that are too large end their link, or are rejected; the connection goes on', async () => {
  const credential = await fixture.hubDevice('large');
  const client = await connectAmqp(fixture.client(credential));
  const events = await client.sender('/devices/large/messages/events');
  const bytes = (length: number) => ({ body: Buffer.alloc(length) });
  await client.send(events, bytes(250_000));
  await refused(client.send(events, bytes(280_000)), 'amqp:link:message-size-exceeded');
  const ended = client.closed(events);
  await refused(client.send(events, bytes(5_000_000)), 'amqp:link:message-size-exceeded');
  assert.equal((await ended).condition, 'amqp:link:message-size-exceeded');
  assert.equal(fixture.hub.messages.list('large').length, 1);
  client.end();
  await stillServes(fixture);
});

test('a client that asks without taking answers is told that too many wait', async () => {
  const credential = await fixture.hubDevice('deaf');
  const client = await connectAmqp(fixture.client(credential));
  await client.receiver('/devices/deaf/twin', {}, { credit_window: 0 });
  const requests = await client.sender('/devices/deaf/twin');
  const ask = () => client.send(requests, { message_annotations: { operation: 'GET' }, correlation_id: 'c' });
  for (let asked = 0; asked < 20; asked += 1) await ask();
  await refused(ask(), 'amqp:resource-limit-exceeded');
  client.end();
});

test('batches are taken apart, as the SDK for C sends them', async () => {
  const credential = await fixture.hubDevice('batches');
  const client = await connectAmqp(fixture.client(credential));
  const events = await client.sender('/devices/batches/messages/events');
  if (!events.sendable()) await once(events, 'sendable');
  const { message } = rhea;
  const parts = ['one', 'two'].map((body) =>
    message.encode({ body: message.data_section(Buffer.from(body)) }),
  );
  const batch = message.encode({ body: message.data_sections(parts) });
  events.send(batch, undefined, 0x80013700);
  await once(events, 'accepted');
  const stored = fixture.hub.messages.list('batches').map(({ body }) => body.toString());
  assert.deepEqual(stored, ['one', 'two']);
  events.send(Buffer.from('no message at all'), undefined, 0x80013700);
  assert.match((await client.closed()).condition, /^amqp:decode-error$/);
  await stillServes(fixture);
});

/** What the server says as it ends a connection that opens like any other and then sends this. */
async function verdict(...after: Buffer[]): Promise<{ condition: string; description: string }> {
  const { port, ca } = fixture.client();
  const received = frames.read(await exchange(port, ca, frames.amqpHeader, ...after));
  const last = received.at(-1)!;
  assert.equal(last.name, 'close', `it ended with ${last.name}`);
  return { condition: last.fields.error?.condition ?? '', description: last.fields.error?.description ?? '' };
}

const described = (code: number, value: string) =>
  Buffer.concat([Buffer.from([0, 0x53, code]), Buffer.from(value, 'hex')]);

test('frames that would cost memory or time without end are refused in the words of AMQP', async () => {
  const { open, begin: session, frame } = frames;
  const size = Buffer.from('7fffffff02000000', 'hex');
  for (const [name, condition, ...bytes] of [
    ['a frame of 2 GB', 'amqp:connection:framing-error', open(), size],
    ['a frame of 3 bytes', 'amqp:connection:framing-error', open(), Buffer.from('0000000302000000', 'hex')],
    [
      'data before the frame begins',
      'amqp:connection:framing-error',
      open(),
      Buffer.from('0000000801000000', 'hex'),
    ],
    ['a list of 30 million', 'amqp:decode-error', frame(described(0x10, 'd00000000401c9c380'))],
    ['an array of 4 billion nothings', 'amqp:decode-error', frame(described(0x10, 'f000000005ffffffff40'))],
    ['lists within lists', 'amqp:decode-error', frame(Buffer.from('c0ff01'.repeat(2000), 'hex'))],
    ['descriptors of descriptors', 'amqp:decode-error', frame(Buffer.alloc(10_000))],
    ['a value cut short', 'amqp:decode-error', frame(described(0x10, 'c00502a1ff'))],
    ['a frame size of 10', 'amqp:invalid-field', open([types.wrap_uint(10)])],
    ['heartbeats each millisecond', 'amqp:invalid-field', open([null, null, types.wrap_uint(1)])],
    ['a second open', 'amqp:connection:framing-error', open(), open()],
    [
      'a transfer to nowhere',
      'amqp:link:transfer-limit-exceeded',
      open(),
      session(),
      frames.transfer(9, Buffer.from('00537740', 'hex')),
    ],
    [
      'a disposition of 4 billion',
      'amqp:connection:framing-error',
      open(),
      session(),
      frames.disposition(0, 0xfffffffe),
    ],
    ['a link without a session', 'amqp:not-allowed', open(), frames.attach(0, '$cbs', 'sender')],
    [
      'a handle twice',
      'amqp:not-allowed',
      open(),
      session(),
      frames.attach(0, '$cbs', 'sender'),
      frames.attach(0, '$cbs', 'sender'),
    ],
    ['a channel twice', 'amqp:not-allowed', open(), session(), session()],
    ['a performative that is none', 'amqp:connection:framing-error', open(), frame(described(0x1f, '45'))],
    ['a number for a performative', 'amqp:connection:framing-error', open(), frame(Buffer.from([0x43]))],
  ] as [string, string, ...Buffer[]][]) {
    const { condition: given, description } = await verdict(...bytes);
    assert.equal(given, condition, `${name}: ${description}`);
  }
  const many = Array.from({ length: 1100 }, (_, channel) => session(channel));
  assert.equal((await verdict(open(), ...many)).condition, 'amqp:resource-limit-exceeded');
  await stillServes(fixture);
});

test('a message whose encoding is none ends the connection that sent it', async () => {
  const { open, begin: session, attach } = frames;
  const prelude = [open(), session(), attach(0, '$cbs', 'receiver'), attach(1, '$cbs', 'sender')];
  for (const payload of ['00537040', '', '41', '005377f0000000050fffffff40', '0053', '00a303666f6f40']) {
    const bytes = Buffer.from(payload, 'hex');
    const { condition, description } = await verdict(...prelude, frames.transfer(1, bytes), frames.open());
    const expected = payload === '' || payload === '00537040' ? /framing-error|decode-error/ : /decode-error/;
    assert.match(condition, expected, `${payload}: ${description}`);
  }
  await stillServes(fixture);
});

test('what is no AMQP is answered with the protocol that is spoken, and ended', async () => {
  const { port, ca } = fixture.client();
  for (const bytes of ['AMQP\0\0\x09\x01', 'AMQP\x02\x01\0\0', 'AMQX', 'ABCDEFGHIJKLMNOP']) {
    const answer = await exchange(port, ca, Buffer.from(bytes, 'latin1'));
    assert.deepEqual(answer, frames.saslHeader, JSON.stringify(bytes));
  }
  await stillServes(fixture);
});

test('over WebSockets, what is no AMQP ends in the same way', async () => {
  const { ports, caFile } = emulator.endpoints;
  const url = `wss://localhost:${ports.https}/$iothub/websocket`;
  async function verdictOver(protocol: string, ...writes: (Buffer | string)[]): Promise<Buffer> {
    const socket = new WebSocket(url, protocol, { ca: readFileSync(caFile, 'utf8') });
    const received: Buffer[] = [];
    socket.on('message', (bytes: Buffer) => received.push(bytes));
    socket.on('error', () => {});
    await once(socket, 'open');
    for (const bytes of writes) socket.send(bytes);
    await untilClosed(socket);
    return Buffer.concat(received);
  }
  for (const protocol of ['AMQPWSB10', 'amqp']) {
    assert.deepEqual(await verdictOver(protocol, 'GET / HTTP/1.1'), frames.saslHeader);
    assert.deepEqual(await verdictOver(protocol, Buffer.alloc(100)), frames.saslHeader);
    const huge = Buffer.from('7fffffff02000000', 'hex');
    const ended = frames.read(await verdictOver(protocol, frames.amqpHeader, frames.open(), huge));
    assert.equal(ended.at(-1)?.fields.error.condition, 'amqp:connection:framing-error');
  }
  await verdictOver('AMQPWSB10', Buffer.alloc(1024 * 1024));
  const client = await connectDps(known);
  await begin(client, 'known');
  client.end();
});

/** Tried again, since a busy machine may not even finish TLS in the short time of this test. */
async function exchangeInTime(bytes: Buffer[], attempts = 10): Promise<Buffer> {
  const { port, ca } = impatient.client();
  try {
    return await exchange(port, ca, ...bytes);
  } catch (error) {
    if (attempts === 1) throw error;
    return exchangeInTime(bytes, attempts - 1);
  }
}

test('who never finishes TLS, the first byte, SASL or the open frame, or says nothing more, is let go', async () => {
  const { port, ca } = impatient.client();
  const silent = net.connect(port, 'localhost').on('error', () => {});
  silent.resume();
  const handshakeOnly = tls.connect({ port, host: 'localhost', ca }).on('error', () => {});
  handshakeOnly.resume();
  await Promise.all([untilClosed(silent), untilClosed(handshakeOnly)]);
  for (const bytes of [
    [Buffer.from('A')],
    [frames.saslHeader],
    [frames.amqpHeader],
    [frames.amqpHeader, Buffer.from('00000100020000', 'hex')],
  ]) {
    await exchangeInTime(bytes);
  }
  const idle = frames.read(await exchangeInTime([frames.amqpHeader, frames.open()]));
  assert.deepEqual(
    idle.map(({ name, fields }) => (name === 'close' ? fields.error.condition : name)),
    ['header', 'open', 'amqp:resource-limit-exceeded'],
  );
  const sockets = Array.from({ length: 100 }, () => tls.connect({ port, host: 'localhost', ca }));
  await Promise.all(
    sockets.map((socket) => {
      socket.on('error', () => {}).resume();
      socket.once('secureConnect', () => socket.write(frames.amqpHeader));
      return untilClosed(socket);
    }),
  );
  await stillServes(impatient);
});

test('an emulator stops although AMQP connections are open', async () => {
  const own = await startTestEmulator();
  const client = await connectAmqp({
    port: own.endpoints.ports.amqp,
    ca: readFileSync(own.endpoints.caFile, 'utf8'),
  });
  await client.sender('$cbs');
  const closed = client.closed();
  await own.stop();
  await closed;
});

test.run();
