import assert from 'node:assert/strict';
import { test } from 'uvu';
import { dpsTopics, dpsUserName } from '../../src/dps/contract/mqtt.js';
import { closed, type Fixture, idScope, record, refusedWith, startFixture } from './mqtt-fixture.js';

let fixture: Fixture;
test.before(async () => {
  fixture = await startFixture();
});
test.after(() => fixture?.close());

for (const qos of [0, 1] as const) {
  test(`a device registers and polls with QoS ${qos}`, async () => {
    const id = `device-qos-${qos}`;
    const client = await fixture.connectDps(id, await fixture.device(id));
    const inbox = record(client);
    await client.subscribeAsync(dpsTopics.responses, { qos: 1 });
    await client.publishAsync(dpsTopics.register('r1'), JSON.stringify({ registrationId: id }), { qos });
    const first = await inbox.first('$dps/registrations/res/');
    assert.equal(first.topic, '$dps/registrations/res/202/?$rid=r1&retry-after=0');
    const { operationId, status } = JSON.parse(first.payload);
    assert.equal(status, 'assigning');
    assert.equal(operationId, `4.op-${id}-3`, 'the whole chain was seen');
    await client.publishAsync(dpsTopics.getOperation('r2', operationId), ' ', { qos });
    const second = await inbox.first('$dps/registrations/res/200');
    assert.equal(second.topic, '$dps/registrations/res/200/?$rid=r2');
    assert.equal(JSON.parse(second.payload).registrationState.deviceId, id);
    await client.unsubscribeAsync(dpsTopics.responses);
    await client.publishAsync(dpsTopics.register('r3'), '{}', { qos: 1 });
    await client.endAsync();
    assert.equal(inbox.received.length, 2, 'nothing arrives that is not subscribed to');
  });
}

test('the SDK for Java, which loses replies that are faster than it waits for them, gets them later', async () => {
  const clientId = 'java-1';
  const username = `${dpsUserName(idScope, clientId, '2019-03-31')}&ClientVersion=2019-03-31`;
  const client = await fixture.connect({ credential: await fixture.device(clientId), clientId, username });
  const inbox = record(client);
  await client.subscribeAsync(dpsTopics.responses);
  const since = performance.now();
  client.publish(dpsTopics.register('1'), JSON.stringify({ registrationId: clientId }));
  await inbox.first('$dps/registrations/res/202/?$rid=1');
  assert.ok(performance.now() - since > 45);
});

test('a refused device is let in, and then told why as JSON', async () => {
  const client = await fixture.connectDps('refused-1', await fixture.device('refused-1'));
  const inbox = record(client);
  await client.subscribeAsync(dpsTopics.responses);
  await client.publishAsync(dpsTopics.register('7'), '{}', { qos: 1 });
  const { payload } = await inbox.first('$dps/registrations/res/401/?$rid=7');
  const body = JSON.parse(payload);
  assert.equal(body.errorCode, 401002);
  assert.equal(body.message, 'CA certificate not found.');
  assert.match(body.trackingId, /^[0-9a-f-]{36}$/);
});

test('bad bodies, unknown operations and defects are answered as JSON', async () => {
  const client = await fixture.connectDps('broken-1', await fixture.device('broken-1'));
  const inbox = record(client);
  await client.subscribeAsync(dpsTopics.responses);
  client.publish(dpsTopics.register('1'), '{"registrationId"');
  assert.equal(
    JSON.parse((await inbox.first('$dps/registrations/res/400/?$rid=1')).payload).errorCode,
    400004,
  );
  client.publish(dpsTopics.getOperation('2', 'nothing'), ' ');
  await inbox.first('$dps/registrations/res/404/?$rid=2');
  client.publish(dpsTopics.register('3'), '{}');
  const { payload } = await inbox.first('$dps/registrations/res/500/?$rid=3');
  assert.ok(!payload.includes('defect'));
  client.publish(dpsTopics.register('4'), 'x'.repeat(97 * 1024));
  await inbox.first('$dps/registrations/res/413/?$rid=4');
});

