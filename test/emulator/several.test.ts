/** Several hubs and several provisioning services in one emulator, each dialled by the name that it gives out. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { suite } from 'uvu';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { hubUserName } from '../../src/dps/contract/mqtt.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { type Made, make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { connectAmqp } from './amqp-client.js';
import { hubService } from './hub-service.js';
import { clientOf, groupBody, startTestEmulator, type TestEmulator } from './support.js';

const test = suite<{ emulator: TestEmulator; root: Made }>('several hubs and services');

test.before(async (context) => {
  context.emulator = await startTestEmulator({ hubs: ['alpha', 'beta', 'Gamma'], services: ['one', 'two'] });
  context.root = await make('root', 'Root');
  await context.emulator.verifiedCa('root', context.root);
});
test.after(({ emulator }) => emulator.stop());

function nth<Item>(items: readonly Item[], index: number): Item {
  assert.ok(items[index]);
  return items[index];
}

/** Connects by the hub's own name, as a device that was assigned to it. */
async function connect({ endpoints }: TestEmulator, hostName: string, deviceId: string, leaf: Made) {
  return mqtt.connectAsync(`mqtts://${hostName}`, {
    ca: readFileSync(endpoints.caFile),
    cert: leaf.pem,
    key: leaf.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    clientId: deviceId,
    username: hubUserName(hostName, deviceId, '2021-04-12'),
    reconnectPeriod: 0,
    protocolVersion: 4,
  });
}

test('every hub is dialled by its own name, and knows its own devices only', async ({ emulator, root }) => {
  const { hubs } = emulator.endpoints;
  assert.deepEqual(
    hubs.map(({ name }) => name),
    ['alpha', 'beta', 'gamma'],
  );
  assert.equal(new Set(hubs.map(({ hostName }) => hostName)).size, 3);
  assert.equal(nth(hubs, 0).hostName, emulator.endpoints.hubHostName);
  for (const [index, { name, hostName, serviceConnectionString }] of hubs.entries()) {
    const group = groupBody(
      'per-hub',
      { reference: 'root' },
      { allocationPolicy: 'static', iotHubs: [hostName] },
    );
    const put = await emulator.service(
      'PUT',
      '/enrollmentGroups/per-hub',
      group,
      index ? { 'if-match': '*' } : {},
    );
    assert.deepEqual(put.body.iotHubs, [hostName], JSON.stringify(put.body));
    const deviceId = `on-${name}`;
    const leaf = await make('device', deviceId, root);
    const { body } = await emulator.register(deviceId, [leaf]);
    assert.equal(body.registrationState.assignedHub, hostName);
    await (await connect(emulator, hostName, deviceId, leaf)).endAsync();
    for (const other of hubs.filter((one) => one.name !== name)) {
      await assert.rejects(connect(emulator, other.hostName, deviceId, leaf), { code: 5 });
    }
    const found = await hubService(emulator, serviceConnectionString)('GET', `/devices/${deviceId}`);
    assert.equal(found.body.deviceId, deviceId);
    const elsewhere = nth(hubs, (index + 1) % 3).serviceConnectionString;
    assert.equal((await hubService(emulator, elsewhere)('GET', `/devices/${deviceId}`)).status, 404);
  }
  await emulator.service('DELETE', '/enrollmentGroups/per-hub');
});

test('over AMQP too, a device is let in by its own hub and by no other', async ({ emulator, root }) => {
  const { hubs, ports } = emulator.endpoints;
  const beta = nth(hubs, 1);
  const group = groupBody(
    'by-amqp',
    { reference: 'root' },
    { allocationPolicy: 'hashed', iotHubs: [beta.hostName] },
  );
  await emulator.service('PUT', '/enrollmentGroups/by-amqp', group);
  const leaf = await make('device', 'by-amqp', root);
  await emulator.register('by-amqp', [leaf]);
  const key = leaf.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
  const send = async (hostName: string) => {
    const client = await connectAmqp({
      host: hostName.replace(/:\d+$/, ''),
      port: ports.amqp,
      ca: readFileSync(emulator.endpoints.caFile, 'utf8'),
      cert: leaf.pem,
      key,
    });
    try {
      await client.send(await client.sender('/devices/by-amqp/messages/events'), { body: 'hello' });
    } finally {
      client.end();
    }
  };
  await send(beta.hostName);
  await assert.rejects(send(nth(hubs, 0).hostName), { condition: 'amqp:unauthorized-access' });
  await emulator.service('DELETE', '/enrollmentGroups/by-amqp');
});

