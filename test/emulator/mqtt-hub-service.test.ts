/** What the service asks of a device that is connected over MQTT: messages to it, direct methods, desired properties. */
import assert from 'node:assert/strict';
import mqtt from 'mqtt';
import { test } from 'uvu';
import { hubTopics, hubUserName } from '../../src/dps/contract/mqtt.js';
import { HubError } from '../../src/emulator/hub/hub-error.js';
import { closed, type Fixture, record, startFixture } from './mqtt-fixture.js';

let fixture: Fixture;
test.before(async () => {
  fixture = await startFixture();
});
test.after(() => fixture?.close());

const message = (text: string, more = {}) => ({
  systemProperties: {},
  properties: {},
  body: Buffer.from(text),
  ...more,
});

async function until(holds: () => boolean): Promise<void> {
  for (let round = 0; round < 400; round += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it did not come to that');
}

function rejectsWith(promise: Promise<unknown>, kind: string): Promise<void> {
  return promise.then(
    () => assert.fail('it was granted'),
    (error) => {
      assert.ok(error instanceof HubError, String(error));
      assert.equal(error.kind, kind);
    },
  );
}

test('messages wait for a device that is not there, and arrive in their order with their properties', async () => {
  const credential = await fixture.hubDevice('waiting');
  const { cloudToDevice } = fixture.hub;
  cloudToDevice.send(
    'waiting',
    message('first', {
      systemProperties: { mid: 'id-1', ct: 'text/plain' },
      properties: { 'a b': 'c&d=/e', leer: '' },
    }),
  );
  const expiry = new Date(Date.now() + 60_000);
  cloudToDevice.send('waiting', message('second', { expiry }));
  assert.equal(cloudToDevice.count('waiting'), 2);
  const client = await fixture.connectHub('waiting', credential);
  const inbox = record(client);
  await client.subscribeAsync(hubTopics.cloudToDeviceMessages('waiting'), { qos: 1 });
  cloudToDevice.send('waiting', message('third'));
  await until(() => inbox.received.length === 3);
  assert.deepEqual(
    inbox.received.map(({ payload }) => payload),
    ['first', 'second', 'third'],
  );
  assert.equal(
    inbox.received[0]?.topic,
    'devices/waiting/messages/devicebound/%24.mid=id-1&%24.ct=text%2Fplain&%24.to=%2Fdevices%2Fwaiting%2Fmessages%2FdeviceBound&a%20b=c%26d%3D%2Fe&leer=',
  );
  assert.equal(
    inbox.received[1]?.topic,
    `devices/waiting/messages/devicebound/%24.exp=${encodeURIComponent(expiry.toISOString())}&%24.to=%2Fdevices%2Fwaiting%2Fmessages%2FdeviceBound`,
  );
  await until(() => cloudToDevice.count('waiting') === 0);
});

test('a message that is not acknowledged comes again to the next connection', async () => {
  const credential = await fixture.hubDevice('forgetful');
  fixture.hub.cloudToDevice.send('forgetful', message('once more'));
  const first = await fixture.connectHub('forgetful', credential);
  const arrived = new Promise<void>((resolve) => {
    // In place of the acknowledgement, the connection breaks.
    first.handleMessage = () => {
      resolve();
      first.stream.destroy();
    };
  });
  first.subscribe(hubTopics.cloudToDeviceMessages('forgetful'), { qos: 1 });
  await arrived;
  await closed(first);
  assert.equal(fixture.hub.cloudToDevice.count('forgetful'), 1);
  // Anew: otherwise the message would come before anybody listens.
  const username = hubUserName(fixture.hubHostName(), 'forgetful', '2021-04-12');
  const second = await fixture.connect({ credential, clientId: 'forgetful', username, clean: true });
  const inbox = record(second);
  await second.subscribeAsync(hubTopics.cloudToDeviceMessages('forgetful'), { qos: 1 });
  await until(() => inbox.received.length === 1);
  await until(() => fixture.hub.cloudToDevice.count('forgetful') === 0);
});

test('with QoS 0 a message is gone when it is sent; after unsubscribing it waits', async () => {
  const client = await fixture.connectHub('careless', await fixture.hubDevice('careless'));
  const inbox = record(client);
  const filter = hubTopics.cloudToDeviceMessages('careless');
  await client.subscribeAsync(filter, { qos: 0 });
  fixture.hub.cloudToDevice.send('careless', message('fleeting'));
  await until(() => inbox.received.length === 1);
  await until(() => fixture.hub.cloudToDevice.count('careless') === 0);
  await client.unsubscribeAsync(filter);
  fixture.hub.cloudToDevice.send('careless', message('later'));
  await client.publishAsync(hubTopics.telemetry('careless'), 'x', { qos: 1 });
  assert.equal(inbox.received.length, 1);
  assert.equal(fixture.hub.cloudToDevice.count('careless'), 1);
});

test('what is sent to one device never reaches another', async () => {
  const [a, b] = await Promise.all(
    ['to-a', 'to-b'].map(async (id) => fixture.connectHub(id, await fixture.hubDevice(id))),
  );
  const inbox = record(b!);
  await b!.subscribeAsync(
    [hubTopics.cloudToDeviceMessages('to-b'), hubTopics.methodCalls, hubTopics.desiredPropertiesChanged],
    { qos: 1 },
  );
  const mine = record(a!);
  await a!.subscribeAsync(hubTopics.cloudToDeviceMessages('to-a'), { qos: 1 });
  fixture.hub.cloudToDevice.send('to-a', message('for a'));
  fixture.hub.twins.change('to-a', { desired: { x: 1 } }, 'merge');
  await until(() => mine.received.length === 1);
  await b!.publishAsync(hubTopics.telemetry('to-b'), 'x', { qos: 1 });
  assert.equal(inbox.received.length, 0);
});

const call = { name: 'reboot', payload: { delay: 5 }, connectTimeout: 0, responseTimeout: 2000 };

test('a direct method is called and answered', async () => {
  const client = await fixture.connectHub('callee', await fixture.hubDevice('callee'));
  const inbox = record(client);
  await client.subscribeAsync(hubTopics.methodCalls);
  const result = fixture.hub.methods.invoke('callee', call);
  const request = await inbox.first('$iothub/methods/POST/reboot/?$rid=');
  assert.deepEqual(JSON.parse(request.payload), { delay: 5 });
  const requestId = /\$rid=(.+)$/.exec(request.topic)![1]!;
  client.publish(hubTopics.methodResponse(202, requestId), '{"rebooting":true}');
  assert.deepEqual(await result, { status: 202, payload: { rebooting: true } });

  // Nobody waits for it any more: nothing happens.
  await client.publishAsync(hubTopics.methodResponse(200, requestId), '{}', { qos: 1 });
  assert.equal(fixture.events.at(-1)?.operation, 'answerMethod');
  assert.equal(fixture.events.at(-1)?.status, 404);

  const withoutPayload = fixture.hub.methods.invoke('callee', { ...call, name: 'a b', payload: undefined });
  const second = await inbox.first('$iothub/methods/POST/a%20b/?$rid=');
  assert.equal(second.payload, 'null');
  client.publish(hubTopics.methodResponse(200, /\$rid=(.+)$/.exec(second.topic)![1]!), '');
  assert.deepEqual(await withoutPayload, { status: 200, payload: undefined });

  const garbage = fixture.hub.methods.invoke('callee', { ...call, name: 'garbage' });
  const third = await inbox.first('$iothub/methods/POST/garbage/?$rid=');
  client.publish(hubTopics.methodResponse(200, /\$rid=(.+)$/.exec(third.topic)![1]!), '{');
  await rejectsWith(garbage, 'InvalidResponseWhileProxying');
});

test('a call to a device that is not there, does not answer, or does not exist', async () => {
  const credential = await fixture.hubDevice('absent');
  const { methods } = fixture.hub;
  await rejectsWith(methods.invoke('absent', { ...call, connectTimeout: 20 }), 'DeviceNotOnline');
  await rejectsWith(methods.invoke('nobody', call), 'DeviceNotFound');
  // Connected, but it takes no calls.
  const client = await fixture.connectHub('absent', credential);
  await rejectsWith(methods.invoke('absent', call), 'DeviceNotOnline');
  // It begins to take calls while one waits.
  const waiting = methods.invoke('absent', { ...call, connectTimeout: 2000, responseTimeout: 30 });
  await client.subscribeAsync(hubTopics.methodCalls);
  await rejectsWith(waiting, 'GatewayTimeout');
  await client.unsubscribeAsync(hubTopics.methodCalls);
  await rejectsWith(methods.invoke('absent', call), 'DeviceNotOnline');
  const gone = new AbortController();
  const abandoned = methods.invoke('absent', { ...call, connectTimeout: 60_000 }, gone.signal);
  gone.abort();
  await rejectsWith(abandoned, 'DeviceNotOnline');
});

test('a device cannot answer a call to another', async () => {
  const [callee, intruder] = await Promise.all(
    ['called', 'uncalled'].map(async (id) => fixture.connectHub(id, await fixture.hubDevice(id))),
  );
  const inbox = record(callee!);
  await callee!.subscribeAsync(hubTopics.methodCalls);
  const result = fixture.hub.methods.invoke('called', call);
  const { topic } = await inbox.first('$iothub/methods/POST/reboot');
  const requestId = /\$rid=(.+)$/.exec(topic)![1]!;
  await intruder!.publishAsync(hubTopics.methodResponse(200, requestId), '"forged"', { qos: 1 });
  callee!.publish(hubTopics.methodResponse(200, requestId), '"real"');
  assert.deepEqual(await result, { status: 200, payload: 'real' });
});

test('a device is told of its desired properties, with their version', async () => {
  const client = await fixture.connectHub('told', await fixture.hubDevice('told', { interval: 30, old: 1 }));
  const inbox = record(client);
  await client.subscribeAsync(hubTopics.desiredPropertiesChanged);
  const { twins } = fixture.hub;
  twins.change('told', { desired: { interval: 60 }, tags: { site: null, floor: 2 } }, 'merge');
  const told = await inbox.first('$iothub/twin/PATCH/properties/desired/?$version=2');
  assert.deepEqual(JSON.parse(told.payload), { interval: 60, $version: 2 });
  assert.deepEqual(twins.get('told')?.tags, { floor: 2 });
  twins.change('told', { desired: { fresh: { x: 1 } } }, 'replace');
  const replaced = await inbox.first('$iothub/twin/PATCH/properties/desired/?$version=3');
  assert.deepEqual(JSON.parse(replaced.payload), {
    fresh: { x: 1 },
    interval: null,
    old: null,
    $version: 3,
  });
  assert.deepEqual(twins.get('told')?.desired.properties, { fresh: { x: 1 } });
  twins.change('told', { tags: { floor: 3 } }, 'merge');
  await client.unsubscribeAsync(hubTopics.desiredPropertiesChanged);
  twins.change('told', { desired: { fresh: null } }, 'merge');
  assert.equal(inbox.received.length, 2);
});

test('subscribing again does not deliver twice', async () => {
  const client = await fixture.connectHub('twice-told', await fixture.hubDevice('twice-told'));
  const inbox = record(client);
  for (const qos of [0, 1, 1] as const) {
    await client.subscribeAsync(
      [hubTopics.desiredPropertiesChanged, hubTopics.cloudToDeviceMessages('twice-told')],
      { qos },
    );
  }
  fixture.hub.twins.change('twice-told', { desired: { x: 1 } }, 'merge');
  fixture.hub.cloudToDevice.send('twice-told', message('one'));
  await until(() => inbox.received.length === 2);
  await until(() => fixture.hub.cloudToDevice.count('twice-told') === 0);
  assert.equal(inbox.received.length, 2);
});

test('without a clean session, a device that comes back gets its messages without asking again', async () => {
  const credential = await fixture.hubDevice('returning');
  const filter = 'devices/returning/messages/devicebound/#';
  const queue = fixture.hub.cloudToDevice;
  const send = (body: string) =>
    queue.send('returning', { systemProperties: {}, properties: {}, body: Buffer.from(body) });
  /** Whether the hub knew of the session, and what came of itself before what was asked for. */
  async function visit(clean: boolean, act?: (client: mqtt.MqttClient) => Promise<unknown>) {
    const received: string[] = [];
    let sessionPresent: boolean | undefined;
    const username = hubUserName(fixture.hubHostName(), 'returning', '2021-04-12');
    const client = mqtt.connect(`mqtts://localhost:${fixture.listener.port}`, {
      ...{ ca: fixture.serverRoot.pem, cert: credential.pem, key: credential.keyPem },
      ...{
        clientId: 'returning',
        username,
        clean,
        reconnectPeriod: 0,
        protocolVersion: 4,
        resubscribe: false,
      },
    });
    let answered = false;
    client.on('message', (topic, payload) => {
      if (topic.startsWith('devices/')) received.push(payload.toString());
      else answered = true;
    });
    client.on('connect', (connack) => {
      sessionPresent = connack.sessionPresent;
    });
    await until(() => sessionPresent !== undefined);
    await act?.(client);
    // The answer to this comes after all that was sent before.
    await client.subscribeAsync(hubTopics.twinResponses);
    await client.publishAsync(hubTopics.getTwin('1'), '');
    await until(() => answered);
    await client.endAsync();
    return { sessionPresent, received };
  }
  send('first');
  assert.deepEqual(await visit(false), { sessionPresent: false, received: [] });
  assert.deepEqual(await visit(false, (client) => client.subscribeAsync(filter, { qos: 1 })), {
    sessionPresent: false,
    received: ['first'],
  });
  send('second');
  assert.deepEqual(await visit(false), { sessionPresent: true, received: ['second'] });
  assert.equal(queue.count('returning'), 0);
  send('third');
  assert.deepEqual(await visit(true), { sessionPresent: false, received: [] }, 'a clean session ends it');
  assert.deepEqual(await visit(false), { sessionPresent: false, received: [] });
  const both = async (client: mqtt.MqttClient) => {
    await client.subscribeAsync(filter, { qos: 1 });
    await client.unsubscribeAsync(filter);
  };
  assert.deepEqual((await visit(false, both)).received, ['third']);
  assert.equal((await visit(false)).sessionPresent, false);
});

test.run();
