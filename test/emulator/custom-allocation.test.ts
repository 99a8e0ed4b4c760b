/** Custom allocation: a webhook of the test's own is called for real. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import { askWebhook } from '../../src/emulator/dps/registration/allocation-webhook.js';
import { type Made, make } from '../support/chains.js';
import { hubService } from './hub-service.js';
import { groupBody, startTestEmulator, type TestEmulator } from './support.js';

interface Context {
  emulator: TestEmulator;
  root: Made;
  server: Server;
  url: string;
  /** What the webhook was sent. */
  calls: { headers: IncomingMessage['headers']; body: any }[];
  answer: (response: ServerResponse) => void;
}

const test = suite<Context>('custom allocation');

test.before(async (context) => {
  context.calls = [];
  context.server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    context.calls.push({ headers: request.headers, body: JSON.parse(text) });
    context.answer(response);
  });
  await new Promise<void>((listening) => context.server.listen(0, '127.0.0.1', listening));
  context.url = `http://127.0.0.1:${(context.server.address() as AddressInfo).port}/api/allocate?code=secret`;
  context.emulator = await startTestEmulator();
  context.root = await make('root', 'Root');
  await context.emulator.verifiedCa('root', context.root);
  const custom = {
    allocationPolicy: 'custom',
    customAllocationDefinition: { webhookUrl: context.url, apiVersion: '2021-10-01' },
    initialTwin: { properties: { desired: { of: 'enrollment' } } },
  };
  const group = groupBody('fleet', { reference: 'root' }, custom);
  const put = await context.emulator.service('PUT', '/enrollmentGroups/fleet', group);
  assert.equal(put.status, 200, JSON.stringify(put.body));
  assert.deepEqual(put.body.customAllocationDefinition, custom.customAllocationDefinition);
});
test.after(async ({ emulator, server }) => {
  await emulator.stop();
  server.close();
});

const json = (value: unknown) => (response: ServerResponse) =>
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value));

async function register({ endpoints, call }: TestEmulator, id: string, leaf: Made, payload?: unknown) {
  const path = `/${endpoints.idScope}/registrations/${id}`;
  const version = 'api-version=2021-06-01';
  const body = { registrationId: id, payload };
  const first = await call({ method: 'PUT', path: `${path}/register?${version}`, body, chain: [leaf] });
  assert.equal(first.status, 202, JSON.stringify(first.body));
  return call({ path: `${path}/operations/${first.body.operationId}?${version}`, chain: [leaf] });
}

test('asks the webhook with the device, its payload and its enrollment, and does what it says', async (context) => {
  const { emulator, root, calls } = context;
  const { hubHostName } = emulator.endpoints;
  const leaf = await make('device', 'chosen', root);
  context.answer = json({
    iotHubHostName: hubHostName,
    initialTwin: { tags: { by: 'webhook' }, properties: { desired: { of: 'webhook' } } },
    payload: { hello: 'device' },
  });
  calls.length = 0;
  const { body } = await register(emulator, 'chosen', leaf, { model: 'x' });
  assert.equal(body.status, 'assigned', JSON.stringify(body));
  assert.equal(body.registrationState.assignedHub, hubHostName);
  assert.deepEqual(body.registrationState.payload, { hello: 'device' });
  const twin = await hubService(emulator)('GET', '/twins/chosen');
  assert.deepEqual([twin.body.tags.by, twin.body.properties.desired.of], ['webhook', 'webhook']);

  const [asked] = calls;
  assert.match(asked!.headers['content-type']!, /application\/json/);
  assert.deepEqual(asked!.body.linkedHubs, [hubHostName]);
  assert.equal(asked!.body.enrollmentGroup.enrollmentGroupId, 'fleet');
  assert.match(asked!.body.enrollmentGroup.customAllocationDefinition.webhookUrl, /\?\*\*\*\*$/);
  const { x509, ...device } = asked!.body.deviceRuntimeContext;
  assert.deepEqual(device, { registrationId: 'chosen', payload: { model: 'x' } });
  assert.equal(x509.certificateInfo.subjectName, 'CN=chosen');

  await register(emulator, 'chosen', leaf);
  const { currentIotHubHostName, currentDeviceId } = calls[1]!.body.deviceRuntimeContext;
  assert.deepEqual([currentIotHubHostName, currentDeviceId], [hubHostName, 'chosen']);
});