test('a hub answers to its name in Azure too, and not to one that nobody has', async ({ emulator, root }) => {
  const beta = nth(emulator.endpoints.hubs, 1);
  const put = await emulator.service(
    'PUT',
    '/enrollmentGroups/azure-name',
    groupBody(
      'azure-name',
      { reference: 'root' },
      { allocationPolicy: 'hashed', iotHubs: ['beta.azure-devices.net'] },
    ),
  );
  assert.deepEqual(put.body.iotHubs, [beta.hostName]);
  const leaf = await make('device', 'azure-name', root);
  await emulator.register('azure-name', [leaf]);
  const options = {
    ca: readFileSync(emulator.endpoints.caFile),
    cert: leaf.pem,
    key: leaf.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    clientId: 'azure-name',
    servername: 'beta.azure-devices.net',
    reconnectPeriod: 0,
    protocolVersion: 4,
  } as const;
  const by = (username: string) =>
    mqtt.connectAsync(`mqtts://localhost:${emulator.endpoints.ports.mqtt}`, { ...options, username });
  await (await by(hubUserName('beta.azure-devices.net', 'azure-name', '2021-04-12'))).endAsync();
  await assert.rejects(by(hubUserName('delta.azure-devices.net', 'azure-name', '2021-04-12')), { code: 5 });
  await emulator.service('DELETE', '/enrollmentGroups/azure-name');
});

test('hashed allocation spreads devices by weight, and keeps each where it is', async ({
  emulator,
  root,
}) => {
  await emulator.service('PUT', '/enrollmentGroups/spread', groupBody('spread', { reference: 'root' }));
  const counts = new Map<string, number>();
  for (let index = 0; index < 30; index += 1) {
    const chain = [await make('device', `spread-${index}`, root)];
    const { assignedHub } = (await emulator.register(`spread-${index}`, chain)).body.registrationState;
    counts.set(assignedHub, (counts.get(assignedHub) ?? 0) + 1);
    if (index > 4) continue;
    const again = (await emulator.register(`spread-${index}`, chain)).body.registrationState;
    assert.equal(again.assignedHub, assignedHub);
    assert.equal(again.substatus, 'reprovisionedToInitialAssignment');
  }
  assert.equal(counts.size, 3, 'each hub has some');
  await emulator.service('DELETE', '/enrollmentGroups/spread');
});

const policies = [
  {
    name: 'migrate',
    reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
    substatus: 'deviceDataMigrated',
    moves: true,
    desired: { of: 'first', changed: true },
    reported: { firmware: '1' },
  },
  {
    name: 'reset',
    reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false },
    substatus: 'deviceDataReset',
    moves: true,
    desired: { of: 'second' },
    reported: {},
  },
  {
    name: 'never',
    reprovisionPolicy: { updateHubAssignment: false, migrateDeviceData: false },
    substatus: 'reprovisionedToInitialAssignment',
    moves: false,
    desired: { of: 'first', changed: true },
    reported: { firmware: '1' },
  },
];
for (const { name, reprovisionPolicy, substatus, moves, desired, reported } of policies) {
  test(`a device that registers again for another hub: ${name}`, async ({ emulator }) => {
    const [from, to] = [nth(emulator.endpoints.hubs, 0), nth(emulator.endpoints.hubs, 1)];
    const leaf = await make('device', name);
    const enrollment = (hostName: string, of: string) => ({
      registrationId: name,
      attestation: { type: 'x509', x509: { clientCertificates: { primary: { certificate: leaf.pem } } } },
      allocationPolicy: 'hashed',
      iotHubs: [hostName],
      reprovisionPolicy,
      initialTwin: { tags: { of }, properties: { desired: { of } } },
    });
    const path = `/enrollments/${name}`;
    await emulator.service('PUT', path, enrollment(from.hostName, 'first'));
    const first = (await emulator.register(name, [leaf])).body.registrationState;
    assert.equal(first.substatus, 'initialAssignment');
    const oldHub = hubService(emulator, from.serviceConnectionString);
    const patched = await oldHub('PATCH', `/twins/${name}`, { properties: { desired: { changed: true } } });
    assert.equal(patched.status, 200, JSON.stringify(patched.body));
    const device = await connect(emulator, from.hostName, name, leaf);
    const gone = new Promise<void>((closed) => device.once('close', () => closed()));
    await device.publishAsync('$iothub/twin/PATCH/properties/reported/?$rid=1', '{"firmware":"1"}', {
      qos: 1,
    });

    await emulator.service('PUT', path, enrollment(to.hostName, 'second'), { 'if-match': '*' });
    const second = (await emulator.register(name, [leaf])).body.registrationState;
    assert.equal(second.substatus, substatus);
    assert.equal(second.assignedHub, moves ? to.hostName : from.hostName);
    const hub = hubService(emulator, (moves ? to : from).serviceConnectionString);
    const twin = (await hub('GET', `/twins/${name}`)).body;
    const plain = ({ $metadata: _, $version: __, ...properties }: Record<string, unknown>) => properties;
    assert.deepEqual(plain(twin.properties.desired), desired);
    assert.deepEqual(plain(twin.properties.reported), reported);
    assert.equal((await oldHub('GET', `/devices/${name}`)).status, moves ? 404 : 200);
    if (!moves) await device.endAsync();
    await gone;
  });
}

