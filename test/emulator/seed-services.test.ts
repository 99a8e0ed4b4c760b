/** One seed with all that a test may want: several services and hubs, and every kind of enrollment. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { createSasToken, deriveDeviceKey } from '../../src/dps/contract/sas.js';
import type { EmulatorSeed } from '../../src/emulator/start.js';
import { EnrollkitError } from '../../src/errors.js';
import { type Made, make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { hubService } from './hub-service.js';
import { type Answer, base64, clientOf, groupBody, startTestEmulator, type TestEmulator } from './support.js';

interface Context {
  emulator: TestEmulator;
  seed: EmulatorSeed;
  root: Made;
  unverified: Made;
  line: Made;
  leaves: Record<string, Made>;
  closeWebhook: () => void;
}

const test = suite<Context>('a seed of every kind');
const groupKey = base64('the primary key of a group of devices');
const deviceKey = base64('the primary key of a single device');

const signing = (primary: Made, secondary?: Made) => ({
  type: 'x509' as const,
  x509: {
    signingCertificates: {
      primary: { certificate: primary.pem },
      ...(secondary ? { secondary: { certificate: secondary.pem } } : {}),
    },
  },
});
const client = (primary: Made, secondary?: Made) => ({
  type: 'x509' as const,
  x509: {
    clientCertificates: {
      primary: { certificate: primary.pem },
      ...(secondary ? { secondary: { certificate: base64(secondary.pem) } } : {}),
    },
  },
});
const reference = (primary: string, secondary?: string) => ({
  type: 'x509' as const,
  x509: { caReferences: { primary, ...(secondary === undefined ? {} : { secondary }) } },
});

test.before(async (context) => {
  const root = await make('root', 'Root');
  const unverified = await make('root', 'Unverified');
  const line = await make('intermediate', 'Line', root);
  const leaf = (name: string, issuer?: Made) => make('device', name, issuer);
  const leaves: Record<string, Made> = {
    'by-reference': await leaf('by-reference', root),
    'by-line': await leaf('by-line', line),
    'by-unverified': await leaf('by-unverified', unverified),
    leaf: await leaf('leaf'),
    'leaf-2': await leaf('leaf'),
    'signed-itself': await leaf('signed-itself', root),
    'referred-itself': await leaf('referred-itself', root),
    blocked: await leaf('blocked', root),
    asked: await leaf('asked', root),
    elsewhere: await leaf('elsewhere', root),
  };
  const webhook = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const { linkedHubs } = JSON.parse(text) as { linkedHubs: string[] };
    response.end(JSON.stringify({ iotHubHostName: linkedHubs.at(-1), payload: { of: 'webhook' } }));
  });
  await new Promise<void>((listening) => webhook.listen(0, '127.0.0.1', listening));
  const { port } = webhook.address() as AddressInfo;
  const seed: EmulatorSeed = {
    hubs: ['hub-a', { name: 'hub-b', latency: 20 }, { name: 'hub-c', latency: 7.5 }],
    name: 'main-dps',
    allocationPolicy: 'geoLatency',
    iotHubs: ['hub-c', { name: 'hub-b', allocationWeight: 3, location: 'westeurope' }],
    certificates: [
      { name: 'root', certificate: root.pem },
      { name: 'unverified', certificate: base64(unverified.pem), verified: false },
    ],
    enrollmentGroups: [
      {
        enrollmentGroupId: 'referring',
        attestation: reference('root', 'ROOT'),
        capabilities: { iotEdge: true },
        reprovisionPolicy: { updateHubAssignment: false, migrateDeviceData: false },
        initialTwin: {
          tags: { site: 'A' },
          properties: { desired: { interval: 30, deep: { er: [1, null] } } },
        },
      },
      {
        enrollmentGroupId: 'line',
        attestation: signing(line, unverified),
        allocationPolicy: 'hashed',
        iotHubs: ['hub-b'],
      },
      {
        enrollmentGroupId: 'keys',
        attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: groupKey } },
      },
    ],
    enrollments: [
      {
        registrationId: 'leaf',
        deviceId: 'Device_One',
        attestation: client(leaves.leaf!, leaves['leaf-2']),
        allocationPolicy: 'static',
        iotHubHostName: 'hub-b',
        optionalDeviceInformation: { serial: 7 },
        credentialPolicyName: 'short',
      },
      { registrationId: 'signed-itself', attestation: signing(root) },
      { registrationId: 'referred-itself', attestation: reference('root') },
      { registrationId: 'blocked', attestation: reference('root'), provisioningStatus: 'disabled' },
      {
        registrationId: 'keyed',
        attestation: {
          type: 'symmetricKey',
          symmetricKey: { primaryKey: deviceKey, secondaryKey: groupKey },
        },
      },
      {
        registrationId: 'asked',
        attestation: reference('root'),
        allocationPolicy: 'custom',
        customAllocationDefinition: { webhookUrl: `http://127.0.0.1:${port}/ask`, apiVersion: '2021-10-01' },
      },
    ],
    services: [
      {
        name: 'other-dps',
        iotHubs: [{ name: 'hub-a', applyAllocationPolicy: false }, 'hub-b'],
        certificates: [{ name: 'root', certificate: root.pem }],
        enrollmentGroups: [{ enrollmentGroupId: 'others', attestation: reference('root') }],
      },
      { name: 'plain-dps' },
    ],
  };
  const emulator = await startTestEmulator({ seed });
  Object.assign(context, { emulator, seed, root, unverified, line, leaves });
  context.closeWebhook = () => webhook.close();
});
test.after(async ({ emulator, closeWebhook }) => {
  await emulator.stop();
  closeWebhook();
});

/** The service of this name, as clients find it. */
function serviceCalled(emulator: TestEmulator, name: string) {
  const found = emulator.endpoints.services.find((one) => one.name === name);
  assert.ok(found, name);
  const { connectionString: serviceConnectionString, idScope } = found;
  const endpoints = { ...emulator.endpoints, serviceConnectionString, idScope, dpsName: name };
  const { hostName } = parseConnectionString(serviceConnectionString);
  const { service, ...more } = clientOf(endpoints);
  return {
    ...more,
    service: (method: string, path: string, body?: unknown) =>
      service(method, path, body, { host: hostName }),
  };
}

