import assert from 'node:assert/strict';
import { Agent } from 'node:https';
import { suite } from 'uvu';
import { type Made, make } from '../support/chains.js';
import { groupBody, startTestEmulator, type TestEmulator } from './support.js';

interface Context {
  emulator: TestEmulator;
  root: Made;
  intermediate: Made;
  device: Made;
}

const test = suite<Context>('device plane');

test.before(async (context) => {
  context.emulator = await startTestEmulator();
  context.root = await make('root', 'Root');
  context.intermediate = await make('intermediate', 'Intermediate', context.root);
  context.device = await make('device', 'device-1', context.intermediate);
  await context.emulator.verifiedCa('root', context.root);
  const put = await context.emulator.service(
    'PUT',
    '/enrollmentGroups/factory',
    groupBody('factory', { reference: 'root' }),
  );
  assert.equal(put.status, 200, JSON.stringify(put.body));
});

test.after(({ emulator }) => emulator.stop());

/** The last thing that the log says about the device plane. */
function lastReason({ events }: TestEmulator): string | undefined {
  return events.filter(({ plane }) => plane === 'device').at(-1)?.reason;
}

async function refused(emulator: TestEmulator, registrationId: string, chain: Made[], reason: RegExp) {
  const answer = await emulator.register(registrationId, chain);
  assert.equal(answer.status, 401, JSON.stringify(answer.body));
  assert.match(String(answer.body.errorCode), /^40100[02]$/);
  assert.equal(answer.body.trackingId, answer.headers['x-ms-request-id']);
  assert.equal(answer.headers['x-ms-error-code'], undefined);
  assert.match(lastReason(emulator) ?? '', reason);
  assert.equal((await emulator.service('GET', `/registrations/${registrationId}`)).status, 404);
  return answer;
}

test('registers a device whose chain reaches the verified root, with or without the root itself', async ({
  emulator,
  root,
  intermediate,
  device,
}) => {
  const { endpoints } = emulator;
  const path = `/${endpoints.idScope}/registrations/device-1`;
  const first = await emulator.call({
    method: 'PUT',
    path: `${path}/register?api-version=2019-03-31`,
    body: { registrationId: 'device-1' },
    chain: [device, intermediate],
  });
  assert.equal(first.status, 202);
  assert.equal(first.headers['retry-after'], '0');
  assert.equal(first.body.status, 'assigning');

  // The unmodified Node client sends a body with its GET.
  const polled = await emulator.call({
    path: `${path}/operations/${first.body.operationId}?api-version=2019-03-31`,
    body: {},
    chain: [device, intermediate],
  });
  assert.equal(polled.status, 200);
  assert.equal(polled.body.status, 'assigned');
  const state = polled.body.registrationState;
  assert.equal(state.assignedHub, endpoints.hubHostName);
  assert.equal(state.deviceId, 'device-1');
  assert.equal(state.substatus, 'initialAssignment');
  assert.match(state.createdDateTimeUtc, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);

  const again = await emulator.register('device-1', [device, intermediate, root]);
  assert.equal(again.body.registrationState.substatus, 'reprovisionedToInitialAssignment');

  const record = await emulator.service('GET', '/registrations/device-1');
  assert.equal(record.body.assignedHub, endpoints.hubHostName);
  const lookup = await emulator.call({
    method: 'POST',
    path: `${path}?api-version=2021-06-01`,
    body: { registrationId: 'device-1' },
    chain: [device, intermediate],
  });
  assert.equal(lookup.status, 200);
  assert.equal(lookup.body.assignedHub, endpoints.hubHostName);
});

test('asks for the verified CA too, where it is told to', async ({ intermediate, root, device }) => {
  const strict = await startTestEmulator({ fullChain: true });
  try {
    await strict.verifiedCa('root', root);
    await strict.service('PUT', '/enrollmentGroups/g', groupBody('g', { reference: 'root' }));
    const reason = /"root" is not in the chain that was presented, and --full-chain asks for it/;
    await refused(strict, 'device-1', [device, intermediate], reason);
    assert.equal((await strict.register('device-1', [device, intermediate, root])).body.status, 'assigned');
    // Proven itself, the intermediate is what the chain must reach.
    await strict.verifiedCa('intermediate', intermediate);
    assert.equal((await strict.register('device-1', [device, intermediate])).body.status, 'assigned');
    // A certificate that is enrolled itself needs no CA.
    const x509 = { clientCertificates: { primary: { certificate: device.pem } } };
    const body = { registrationId: 'device-1', attestation: { type: 'x509', x509 } };
    assert.equal((await strict.service('PUT', '/enrollments/device-1', body)).status, 200);
    assert.equal((await strict.register('device-1', [device])).body.status, 'assigned');
  } finally {
    await strict.stop();
  }
});

