/** Requests of the ARM and service planes with one value of their body replaced: refused or taken, never a defect. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import fc from 'fast-check';
import { test } from 'uvu';
import { make } from '../support/chains.js';
import { base64, groupBody, startTestEmulator } from './support.js';

type Json = null | boolean | number | string | Json[] | { [field: string]: Json };
type Path = (string | number)[];

function pathsOf(value: Json, at: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return [at];
  return [at, ...Object.entries(value).flatMap(([key, member]) => pathsOf(member, [...at, key]))];
}

function replaced(value: Json, [key, ...rest]: Path, by: Json): Json {
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((member, index) => (index === Number(key) ? replaced(member, rest, by) : member));
  }
  const object = value as { [field: string]: Json };
  return { ...object, [key]: replaced(object[key]!, rest, by) };
}

test('no body that is nearly right is a defect, and what is taken can be read', async () => {
  const emulator = await startTestEmulator({ hubs: ['hub-a', 'hub-b'] });
  const { endpoints } = emulator;
  const agent = new Agent({ keepAlive: true, ca: readFileSync(endpoints.caFile) });
  try {
    const root = await make('root', 'Root');
    await emulator.verifiedCa('root', root);
    const service = (await emulator.arm('GET', '')).body;
    const arm = `/subscriptions/${endpoints.subscriptionId}/resourceGroups/${endpoints.resourceGroup}/providers/Microsoft.Devices/provisioningServices/${endpoints.dpsName}`;
    const key = base64('twenty-four octets of it');
    const x509 = {
      signingCertificates: {
        primary: { certificate: root.pem, info: { sha1Thumbprint: 'A', sha256Thumbprint: 'B' } },
        secondary: { info: { sha256Thumbprint: 'C' } },
      },
    };
    const more = {
      allocationPolicy: 'custom',
      customAllocationDefinition: { webhookUrl: 'https://localhost/', apiVersion: '2021-10-01' },
      iotHubs: ['hub-a'],
      iotHubHostName: 'hub-b',
      initialTwin: { tags: { a: 1 }, properties: { desired: { b: { c: 2 } } } },
      capabilities: { iotEdge: true },
      reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false },
      provisioningStatus: 'enabled',
      credentialPolicyName: 'policy',
    };
    const authorizationPolicies = [
      { keyName: 'k', rights: 'ServiceConfig', primaryKey: key, secondaryKey: null },
    ];
    const iotHubs = endpoints.hubs.map(({ serviceConnectionString: connectionString }) => ({
      connectionString,
      location: 'local',
    }));
    const requests: [method: string, path: string, body: unknown][] = [
      ['PUT', '/enrollmentGroups/g', groupBody('g', { reference: 'root' }, more)],
      ['PUT', '/enrollmentGroups/g', { enrollmentGroupId: 'g', attestation: { type: 'x509', x509 } }],
      [
        'PUT',
        '/enrollments/i',
        {
          registrationId: 'i',
          deviceId: 'd',
          optionalDeviceInformation: { serial: 1 },
          attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: key, secondaryKey: '' } },
        },
      ],
      ['POST', '/enrollments', { mode: 'create', enrollments: [{ registrationId: 'j', ...more }] }],
      ['POST', '/enrollmentGroups', { mode: 'updateIfMatchETag', enrollmentGroups: [{ etag: 'x' }] }],
      ['POST', '/enrollments/query', { query: '*' }],
      ['PUT', arm, { ...service, properties: { ...service.properties, iotHubs, authorizationPolicies } }],
      ['PATCH', arm, { tags: { a: 'b' } }],
      ['PUT', `${arm}/certificates/c`, { properties: { certificate: base64(root.pem), isVerified: true } }],
      ['POST', `${arm}/certificates/root/verify`, { certificate: base64(root.pem) }],
    ];
    const mutations = requests.flatMap(([method, path, body]) =>
      pathsOf(body as Json).map((place) => ({ method, path, body: body as Json, place })),
    );
    const values = fc.oneof(
      fc.constantFrom<Json>(
        null,
        true,
        [],
        {},
        '',
        'x',
        'root',
        'hub-a',
        '__proto__',
        root.pem,
        [null],
        [{}],
      ),
      fc.constantFrom('static', 'custom', 'x509', 'tpm', endpoints.hubs[0]!.serviceConnectionString),
      fc.integer({ min: -1, max: 2000 }),
      fc.string({ maxLength: 6 }),
    );
    const ask = (method: string, path: string, body?: unknown) =>
      emulator.call({
        method,
        path: `${path}?api-version=${path.startsWith(arm) ? '2022-02-05' : '2021-10-01'}`,
        body,
        agent,
        headers: {
          authorization: `Bearer ${endpoints.armToken}`,
          ...(path.startsWith(arm) ? { 'if-match': '*' } : {}),
        },
      });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...mutations), values, async ({ method, path, body, place }, by) => {
        const answer = await ask(method, path, JSON.stringify(replaced(body, place, by)));
        const told = () => `${JSON.stringify(answer.body)} ${emulator.events.at(-1)?.reason}`;
        assert.ok(answer.status < 500 || answer.status === 501, told());
        if (answer.status !== 200 || method !== 'PUT') return;
        assert.equal((await ask('GET', path)).status, 200);
        if (path !== arm) await ask('DELETE', path);
      }),
      { numRuns: 500 },
    );
  } finally {
    agent.destroy();
    await emulator.stop();
  }
});

test.run();
