/** Which api-versions are served: all known ones, and later ones as the newest of them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { suite } from 'uvu';
import { apiVersionProperty } from '../../src/dps/contract/amqp.js';
import { apiVersions, iotHubApiVersions, placeOfApiVersion } from '../../src/dps/contract/api-versions.js';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { dpsUserName } from '../../src/dps/contract/mqtt.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { type Made, make } from '../support/chains.js';
import { connectAmqp } from './amqp-client.js';
import { startTestEmulator, type TestEmulator } from './support.js';

const test = suite<{ emulator: TestEmulator; strict: TestEmulator; leaf: Made }>('api-versions');

test.before(async (context) => {
  context.leaf = await make('device', 'd');
  context.emulator = await startTestEmulator();
  context.strict = await startTestEmulator({ strictApiVersions: true });
  for (const emulator of [context.emulator, context.strict]) {
    await emulator.service('PUT', '/enrollments/d', {
      registrationId: 'd',
      attestation: {
        type: 'x509',
        x509: { clientCertificates: { primary: { certificate: context.leaf.pem } } },
      },
    });
  }
});
test.after(async ({ emulator, strict }) => {
  await emulator.stop();
  await strict.stop();
});

const later = '2031-02-28-preview';

/** The status of a request for each plane, at an api-version. */
function statusesOf(emulator: TestEmulator, leaf: Made) {
  const { idScope, subscriptionId, resourceGroup, armToken, hubServiceConnectionString } = emulator.endpoints;
  const hub = parseConnectionString(hubServiceConnectionString);
  const expiry = Math.floor(Date.now() / 1000) + 3600;
  const hubToken = createSasToken(hub.hostName, hub.sharedAccessKeyName, hub.sharedAccessKey, expiry);
  const bearer = { authorization: `Bearer ${armToken}` };
  const devices = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Devices`;
  return {
    arm: (version: string) => emulator.arm('GET', `?api-version=${version}`),
    service: (version: string) => emulator.service('GET', `/enrollments/d?api-version=${version}`),
    device: (version: string) =>
      emulator.call({
        method: 'PUT',
        path: `/${idScope}/registrations/d/register?api-version=${version}`,
        body: { registrationId: 'd' },
        chain: [leaf],
      }),
    hub: (version: string) =>
      emulator.call({
        path: `/statistics/devices?api-version=${version}`,
        headers: { authorization: hubToken, host: hub.hostName },
      }),
    iotHubs: (version: string) =>
      emulator.call({ path: `${devices}/IotHubs?api-version=${version}`, headers: bearer }),
  };
}

test('versions that public clients of today send are served', async ({ emulator, leaf }) => {
  const planes = statusesOf(emulator, leaf);
  const versions = {
    arm: ['2017-11-15', '2026-06-01-preview', '2026-08-31', '2026-11-01', '2025-02-01-PREVIEW'],
    service: ['2018-11-01', '2021-06-01', '2026-04-01', '2026-11-02-preview'],
    device: ['2019-04-15', '2021-11-01-preview', '2026-04-01', '2026-11-02-preview'],
    hub: ['2025-08-01-preview'],
    iotHubs: ['2017-07-01', '2026-11-01'],
  };
  for (const [plane, list] of Object.entries(versions)) {
    for (const version of list) {
      const { status } = await planes[plane as keyof typeof planes](version);
      assert.ok([200, 202].includes(status), `${plane} ${version}: ${status}`);
    }
  }
  assert.ok(!emulator.events.some(({ operation }) => operation === 'newerApiVersion'));
});

test('a later version is served as the newest, and the log says so once', async ({ emulator, leaf }) => {
  const planes = statusesOf(emulator, leaf);
  for (const plane of ['arm', 'service', 'device', 'hub'] as const) {
    emulator.events.length = 0;
    for (const _ of [1, 2]) {
      const { status } = await planes[plane](later);
      assert.ok([200, 202].includes(status), `${plane}: ${status}`);
    }
    const lines = emulator.events.filter(({ operation }) => operation === 'newerApiVersion');
    assert.equal(lines.length, 1, plane);
    assert.equal(lines[0]!.id, later);
    assert.equal(lines[0]!.plane, plane);
  }
  assert.equal((await planes.iotHubs(later)).status, 200);
  const body = { properties: { certificate: Buffer.from(leaf.pem).toString('base64') } };
  const put = await emulator.arm('PUT', `/certificates/later?api-version=${later}`, body);
  assert.equal(put.status, 200, 'nested, as in the newest');
});

test('with strictApiVersions a later version is refused', async ({ strict, leaf }) => {
  const planes = statusesOf(strict, leaf);
  for (const [plane, ask] of Object.entries(planes)) {
    assert.equal((await ask(later)).status, 400, plane);
  }
});

test('an old version that is not known, and what is no version, is refused', async ({ emulator, leaf }) => {
  for (const [plane, ask] of Object.entries(statusesOf(emulator, leaf))) {
    for (const version of [
      '',
      '1',
      '2019-01-01',
      '2031-02-30',
      '2031-13-01',
      '2031-1-1',
      '2031-01-01-beta',
    ]) {
      assert.equal((await ask(version)).status, 400, `${plane} ${version}`);
    }
  }
});

test('over MQTT and AMQP alike', async ({ emulator, strict, leaf }) => {
  for (const [one, version, isServed] of [
    [emulator, later, true],
    [emulator, '2026-11-02-preview', true],
    [emulator, '2019-01-01', false],
    [strict, later, false],
    [strict, '2026-11-02-preview', true],
  ] as const) {
    const { ports, idScope, caFile } = one.endpoints;
    const tls = {
      ca: readFileSync(caFile, 'utf8'),
      cert: leaf.pem,
      key: leaf.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    };
    const connect = mqtt.connectAsync(`mqtts://localhost:${ports.mqtt}`, {
      ...tls,
      clientId: 'd',
      username: dpsUserName(idScope, 'd', version),
      reconnectPeriod: 0,
      protocolVersion: 4,
    });
    const isConnected = await connect.then(
      (client) => client.endAsync().then(() => true),
      () => false,
    );
    assert.equal(isConnected, isServed, `MQTT ${version}`);
    const client = await connectAmqp({ ...tls, port: ports.amqp });
    const attach = client.receiver(`${idScope}/registrations/d`, { [apiVersionProperty]: version });
    const isAttached = await attach.then(
      () => true,
      () => false,
    );
    client.end();
    assert.equal(isAttached, isServed, `AMQP ${version}`);
  }
});

test('of one date, the stable version is later than its preview', () => {
  assert.equal(placeOfApiVersion('2026-11-02', apiVersions.device), 'later');
  assert.equal(placeOfApiVersion('2026-11-01-preview', apiVersions.arm), 'unknown');
  assert.equal(placeOfApiVersion('2026-11-01', iotHubApiVersions), 'known');
});

test.run();