test('asks for individual enrollments too; of a device that is never to move, only about the hub that it has', async (context) => {
  const { emulator, calls, url } = context;
  const leaf = await make('device', 'single');
  const put = await emulator.service('PUT', '/enrollments/single', {
    registrationId: 'single',
    attestation: { type: 'x509', x509: { clientCertificates: { primary: { certificate: leaf.pem } } } },
    allocationPolicy: 'custom',
    customAllocationDefinition: { webhookUrl: url, apiVersion: '2019-03-31' },
    reprovisionPolicy: { updateHubAssignment: false, migrateDeviceData: false },
  });
  assert.equal(put.status, 200, JSON.stringify(put.body));
  context.answer = json({ iotHubHostName: emulator.endpoints.hubHostName, initialTwin: null });
  calls.length = 0;
  assert.equal((await register(emulator, 'single', leaf)).body.status, 'assigned');
  assert.equal((await register(emulator, 'single', leaf)).body.status, 'assigned');
  assert.equal(calls.length, 2);
  assert.equal(calls[0]!.body.individualEnrollment.registrationId, 'single');
  assert.deepEqual(calls[1]!.body.linkedHubs, [emulator.endpoints.hubHostName]);
});

test('the twin of the webhook counts at first, and when a device is reset in another hub; its payload always', async (context) => {
  const { root, url, calls } = context;
  const emulator = await startTestEmulator({ hubs: ['hub-a', 'hub-b'] });
  try {
    await emulator.verifiedCa('root', root);
    const hostNames = emulator.endpoints.hubs.map(({ hostName }) => hostName);
    const custom = {
      allocationPolicy: 'custom',
      customAllocationDefinition: { webhookUrl: url, apiVersion: '2021-10-01' },
      initialTwin: { properties: { desired: { of: 'enrollment' } } },
    };
    const put = async (migrateDeviceData: boolean, updateHubAssignment = true) => {
      const more = { ...custom, reprovisionPolicy: { updateHubAssignment, migrateDeviceData } };
      const group = groupBody('moving', { reference: 'root' }, more);
      const answer = await emulator.service('PUT', '/enrollmentGroups/moving', group, ifMatch);
      assert.equal(answer.status, 200);
    };
    let ifMatch: Record<string, string> = {};
    const leaf = await make('device', 'moving', root);
    const go = async (hub: number, of: string | null) => {
      const initialTwin = of === null ? null : { properties: { desired: { of } } };
      context.answer = json({ iotHubHostName: hostNames[hub], initialTwin, payload: { of } });
      calls.length = 0;
      const { body } = await register(emulator, 'moving', leaf);
      assert.equal(body.status, 'assigned', JSON.stringify(body));
      assert.deepEqual(body.registrationState.payload, { of });
      const at = emulator.endpoints.hubs.find(
        ({ hostName }) => hostName === body.registrationState.assignedHub,
      )!;
      const twin = await hubService(emulator, at.serviceConnectionString)('GET', '/twins/moving');
      return [at.name, body.registrationState.substatus, twin.body.properties.desired.of];
    };
    await put(true);
    ifMatch = { 'if-match': '*' };
    assert.deepEqual(await go(0, 'first'), ['hub-a', 'initialAssignment', 'first']);
    assert.deepEqual(await go(0, 'again'), ['hub-a', 'reprovisionedToInitialAssignment', 'first']);
    assert.deepEqual(await go(1, 'migrated'), ['hub-b', 'deviceDataMigrated', 'first']);
    await put(false);
    assert.deepEqual(await go(1, 'still'), ['hub-b', 'reprovisionedToInitialAssignment', 'first']);
    assert.deepEqual(await go(0, 'reset'), ['hub-a', 'deviceDataReset', 'reset']);
    assert.deepEqual(await go(1, null), ['hub-b', 'deviceDataReset', 'enrollment']);
    await put(false, false);
    assert.deepEqual(await go(1, 'never'), ['hub-b', 'reprovisionedToInitialAssignment', 'enrollment']);
    assert.deepEqual(calls[0]!.body.linkedHubs, [hostNames[1]]);
    context.answer = json({ iotHubHostName: hostNames[0] });
    const { body } = await register(emulator, 'moving', leaf);
    assert.deepEqual([body.status, body.registrationState.errorCode], ['failed', 400207]);
  } finally {
    await emulator.stop();
  }
});

