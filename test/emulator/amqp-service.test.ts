/** A back end over raw AMQP: who may send to devices, and what is refused. */
import assert from 'node:assert/strict';
import rhea, { type Message } from 'rhea';
import { test } from 'uvu';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { connectAmqp, type RawAmqpClient, RefusedError } from './amqp-client.js';
import { type AmqpFixture, hubPolicy, startAmqpFixture } from './amqp-fixture.js';
import { makeCertificate } from './mqtt-fixture.js';

let fixture: AmqpFixture;
let shift = 0;
test.before(async () => {
  fixture = await startAmqpFixture({ now: () => new Date(Date.now() + shift) });
});
test.after(() => fixture?.close());

const address = '/messages/devicebound';

function tokenOf(policyName = 'service', resource = fixture.hubHostName(), expiresIn = 3600): string {
  const expiry = Math.floor(Date.now() / 1000) + expiresIn;
  return createSasToken(resource, policyName, hubPolicy.primaryKey, expiry);
}

/** @returns the status that the hub answers */
async function putToken(client: RawAmqpClient, token: string): Promise<number> {
  const answers = await client.receiver('$cbs');
  const requests = await client.sender('$cbs');
  await client.send(requests, {
    message_id: '1',
    application_properties: {
      operation: 'put-token',
      type: 'servicebus.windows.net:sastoken',
      name: fixture.hubHostName(),
    },
    body: token,
  });
  const answer = (await client.next(answers)) as Message & { application_properties: Record<string, number> };
  return answer.application_properties['status-code']!;
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof RefusedError) return error.condition;
    throw error;
  }
  throw new Error('it was let in');
}

const toDevice = (deviceId: string, more: object = {}) => ({
  to: `/devices/${deviceId}/messages/devicebound`,
  body: rhea.message.data_section(Buffer.from('x')),
  ...more,
});

test('a back end with a token sends to devices; what no device can get is rejected with its reason', async () => {
  await fixture.hubDevice('target');
  const client = await connectAmqp(fixture.client());
  assert.equal(await putToken(client, tokenOf()), 200);
  const sender = await client.sender(address);
  // Each message is waited for.
  for (const emitter of [sender, client.connection]) emitter.setMaxListeners(30);
  await client.send(
    sender,
    toDevice('target', {
      message_id: 'm-1',
      content_type: 'text/plain',
      absolute_expiry_time: Date.now() + 60_000,
      application_properties: { colour: 'blue', count: 3 },
    }),
  );
  const { message } = fixture.hub.cloudToDevice.receive('target')!;
  assert.equal(message.body.toString(), 'x');
  const { expiry } = message;
  assert.deepEqual(message.systemProperties, { mid: 'm-1', ct: 'text/plain', exp: expiry });
  assert.deepEqual(message.properties, { colour: 'blue', count: '3' });
  assert.ok(Date.parse(message.expiry) < Date.now() + 61_000);

  const refused: Record<string, object> = {
    'amqp:not-found': toDevice('nobody'),
    'com.microsoft:argument-error': toDevice('target', { absolute_expiry_time: 1 }),
    'amqp:link:message-size-exceeded': toDevice('target', {
      body: rhea.message.data_section(Buffer.alloc(65 * 1024)),
    }),
    'amqp:not-implemented': toDevice('target', { body: 5 }),
  };
  for (const [condition, one] of Object.entries(refused)) {
    assert.equal(await refusal(client.send(sender, one)), condition);
  }
  assert.equal(
    await refusal(
      client.send(sender, toDevice('target', { application_properties: { 'iothub-ack': 'maybe' } })),
    ),
    'com.microsoft:argument-error',
  );
  for (const to of [
    undefined,
    '/devices/target',
    '/devices/target/messages/events',
    '/devices/%zz/messages/devicebound',
  ]) {
    assert.equal(
      await refusal(client.send(sender, { ...toDevice('target'), to })),
      'com.microsoft:argument-error',
    );
  }
  for (let count = fixture.hub.cloudToDevice.count('target'); count < 50; count += 1) {
    fixture.hub.cloudToDevice.send('target', {
      systemProperties: {},
      properties: {},
      body: Buffer.from('x'),
    });
  }
  assert.equal(await refusal(client.send(sender, toDevice('target'))), 'amqp:resource-limit-exceeded');
  client.end();
});