test('tells every device its own operation only', async ({ emulator, intermediate }) => {
  const { idScope } = emulator.endpoints;
  const alice = await make('device', 'alice', intermediate);
  const eve = await make('device', 'eve', intermediate);
  const secondAlice = await make('device', 'alice', intermediate);
  const { body } = await emulator.call({
    method: 'PUT',
    path: `/${idScope}/registrations/alice/register?api-version=2019-03-31`,
    body: {},
    chain: [alice, intermediate],
  });
  const poll = (registrationId: string, chain?: Made[]) =>
    emulator.call({
      path: `/${idScope}/registrations/${registrationId}/operations/${body.operationId}?api-version=2019-03-31`,
      ...(chain ? { chain } : {}),
    });
  assert.equal((await poll('alice', [eve, intermediate])).status, 401);
  assert.equal((await poll('eve', [eve, intermediate])).status, 401);
  assert.equal((await poll('alice', [secondAlice, intermediate])).status, 401);
  assert.equal((await poll('alice')).status, 401);
  assert.equal((await poll('alice', [alice, intermediate])).status, 200);
});

test('forgets the operations of a device with its record, and tells a later one by its own', async ({
  emulator,
  intermediate,
}) => {
  const { idScope } = emulator.endpoints;
  const chain = [await make('device', 'forgotten', intermediate), intermediate];
  const base = `/${idScope}/registrations/forgotten`;
  const register = async () => {
    const path = `${base}/register?api-version=2019-03-31`;
    return (await emulator.call({ method: 'PUT', path, body: {}, chain })).body.operationId as string;
  };
  const poll = (operationId: string) =>
    emulator.call({ path: `${base}/operations/${operationId}?api-version=2021-06-01`, chain });
  const first = await register();
  const second = await register();
  // The outcome is the record's: both operations say the same.
  assert.equal((await poll(first)).body.registrationState.substatus, 'reprovisionedToInitialAssignment');
  assert.equal((await emulator.service('DELETE', '/registrations/forgotten')).status, 204);
  for (const operationId of [first, second]) assert.equal((await poll(operationId)).status, 404);
  const third = await register();
  for (const operationId of [first, second]) assert.equal((await poll(operationId)).status, 404);
  // The hub still knows the device.
  assert.equal((await poll(third)).body.registrationState.substatus, 'reprovisionedToInitialAssignment');
});

test('refuses a certificate whose common name is another device', async ({ emulator, intermediate }) => {
  const leaf = await make('device', 'somebody', intermediate);
  await refused(emulator, 'somebody-else', [leaf, intermediate], /common name is "somebody"/);
});

test('refuses a chain without its intermediate', async ({ emulator, intermediate }) => {
  const leaf = await make('device', 'no-intermediate', intermediate);
  const answer = await refused(emulator, 'no-intermediate', [leaf], /./);
  assert.equal(answer.body.message, 'CA certificate not found.');
});

test('sees the whole chain on every request of a connection, in whatever order it was sent', async ({
  emulator,
  root,
  intermediate,
}) => {
  const { idScope } = emulator.endpoints;
  const leaf = await make('device', 'kept-alive', intermediate);
  const unrelated = await make('root', 'Unrelated');
  const chain = [leaf, unrelated, root, intermediate];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    for (let count = 0; count < 2; count += 1) {
      const answer = await emulator.call({
        method: 'PUT',
        path: `/${idScope}/registrations/kept-alive/register?api-version=2019-03-31`,
        body: {},
        chain,
        agent,
      });
      assert.equal(answer.status, 202, lastReason(emulator));
      const polled = await emulator.call({
        path: `/${idScope}/registrations/kept-alive/operations/${answer.body.operationId}?api-version=2019-03-31`,
        body: {},
        chain,
        agent,
      });
      assert.equal(polled.status, 200);
    }
  } finally {
    agent.destroy();
  }
});

test('refuses an unknown CA, also one that has the name of the right one', async ({ emulator }) => {
  const root = await make('root', 'Root');
  const intermediate = await make('intermediate', 'Intermediate', root);
  const leaf = await make('device', 'stranger', intermediate);
  const answer = await refused(emulator, 'stranger', [leaf, intermediate, root], /./);
  assert.equal(answer.body.errorCode, 401002);
});

test('refuses a self-signed certificate and a request without one', async ({ emulator }) => {
  await refused(emulator, 'alone', [await make('device', 'alone')], /./);
  const { idScope } = emulator.endpoints;
  const answer = await emulator.call({
    method: 'PUT',
    path: `/${idScope}/registrations/nobody/register?api-version=2019-03-31`,
    body: { registrationId: 'nobody' },
  });
  assert.equal(answer.status, 401);
  assert.match(lastReason(emulator)!, /no client certificate/);
});

