/**
 * A device that DPS made in the hub is `selfSigned` with the thumbprint of the leaf that registered: its hub lets in no other
 * one, over any transport. Source: the end-to-end tests of azure-iot-cli-extension look for the thumbprint after each
 * registration, whichever certificate of the enrollment registered.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { test } from 'uvu';
import { hubUserName } from '../../src/dps/contract/mqtt.js';
import { parseCertificate, sha256Thumbprint } from '../../src/pki/x509/certificate.js';
import { type Made, make } from '../support/chains.js';
import { connectAmqp } from './amqp-client.js';
import { hubService } from './hub-service.js';
import { groupBody, startTestEmulator, type TestEmulator } from './support.js';

const deviceId = 'rolls';

let root: Made;
test.before(async () => {
  root = await make('root', 'Root');
});

async function started(options: { allowRenewedCertificates?: boolean }): Promise<TestEmulator> {
  const emulator = await startTestEmulator(options);
  await emulator.verifiedCa('root', root);
  const group = groupBody('group', { reference: 'root' });
  assert.equal((await emulator.service('PUT', '/enrollmentGroups/group', group)).status, 200);
  return emulator;
}

const thumbprintOf = ({ pem }: Made) => sha256Thumbprint(parseCertificate(pem));
const keyOf = ({ privateKey }: Made) => privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;

/** Whether the hub lets in a certificate, by transport. */
const transports: Record<string, (emulator: TestEmulator, leaf: Made) => Promise<boolean>> = {
  async HTTPS({ call }, leaf) {
    const path = `/devices/${deviceId}/messages/events?api-version=2021-04-12`;
    const headers = { 'content-type': 'application/octet-stream' };
    return (await call({ method: 'POST', path, body: 'x', headers, chain: [leaf, root] })).status === 204;
  },
  async MQTT({ endpoints }, leaf) {
    try {
      const client = await mqtt.connectAsync(`mqtts://localhost:${endpoints.ports.mqtt}`, {
        ca: readFileSync(endpoints.caFile, 'utf8'),
        cert: leaf.pem + root.pem,
        key: keyOf(leaf),
        clientId: deviceId,
        username: hubUserName(endpoints.hubHostName, deviceId, '2021-04-12'),
        reconnectPeriod: 0,
        protocolVersion: 4,
      });
      await client.endAsync(true);
      return true;
    } catch (error) {
      assert.equal((error as { code?: number }).code, 5);
      return false;
    }
  },
  async AMQP({ endpoints }, leaf) {
    const client = await connectAmqp({
      port: endpoints.ports.amqp,
      ca: readFileSync(endpoints.caFile, 'utf8'),
      cert: leaf.pem + root.pem,
      key: keyOf(leaf),
    });
    try {
      await client.sender(`/devices/${deviceId}/messages/events`);
      return true;
    } catch (error) {
      assert.equal((error as { condition?: string }).condition, 'amqp:unauthorized-access');
      return false;
    } finally {
      client.end();
    }
  },
};

async function letIn(emulator: TestEmulator, leaf: Made): Promise<Record<string, boolean>> {
  const answers: Record<string, boolean> = {};
  for (const [name, connects] of Object.entries(transports)) answers[name] = await connects(emulator, leaf);
  return answers;
}

const all = { HTTPS: true, MQTT: true, AMQP: true };
const none = { HTTPS: false, MQTT: false, AMQP: false };

test('a new leaf before it has registered, and the old one after, are refused, with the reason in the log', async () => {
  const emulator = await started({});
  try {
    const [first, second] = [await make('device', deviceId, root), await make('device', deviceId, root)];
    const device = async () =>
      (await hubService(emulator)('GET', `/devices/${deviceId}`)).body.authentication;
    assert.equal((await emulator.register(deviceId, [first, root])).body.status, 'assigned');
    assert.equal((await device()).type, 'selfSigned');
    assert.equal((await device()).x509Thumbprint.primaryThumbprint, thumbprintOf(first));
    assert.deepEqual(await letIn(emulator, first), all);
    emulator.events.length = 0;
    assert.deepEqual(await letIn(emulator, second), none);
    const reasons = emulator.events.filter(({ status }) => status === 401).map(({ reason }) => reason);
    assert.equal(reasons.length, 3);
    for (const reason of reasons) assert.match(reason!, /must register.*--allow-renewed-certificates/);

    assert.equal((await emulator.register(deviceId, [second, root])).body.status, 'assigned');
    assert.equal((await device()).x509Thumbprint.primaryThumbprint, thumbprintOf(second));
    assert.deepEqual(await letIn(emulator, second), all);
    assert.deepEqual(await letIn(emulator, first), none);
  } finally {
    await emulator.stop();
  }
});

test('allowRenewedCertificates: any leaf of the CA with the device ID is let in, and one of another CA is not', async () => {
  const emulator = await started({ allowRenewedCertificates: true });
  try {
    const [first, second] = [await make('device', deviceId, root), await make('device', deviceId, root)];
    assert.equal((await emulator.register(deviceId, [first, root])).body.status, 'assigned');
    assert.deepEqual(await letIn(emulator, second), all);
    assert.deepEqual(await letIn(emulator, first), all);
    const strangers = await make('root', 'Another root');
    assert.deepEqual(await letIn(emulator, await make('device', deviceId, strangers)), none);
  } finally {
    await emulator.stop();
  }
});

test.run();