test('every service has its own ID scope, keys, enrollments and records, under its own name', async ({
  emulator,
}) => {
  const [one, two] = [nth(emulator.endpoints.services, 0), nth(emulator.endpoints.services, 1)];
  assert.equal(one.idScope, emulator.endpoints.idScope);
  assert.notEqual(one.idScope, two.idScope);
  assert.notEqual(one.hostName, two.hostName);
  const second = clientOf({
    ...emulator.endpoints,
    dpsName: two.name,
    idScope: two.idScope,
    armEndpoint: `https://${two.hostName}`,
    serviceConnectionString: two.connectionString,
  });
  const described = await second.arm('GET', '');
  assert.equal(described.body.properties.idScope, two.idScope);
  assert.equal(described.body.properties.serviceOperationsHostName, two.hostName);
  assert.equal(described.body.properties.iotHubs.length, 3);
  assert.deepEqual((await second.arm('GET', '/certificates')).body.value, []);

  const leaf = await make('device', 'of-two');
  const x509 = { clientCertificates: { primary: { certificate: leaf.pem } } };
  const enrollment = { registrationId: 'of-two', attestation: { type: 'x509', x509 } };
  assert.equal((await second.service('PUT', '/enrollments/of-two', enrollment)).status, 200);
  assert.equal((await emulator.service('GET', '/enrollments/of-two')).status, 404);
  assert.equal((await emulator.register('of-two', [leaf])).status, 401);
  // All devices dial the one name: the ID scope tells the services apart.
  const first = clientOf({ ...emulator.endpoints, idScope: two.idScope });
  assert.equal((await first.register('of-two', [leaf])).body.status, 'assigned');
  assert.equal((await second.service('GET', '/registrations/of-two')).status, 200);
  assert.equal((await emulator.service('GET', '/registrations/of-two')).status, 404);
  // A key opens its own service only, also under the other's name.
  const { sharedAccessKeyName, sharedAccessKey } = parseConnectionString(one.connectionString);
  const expiry = Math.floor(Date.now() / 1000) + 60;
  const authorization = createSasToken(two.hostName, sharedAccessKeyName, sharedAccessKey, expiry);
  const foreign = await second.service('GET', '/enrollments/of-two', undefined, { authorization });
  assert.equal(foreign.status, 401);
});

test('hubs and services are there again after a restart, with what they know; further ones join them', () =>
  inTemporaryFolder(async (dir) => {
    const before = await startTestEmulator({
      dir,
      hubs: ['first-hub', 'second-hub'],
      services: ['first-service'],
    });
    const hostName = nth(before.endpoints.hubs, 1).hostName;
    const leaf = await make('device', 'stays');
    const x509 = { clientCertificates: { primary: { certificate: leaf.pem } } };
    const enrollment = {
      registrationId: 'stays',
      attestation: { type: 'x509', x509 },
      allocationPolicy: 'hashed',
      iotHubs: [hostName],
    };
    await before.service('PUT', '/enrollments/stays', enrollment);
    await before.register('stays', [leaf]);
    await before.stop();

    const after = await startTestEmulator({ dir, hubs: ['third-hub'], services: ['second-service'] });
    try {
      const { hubs, services, idScope } = after.endpoints;
      assert.equal(idScope, before.endpoints.idScope);
      assert.deepEqual(
        hubs.map(({ name }) => name),
        ['first-hub', 'second-hub', 'third-hub'],
      );
      assert.deepEqual(
        services.map(({ name }) => name),
        ['first-service', 'second-service'],
      );
      const linked = (await after.arm('GET', '')).body.properties.iotHubs;
      assert.equal(linked.length, 3);
      const read = await after.service('GET', '/enrollments/stays');
      assert.deepEqual(read.body.iotHubs, [nth(hubs, 1).hostName]);
      await (await connect(after, nth(hubs, 1).hostName, 'stays', leaf)).endAsync();

      await after.reset();
      const hub = hubService(after, nth(hubs, 1).serviceConnectionString);
      assert.equal((await hub('GET', '/devices/stays')).status, 404);
      assert.equal((await after.arm('GET', '')).body.properties.iotHubs.length, 3);
    } finally {
      await after.stop();
    }
  }));

test('names that Azure would not take are refused', async () => {
  for (const options of [
    { hubs: ['-x-'] },
    { hubs: ['a'] },
    { services: ['global'] },
    { services: ['-abc'] },
    { services: ['a_b_c'] },
  ]) {
    await assert.rejects(startTestEmulator(options), { code: 'USAGE' });
  }
});

test.run();
