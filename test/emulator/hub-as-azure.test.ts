/**
 * The service side of a hub as recorded sessions of Azure have it: Azure/azure-sdk-for-net, SessionRecords of
 * Azure.IoT.Hub.Service (DevicesClient_TwinLifecycle, _UpdateDevice_EtagDoesNotMatch, _BulkCreation_DeviceWithTwin,
 * _DeviceTwinLifecycle, ModulesClient_UpdateModuleTwin_EtagDoesNotMatch), api-version 2020-03-13.
 */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { make } from '../support/chains.js';
import { hubService } from './hub-service.js';
import { type Answer, base64, startTestEmulator, type TestEmulator } from './support.js';

let emulator: TestEmulator;
let hub: ReturnType<typeof hubService>;
test.before(async () => {
  emulator = await startTestEmulator();
  hub = hubService(emulator);
});
test.after(() => emulator?.stop());

const sevenDigits = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/;
const never = '0001-01-01T00:00:00Z';

function numberOf(etag: string): number {
  const text = Buffer.from(etag, 'base64').toString('latin1');
  assert.match(text, /^\d+$/);
  assert.equal(Buffer.from(text).toString('base64'), etag);
  return Number(text);
}

async function made(deviceId: string, more: Record<string, unknown> = {}): Promise<Answer> {
  const answer = await hub('PUT', `/devices/${deviceId}`, { deviceId, ...more });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer;
}

test('a new device is described as recorded', async () => {
  const { body, headers } = await made('as-recorded');
  assert.deepEqual(Object.keys(body).sort(), [
    ...['authentication', 'capabilities', 'cloudToDeviceMessageCount', 'connectionState'],
    ...['connectionStateUpdatedTime', 'deviceId', 'etag', 'generationId', 'lastActivityTime', 'status'],
    ...['statusReason', 'statusUpdatedTime'],
  ]);
  assert.match(body.generationId, /^\d{18}$/);
  assert.equal(body.statusReason, null);
  assert.equal(headers.etag, `"${body.etag}"`);
  assert.equal(headers['content-type'], 'application/json; charset=utf-8');
  numberOf(body.etag);
  // The reply to the creation, and no other, has times without Z.
  const times = ['connectionStateUpdatedTime', 'statusUpdatedTime', 'lastActivityTime'];
  for (const time of times) assert.equal(body[time], '0001-01-01T00:00:00', time);
  const read = (await hub('GET', '/devices/as-recorded')).body;
  for (const time of times) assert.equal(read[time], never, time);
});

test('If-Match: "" does not hinder a creation, nor does it open a device that is there', async () => {
  const device = { deviceId: 'empty-match' };
  for (const ifMatch of ['""', '']) {
    const created = await hub('PUT', '/devices/empty-match', device, { 'if-match': ifMatch });
    assert.equal(created.status, 200);
    const again = await hub('PUT', '/devices/empty-match', device, { 'if-match': ifMatch });
    assert.equal(again.status, 409);
    assert.equal(again.headers['iothub-errorcode'], 'DeviceAlreadyExists');
    assert.equal(
      (await hub('DELETE', '/devices/empty-match', undefined, { 'if-match': ifMatch })).status,
      204,
    );
  }
});

test('the etag of a device is a number that rises by one with each change, and a stale one is told both', async () => {
  const { body } = await made('counted');
  const first = numberOf(body.etag);
  const off = { deviceId: 'counted', status: 'disabled' };
  const changed = await hub('PUT', '/devices/counted', off, { 'if-match': `"${body.etag}"` });
  assert.equal(numberOf(changed.body.etag), first + 1);
  assert.match(changed.body.statusUpdatedTime, sevenDigits);
  const stale = await hub('PUT', '/devices/counted', off, { 'if-match': `"${body.etag}"` });
  assert.equal(stale.status, 412);
  assert.equal(stale.headers['iothub-errorcode'], 'PreconditionFailed');
  assert.equal(
    stale.body.Message,
    `ErrorCode:PreconditionFailed;Precondition failed: Device version did not match, existingVersion:${first + 1} newVersion:${first}`,
  );
  const any = await hub('PUT', '/devices/counted', off, { 'if-match': '*' });
  assert.equal(numberOf(any.body.etag), first + 2);
});

