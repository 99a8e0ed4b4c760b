/** Devices that stay connected, over every protocol, to an emulator in this process. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import tls from 'node:tls';
import { test } from 'uvu';
import { hubProtocols } from '../../src/dps/client/hub-session/hub-session.js';
import { emulatorTarget } from '../../src/dps/client/target.js';
import type { DeviceEvent } from '../../src/fleet/running/events.js';
import { longSleep } from '../../src/fleet/running/long-timer.js';
import type { RunDevicesOptions, RunnableDevice } from '../../src/fleet/running/options.js';
import { runDevices } from '../../src/fleet/running/run-devices.js';
import { messageMakers } from '../../src/fleet/running/template.js';
import { hubService } from '../emulator/hub-service.js';
import { groupBody, startTestEmulator, type TestEmulator } from '../emulator/support.js';
import { type Made, make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';

/** The certificate of each TLS context that this process makes: contexts have memory that only garbage collection frees. */
const contexts: unknown[] = [];
const { createSecureContext } = tls;
tls.createSecureContext = (options) => {
  contexts.push(options?.cert);
  return createSecureContext(options);
};
syncBuiltinESMExports();

let emulator: TestEmulator;
let root: Made;
test.before(async () => {
  root = await make('root', 'Root');
  emulator = await startTestEmulator();
  await enroll(emulator);
});
test.after(() => emulator?.stop());

async function enroll(at: TestEmulator): Promise<void> {
  await at.verifiedCa('root', root);
  const group = groupBody('fleet', { reference: 'root' }, { credentialPolicyName: 'short' });
  assert.equal((await at.service('PUT', '/enrollmentGroups/fleet', group)).status, 200);
}

async function device(registrationId: string, issuer = root): Promise<RunnableDevice> {
  const { pem, privateKey } = await make('device', registrationId, issuer);
  return {
    registrationId,
    certificateChain: pem + issuer.pem,
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  };
}

const messages = messageMakers({ count: { $counter: {} }, device: { $deviceId: {} } }, () => [0]);

/** A run, its events as they come, and waiting for one. */
function start(devices: RunnableDevice[], more: Partial<RunDevicesOptions> = {}, at = emulator) {
  const events: DeviceEvent[] = [];
  const stop = new AbortController();
  let wake = () => {};
  const target = emulatorTarget(at.endpoints, readFileSync(at.endpoints.caFile, 'utf8'));
  const result = runDevices({
    devices,
    target,
    idScope: at.endpoints.idScope,
    protocol: 'mqtt',
    intervalMs: 100,
    messages,
    concurrency: 8,
    onEvent(event) {
      events.push(event);
      wake();
    },
    end: stop.signal,
    ...more,
  });
  result.catch(() => wake());
  async function seen<Name extends DeviceEvent['event']>(name: Name, count = 1) {
    const found = () => events.filter((one) => one.event === name) as Extract<DeviceEvent, { event: Name }>[];
    while (found().length < count) {
      await Promise.race([
        new Promise<void>((resolve) => {
          wake = resolve;
        }),
        result,
      ]);
    }
    return found();
  }
  return {
    events,
    seen,
    result,
    async end() {
      stop.abort();
      return result;
    },
  };
}

const bodiesOf = (id: string, at = emulator) =>
  at.messages(id).map(({ body }) => JSON.parse(Buffer.from(body).toString('utf8')));

for (const protocol of hubProtocols) {
  test(`over ${protocol}: telemetry, twin, methods and messages, until it is ended`, async () => {
    const id = `over-${protocol}`;
    const hub = hubService(emulator);
    const run = start([await device(id)], {
      protocol,
      reported: messageMakers({ firmware: '1.2' }, () => [0]),
      methods: { reboot: { status: 202, payload: { soon: true }, delay: 0 } },
    });
    await run.seen('sent', 2);
    await run.seen('reported');
    const patched = await hub('PATCH', `/twins/${id}`, { properties: { desired: { rate: 7 } } });
    assert.equal(patched.status, 200);
    await run.seen('desired');
    await run.seen('reported', 2);
    const call = (methodName: string) =>
      hub('POST', `/twins/${id}/methods`, { methodName, payload: { a: 1 }, responseTimeoutInSeconds: 20 });
    assert.deepEqual((await call('reboot')).body, { status: 202, payload: { soon: true } });
    assert.equal((await call('unknown')).body.status, 501);
    const headers = { 'iothub-to': `/devices/${id}/messages/devicebound`, 'iothub-app-kind': 'test' };
    assert.equal((await hub('POST', '/messages/deviceBound', 'hello', headers)).status, 204);
    const [message] = await run.seen('message');
    assert.equal(message!.body, 'hello');
    const result = await run.end();
    assert.equal(result.connected, 1);
    assert.equal(result.lost, 0);
    assert.equal(result.sent, bodiesOf(id).length);
    assert.deepEqual(bodiesOf(id)[0], { count: 0, device: id });
    const { reported } = (await hub('GET', `/twins/${id}`)).body.properties;
    assert.equal(reported.firmware, '1.2');
    assert.equal(reported.rate, 7);
    assert.deepEqual(
      [result.methodCalls, result.messagesReceived, result.desiredChanges, result.disconnections],
      [2, 1, 1, 0],
    );
    assert.equal((await hub('GET', `/devices/${id}`)).body.connectionState, 'Disconnected');
  });
}

