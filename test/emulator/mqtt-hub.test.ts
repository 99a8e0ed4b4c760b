import assert from 'node:assert/strict';
import { test } from 'uvu';
import { dpsTopics, hubTopics, hubUserName } from '../../src/dps/contract/mqtt.js';
import {
  type Credential,
  closed,
  type Fixture,
  makeCertificate,
  record,
  refusedWith,
  startFixture,
} from './mqtt-fixture.js';

let fixture: Fixture;
test.before(async () => {
  fixture = await startFixture();
});
test.after(() => fixture?.close());

test('telemetry is stored when it is acknowledged', async () => {
  const client = await fixture.connectHub('sender', await fixture.hubDevice('sender'));
  await client.publishAsync(
    hubTopics.telemetry('sender', '%24.ct=application%2Fjson&%24.ce=utf-8&k=v%201'),
    '{"t":1}',
    { qos: 1 },
  );
  const [message] = fixture.hub.messages.list('sender');
  assert.equal(message?.body.toString(), '{"t":1}');
  assert.deepEqual(message?.systemProperties, { ct: 'application/json', ce: 'utf-8' });
  assert.deepEqual(message?.properties, { k: 'v 1' });
  await client.publishAsync(hubTopics.telemetry('sender'), 'second', { qos: 1 });
  assert.deepEqual(
    fixture.hub.messages.list('sender').map(({ number }) => number),
    [1, 2],
  );
});

test('a retained message says so in a property', async () => {
  const client = await fixture.connectHub('retainer', await fixture.hubDevice('retainer'));
  await client.publishAsync(hubTopics.telemetry('retainer', 'k=v'), 'kept', { qos: 1, retain: true });
  const [message] = fixture.hub.messages.list('retainer');
  assert.deepEqual(message?.properties, { k: 'v', 'mqtt-retain': 'true' });
});

test('a will becomes telemetry when the connection breaks, not when the device takes its leave', async () => {
  const credential = await fixture.hubDevice('mortal');
  const username = hubUserName(fixture.hubHostName(), 'mortal', '2021-04-12');
  const topic = hubTopics.telemetry('mortal', 'k=v');
  const connect = (willTopic = topic, size = 5) =>
    fixture.connect({
      credential,
      clientId: 'mortal',
      username,
      will: { topic: willTopic, payload: Buffer.alloc(size, 'x'), qos: 1 },
    });
  await (await connect()).endAsync();
  for (const [at, size] of [
    [hubTopics.telemetry('another'), 5],
    [topic, 60_000],
    [topic, 5],
  ] as const) {
    const client = await connect(at, size);
    client.stream.destroy();
    await closed(client);
  }
  while (fixture.hub.devices.connections.has('mortal')) await new Promise((wake) => setTimeout(wake, 5));
  const messages = fixture.hub.messages.list('mortal');
  assert.deepEqual(
    messages.map(({ body, properties }) => [body.length, properties]),
    [60_000, 5].map((size) => [size, { k: 'v', 'iothub-MessageType': 'Will' }]),
  );
  assert.deepEqual(fixture.hub.messages.list('another'), []);
});

test('the last hundred messages are kept', async () => {
  const client = await fixture.connectHub('chatty', await fixture.hubDevice('chatty'));
  await Promise.all(
    Array.from({ length: 130 }, (_, i) =>
      client.publishAsync(hubTopics.telemetry('chatty'), `${i}`, { qos: 1 }),
    ),
  );
  const kept = fixture.hub.messages.list('chatty');
  assert.equal(kept.length, 100);
  assert.equal(kept[0]?.body.toString(), '30');
  assert.equal(kept.at(-1)?.number, 130);
});

