/** The shared access policies of a hub: which there are, what each may do, and devices that come with one's token. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { test } from 'uvu';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { hubUserName } from '../../src/dps/contract/mqtt.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { make } from '../support/chains.js';
import { connectAmqp, type RefusedError } from './amqp-client.js';
import { hubService } from './hub-service.js';
import { startTestEmulator, type TestEmulator } from './support.js';

let emulator: TestEmulator;
test.before(async () => {
  emulator = await startTestEmulator();
  const hub = hubService(emulator);
  for (const deviceId of ['Sas', 'other', 'off']) await hub('PUT', `/devices/${deviceId}`, {});
  const primaryThumbprint = 'A'.repeat(40);
  await hub('PUT', '/devices/certified', { authentication: { x509Thumbprint: { primaryThumbprint } } });
  await emulator.call({
    method: 'PUT',
    path: '/devices/off?api-version=2021-04-12',
    body: { status: 'disabled' },
    headers: { authorization: token('iothubowner'), 'if-match': '*' },
  });
});
test.after(() => emulator?.stop());

/** @param path what follows the host name in the token's resource */
function token(policyName: string, path = '', expiresIn = 3600): string {
  const { hostName, sharedAccessKeyName, sharedAccessKey } = parseConnectionString(
    emulator.endpoints.hubs[0]!.connectionStrings[policyName]!,
  );
  const expiry = Math.floor(Date.now() / 1000) + expiresIn;
  return createSasToken(`${hostName}${path}`, sharedAccessKeyName, sharedAccessKey, expiry);
}

const rights: Record<string, readonly string[]> = {
  iothubowner: ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect'],
  service: ['ServiceConnect'],
  device: ['DeviceConnect'],
  registryRead: ['RegistryRead'],
  registryReadWrite: ['RegistryRead', 'RegistryWrite'],
};

test('a hub has the five policies of every new hub, and ARM shows their keys', async () => {
  const { subscriptionId, resourceGroup, armToken, hubs } = emulator.endpoints;
  const arm = (method: string, path: string, body?: unknown) =>
    emulator.call({
      method,
      path: `/subscriptions/${subscriptionId}${path}?api-version=2021-07-02`,
      body,
      headers: { authorization: `Bearer ${armToken}` },
    });
  const group = `/resourceGroups/${resourceGroup}/providers/Microsoft.Devices`;
  const listed = await arm('GET', `${group}/IotHubs`);
  assert.deepEqual(
    listed.body.value.map((hub: any) => [hub.name, hub.resourcegroup, hub.properties.hostName]),
    [['hub-1', resourceGroup, hubs[0]!.hostName]],
  );
  assert.deepEqual((await arm('GET', '/providers/Microsoft.Devices/IotHubs')).body, listed.body);
  assert.deepEqual((await arm('GET', `${group}/iothubs/HUB-1`)).body, listed.body.value[0]);

  const keys = await arm('POST', `${group}/IotHubs/hub-1/listkeys`);
  assert.deepEqual(
    Object.fromEntries(keys.body.value.map((rule: any) => [rule.keyName, rule.rights.split(', ')])),
    // The right to write holds the right to read.
    Object.fromEntries(
      Object.entries(rights).map(([name, granted]) => [
        name,
        granted.filter((right) => right !== 'RegistryRead' || !granted.includes('RegistryWrite')),
      ]),
    ),
  );
  const secrets = new Set(keys.body.value.flatMap((rule: any) => [rule.primaryKey, rule.secondaryKey]));
  assert.equal(secrets.size, 10, 'no two keys are the same');
  for (const rule of keys.body.value) {
    const own = parseConnectionString(hubs[0]!.connectionStrings[rule.keyName]!);
    assert.equal(own.sharedAccessKey, rule.primaryKey);
    const one = await arm('POST', `${group}/IotHubs/hub-1/IotHubKeys/${rule.keyName}/listkeys`);
    assert.deepEqual(one.body, rule);
  }
  assert.equal((await arm('POST', `${group}/IotHubs/hub-1/IotHubKeys/none/listkeys`)).status, 404);
  assert.equal((await arm('GET', `${group}/IotHubs/none`)).status, 404);
  assert.equal((await arm('GET', '/resourceGroups/none/providers/Microsoft.Devices/IotHubs')).status, 404);
  assert.equal(
    (await arm('PUT', `${group}/IotHubs/hub-2`, {})).status,
    400,
    'a hub needs a location and an SKU',
  );
  const check = async (name: string) =>
    (await arm('POST', '/providers/Microsoft.Devices/checkNameAvailability', { name })).body.nameAvailable;
  assert.deepEqual([await check('Hub-1'), await check('hub-2')], [false, true]);
  for (const [name, status] of Object.entries({ [resourceGroup]: 204, none: 404 })) {
    const existence = await emulator.call({
      method: 'HEAD',
      path: `/subscriptions/${subscriptionId}/resourcegroups/${name}?api-version=2021-04-01`,
      headers: { authorization: `Bearer ${armToken}` },
    });
    assert.equal(existence.status, status, 'az asks whether a resource group exists');
  }
  const stranger = await emulator.call({
    method: 'POST',
    path: `/subscriptions/${subscriptionId}${group}/IotHubs/hub-1/listkeys?api-version=2021-07-02`,
  });
  assert.equal(stranger.status, 401);
});