function hubNameOf({ endpoints }: TestEmulator, { body }: Answer): string | undefined {
  const { assignedHub } = body.registrationState;
  return endpoints.hubs.find(({ hostName }) => hostName === assignedHub)?.name;
}

async function registerByKey(emulator: TestEmulator, id: string, key: string): Promise<Answer> {
  const { idScope } = emulator.endpoints;
  const expiry = Math.floor(Date.now() / 1000) + 60;
  const authorization = createSasToken(`${idScope}/registrations/${id}`, 'registration', key, expiry);
  const path = `/${idScope}/registrations/${id}`;
  const version = 'api-version=2021-06-01';
  const headers = { authorization };
  const first = await emulator.call({
    method: 'PUT',
    path: `${path}/register?${version}`,
    body: {},
    headers,
  });
  if (first.status !== 202) return first;
  return emulator.call({ path: `${path}/operations/${first.body.operationId}?${version}`, headers });
}

test('the services are there, each with its policy, its hubs and their weights', async ({ emulator }) => {
  assert.deepEqual(
    emulator.endpoints.services.map(({ name }) => name),
    ['main-dps', 'other-dps', 'plain-dps'],
  );
  const linksOf = async (name: string) => {
    const { properties } = (await serviceCalled(emulator, name).arm('GET', '')).body;
    const hubs = properties.iotHubs.map((hub: any) => [
      emulator.endpoints.hubs.find(({ hostName }) => hostName === hub.name)?.name,
      hub.allocationWeight,
      hub.applyAllocationPolicy,
      hub.location,
    ]);
    return [properties.allocationPolicy, ...hubs];
  };
  assert.deepEqual(await linksOf('main-dps'), [
    'GeoLatency',
    ['hub-c', undefined, undefined, 'local'],
    ['hub-b', 3, undefined, 'westeurope'],
  ]);
  assert.deepEqual(await linksOf('other-dps'), [
    'Hashed',
    ['hub-a', undefined, false, 'local'],
    ['hub-b', undefined, undefined, 'local'],
  ]);
  assert.deepEqual(
    (await linksOf('plain-dps')).map((one: unknown) => (Array.isArray(one) ? one[0] : one)),
    ['Hashed', 'hub-a', 'hub-b', 'hub-c'],
  );
});