test('nobody sends to devices without the right to', async () => {
  const credential = await fixture.hubDevice('alone');
  const withoutToken = await connectAmqp(fixture.client());
  assert.equal(await refusal(withoutToken.sender(address)), 'amqp:unauthorized-access');
  withoutToken.end();
  const asDevice = await connectAmqp(fixture.client(credential));
  assert.equal(await refusal(asDevice.sender(address)), 'amqp:unauthorized-access');
  asDevice.end();
  const tokens = {
    'of a policy without the right': tokenOf('registryRead'),
    'of no policy': tokenOf('nobody'),
    'for another hub': tokenOf('service', 'other.azure-devices.net'),
    expired: tokenOf('service', fixture.hubHostName(), -10),
    tampered: tokenOf().replace(/sig=../, 'sig=AA'),
    'no token': 'garbage',
  };
  for (const [name, token] of Object.entries(tokens)) {
    const client = await connectAmqp(fixture.client());
    assert.equal(await putToken(client, token), 401, name);
    assert.equal(await refusal(client.sender(address)), 'amqp:unauthorized-access', name);
    client.end();
  }
  const back = await connectAmqp(fixture.client());
  assert.equal(await putToken(back, tokenOf()), 200);
  assert.equal(await refusal(back.receiver(address)), 'amqp:not-allowed');
  assert.equal(await refusal(back.sender('/messages/serviceBound/feedback')), 'amqp:not-allowed');
  assert.equal(
    await refusal(back.receiver('/messages/serviceBound/filenotifications')),
    'amqp:not-implemented',
  );
  assert.equal(await refusal(back.sender('/devices/alone/messages/events')), 'amqp:unauthorized-access');
  back.end();
  assert.equal(fixture.hub.cloudToDevice.count('alone'), 0);
});

test('a token in place of a password, as older SDKs send it', async () => {
  await fixture.hubDevice('by-password');
  const username = `service@sas.root.${fixture.hubHostName().replace(/:.*/, '')}`;
  const client = await connectAmqp({ ...fixture.client(), username, password: tokenOf() });
  await client.send(await client.sender(address), toDevice('by-password'));
  assert.equal(fixture.hub.cloudToDevice.count('by-password'), 1);
  client.end();
});

test('a device that is let in by its CA sends over AMQP, another of its name does not', async () => {
  fixture.hub.identities.create('certified', {
    credential: { type: 'certificateAuthority' },
    status: 'enabled',
    statusReason: undefined,
    iotEdge: false,
  });
  const stranger = await makeCertificate('device', 'certified', await makeCertificate('root', 'Root'));
  for (const [credential, outcome] of [
    [await fixture.device('certified'), 'sent'],
    [await fixture.device('somebody'), 'amqp:unauthorized-access'],
    [stranger, 'amqp:unauthorized-access'],
  ] as const) {
    const client = await connectAmqp(fixture.client(credential));
    const sending = async () =>
      client.send(await client.sender('/devices/certified/messages/events'), { body: 'x' });
    if (outcome === 'sent') await sending();
    else assert.equal(await refusal(sending()), outcome);
    client.end();
  }
  assert.equal(fixture.hub.messages.list('certified').length, 1);
});

