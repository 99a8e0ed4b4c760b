/** Microsoft's device clients over AMQP and AMQP over WebSockets, each in a process of its own. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { createSasToken, deriveDeviceKey } from '../../src/dps/contract/sas.js';
import { type Made, makeChain } from '../support/chains.js';
import { type AmqpFixture, startAmqpFixture } from './amqp-fixture.js';
import { base64, groupBody, startTestEmulator, type TestEmulator } from './support.js';

const groupKey = base64('the primary key of a group of devices');
let emulator: TestEmulator;
let fixture: AmqpFixture;
let folder: string;
let chain: Made[];

test.before(async () => {
  emulator = await startTestEmulator();
  fixture = await startAmqpFixture();
  folder = mkdtempSync(join(tmpdir(), 'enrollkit-test-'));
  const { root, intermediate, device } = await makeChain('by-certificate');
  chain = [device, intermediate];
  await emulator.verifiedCa('root', root);
  const initialTwin = { tags: {}, properties: { desired: { interval: 30 } } };
  for (const body of [
    groupBody('certificates', { reference: 'root' }, { initialTwin }),
    {
      enrollmentGroupId: 'keys',
      attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: groupKey } },
      initialTwin,
    },
  ] as { enrollmentGroupId?: string }[]) {
    const put = await emulator.service('PUT', `/enrollmentGroups/${body.enrollmentGroupId}`, body);
    assert.equal(put.status, 200);
  }
});
test.after(async () => {
  await emulator?.stop();
  await fixture?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Input {
  caFile: string;
  [field: string]: unknown;
}

function start({ caFile, ...input }: Input): { child: ChildProcess; lines: AsyncIterator<string> } {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('official-amqp-client.mjs', import.meta.url))],
    {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile, NODE_OPTIONS: '' },
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  child.stdin.end(`${JSON.stringify(input)}\n`);
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

/** What the client prints in the end. */
async function run(input: Input): Promise<any> {
  const { child, lines } = start(input);
  const { value } = await lines.next();
  if (child.exitCode === null) await once(child, 'exit');
  return JSON.parse(value ?? '{}');
}

const byCertificate = () => ({
  registrationId: 'by-certificate',
  cert: chain.map(({ pem }) => pem).join(''),
  key: chain[0]!.privateKey.export({ format: 'pem', type: 'pkcs8' }),
});
const byKey = (registrationId: string) => ({
  registrationId,
  symmetricKey: deriveDeviceKey(groupKey, registrationId),
});

function atEmulator(credential: object, webSocket: boolean): Input {
  const { caFile, idScope, ports } = emulator.endpoints;
  const provisioningHost = webSocket ? 'localhost' : `localhost:${ports.amqp}`;
  return { caFile, provisioningHost, idScope, webSocket, httpsPort: ports.https, ...credential };
}

/** As the hub's service side shows it. */
async function reportedBy(deviceId: string): Promise<unknown> {
  const { hostName, sharedAccessKeyName, sharedAccessKey } = parseConnectionString(
    emulator.endpoints.hubServiceConnectionString,
  );
  const expiry = Math.floor(Date.now() / 1000) + 60;
  const authorization = createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, expiry);
  const path = `/twins/${deviceId}?api-version=2021-04-12`;
  const { body } = await emulator.call({ path, headers: { authorization } });
  return body.properties.reported.firmware;
}

test('over AMQP and over WebSockets, by certificate and by key: registers, sends, reads and reports its twin', async () => {
  const all = [
    { credential: byCertificate(), webSocket: false },
    { credential: byKey('key-amqp'), webSocket: false },
    { credential: byKey('key-amqp-ws'), webSocket: true },
  ].map(async ({ credential, webSocket }) => ({
    credential,
    output: await run(atEmulator(credential, webSocket)),
  }));
  const [first] = await Promise.all(all);
  // The same device again, now over WebSockets: what it reports is its twin's.
  const again = { credential: byCertificate(), output: await run(atEmulator(byCertificate(), true)) };
  for (const { credential, output } of [...(await Promise.all(all)), again]) {
    assert.equal(output.error, undefined, JSON.stringify(output));
    assert.equal(output.registration.deviceId, credential.registrationId);
    assert.equal(output.registration.assignedHub, emulator.endpoints.hubHostName);
    const { sent, desired, refused } = output.hub;
    assert.deepEqual(
      { sent, desired, refused },
      {
        sent: 'MessageEnqueued',
        desired: { interval: 30, $version: 1 },
        refused: 'Error',
      },
    );
    assert.equal(await reportedBy(credential.registrationId), '1.0');
  }
  assert.equal(first!.output.registration.substatus, 'initialAssignment');
  assert.equal(again.output.registration.substatus, 'initialAssignment', 'at 2019-03-31');
});

test('a device that DPS refuses is told why, in the form that the client understands', async () => {
  const stranger = await makeChain('stranger');
  const output = await run(
    atEmulator(
      {
        registrationId: 'stranger',
        cert: stranger.device.pem + stranger.intermediate.pem,
        key: stranger.device.privateKey.export({ format: 'pem', type: 'pkcs8' }),
      },
      false,
    ),
  );
  assert.equal(output.amqp?.condition ?? output.amqp, 'amqp:unauthorized-access', JSON.stringify(output));
  const wrongKey = { registrationId: 'key-wrong', symmetricKey: deriveDeviceKey(groupKey, 'another') };
  const refused = await run(atEmulator(wrongKey, false));
  assert.equal(refused.amqp?.condition ?? refused.amqp, 'amqp:unauthorized-access', JSON.stringify(refused));
});

test('desired properties, messages to the device and direct methods reach it', async () => {
  const credential = await fixture.hubDevice('served', { interval: 30 });
  const caFile = join(folder, 'root.pem');
  writeFileSync(caFile, fixture.serverRoot.pem);
  const { lines } = start({
    caFile,
    registrationId: 'served',
    cert: credential.pem,
    key: credential.keyPem,
    hubHost: fixture.hubHostName(),
    service: true,
  });
  const ready = (await lines.next()).value;
  assert.deepEqual(JSON.parse(ready), { ready: true });
  const { hub } = fixture;
  const [stored] = hub.messages.list('served');
  assert.equal(stored?.body.toString(), '{"temperature":21}');
  assert.deepEqual(stored?.systemProperties, { ct: 'application/json', ce: 'utf-8', mid: 'first' });
  assert.deepEqual(stored?.properties, { alarm: 'a b' });
  assert.deepEqual(hub.twins.get('served')?.reported.properties, { firmware: '1.0' });

  const times = { connectTimeout: 5000, responseTimeout: 5000 };
  const answer = hub.methods.invoke('served', { name: 'reboot', payload: { seconds: 5 }, ...times });
  const systemProperties = { mid: 'command-1', ct: 'text/plain' };
  hub.cloudToDevice.send('served', { systemProperties, properties: { a: 'b' }, body: Buffer.from('go') });
  hub.twins.change('served', { desired: { interval: 60 } }, 'merge');
  assert.deepEqual(await answer, { status: 202, payload: { in: 5 } });
  const output = JSON.parse((await lines.next()).value);
  assert.equal(output.error, undefined, JSON.stringify(output));
  assert.deepEqual(output.hub.changed, { interval: 60, $version: 2 });
  assert.deepEqual(output.hub.called, { seconds: 5 });
  assert.deepEqual(output.hub.received, {
    body: 'go',
    messageId: 'command-1',
    properties: [{ key: 'a', value: 'b' }],
  });
  assert.equal(hub.cloudToDevice.count('served'), 0, 'a message that was completed is gone');
});

test.run();