test('certificates are verified, or not', async ({ emulator }) => {
  const certificates = (await emulator.arm('GET', '/certificates')).body.value;
  assert.deepEqual(
    certificates.map(({ name, properties }: any) => [name, properties.isVerified]),
    [
      ['root', true],
      ['unverified', false],
    ],
  );
  const others = (await serviceCalled(emulator, 'plain-dps').arm('GET', '/certificates')).body.value;
  assert.deepEqual(others, []);
});

test('groups let their devices in, with their twins, hubs and policies', async ({
  emulator,
  leaves,
  line,
}) => {
  const referring = await emulator.register('by-reference', [leaves['by-reference']!]);
  assert.equal(hubNameOf(emulator, referring), 'hub-c', 'the nearest of those that are linked');
  const hub = emulator.endpoints.hubs.find(({ name }) => name === 'hub-c')!;
  const ask = hubService(emulator, hub.serviceConnectionString);
  const twin = (await ask('GET', '/twins/by-reference')).body;
  assert.deepEqual(twin.tags, { site: 'A' });
  assert.deepEqual(twin.properties.desired.deep, { er: [1, null] });
  assert.equal(twin.capabilities.iotEdge, true);
  const group = (await emulator.service('GET', '/enrollmentGroups/referring')).body;
  assert.deepEqual(group.reprovisionPolicy, { updateHubAssignment: false, migrateDeviceData: false });
  assert.deepEqual(group.attestation.x509.caReferences, { primary: 'root', secondary: 'root' });

  const byLine = await emulator.register('by-line', [leaves['by-line']!, line]);
  assert.equal(hubNameOf(emulator, byLine), 'hub-b');
  const unproven = await emulator.register('by-unverified', [leaves['by-unverified']!]);
  assert.equal(unproven.status, 401, 'its CA is a secondary of the group, and not verified');

  const keyed = await registerByKey(emulator, 'any-device', deriveDeviceKey(groupKey, 'any-device'));
  assert.equal(keyed.body.status, 'assigned');
  assert.deepEqual(keyed.body.registrationState.symmetricKey, { enrollmentGroupId: 'keys' });
});

test('individual enrollments of every attestation let their device in', async ({ emulator, leaves }) => {
  for (const name of ['leaf', 'leaf-2']) {
    const { body } = await emulator.register('leaf', [leaves[name]!]);
    assert.equal(body.registrationState.deviceId, 'Device_One', name);
  }
  const leaf = (await emulator.service('GET', '/enrollments/leaf')).body;
  assert.deepEqual(leaf.optionalDeviceInformation, { serial: 7 });
  assert.equal(leaf.credentialPolicyName, 'short');
  assert.equal(leaf.allocationPolicy, 'static');
  for (const name of ['signed-itself', 'referred-itself']) {
    const answer = await emulator.register(name, [leaves[name]!]);
    assert.equal(answer.body.status, 'assigned', JSON.stringify(answer.body));
    assert.deepEqual(answer.body.registrationState.x509, {}, 'no group');
  }
  assert.equal((await emulator.register('blocked', [leaves.blocked!])).body.status, 'disabled');
  for (const key of [deviceKey, groupKey]) {
    assert.equal((await registerByKey(emulator, 'keyed', key)).body.status, 'assigned');
  }
  const asked = await emulator.register('asked', [leaves.asked!]);
  assert.equal(hubNameOf(emulator, asked), 'hub-b', 'the last that the webhook was told');
  assert.deepEqual(asked.body.registrationState.payload, { of: 'webhook' });
});