/** What may be asked of a hub, and the right that Microsoft documents for it. */
const operations: [right: string, method: string, path: string][] = [
  ['RegistryRead', 'GET', '/devices/nobody'],
  ['RegistryRead', 'GET', '/devices'],
  ['RegistryRead', 'GET', '/statistics/devices'],
  ['RegistryWrite', 'PUT', '/devices/bad*\\'],
  ['RegistryWrite', 'DELETE', '/devices/nobody'],
  ['RegistryWrite', 'POST', '/devices'],
  ['ServiceConnect', 'POST', '/devices/query'],
  ['ServiceConnect', 'GET', '/twins/nobody'],
  ['ServiceConnect', 'PATCH', '/twins/nobody'],
  ['ServiceConnect', 'PUT', '/twins/nobody'],
  ['ServiceConnect', 'POST', '/twins/nobody/methods'],
  ['ServiceConnect', 'DELETE', '/devices/nobody/commands'],
  ['ServiceConnect', 'POST', '/messages/deviceBound'],
  ['ServiceConnect', 'GET', '/messages/serviceBound/feedback'],
  ['ServiceConnect', 'DELETE', '/messages/serviceBound/feedback/x'],
  ['ServiceConnect', 'POST', '/messages/serviceBound/feedback/x/abandon'],
  ['DeviceConnect', 'POST', '/devices/Sas/messages/events'],
  ['DeviceConnect', 'GET', '/devices/Sas/messages/deviceBound'],
  ['DeviceConnect', 'DELETE', '/devices/Sas/messages/deviceBound/x'],
  ['DeviceConnect', 'POST', '/devices/Sas/messages/deviceBound/x/abandon'],
];

function ask(method: string, path: string, authorization: string) {
  const body = method === 'GET' ? undefined : {};
  return emulator.call({
    method,
    path: `${encodeURI(path)}?api-version=2021-04-12`,
    body,
    headers: { authorization },
  });
}

for (const [policyName, granted] of Object.entries(rights)) {
  test(`the policy ${policyName} opens what it grants, and nothing else`, async () => {
    for (const [right, method, path] of operations) {
      const about = `${method} ${path}`;
      const answer = await ask(method, path, token(policyName));
      if (granted.includes(right)) {
        assert.ok(![401, 403, 500].includes(answer.status), `${about}: ${answer.status}`);
        continue;
      }
      assert.equal(answer.status, 401, about);
      assert.equal(answer.headers['iothub-errorcode'], 'IotHubUnauthorizedAccess', about);
      assert.equal(answer.body.Message, 'ErrorCode:IotHubUnauthorizedAccess;Unauthorized', about);
      assert.match(answer.body.ExceptionMessage, /^Tracking ID:/, about);
      assert.equal(
        emulator.events.at(-1)!.reason,
        `the policy ${policyName} lacks the right ${right}`,
        about,
      );
    }
  });
}