test('a twin is read and its reported properties are merged', async () => {
  const client = await fixture.connectHub('twin', await fixture.hubDevice('twin', { interval: 30 }));
  const inbox = record(client);
  await client.subscribeAsync([hubTopics.twinResponses, hubTopics.desiredPropertiesChanged]);
  client.publish(hubTopics.getTwin('1'), ' ');
  const twin = JSON.parse((await inbox.first('$iothub/twin/res/200/?$rid=1')).payload);
  assert.deepEqual(twin, { desired: { interval: 30, $version: 1 }, reported: { $version: 1 } });

  client.publish(hubTopics.patchReported('2'), '{"a":{"b":1,"c":2},"gone":true}');
  const patched = await inbox.first('$iothub/twin/res/204/?$rid=2');
  assert.equal(patched.topic, '$iothub/twin/res/204/?$rid=2&$version=2');
  assert.equal(patched.payload, '');
  client.publish(hubTopics.patchReported('3'), '{"a":{"b":null},"gone":null,"__proto__":{"x":1}}');
  await inbox.first('$iothub/twin/res/204/?$rid=3');
  const { reported } = fixture.hub.twins.get('twin')!;
  assert.equal(JSON.stringify(reported.properties), '{"a":{"c":2},"__proto__":{"x":1}}');
  assert.equal(reported.version, 3);
  assert.deepEqual(fixture.hub.twins.get('twin')?.tags, { site: 'A' });

  const bad = ['[1]', '{', '{"a.b":1}', '{"$a":1}', JSON.stringify({ a: 'x'.repeat(33 * 1024) })];
  for (const [index, patch] of bad.entries()) {
    client.publish(hubTopics.patchReported(`bad-${index}`), patch);
    const { payload } = await inbox.first(`$iothub/twin/res/400/?$rid=bad-${index}`);
    assert.equal(JSON.parse(payload).errorCode, 400);
  }
  assert.equal(fixture.hub.twins.get('twin')?.reported.version, 3);
});

test('what one device sends or is answered never reaches another', async () => {
  const [a, b] = await Promise.all(
    ['a', 'b'].map(async (id) => fixture.connectHub(id, await fixture.hubDevice(id))),
  );
  const inbox = record(a!);
  await a!.subscribeAsync([
    hubTopics.twinResponses,
    'devices/a/messages/devicebound/#',
    '$iothub/methods/POST/#',
  ]);
  await b!.subscribeAsync(hubTopics.twinResponses);
  await b!.publishAsync(hubTopics.telemetry('b'), 'secret', { qos: 1, retain: true });
  await b!.publishAsync(hubTopics.getTwin('same'), ' ', { qos: 1 });
  await a!.publishAsync(hubTopics.telemetry('a'), 'mine', { qos: 1 });
  assert.equal(inbox.received.length, 0);
  assert.deepEqual(
    fixture.hub.messages.list('a').map(({ body }) => body.toString()),
    ['mine'],
  );
});

test('topics of another device, of DPS or of nobody end the connection', async () => {
  await fixture.hubDevice('other');
  const credential = await fixture.hubDevice('intruder');
  for (const topic of [
    hubTopics.telemetry('other'),
    'devices/intruder-2/messages/events/',
    'devices/other/messages/devicebound/x',
    '$iothub/twin/res/200/?$rid=1',
    '$iothub/methods/POST/x/?$rid=1',
    dpsTopics.register('1'),
    'anything',
    `a${'/b'.repeat(150)}`,
  ]) {
    const client = await fixture.connectHub('intruder', credential);
    client.publish(topic, '{}');
    await closed(client);
  }
  const client = await fixture.connectHub('intruder', credential);
  client.subscribe('devices/other/messages/devicebound/#');
  await closed(client);
  assert.equal(fixture.hub.messages.list('other').length, 0);

  const careful = await fixture.connectHub('intruder', credential);
  for (const filter of ['#', '$iothub/#', '+/other/messages/events/#', dpsTopics.responses]) {
    await assert.rejects(careful.subscribeAsync(filter), filter);
  }
});

test('QoS 2, and a message over 256 KB, end the connection', async () => {
  const credential = await fixture.hubDevice('large');
  const first = await fixture.connectHub('large', credential);
  await first.publishAsync(hubTopics.telemetry('large'), Buffer.alloc(255 * 1024), { qos: 1 });
  first.publish(hubTopics.telemetry('large'), 'x', { qos: 2 });
  await closed(first);
  for (const size of [257 * 1024, 5 * 1024 * 1024]) {
    const client = await fixture.connectHub('large', credential);
    client.publish(hubTopics.telemetry('large'), Buffer.alloc(size));
    await closed(client);
  }
  assert.equal(fixture.hub.messages.list('large').length, 1);
});

test('a device has one connection: the older one is dropped', async () => {
  const credential = await fixture.hubDevice('twice');
  const first = await fixture.connectHub('twice', credential);
  const second = await fixture.connectHub('twice', credential);
  await closed(first);
  await second.publishAsync(hubTopics.telemetry('twice'), 'x', { qos: 1 });
  assert.ok(fixture.hub.devices.connections.has('twice'));
  await second.endAsync();
});