test('another service has enrollments of its own', async ({ emulator, leaves }) => {
  const other = serviceCalled(emulator, 'other-dps');
  const registered = await other.register('elsewhere', [leaves.elsewhere!]);
  assert.equal(hubNameOf(emulator, registered), 'hub-b', 'hub-a takes none');
  assert.equal((await other.service('GET', '/enrollmentGroups/others')).status, 200);
  assert.equal((await other.service('GET', '/enrollmentGroups/referring')).status, 404);
  assert.equal(
    (await serviceCalled(emulator, 'plain-dps').register('elsewhere', [leaves.elsewhere!])).status,
    401,
  );
});

test('a reset brings all of it back, also a service that was deleted', async ({ emulator, leaves }) => {
  await emulator.service('DELETE', '/enrollmentGroups/referring');
  const other = serviceCalled(emulator, 'other-dps');
  assert.equal((await other.arm('DELETE', '')).status, 202);
  await emulator.reset();
  const { body } = await emulator.register('by-reference', [leaves['by-reference']!]);
  assert.equal(body.registrationState.substatus, 'initialAssignment');
  assert.equal((await other.arm('GET', '')).status, 200);
});

test('the same seed again changes nothing', async ({ seed }) => {
  await inTemporaryFolder(async (dir) => {
    const seen: unknown[] = [];
    for (let round = 0; round < 2; round += 1) {
      const emulator = await startTestEmulator({ dir, seed });
      try {
        const main = await emulator.arm('GET', '');
        const other = await serviceCalled(emulator, 'other-dps').arm('GET', '');
        const group = await emulator.service('GET', '/enrollmentGroups/line');
        seen.push([main, other, group].map(({ body }) => [body.etag, body.properties?.idScope]));
      } finally {
        await emulator.stop();
      }
    }
    assert.deepEqual(seen[1], seen[0]);
  });
});

test('the first service is the one that the seed names first, or the usual one when the seed has something of it', async () => {
  const certificates = [{ name: 'own', certificate: (await make('root', 'Own')).pem }];
  const further = { services: [{ name: 'one-dps' }, { name: 'two-dps' }] };
  const cases: [EmulatorSeed, string[] | undefined, string[]][] = [
    [further, undefined, ['one-dps', 'two-dps']],
    [{ certificates, ...further }, undefined, ['enrollkit-dps', 'one-dps', 'two-dps']],
    [{ certificates, name: 'main-dps', ...further }, undefined, ['main-dps', 'one-dps', 'two-dps']],
    [further, ['two-dps'], ['two-dps', 'one-dps']],
    [{ certificates, ...further }, ['flag-dps'], ['flag-dps', 'one-dps', 'two-dps']],
  ];
  for (const [one, services, names] of cases) {
    const emulator = await startTestEmulator({ seed: one, ...(services ? { services } : {}) });
    try {
      assert.deepEqual(
        emulator.endpoints.services.map(({ name }) => name),
        names,
      );
      const { value } = (await emulator.arm('GET', '/certificates')).body;
      assert.equal(value.length, one.certificates ? 1 : 0);
    } finally {
      await emulator.stop();
    }
  }
});