/** The SDKs for Node.js write an ID as it is, those for C# encode it; so each of them gets its turn. */
let turn = 0;
function addressOf(deviceId: string): string {
  turn += 1;
  return `/devices/${turn % 2 === 0 ? deviceId : encodeURIComponent(deviceId)}/messages/events`;
}

/** Over one transport: whether a device gets in with a token. */
type Attempt = (deviceId: string, authorization: string) => Promise<boolean>;
const ca = () => readFileSync(emulator.endpoints.caFile, 'utf8');
const transports: Record<string, Attempt> = {
  async HTTPS(deviceId, authorization) {
    const { status } = await ask('GET', `/devices/${deviceId}/messages/deviceBound`, authorization);
    assert.ok([204, 401].includes(status), `${status}`);
    return status === 204;
  },
  async MQTT(deviceId, authorization) {
    const { hubHostName, ports } = emulator.endpoints;
    const connecting = mqtt.connectAsync(`mqtts://localhost:${ports.mqtt}`, {
      ...{ ca: ca(), reconnectPeriod: 0, protocolVersion: 4, clientId: deviceId },
      ...{ username: hubUserName(hubHostName, deviceId, '2021-04-12'), password: authorization },
    });
    try {
      await (await connecting).endAsync(true);
      return true;
    } catch (error) {
      assert.equal((error as { code: number }).code, 5);
      return false;
    }
  },
  async 'AMQP, put to $cbs'(deviceId, authorization) {
    const client = await connectAmqp({ port: emulator.endpoints.ports.amqp, ca: ca() });
    try {
      const answers = await client.receiver('$cbs');
      await client.send(await client.sender('$cbs'), {
        message_id: '1',
        application_properties: {
          ...{ operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: 'any' },
        },
        body: authorization,
      });
      await client.next(answers);
      await client.sender(addressOf(deviceId));
      return true;
    } catch (error) {
      assert.equal((error as RefusedError).condition, 'amqp:unauthorized-access');
      return false;
    } finally {
      client.end();
    }
  },
  async 'AMQP, as a password'(deviceId, authorization) {
    const { port, username } = { port: emulator.endpoints.ports.amqp, username: 'device@sas.root.hub-1' };
    const client = await connectAmqp({ port, ca: ca(), username, password: authorization });
    try {
      await client.sender(addressOf(deviceId));
      return true;
    } catch (error) {
      assert.equal((error as RefusedError).condition, 'amqp:unauthorized-access');
      return false;
    } finally {
      client.end();
    }
  },
};

for (const [name, attempt] of Object.entries(transports)) {
  test(`over ${name}, a token of the policy device speaks for whom it names`, async () => {
    const good: [string, string][] = [
      ['Sas', token('device', '/devices/Sas')],
      ['Sas', token('device', '/devices/sas')],
      ['Sas', token('iothubowner', '/devices/Sas')],
      ['certified', token('device', '/devices/certified')],
      ['Sas', token('device', '/devices')],
      ['other', token('device')],
    ];
    for (const [deviceId, authorization] of good) {
      assert.equal(await attempt(deviceId, authorization), true, `${deviceId} with ${authorization}`);
    }
    const bad: Record<string, [string, string]> = {
      'of another device': ['Sas', token('device', '/devices/other')],
      'of a device whose name begins alike': ['other', token('device', '/devices/oth')],
      'of a device that is disabled': ['off', token('device', '/devices/off')],
      'of a device that is not registered': ['nobody', token('device', '/devices/nobody')],
      'for another part of the hub': ['Sas', token('device', '/messages')],
      'of a policy without the right': ['Sas', token('service', '/devices/Sas')],
      'of no policy': ['Sas', token('device', '/devices/Sas').replace('skn=device', 'skn=none')],
      'of the device, it says': ['Sas', token('device', '/devices/Sas').replace('&skn=device', '')],
      expired: ['Sas', token('device', '/devices/Sas', -5)],
      tampered: ['Sas', token('device', '/devices/Sas').replace(/sig=.../, 'sig=AAA')],
    };
    for (const [what, [deviceId, authorization]] of Object.entries(bad)) {
      assert.equal(await attempt(deviceId, authorization), false, what);
    }
  });
}