test('a back end is told of outcomes in a batch, again when it abandons it, until it accepts it', async () => {
  await fixture.hubDevice('told');
  const client = await connectAmqp(fixture.client());
  assert.equal(await putToken(client, tokenOf()), 200);
  const sender = await client.sender(address);
  for (const message_id of ['f-1', 'f-2']) {
    const application_properties = { 'iothub-ack': 'Full', colour: 'red' };
    await client.send(sender, toDevice('told', { message_id, application_properties }));
  }
  const device = await connectAmqp(fixture.client(await fixture.hubDevice('told')));
  const inbox = await device.receiver('/devices/told/messages/devicebound', {}, { autoaccept: false });
  const tags: Buffer[] = [];
  for (const outcome of ['accept', 'reject'] as const) {
    const arrived = await new Promise<{ message: Message; delivery: Record<string, any> }>((resolve) => {
      inbox.once('message', ({ message, delivery }: any) => resolve({ message, delivery }));
    });
    assert.equal(arrived.message.application_properties!['iothub-ack'], 'full');
    assert.equal(arrived.message.delivery_count, 0);
    tags.push(arrived.delivery.tag);
    arrived.delivery[outcome]();
  }
  // The SDK for C# takes the tag as a UUID.
  assert.deepEqual(
    tags.map(({ length }) => length),
    [16, 16],
  );

  const feedback = await client.receiver('/messages/serviceBound/feedback', {}, { autoaccept: false });
  const next = () =>
    new Promise<{ message: any; delivery: any }>((resolve) => {
      feedback.once('message', ({ message, delivery }: any) => resolve({ message, delivery }));
    });
  const first = await next();
  assert.equal(first.message.content_type, 'application/vnd.microsoft.iothub.feedback.json');
  assert.equal(first.message.user_id.toString(), 'hub-1');
  assert.ok(first.message.message_annotations['iothub-enqueuedtime'] instanceof Date);
  assert.equal(first.delivery.tag.length, 16);
  const records = JSON.parse(first.message.body.content.toString());
  assert.deepEqual(
    records.map((record: Record<string, string>) => [record.originalMessageId, record.statusCode]),
    [
      ['f-1', 'Success'],
      ['f-2', 'Rejected'],
    ],
  );
  const again = next();
  first.delivery.release();
  const second = await again;
  assert.equal(second.message.delivery_count, 1);
  assert.deepEqual(JSON.parse(second.message.body.content.toString()), records);
  second.delivery.accept();
  device.end();
  client.end();
  await new Promise<void>((resolve) => client.connection.once('connection_close', () => resolve()));
  assert.equal(fixture.hub.feedback.receive(), undefined);
});

test('a link lasts as long as the token that opened it', async () => {
  await fixture.hubDevice('late');
  const client = await connectAmqp(fixture.client());
  assert.equal(await putToken(client, tokenOf()), 200);
  const sender = await client.sender(address);
  await client.send(sender, toDevice('late'));
  const gateway = await connectAmqp(fixture.client());
  assert.equal(await putToken(gateway, tokenOf('device', `${fixture.hubHostName()}/devices`)), 200);
  const telemetry = await gateway.sender('/devices/late/messages/events');
  await gateway.send(telemetry, { body: 'x' });
  shift = 2 * 3600 * 1000;
  try {
    assert.equal(await refusal(client.send(sender, toDevice('late'))), 'amqp:unauthorized-access');
    assert.equal(await refusal(gateway.send(telemetry, { body: 'x' })), 'amqp:unauthorized-access');
    assert.equal(fixture.hub.messages.list('late').length, 1);
  } finally {
    shift = 0;
  }
  gateway.end();
  client.end();
});

test('a token opens the part of the hub that it names', async () => {
  const parts = {
    '/messages/devicebound': [address, '/messages/serviceBound/feedback'],
    '/messages/servicebound/feedback': ['/messages/serviceBound/feedback', address],
  } as const;
  for (const [path, [open, shut]] of Object.entries(parts)) {
    const client = await connectAmqp(fixture.client());
    assert.equal(await putToken(client, tokenOf('service', `${fixture.hubHostName()}${path}`)), 200, path);
    const attach = (node: string) => (node === address ? client.sender(node) : client.receiver(node));
    await attach(open);
    assert.equal(await refusal(attach(shut)), 'amqp:unauthorized-access', path);
    client.end();
  }
});

test.run();