test('one that is refused leaves no hub and no service behind, and what was there as it was', async ({
  root,
  leaves,
}) => {
  const bad: EmulatorSeed = {
    hubs: ['hub-wset', { name: 'hub-1', latency: 7 }],
    name: 'mian-dps',
    services: [{ name: 'further-dps', iotHubs: ['hub-west'] }],
  };
  const refuse = (dir: string) =>
    assert.rejects(startTestEmulator({ dir, seed: bad }), { code: 'INVALID_SEED' });
  const namesOf = ({ endpoints }: TestEmulator) => [
    ...endpoints.services.map(({ name }) => name),
    ...endpoints.hubs.map(({ name }) => name),
  ];
  await inTemporaryFolder(async (dir) => {
    await refuse(dir);
    const state = join(dir, 'emulator');
    assert.equal(existsSync(state), false);
    const first = await startTestEmulator({ dir });
    assert.deepEqual(namesOf(first), ['enrollkit-dps', 'hub-1']);
    await first.verifiedCa('root', root);
    await first.service('PUT', '/enrollmentGroups/g', groupBody('g', { reference: 'root' }));
    await first.register('by-reference', [leaves['by-reference']!]);
    const record = (await first.service('GET', '/registrations/by-reference')).body;
    const files = readdirSync(state);
    await first.stop();

    await refuse(dir);
    assert.equal(readdirSync(state).includes('state-before'), false);
    const second = await startTestEmulator({ dir });
    try {
      assert.deepEqual(namesOf(second), ['enrollkit-dps', 'hub-1']);
      const { body } = await second.service('GET', '/registrations/by-reference');
      assert.equal(body.etag, record.etag);
      assert.equal(second.endpoints.idScope, first.endpoints.idScope);
      assert.deepEqual(readdirSync(state), files);
    } finally {
      await second.stop();
    }
  });
});

test('what is wrong with it is named', async ({ seed }) => {
  const cases: [EmulatorSeed, RegExp][] = [
    [{ hubs: ['a b'] }, /^hubs\[0\]/],
    [{ hubs: [{ name: 'hub-1', latency: -1 }] }, /^hubs\[0\]\.latency: /],
    [{ hubs: [{ name: 'hub-1', latencie: 1 } as never] }, /latencie/],
    [{ iotHubs: ['nowhere'] }, /^iotHubs\[0\]: there is no hub "nowhere"/],
    [{ iotHubs: ['hub-1', 'HUB-1'] }, /^iotHubs\[1\]: .*twice/],
    [{ iotHubs: [{ name: 'hub-1', allocationWeight: 0 }] }, /^iotHubs\[0\]\.allocationWeight: /],
    [{ iotHubs: [{ name: 'hub-1', allocationWeight: 1001 }] }, /^iotHubs\[0\]\.allocationWeight: /],
    [{ allocationPolicy: 'custom' as never }, /^allocationPolicy: /],
    [{ name: 'a b' }, /^name: /],
    [{ services: [{ name: '-' }] }, /^services\[0\]\.name: /],
    [{ services: [{ name: 'one' }, { name: 'ONE' }] }, /^services\[1\]\.name: .*twice/],
    [{ name: 'one', services: [{ name: 'one' }] }, /^services\[0\]\.name: .*twice/],
    [
      { services: [{ name: 'one', enrollmentGroups: seed.enrollmentGroups }] },
      /^services\[0\]\.enrollmentGroups\[0\]: There is no CA certificate "root"/,
    ],
    [{ ...seed, iotHubs: ['hub-a'] }, /^enrollmentGroups\[1\]: The IoT hub "hub-b" is not linked/],
    [
      {
        enrollments: [
          { ...seed.enrollments![0]!, allocationPolicy: 'static', iotHubs: ['hub-1', 'hub-2'] } as never,
        ],
      },
      /^enrollments\[0\]: With the allocation policy static/,
    ],
  ];
  for (const [bad, message] of cases) {
    await assert.rejects(startTestEmulator({ seed: bad }), (error: unknown) => {
      assert.ok(error instanceof EnrollkitError, String(error));
      assert.equal(error.code, 'INVALID_SEED', error.message);
      assert.match(error.message, message);
      return true;
    });
  }
});

test.run();