test('a token of the device itself may name a part of it, which it opens and no other', async () => {
  const hub = hubService(emulator);
  const { body } = await hub('GET', '/devices/other');
  const { hostName } = parseConnectionString(emulator.endpoints.hubServiceConnectionString);
  const own = (path: string) =>
    createSasToken(
      `${hostName}${path}`,
      '',
      body.authentication.symmetricKey.secondaryKey,
      Math.floor(Date.now() / 1000) + 60,
    ).replace('&skn=', '');
  const events = own('/devices/other/messages/events');
  assert.equal((await ask('POST', '/devices/other/messages/events', events)).status, 204);
  assert.equal((await ask('GET', '/devices/other/messages/deviceBound', events)).status, 401);
  assert.equal((await ask('GET', '/devices/Sas/messages/deviceBound', own('/devices'))).status, 401);
  // As the extension for Visual Studio Code makes them.
  assert.equal(await transports.MQTT!('other', own('/devices/other/api-version=2016-11-14')), true);
});

test('IDs with the signs that Azure permits: as they are, or percent-encoded', async () => {
  const deviceId = "odd(x)'%20!*$";
  const hub = hubService(emulator);
  const { body } = await hub('PUT', `/devices/${encodeURIComponent(deviceId)}`, {});
  const { hostName } = parseConnectionString(emulator.endpoints.hubServiceConnectionString);
  const strictly = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  const { primaryKey } = body.authentication.symmetricKey;
  const expiry = Math.floor(Date.now() / 1000) + 60;
  const policyToken = parseConnectionString(emulator.endpoints.hubs[0]!.connectionStrings.device!);
  for (const id of [deviceId, encodeURIComponent(deviceId), strictly(deviceId)]) {
    const resource = `${hostName}/devices/${id}`;
    const tokens = [
      createSasToken(resource, '', primaryKey, expiry).replace('&skn=', ''),
      createSasToken(resource, 'device', policyToken.sharedAccessKey, expiry),
    ];
    for (const [name, attempt] of Object.entries(transports)) {
      for (const authorization of name === 'AMQP, as a password' ? tokens.slice(1) : tokens) {
        assert.equal(await attempt(deviceId, authorization), true, `${name}: ${authorization}`);
      }
    }
  }
});

test('a certificate does not help a token that is refused', async () => {
  const chain = [await make('device', 'certified')];
  const answer = await emulator.call({
    path: '/devices/certified/messages/deviceBound?api-version=2021-04-12',
    headers: { authorization: token('service', '/devices/certified') },
    chain,
  });
  assert.equal(answer.status, 401);
});

test('a token that names the port of the hub is good for a client whose Host header lacks it', async () => {
  for (const host of ['localhost', '127.0.0.1']) {
    const authorization = token('registryRead');
    const answer = await emulator.call({
      path: '/statistics/devices?api-version=2021-04-12',
      headers: { host, authorization },
    });
    assert.equal(answer.status, 200, `${host}: ${JSON.stringify(answer.body)}`);
  }
});

test('the name of the query parameter api-version is compared without regard to case', async () => {
  const authorization = token('registryRead');
  for (const name of ['api-version', 'API-Version', 'Api-version']) {
    const answer = await emulator.call({
      path: `/statistics/devices?${name}=2021-04-12`,
      headers: { authorization },
    });
    assert.equal(answer.status, 200, name);
  }
});

test.run();