test('fails the registration with 400207 when the webhook answers what is no use', async (context) => {
  const { emulator, root } = context;
  const { hubHostName } = emulator.endpoints;
  const answers: [(response: ServerResponse) => void, RegExp][] = [
    [(response) => response.writeHead(400).end('no'), /^Custom allocation failed with status code: 400$/],
    [(response) => response.writeHead(302, { location: '/' }).end(), /status code: 302/],
    [(response) => response.end('not JSON'), /did not answer JSON/],
    [json(null), /no usable iotHubHostName/],
    [json({ iotHubHostName: '' }), /no usable iotHubHostName/],
    [json({ iotHubHostName: hubHostName, initialTwin: 'x' }), /no usable initialTwin/],
    [json({ iotHubHostName: 'other.azure-devices.net' }), /none of the linked hubs/],
    [(response) => response.end('x'.repeat(70_000)), /more than 64 KB/],
    [(response) => response.destroy(), /cannot be reached/],
  ];
  const leaf = await make('device', 'unlucky', root);
  for (const [answer, message] of answers) {
    context.answer = answer;
    const { status, body } = await register(emulator, 'unlucky', leaf);
    assert.equal(status, 200);
    assert.equal(body.status, 'failed');
    assert.equal(body.registrationState.errorCode, 400207);
    assert.match(body.registrationState.errorMessage, message);
    assert.equal('assignedHub' in body.registrationState, false);
  }
  context.answer = json({ iotHubHostName: hubHostName });
  assert.equal((await register(emulator, 'unlucky', leaf)).body.status, 'assigned');
});

test('gives a webhook that does not answer no more than its time', async (context) => {
  context.answer = () => {};
  const definition = { webhookUrl: context.url, apiVersion: '2021-10-01' };
  const request = { deviceRuntimeContext: { registrationId: 'slow' }, linkedHubs: [] };
  await assert.rejects(askWebhook(definition, request, 50), /did not answer within 0.05 seconds/);
});

test('takes a definition only where it can be called', async ({ emulator }) => {
  const apiVersion = '2021-10-01';
  const put = (customAllocationDefinition: unknown) =>
    emulator.service(
      'PUT',
      '/enrollmentGroups/bad',
      groupBody('bad', { reference: 'root' }, { allocationPolicy: 'custom', customAllocationDefinition }),
    );
  for (const [definition, reason] of [
    [undefined, /CustomAllocationDefinition is required/],
    [{ webhookUrl: 'http://example.com/', apiVersion }, /https/],
    [{ webhookUrl: 'http://127.0.0.1.example.com/', apiVersion }, /https/],
    [{ webhookUrl: 'file:///etc/passwd', apiVersion }, /https/],
    [{ webhookUrl: 'allocate', apiVersion }, /https/],
    [{ webhookUrl: 'https://example.com/', apiVersion: '2018-04-01' }, /apiVersion/],
    [{ webhookUrl: 'https://example.com/', apiVersion: 'v1' }, /apiVersion/],
  ] as const) {
    const answer = await put(definition);
    assert.equal(answer.status, 400, JSON.stringify(definition));
    assert.match(answer.body.message, reason);
  }
  assert.equal((await put({ webhookUrl: 'https://example.com/f?code=1', apiVersion })).status, 200);
});

test.run();