test('a user name that is none, or another client ID, is refused with 4', async () => {
  const credential = await fixture.device('device-1');
  const clientId = 'device-1';
  const good = dpsUserName(idScope, clientId, '2019-03-31');
  for (const username of [
    'device-1',
    `${idScope}/registrations/device-1`,
    `${idScope}/registrations/device-1/`,
    `${idScope}/registrations//api-version=2019-03-31`,
    `${idScope}/registrations/%zz/api-version=2019-03-31`,
    dpsUserName(idScope, '-device', '2019-03-31'),
    dpsUserName(idScope, clientId, '1999-01-01'),
    '',
  ]) {
    assert.equal(await refusedWith(fixture.connect({ credential, clientId, username })), 4, username);
  }
  assert.equal(await refusedWith(fixture.connect({ credential, clientId: 'device-2', username: good })), 4);
});

test('a device without a certificate is refused with 5', async () => {
  const username = dpsUserName(idScope, 'device-1', '2019-03-31');
  assert.equal(await refusedWith(fixture.connect({ clientId: 'device-1', username })), 5);
  assert.equal(
    await refusedWith(
      fixture.connect({ clientId: 'device-1', username, password: 'SharedAccessSignature sr=x' }),
    ),
    5,
  );
});

test('only the filter of the responses is taken', async () => {
  const client = await fixture.connectDps('device-1', await fixture.device('device-1'));
  for (const filter of ['#', '$dps/#', '$dps/registrations/res/+/x', 'devices/device-2/#', '$SYS/#']) {
    await assert.rejects(client.subscribeAsync(filter), filter);
  }
});

test('nothing that one device publishes reaches another', async () => {
  const victim = await fixture.connectDps('victim', await fixture.device('victim'));
  const inbox = record(victim);
  await victim.subscribeAsync(dpsTopics.responses);
  const forger = await fixture.connectDps('forger', await fixture.device('forger'));
  await forger.subscribeAsync(dpsTopics.responses);
  await forger.publishAsync(dpsTopics.register('f'), '{}', { qos: 1, retain: true });
  forger.publish(dpsTopics.response(200, 'v'), '{"status":"assigned"}', { retain: true });
  await closed(forger);
  await victim.unsubscribeAsync(dpsTopics.responses);
  await victim.subscribeAsync(dpsTopics.responses);
  await victim.publishAsync(dpsTopics.register('v'), '{}', { qos: 1 });
  await inbox.first('$dps/registrations/res/202/?$rid=v');
  assert.equal(inbox.received.length, 1);
});

test('QoS 2 ends the connection', async () => {
  const client = await fixture.connectDps('device-1', await fixture.device('device-1'));
  client.publish(dpsTopics.register('1'), '{}', { qos: 2 });
  await closed(client);
});

test('nobody ends the session of a device by connecting under its name', async () => {
  const device = await fixture.connectDps('device-1', await fixture.device('device-1'));
  await fixture.connectDps('device-1', await fixture.device('other'));
  await device.subscribeAsync(dpsTopics.responses);
  assert.ok(device.connected);
});

test('what one device leaves behind as its will reaches nobody', async () => {
  const victim = await fixture.connectDps('victim', await fixture.device('victim'));
  const inbox = record(victim);
  await victim.subscribeAsync(dpsTopics.responses);
  const forger = await fixture.connect({
    credential: await fixture.device('forger'),
    clientId: 'forger',
    username: dpsUserName(idScope, 'forger', '2019-03-31'),
    will: { topic: dpsTopics.response(200, 'v'), payload: Buffer.from('{}'), qos: 1 },
  });
  forger.stream.destroy();
  await closed(forger);
  await victim.publishAsync(dpsTopics.register('v'), '{}', { qos: 1 });
  await inbox.first('$dps/registrations/res/202');
  assert.equal(inbox.received.length, 1);
});

test.run();