test('errors name the code first, and trace the request as recorded', async () => {
  const answer = await hub('GET', '/devices/nobody');
  assert.equal(answer.status, 404);
  assert.equal(answer.body.Message, 'ErrorCode:DeviceNotFound;nobody');
  assert.match(
    answer.body.ExceptionMessage,
    /^Tracking ID:[0-9a-f]{32}-G:\d+-TimeStamp:\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/,
  );
  const requestId = answer.headers['x-ms-request-id']!;
  assert.ok(answer.body.ExceptionMessage.includes(`Tracking ID:${requestId.replaceAll('-', '')}-`));
  assert.equal(answer.headers['iothub-errorcode'], 'DeviceNotFound');
  assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
  await made('taken');
  const taken = await hub('PUT', '/devices/taken', { deviceId: 'taken' });
  assert.equal(
    taken.body.Message,
    "ErrorCode:DeviceAlreadyExists;A device with ID 'taken' is already registered.",
  );
});

test('a twin is described as recorded: an etag that counts from 1, no ETag header, nothing that is empty', async () => {
  await made('twin');
  const { body, headers } = await hub('GET', '/twins/twin');
  assert.equal(headers.etag, undefined);
  assert.deepEqual(Object.keys(body).sort(), [
    ...[
      'authenticationType',
      'capabilities',
      'cloudToDeviceMessageCount',
      'connectionState',
      'deviceEtag',
      'deviceId',
    ],
    ...['etag', 'lastActivityTime', 'properties', 'status', 'statusUpdateTime', 'version', 'x509Thumbprint'],
  ]);
  assert.equal(body.etag, 'AAAAAAAAAAE=');
  assert.equal(body.version, 2);
  for (const section of ['desired', 'reported']) {
    const { $metadata, $version, ...rest } = body.properties[section];
    assert.deepEqual(Object.keys($metadata), ['$lastUpdated']);
    assert.match($metadata.$lastUpdated, sevenDigits);
    assert.equal($version, 1);
    assert.deepEqual(rest, {});
  }
  const whole = {
    ...body,
    properties: { ...body.properties, desired: { ...body.properties.desired, a: 1 } },
  };
  const patched = await hub('PATCH', '/twins/twin', whole, { 'if-match': '*' });
  assert.equal(patched.status, 200);
  assert.equal(patched.headers.etag, undefined);
  assert.equal(patched.body.etag, 'AAAAAAAAAAI=');
  assert.equal(patched.body.version, 3);
  assert.equal(patched.body.properties.desired.$version, 2);
  assert.equal(patched.body.properties.desired.$metadata.$lastUpdatedVersion, 2);
  assert.equal(patched.body.properties.desired.$metadata.a.$lastUpdatedVersion, 2);
  assert.deepEqual(patched.body.properties.reported, body.properties.reported);
});

test('one change of a twin counts once, whatever it changes', async () => {
  await made('both');
  const change = { tags: { site: 'A' }, properties: { desired: { a: 1 } } };
  const patched = (await hub('PATCH', '/twins/both', change)).body;
  assert.deepEqual([patched.etag, patched.version], ['AAAAAAAAAAI=', 3]);
  assert.equal(patched.properties.desired.$version, 2);
  const replaced = (await hub('PUT', '/twins/both', { tags: { site: 'B' } })).body;
  assert.deepEqual([replaced.etag, replaced.version], ['AAAAAAAAAAM=', 4]);
  assert.equal(replaced.properties.desired.$version, 3);
  const tagsOnly = (await hub('PATCH', '/twins/both', { tags: { site: 'C' } })).body;
  assert.deepEqual([tagsOnly.etag, tagsOnly.version], ['AAAAAAAAAAQ=', 5]);
  assert.equal(tagsOnly.properties.desired.$version, 3);
  // The tags are gone when the last one is.
  const cleared = (await hub('PATCH', '/twins/both', { tags: { site: null } })).body;
  assert.equal('tags' in cleared, false);
});

