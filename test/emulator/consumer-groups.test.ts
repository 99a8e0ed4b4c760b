/** Consumer groups through Azure Resource Manager, and what is left of them and of events after a restart and a reset. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { type Answer, startTestEmulator, type TestEmulator } from './support.js';

const key = Buffer.from('the key of the device').toString('base64');
const seed = {
  devices: [
    {
      deviceId: 'device-1',
      authentication: { type: 'sas' as const, symmetricKey: { primaryKey: key, secondaryKey: key } },
    },
  ],
};

function armOfHub({ endpoints, call }: TestEmulator) {
  const { subscriptionId, resourceGroup, armToken } = endpoints;
  const hub = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Devices/IotHubs/hub-1`;
  return (method: string, path: string, body?: unknown): Promise<Answer> =>
    call({
      method,
      path: `${hub}${path}?api-version=2021-07-02`,
      body,
      headers: { authorization: `Bearer ${armToken}` },
    });
}

async function sendTelemetry({ endpoints, call }: TestEmulator): Promise<void> {
  const resource = `${endpoints.hubs[0]!.serviceConnectionString.split(/[=;]/)[1]}/devices/device-1`;
  const authorization = createSasToken(resource, '', key, Math.floor(Date.now() / 1000) + 60).replace(
    /&skn=$/,
    '',
  );
  const { status } = await call({
    method: 'POST',
    path: '/devices/device-1/messages/events?api-version=2020-03-13',
    headers: { authorization, host: endpoints.hubHostName },
    body: { temperature: 21 },
  });
  assert.equal(status, 204);
}

test('groups are made, listed, read and deleted; the default one stays, and odd ones are refused', async () => {
  const emulator = await startTestEmulator();
  try {
    const arm = armOfHub(emulator);
    const groups = '/eventHubEndpoints/events/ConsumerGroups';
    const made = await arm('PUT', `${groups}/Reports`, { properties: { name: 'Reports' } });
    assert.equal(made.status, 200);
    const { properties, ...resource } = made.body;
    assert.match(resource.id, /\/IotHubs\/hub-1\/eventHubEndpoints\/events\/ConsumerGroups\/Reports$/);
    assert.deepEqual(
      [resource.name, resource.type, resource.etag, properties.name],
      ['Reports', 'Microsoft.Devices/IotHubs/EventHubEndpoints/ConsumerGroups', null, 'Reports'],
    );
    assert.match(properties.created, / GMT$/);
    assert.deepEqual((await arm('PUT', `${groups}/reports`)).body, made.body, 'without regard to case');
    assert.deepEqual((await arm('GET', `${groups}/REPORTS`)).body, made.body);
    const names = async () => (await arm('GET', groups)).body.value.map(({ name }: { name: string }) => name);
    assert.deepEqual(await names(), ['$Default', 'Reports']);

    assert.equal((await arm('GET', `${groups}/none`)).status, 404);
    assert.equal((await arm('GET', '/eventHubEndpoints/others/ConsumerGroups')).status, 404);
    assert.equal((await arm('PUT', `${groups}/${encodeURIComponent('a b')}`)).status, 400);
    assert.equal((await arm('PUT', `${groups}/${'a'.repeat(51)}`)).status, 400);
    assert.equal((await arm('DELETE', `${groups}/$Default`)).status, 400);
    for (let number = 0; number < 18; number += 1) {
      assert.equal((await arm('PUT', `${groups}/group-${number}`)).status, 200);
    }
    assert.equal((await arm('PUT', `${groups}/one-too-many`)).status, 400);
    assert.equal((await arm('DELETE', `${groups}/reports`)).status, 200);
    assert.equal((await names()).includes('Reports'), false);
  } finally {
    await emulator.stop();
  }
});

test('a hub names its endpoint by the port for AMQP, and its connection string has the entity', async () => {
  const emulator = await startTestEmulator({ hubs: ['hub-1', 'hub-2'] });
  try {
    const { ports, hubs, eventHubConnectionString } = emulator.endpoints;
    const { body } = await armOfHub(emulator)('GET', '');
    const { endpoint, path } = body.properties.eventHubEndpoints.events;
    assert.deepEqual([endpoint, path], [`sb://127.0.0.1:${ports.amqp}/`, 'hub-1']);
    assert.equal(eventHubConnectionString, hubs[0]!.eventHubConnectionString);
    const [, key] = /SharedAccessKey=([^;]+)/.exec(hubs[1]!.serviceConnectionString)!;
    assert.match(hubs[1]!.eventHubConnectionString, /^Endpoint=sb:\/\/127\.0\.0\.2:\d+\/;/);
    assert.ok(
      hubs[1]!.eventHubConnectionString.endsWith(
        `:${ports.amqp}/;SharedAccessKeyName=iothubowner;SharedAccessKey=${key};EntityPath=hub-2`,
      ),
    );
  } finally {
    await emulator.stop();
  }
});

test('groups and messages are there after a restart, and gone after a reset', () =>
  inTemporaryFolder(async (dir) => {
    const first = await startTestEmulator({ dir, seed });
    await armOfHub(first)('PUT', '/eventHubEndpoints/events/ConsumerGroups/reports');
    await sendTelemetry(first);
    await first.stop();
    const second = await startTestEmulator({ dir, seed });
    try {
      const arm = armOfHub(second);
      const group = '/eventHubEndpoints/events/ConsumerGroups/reports';
      assert.equal((await arm('GET', group)).status, 200);
      await sendTelemetry(second);
      assert.equal(second.messages('device-1').length, 2);
      await second.reset();
      assert.equal((await arm('GET', group)).status, 404);
      assert.equal(second.messages('device-1').length, 0);
    } finally {
      await second.stop();
    }
  }));

test.run();
