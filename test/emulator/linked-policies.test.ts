/** What becomes of devices whose provisioning service is linked to a hub by a policy or a key that the hub refuses. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { suite } from 'uvu';
import { registerDevice } from '../../src/dps/client/device.js';
import { emulatorTarget } from '../../src/dps/client/target.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { EnrollkitError } from '../../src/errors.js';
import { privateKeyToPem } from '../../src/pki/keys.js';
import { make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { type Answer, base64, startTestEmulator, type TestEmulator } from './support.js';

const test = suite<{ emulator: TestEmulator }>('linked policies');

test.before(async (context) => {
  context.emulator = await startTestEmulator();
});
test.after(({ emulator }) => emulator.stop());

const key = base64('k'.repeat(32));

/** As Azure/azure-iot-sdk-c#1789 quotes it. */
const hubReply =
  /^\{"Message":"ErrorCode:IotHubUnauthorizedAccess;Unauthorized","ExceptionMessage":"Tracking ID:[0-9a-f]{32}-G:\d+-TimeStamp:\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d"\}$/;

/** Registers a device of an enrollment of its own, and returns the reply to the poll. */
async function register({ service, call, endpoints }: TestEmulator, id: string): Promise<Answer> {
  const attestation = { type: 'symmetricKey', symmetricKey: { primaryKey: key, secondaryKey: key } };
  await service('PUT', `/enrollments/${id}`, { registrationId: id, attestation });
  const resource = `${endpoints.idScope}/registrations/${id}`;
  const inAnHour = Math.floor(Date.now() / 1000) + 3600;
  const headers = { authorization: createSasToken(resource, 'registration', key, inAnHour) };
  const version = 'api-version=2021-06-01';
  const body = { registrationId: id };
  const first = await call({ method: 'PUT', path: `/${resource}/register?${version}`, headers, body });
  assert.equal(first.status, 202, JSON.stringify(first.body));
  return call({ path: `/${resource}/operations/${first.body.operationId}?${version}`, headers });
}

/** Links the first hub, and nothing else. */
async function link({ arm }: TestEmulator, iotHub: Record<string, unknown>): Promise<void> {
  const { body } = await arm('GET', '');
  const put = await arm('PUT', '', { ...body, properties: { iotHubs: [{ location: 'local', ...iotHub }] } });
  assert.equal(put.status, 201, JSON.stringify(put.body));
}

const linkedString = async ({ arm }: TestEmulator): Promise<string> =>
  (await arm('GET', '')).body.properties.iotHubs[0].connectionString;

function assertRefused(poll: Answer): void {
  assert.deepEqual([poll.status, poll.body.status], [200, 'failed'], JSON.stringify(poll.body));
  const { status, errorCode, errorMessage, assignedHub } = poll.body.registrationState;
  assert.deepEqual([status, errorCode, assignedHub], ['failed', 400209, undefined]);
  assert.match(errorMessage, hubReply);
}

for (const [keyName, isEnough] of Object.entries({
  iothubowner: true,
  service: false,
  device: false,
  registryRead: false,
  // It may write, and not connect as a service.
  registryReadWrite: false,
})) {
  test(`linked by the policy ${keyName}, a hub ${isEnough ? 'gets devices' : 'refuses them'}`, async ({
    emulator,
  }) => {
    const id = `by-${keyName}`;
    await link(emulator, { connectionString: emulator.endpoints.hubs[0]!.connectionStrings[keyName] });
    assert.match(
      await linkedString(emulator),
      new RegExp(`;SharedAccessKeyName=${keyName};SharedAccessKey=\\*+$`),
    );
    const poll = await register(emulator, id);
    const record = (await emulator.service('GET', `/registrations/${id}`)).body;
    if (isEnough) {
      assert.equal(poll.body.status, 'assigned', JSON.stringify(poll.body));
      return;
    }
    assertRefused(poll);
    assert.deepEqual([record.status, record.errorCode], ['failed', 400209]);
    const reason = emulator.events.findLast((event) => event.operation === 'getOperation')?.reason;
    assert.match(reason ?? '', /policy.*RegistryWrite and ServiceConnect/);
  });
}

test('what was read is put back with its policy, and another link ends the refusal', async ({ emulator }) => {
  const { iothubowner, registryRead } = emulator.endpoints.hubs[0]!.connectionStrings;
  await link(emulator, { connectionString: registryRead });
  await link(emulator, { connectionString: await linkedString(emulator), allocationWeight: 2 });
  assertRefused(await register(emulator, 'relinked'));
  await link(emulator, { connectionString: iothubowner });
  const { body } = await register(emulator, 'relinked');
  assert.deepEqual([body.status, body.registrationState.errorCode], ['assigned', undefined]);
});

test('our own client says that the hub refuses', async ({ emulator }) => {
  const { endpoints, service } = emulator;
  await link(emulator, { connectionString: endpoints.hubs[0]!.connectionStrings.registryRead });
  const leaf = await make('device', 'told', await make('root', 'Root'));
  const x509 = { clientCertificates: { primary: { certificate: leaf.pem } } };
  await service('PUT', '/enrollments/told', { registrationId: 'told', attestation: { type: 'x509', x509 } });
  const target = emulatorTarget(endpoints, readFileSync(endpoints.caFile, 'utf8'));
  for (const protocol of ['https', 'mqtt'] as const) {
    const registration = registerDevice({
      ...{ target, protocol, idScope: endpoints.idScope, registrationId: 'told' },
      certificateChain: leaf.pem,
      privateKey: await privateKeyToPem(leaf.privateKey),
    });
    await assert.rejects(registration, (error) => {
      assert.ok(error instanceof EnrollkitError);
      assert.deepEqual([error.code, error.context.errorCode], ['REGISTRATION_FAILED', 400209]);
      return true;
    });
  }
});

for (const [what, change] of Object.entries({
  'the key was regenerated':
    "UPDATE policy SET primary_key = 'bmV3', secondary_key = 'bmV3' WHERE key_name = 'own'",
  'the policy was deleted': "DELETE FROM policy WHERE key_name = 'own'",
})) {
  test(`a hub refuses devices once ${what}, also after a restart`, () =>
    inTemporaryFolder(async (dir) => {
      const first = await startTestEmulator({ dir });
      await first.stop();
      const inState = (sql: string) => {
        const database = new Database(join(dir, 'emulator', 'state.db'));
        database.exec(sql);
        database.close();
      };
      inState(`INSERT INTO policy (owner, key_name, primary_key, secondary_key, rights, position)
        SELECT hub_id, 'own', 'b2xk', 'b2xkZXI=', 'RegistryWrite, ServiceConnect', 9 FROM iot_hub`);
      const second = await startTestEmulator({ dir });
      const connectionString = second.endpoints.hubs[0]!.connectionStrings.own;
      await link(second, { connectionString });
      assert.equal((await register(second, 'before')).body.status, 'assigned');
      await second.stop();
      inState(change);
      const third = await startTestEmulator({ dir });
      try {
        assertRefused(await register(third, 'after'));
        // It was assigned: it stays so, until it registers again.
        assert.equal((await third.service('GET', '/registrations/before')).body.status, 'assigned');
      } finally {
        await third.stop();
      }
    }));
}

test.run();
