/** What devices send as they register, well or badly: each transport answers the same. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { test } from 'uvu';
import { apiVersionProperty, dpsAmqp } from '../../src/dps/contract/amqp.js';
import { dpsTopics, dpsUserName } from '../../src/dps/contract/mqtt.js';
import { type Made, makeChain } from '../support/chains.js';
import { connectAmqp, RefusedError } from './amqp-client.js';
import { record } from './mqtt-fixture.js';
import { groupBody, startTestEmulator, type TestEmulator } from './support.js';

let emulator: TestEmulator;
let chain: Made[];
/** What is presented, leaf first. */
let credential: { ca: Buffer; cert: string; key: string };

test.before(async () => {
  emulator = await startTestEmulator();
  const { device, intermediate, root } = await makeChain('device');
  chain = [device, intermediate];
  credential = {
    ca: readFileSync(emulator.endpoints.caFile),
    cert: chain.map(({ pem }) => pem).join(''),
    key: device.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  };
  await emulator.verifiedCa('root', root);
  const group = groupBody('group', { reference: 'root' });
  assert.equal((await emulator.service('PUT', '/enrollmentGroups/group', group)).status, 200);
});
test.after(() => emulator?.stop());

type Status = number;

async function overHttps(body: Buffer): Promise<Status> {
  const { status } = await emulator.call({
    method: 'PUT',
    path: `/${emulator.endpoints.idScope}/registrations/device/register?api-version=2019-03-31`,
    headers: { 'content-type': 'application/json' },
    body,
    chain,
  });
  return status;
}

async function overMqtt(body: Buffer): Promise<Status> {
  const { ports, idScope } = emulator.endpoints;
  const client = await mqtt.connectAsync(`mqtts://localhost:${ports.mqtt}`, {
    ...credential,
    clientId: 'device',
    username: dpsUserName(idScope, 'device', '2019-03-31'),
    reconnectPeriod: 0,
    protocolVersion: 4,
  });
  const inbox = record(client);
  await client.subscribeAsync(dpsTopics.responses);
  client.publish(dpsTopics.register('1'), body);
  const answer = await inbox.first('$dps/registrations/res/');
  await client.endAsync();
  return Number(answer.topic.split('/')[3]);
}

function openAmqp() {
  return connectAmqp({ ...credential, ca: credential.ca.toString(), port: emulator.endpoints.ports.amqp });
}

const version = { [apiVersionProperty]: '2019-03-31' };
const nodeOf = (registrationId: string) => `${emulator.endpoints.idScope}/registrations/${registrationId}`;

async function overAmqp(body: Buffer): Promise<Status> {
  const client = await openAmqp();
  try {
    await client.receiver(nodeOf('device'), version);
    const requests = await client.sender(nodeOf('device'), version);
    await client.send(requests, {
      correlation_id: '1',
      application_properties: { [dpsAmqp.operationType]: dpsAmqp.register },
      body,
    });
    return 202;
  } catch (error) {
    assert.ok(error instanceof RefusedError, String(error));
    return Math.floor(JSON.parse(error.description).errorCode / 1000);
  } finally {
    client.end();
  }
}

const payload = (text: string) => `{"registrationId":"device","payload":${text}}`;
const nested = (levels: number) => payload('['.repeat(levels) + ']'.repeat(levels));

const bodies: [string, string | Buffer, Status][] = [
  ['an object', '{"registrationId":"device"}', 202],
  ['nothing', '', 202],
  ['a space', ' ', 202],
  ['null', 'null', 400],
  ['an array', '[]', 400],
  ['no JSON', '{oops', 400],
  ['no UTF-8', Buffer.from(payload('"\xff\xfe"'), 'latin1'), 400],
  ['a mark of the byte order', '\ufeff{"registrationId":"device"}', 202],
  ['a payload of ten levels', nested(10), 202],
  ['a payload of a thousand levels', nested(1000), 400],
  ['97 KB', payload(`"${'x'.repeat(97 * 1024)}"`), 413],
];

for (const [what, body, status] of bodies) {
  test(`${what}: ${status} over each transport`, async () => {
    const bytes = Buffer.from(body);
    assert.deepEqual(
      { https: await overHttps(bytes), mqtt: await overMqtt(bytes), amqp: await overAmqp(bytes) },
      { https: status, mqtt: status, amqp: status },
    );
  });
}

test('an ID that is badly composed is a bad request over AMQP, whoever asks', async () => {
  const client = await openAmqp();
  for (const registrationId of ['a b', '-a', 'a.', 'x'.repeat(129)]) {
    await client.sender(nodeOf(registrationId), version).then(
      () => assert.fail('it was attached'),
      ({ condition, description }) => {
        assert.equal(condition, 'com.microsoft:argument-error');
        assert.match(description, /"errorCode":400004.*must have 1 to 128/);
      },
    );
  }
  client.end();
});

test.run();
