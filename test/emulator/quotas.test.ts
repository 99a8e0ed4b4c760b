import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { test } from 'uvu';
import { dpsTopics, dpsUserName } from '../../src/dps/contract/mqtt.js';
import { DpsError } from '../../src/emulator/dps/dps-error.js';
import { documentedLimits, Quotas } from '../../src/emulator/dps/quotas.js';
import { privateKeyToPem } from '../../src/pki/keys.js';
import { make } from '../support/chains.js';
import { groupBody, startTestEmulator } from './support.js';

const second = 1000;

function throttled(act: () => void): number {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof DpsError && error.status === 429);
    return error.retryAfter!;
  }
  return 0;
}

test('as many as documented in any minute, and a wait that is enough', () => {
  let at = Date.UTC(2030, 0, 1);
  const quotas = new Quotas(documentedLimits, () => new Date(at));
  for (let count = 0; count < 1000; count += 1) {
    at += 10;
    assert.equal(
      throttled(() => quotas.registration()),
      0,
    );
  }
  const wait = throttled(() => quotas.registration());
  assert.equal(wait, 51, '10 s have gone by since the first one, less 10 ms');
  assert.equal(
    throttled(() => quotas.operation()),
    0,
    'other operations are counted for themselves',
  );
  at += wait * second;
  assert.equal(
    throttled(() => quotas.registration()),
    0,
  );
  at -= 3600 * second;
  assert.equal(
    throttled(() => quotas.registration()),
    0,
    'a clock set back does not lock out',
  );
});

test('five polls in ten seconds, each device for itself, whatever its case', () => {
  let at = 0;
  const quotas = new Quotas(documentedLimits, () => new Date(at));
  for (let count = 0; count < 5; count += 1)
    assert.equal(
      throttled(() => quotas.poll('a')),
      0,
    );
  assert.equal(
    throttled(() => quotas.poll('A')),
    10,
  );
  assert.equal(
    throttled(() => quotas.poll('b')),
    0,
  );
  at += 10 * second;
  assert.equal(
    throttled(() => quotas.poll('a')),
    0,
  );
});

test('without quotas there is no limit', () => {
  const now = new Date();
  const quotas = new Quotas(undefined, () => now);
  const calls = [() => quotas.registration(), () => quotas.operation(), () => quotas.poll('a')];
  const beyond = 2 * Math.max(documentedLimits.registrationsPerMinute, documentedLimits.operationsPerMinute);
  for (let count = 0; count < beyond; count += 1)
    for (const call of calls) assert.equal(throttled(call), 0, `${call}, call ${count + 1}`);
  assert.equal(quotas.most('registrations'), Number.POSITIVE_INFINITY);
});

test('operations with a bearer token count as those with a shared access signature do', async () => {
  const emulator = await startTestEmulator({ quotas: { operationsPerMinute: 2 } });
  try {
    const headers = { authorization: `Bearer ${emulator.endpoints.armToken}` };
    const ask = () => emulator.service('POST', '/enrollments/query', { query: '*' }, headers);
    assert.deepEqual([(await ask()).status, (await ask()).status, (await ask()).status], [200, 200, 429]);
  } finally {
    await emulator.stop();
  }
});

test('HTTPS and MQTT are told to wait, and are served when the time has gone by', async () => {
  const emulator = await startTestEmulator({
    quotas: { registrationsPerMinute: 3, operationsPerMinute: 1, pollsPerTenSeconds: 2 },
  });
  try {
    const root = await make('root', 'Root');
    const device = await make('device', 'device-1', root);
    await emulator.verifiedCa('root', root);
    await emulator.service('PUT', '/enrollmentGroups/g', groupBody('g', { reference: 'root' }));
    const refused = await emulator.service('GET', '/enrollmentGroups/g');
    assert.equal(refused.status, 429);
    assert.equal(refused.body.errorCode, 429001);
    assert.equal(refused.body.trackingId, refused.headers['x-ms-request-id']);
    const wait = Number(refused.headers['retry-after']);
    assert.ok(wait > 50 && wait <= 60, String(wait));

    const { idScope, caFile, ports } = emulator.endpoints;
    const stranger = await make('device', 'device-1', await make('root', 'Stranger'));
    assert.equal((await emulator.register('device-1', [stranger])).status, 401, 'does not count');
    const base = `/${idScope}/registrations/device-1`;
    const register = () =>
      emulator.call({
        method: 'PUT',
        path: `${base}/register?api-version=2019-03-31`,
        body: {},
        chain: [device],
      });
    const { operationId } = (await register()).body;
    const poll = () =>
      emulator.call({ path: `${base}/operations/${operationId}?api-version=2019-03-31`, chain: [device] });
    assert.deepEqual([(await poll()).status, (await poll()).status, (await poll()).status], [200, 200, 429]);
    await register();
    await register();
    const last = await register();
    assert.equal(last.status, 429);
    assert.equal(last.headers['retry-after'], '60');

    const client = await mqtt.connectAsync(`mqtts://localhost:${ports.mqtt}`, {
      clientId: 'device-1',
      username: dpsUserName(idScope, 'device-1', '2019-03-31'),
      ca: readFileSync(caFile),
      cert: device.pem,
      key: await privateKeyToPem(device.privateKey),
      protocolVersion: 4,
      reconnectPeriod: 0,
    });
    const replies: [string, any][] = [];
    client.on('message', (topic, payload) => replies.push([topic, JSON.parse(payload.toString())]));
    await client.subscribeAsync(dpsTopics.responses);
    const reply = async (rid: string) => {
      await client.publishAsync(dpsTopics.register(rid), '{}', { qos: 1 });
      while (!replies.some(([topic]) => topic.includes(`$rid=${rid}`)))
        await new Promise((wake) => setTimeout(wake, 5));
      return replies.find(([topic]) => topic.includes(`$rid=${rid}`))!;
    };
    const [topic, body] = await reply('one');
    assert.match(topic, /^\$dps\/registrations\/res\/429\/\?\$rid=one&retry-after=(60|59)$/);
    assert.equal(body.errorCode, 429001);
    emulator.clock.advance(60 * second);
    assert.match((await reply('two'))[0], /^\$dps\/registrations\/res\/202\//);
    await client.endAsync();
    assert.equal((await emulator.service('GET', '/enrollmentGroups/g')).status, 200);
  } finally {
    await emulator.stop();
  }
});

test.run();