test('a run of a limited number of messages ends when all are sent', async () => {
  const run = start([await device('counting-1'), await device('counting-2')], { count: 3, intervalMs: 100 });
  const result = await run.result;
  assert.deepEqual([result.sent, result.lost, result.devices], [6, 0, 2]);
  assert.deepEqual(
    bodiesOf('counting-2').map(({ count }) => count),
    [0, 1, 2],
  );
});

for (const protocol of hubProtocols) {
  test(`over ${protocol}: only a message whose acknowledgment was lost arrives twice, with the same ID`, async () => {
    const id = `twice-over-${protocol}`;
    const match = { operation: 'sendMessage', id } as const;
    emulator.faults.set({
      rules: [
        { id: 'answer', match, fault: { type: 'reset', effect: 'after' }, when: { count: 1 } },
        { id: 'request', match, fault: { type: 'reset', effect: 'before' }, when: { after: 3, count: 1 } },
      ],
    });
    const run = start([await device(id)], { protocol, count: 5 });
    const result = await run.result;
    emulator.faults.clear();
    const sent = (await run.seen('sent', 5)).map(({ messageId }) => messageId);
    assert.deepEqual(
      emulator.messages(id).map(({ systemProperties }) => systemProperties.messageId),
      [sent[0], ...sent],
    );
    assert.deepEqual([result.sent, result.sentAgain, result.lost, result.disconnections], [5, 2, 0, 2]);
  });
}

test('the emulator is restarted: devices connect again, and no message is lost', () =>
  inTemporaryFolder(async (dir) => {
    let restarting = await startTestEmulator({ dir });
    await enroll(restarting);
    const { https, mqtt, amqp } = restarting.endpoints.ports;
    const ids = hubProtocols;
    const devices = await Promise.all(ids.map((protocol) => device(protocol)));
    const runs = ids.map((protocol, index) => start([devices[index]!], { protocol }, restarting));
    for (const run of runs) await run.seen('sent', 2);
    await restarting.stop();
    for (const run of runs) await run.seen('disconnected');
    restarting = await startTestEmulator({ dir, httpsPort: https, mqttPort: mqtt, amqpPort: amqp });
    try {
      for (const [index, run] of runs.entries()) {
        await run.seen('connected', 2);
        const after = run.events.length;
        while (run.events.slice(after).filter(({ event }) => event === 'sent').length < 2) {
          await run.seen('sent', run.events.filter(({ event }) => event === 'sent').length + 1);
        }
        const result = await run.end();
        assert.equal(result.lost, 0);
        assert.ok(result.disconnections >= 1);
        const counts = new Set(bodiesOf(ids[index]!, restarting).map(({ count }) => count));
        assert.equal(counts.size, result.sent, 'every message arrived');
      }
      for (const [index, { certificateChain }] of devices.entries()) {
        const own = contexts.filter((cert) => cert === certificateChain).length;
        // Those that use WebSockets register over HTTPS.
        assert.equal(
          own,
          ids[index]!.endsWith('-ws') ? 2 : 1,
          'all connections of a device share a TLS context',
        );
      }
    } finally {
      await restarting.stop();
    }
  }));

test('a device renews the certificate that was issued to it while it sends, three times', async () => {
  const run = start([await device('renewing')], { requestsCertificates: true, renewAfterMs: 300 });
  const renewed = await run.seen('renewed', 3);
  await run.seen('connected', 4);
  const result = await run.end();
  assert.equal(result.lost, 0);
  assert.equal(result.disconnections, 0);
  assert.equal(new Set(renewed.map(({ sha256Thumbprint }) => sha256Thumbprint)).size, 3);
  assert.equal(bodiesOf('renewing').length, result.sent);
});

test('a device that is refused at first gives up, others stay; one that is blocked later tries again', async () => {
  const stranger = await device('stranger', await make('root', 'Other Root'));
  const run = start([stranger, await device('native')]);
  const [failed] = await run.seen('failed');
  assert.deepEqual([failed!.deviceId, failed!.what, failed!.retryInMs], ['stranger', 'register', undefined]);
  await run.seen('sent');
  const hub = hubService(emulator);
  const { body } = await hub('GET', '/devices/native');
  await hub('PUT', '/devices/native', { ...body, status: 'disabled' }, { 'if-match': '*' });
  await run.seen('disconnected');
  const again = (await run.seen('failed', 2))[1]!;
  assert.equal(again.deviceId, 'native');
  assert.ok(again.retryInMs! > 0);
  const result = await run.end();
  assert.deepEqual(
    result.failures.map(({ registrationId, error }) => [registrationId, error.code]),
    [['stranger', 'DEVICE_NOT_AUTHORIZED']],
  );
});

test('nobody there: the run ends with the reason', async () => {
  const gone = await startTestEmulator();
  const { endpoints } = gone;
  const trust = readFileSync(endpoints.caFile, 'utf8');
  await gone.stop();
  const devices = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => device(`lost-${id}`)));
  await assert.rejects(start(devices, { target: emulatorTarget(endpoints, trust) }).result, {
    code: 'NETWORK',
  });
});

test('a renewal that is retried leaves no listeners, and ends with its connection', async () => {
  const connection = new AbortController();
  for (let retry = 0; retry < 3; retry += 1) await longSleep(0, connection.signal);
  assert.equal(getEventListeners(connection.signal, 'abort').length, 0);
  const waiting = longSleep(2 ** 40, connection.signal);
  connection.abort();
  await waiting;
  await longSleep(2 ** 40, connection.signal);
  assert.equal(getEventListeners(connection.signal, 'abort').length, 0);
});

test.run();