test('a DPS session and the hub session of the same device live side by side', async () => {
  const credential = await fixture.hubDevice('both');
  const hub = await fixture.connectHub('both', credential);
  const dps = await fixture.connectDps('both', credential);
  const inbox = record(dps);
  await dps.subscribeAsync(dpsTopics.responses);
  await dps.publishAsync(dpsTopics.register('1'), '{}', { qos: 1 });
  await inbox.first('$dps/registrations/res/202');
  await hub.publishAsync(hubTopics.telemetry('both'), 'x', { qos: 1 });
  assert.equal(fixture.hub.messages.list('both').length, 1);
  assert.ok(dps.connected && hub.connected);
});

test('deleting a device ends its connection and deletes what was kept of it', async () => {
  const credential = await fixture.hubDevice('deleted');
  const client = await fixture.connectHub('deleted', credential);
  await client.publishAsync(hubTopics.telemetry('deleted'), 'x', { qos: 1 });
  assert.equal(fixture.hub.devices.delete('deleted'), true);
  await closed(client);
  assert.equal(fixture.hub.devices.delete('deleted'), false);
  assert.equal(fixture.hub.twins.get('deleted'), undefined);
  assert.equal(fixture.hub.messages.list('deleted').length, 0);
  assert.equal(await refusedWith(fixture.connectHub('deleted', credential)), 5);
});

test('the registered certificate is let in, and no other of the same CA and name', async () => {
  const registered = await fixture.hubDevice('rolling');
  const other = await fixture.device('rolling');
  assert.notEqual(registered.thumbprint, other.thumbprint);
  assert.ok((await fixture.connectHub('rolling', registered)).connected);
  assert.equal(await refusedWith(fixture.connectHub('rolling', other)), 5);
});

test('other certificates are refused with 5', async () => {
  const { root, intermediate, device, hubDevice, connectHub } = fixture;
  await hubDevice('guarded');
  const strangeCa = await makeCertificate('root', 'Intermediate');
  const forged = await makeCertificate('device', 'guarded', strangeCa);
  const siblingCa = await makeCertificate('intermediate', 'Intermediate', root);
  const cousin = await makeCertificate('device', 'guarded', siblingCa);
  const cases: Record<string, Credential> = {
    'of another device': await device('somebody'),
    'of a stranger, who presents the real CA beside it': {
      ...forged,
      pem: forged.pem + intermediate.pem + root.pem,
    },
    'of another CA below the same root': { ...cousin, pem: cousin.pem + siblingCa.pem + root.pem },
    'without its chain': await makeCertificate('device', 'guarded', intermediate),
  };
  for (const [name, credential] of Object.entries(cases)) {
    assert.equal(await refusedWith(connectHub('guarded', credential)), 5, name);
  }
});

test('user names of the hub', async () => {
  const credential = await fixture.hubDevice('named');
  const attempt = (username: string, clientId = 'named') =>
    fixture.connect({ credential, clientId, username });
  await attempt(
    `${hubUserName(fixture.hubHostName(), 'named', '2021-04-12')}&DeviceClientType=azure-iot-device%2F1.18.4`,
  );
  await attempt('localhost/named/api-version=2019-10-01');
  // Azure recommends an api-version, and takes a user name without one.
  await attempt('localhost/named');
  await attempt('localhost/named/');
  assert.equal(await refusedWith(attempt(hubUserName('other.azure-devices.net', 'named', '2021-04-12'))), 5);
  assert.equal(await refusedWith(attempt(hubUserName(fixture.hubHostName(), 'named', '1999-01-01'))), 4);
  assert.equal(
    await refusedWith(attempt(hubUserName(fixture.hubHostName(), 'named', '2021-04-12'), 'other')),
    4,
  );
  assert.equal(
    await refusedWith(attempt(hubUserName(fixture.hubHostName(), 'unknown', '2021-04-12'), 'unknown')),
    5,
  );
  assert.equal(
    await refusedWith(
      fixture.connect({
        clientId: 'named',
        username: hubUserName(fixture.hubHostName(), 'named', '2021-04-12'),
      }),
    ),
    5,
  );
});

test.run();