test('a stale etag of a twin: 412, in the words and with the tracking ID of twins', async () => {
  await made('stale-twin');
  await hub('PATCH', '/twins/stale-twin', { tags: { a: 1 } });
  for (const method of ['PATCH', 'PUT']) {
    const stale = await hub(
      method,
      '/twins/stale-twin',
      { tags: { a: 2 } },
      { 'if-match': '"AAAAAAAAAAE="' },
    );
    assert.equal(stale.status, 412);
    assert.equal(stale.body.Message, "ErrorCode:PreconditionFailed;ETag mismatch for device ID 'stale-twin'");
    assert.match(stale.body.ExceptionMessage, /^Tracking ID:[0-9a-f]{32}-TimeStamp:\d\d\/\d\d\/\d{4} /);
    const fresh = await hub(method, '/twins/stale-twin', { tags: { a: 2 } }, { 'if-match': '""' });
    assert.equal(fresh.status, 200);
  }
});

test('a twin that is born with desired properties has never been updated', async () => {
  const device = {
    id: 'born',
    importMode: 'create',
    status: 'enabled',
    properties: { desired: { user: 'A' } },
  };
  assert.deepEqual((await hub('POST', '/devices', [device])).body, {
    isSuccessful: true,
    errors: [],
    warnings: [],
  });
  const { body } = await hub('GET', '/twins/born');
  assert.deepEqual([body.etag, body.version], ['AAAAAAAAAAE=', 2]);
  const stamp = { $lastUpdated: never, $lastUpdatedVersion: 1 };
  assert.deepEqual(body.properties.desired, {
    user: 'A',
    $metadata: { ...stamp, user: stamp },
    $version: 1,
  });
  assert.match(body.properties.reported.$metadata.$lastUpdated, sevenDigits);
});

test('bulk: deleteIfMatchETag without an etag is accepted, and a stale one is not', async () => {
  await made('bulk-one');
  const stale = [{ id: 'bulk-one', importMode: 'deleteIfMatchETag', eTag: 'MQ==' }];
  assert.equal((await hub('POST', '/devices', stale)).body.errors[0].errorCode, 'PreconditionFailed');
  const without = [{ id: 'bulk-one', importMode: 'deleteIfMatchETag' }];
  assert.equal((await hub('POST', '/devices', without)).body.isSuccessful, true);
});

test('queries have twins in the same form', async () => {
  await made('queried');
  const { body, headers } = await hub('POST', '/devices/query', {
    query: "SELECT * FROM devices WHERE deviceId = 'queried'",
  });
  assert.equal(headers['x-ms-item-type'], 'Twin');
  assert.deepEqual(body[0], (await hub('GET', '/twins/queried')).body);
  assert.equal('tags' in body[0], false);
});

test('a device that registers again with the same certificate keeps its etag; with another, it counts one', async () => {
  const symmetricKey = (text: string) => ({
    type: 'symmetricKey',
    symmetricKey: { primaryKey: base64(text) },
  });
  await emulator.service('PUT', '/enrollments/again', {
    registrationId: 'again',
    attestation: symmetricKey('a key that is not used at all'),
  });
  const [one, other] = [await make('device', 'again'), await make('device', 'again')];
  const attestation = {
    type: 'x509',
    x509: {
      clientCertificates: { primary: { certificate: one.pem }, secondary: { certificate: other.pem } },
    },
  };
  const { etag } = (await emulator.service('GET', '/enrollments/again')).body;
  const changed = await emulator.service(
    'PUT',
    '/enrollments/again',
    { registrationId: 'again', attestation },
    { 'if-match': etag },
  );
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  const etags: number[] = [];
  for (const chain of [[one], [one], [other]]) {
    assert.equal((await emulator.register('again', chain)).body.status, 'assigned');
    etags.push(numberOf((await hub('GET', '/devices/again')).body.etag));
  }
  assert.deepEqual(etags, [etags[0], etags[0], etags[0]! + 1]);
});

test.run();