test('refuses an expired certificate, and one that is not valid yet', async ({
  emulator,
  intermediate,
  root,
}) => {
  const yesterday = new Date(Date.now() - 3 * 86_400_000);
  const oldRoot = await make('root', 'Old root', undefined, { at: yesterday });
  await emulator.verifiedCa('old-root', oldRoot);
  await emulator.service('PUT', '/enrollmentGroups/old', groupBody('old', { reference: 'old-root' }));
  const expired = await make('device', 'expired', oldRoot, { at: yesterday, validityDays: 1 });
  const answer = await refused(emulator, 'expired', [expired, oldRoot], /expire/i);
  assert.equal(answer.body.message, 'Invalid certificate');
  const early = await make('device', 'early', intermediate, { at: new Date(Date.now() + 86_400_000) });
  await refused(emulator, 'early', [early, intermediate, root], /valid/);
});

test('refuses a CA whose possession is not proven', async ({ emulator }) => {
  const root = await make('root', 'Unproven root');
  await emulator.arm('PUT', '/certificates/unproven', {
    properties: { certificate: Buffer.from(root.pem).toString('base64') },
  });
  const byReference = await emulator.service(
    'PUT',
    '/enrollmentGroups/unproven',
    groupBody('unproven', { reference: 'unproven' }),
  );
  assert.equal(byReference.status, 400);
  const byCertificate = await emulator.service(
    'PUT',
    '/enrollmentGroups/unproven',
    groupBody('unproven', { certificate: root.pem }),
  );
  assert.equal(byCertificate.status, 200);
  const leaf = await make('device', 'unproven-device', root);
  await refused(emulator, 'unproven-device', [leaf, root], /"unproven", which is not verified/);
});

test('lets the group of the CA nearest the device decide, also when it is disabled', async ({
  emulator,
  root,
}) => {
  const factory = await make('intermediate', 'Factory', root);
  const leaf = await make('device', 'nearest', factory);
  const chain = [leaf, factory, root];
  const disabled = groupBody('nearest', { certificate: factory.pem }, { provisioningStatus: 'disabled' });
  const put = await emulator.service('PUT', '/enrollmentGroups/nearest', disabled);
  const blocked = await emulator.register('nearest', chain);
  assert.deepEqual([blocked.status, blocked.body.status], [200, 'disabled']);
  assert.match(lastReason(emulator) ?? '', /is disabled/);

  const enabled = { ...disabled, provisioningStatus: 'enabled' };
  await emulator.service('PUT', '/enrollmentGroups/nearest', enabled, { 'if-match': put.body.etag });
  const answer = await emulator.register('nearest', chain);
  assert.deepEqual(answer.body.registrationState.x509, { enrollmentGroupId: 'nearest' });
  const records = await emulator.service('POST', '/registrations/nearest/query');
  assert.deepEqual(
    records.body.map(({ registrationId }: { registrationId: string }) => registrationId),
    ['nearest'],
  );
});

test('looks above a proven intermediate for a group, and at the intermediate first', async ({ emulator }) => {
  const root = await make('root', 'Upper root');
  const intermediate = await make('intermediate', 'Proven intermediate', root);
  await emulator.verifiedCa('upper', root);
  await emulator.verifiedCa('proven-intermediate', intermediate);
  const leaf = await make('device', 'upper-device', intermediate);
  await refused(
    emulator,
    'upper-device',
    [leaf, intermediate],
    /no CA of the chain backs an enrollment group/,
  );
  await emulator.service('PUT', '/enrollmentGroups/upper', groupBody('upper', { reference: 'upper' }));
  const byRoot = await emulator.register('upper-device', [leaf, intermediate]);
  assert.equal(byRoot.body.registrationState?.x509.enrollmentGroupId, 'upper');
  await emulator.service(
    'PUT',
    '/enrollmentGroups/lower',
    groupBody('lower', { reference: 'proven-intermediate' }),
  );
  const byIntermediate = await emulator.register('upper-device', [leaf]);
  assert.equal(byIntermediate.body.registrationState?.x509.enrollmentGroupId, 'lower');
});

test('refuses what is not for it: another ID scope, another ID in the body, an illegal ID, unknown fields of later versions', async ({
  emulator,
  device,
  intermediate,
}) => {
  const { idScope } = emulator.endpoints;
  const chain = [device, intermediate];
  const register = (scope: string, id: string, body: unknown) =>
    emulator.call({
      method: 'PUT',
      path: `/${scope}/registrations/${id}/register?api-version=2019-03-31`,
      body,
      chain,
    });
  assert.equal((await register('0neFFFFFFFF', 'device-1', {})).status, 401);
  assert.equal((await register(idScope, 'device-1', { registrationId: 'device-2' })).status, 400);
  assert.equal((await register(idScope, 'device%2F1', {})).status, 400);
  assert.equal((await register(idScope, `d${'x'.repeat(128)}`, {})).status, 400);
  assert.equal((await register(idScope, 'device-1', { tpm: { endorsementKey: 'x' } })).status, 501);
  assert.equal((await register(idScope, 'device-1', [])).status, 400);
  const unknown = await emulator.call({
    path: `/${idScope}/registrations/device-1/operations/5.0.none?api-version=2019-03-31`,
    chain,
  });
  assert.equal(unknown.status, 404);
});

test.run();
