/**
 * What no twin may hold is refused wherever a twin comes in, and what is null is dropped.
 *
 * Source of the limits: Microsoft Learn, "Understand and use device twins in IoT Hub", tags and properties format, device
 * twin size.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'uvu';
import { hubTopics, hubUserName } from '../../src/dps/contract/mqtt.js';
import type { EmulatorSeed } from '../../src/emulator/start.js';
import { type Made, make } from '../support/chains.js';
import { hubService } from './hub-service.js';
import { startFixture } from './mqtt-fixture.js';
import { type Answer, groupBody, startTestEmulator, type TestEmulator } from './support.js';

type Section = Record<string, unknown>;

const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });

/** What neither tags nor properties may hold. */
const illegalSections: Record<string, Section> = {
  'a dot in a name': { 'a.b': 1 },
  'a dollar sign in a name': { $x: 1 },
  'a space in a name': { 'a b': 1 },
  'a control character in a name': { 'a\u0007b': 1 },
  'a dot in a name further in': { a: { b: [{ 'c.d': 1 }] } },
  'text of more than 4 KB': { a: 'x'.repeat(4097) },
  'text of more than 4 KB in an array': { a: ['x'.repeat(4097)] },
  'eleven levels of objects': { a: nested(11) },
  'an integer that is too large': { a: 4503599627370496 },
  'an integer that is too small': { a: -4503599627370497 },
  // JSON.parse makes Infinity of it; see asJson.
  'a number beyond every double': { a: '1e400' },
};
const ofSize = (kilobytes: number): Section =>
  Object.fromEntries(Array.from({ length: kilobytes }, (_, index) => [`a${index}`, 'x'.repeat(1024)]));

const illegalTwins: [what: string, tags: Section | undefined, desired: Section | undefined][] = [
  ...Object.entries(illegalSections).flatMap(([what, section]): typeof illegalTwins => [
    [`tags with ${what}`, section, undefined],
    [`desired properties with ${what}`, undefined, section],
  ]),
  ['tags of more than 8 KB', ofSize(8), undefined],
  ['desired properties of more than 32 KB', undefined, ofSize(32)],
];

/** At the limits, and with what is dropped. */
const legal = {
  tags: { ...ofSize(7), gone: null, deep: { gone: null, kept: 1 } },
  desired: { ...ofSize(31), gone: null, deep: nested(10) as Section, text: 'x', least: -4503599627370496 },
};

let emulator: TestEmulator;
let hub: ReturnType<typeof hubService>;
let root: Made;
let webhook: Server;
let webhookUrl: string;
let webhookTwin: unknown;
/** In place of an answer with that twin. */
let webhookText: string | undefined;
test.before(async () => {
  emulator = await startTestEmulator();
  hub = hubService(emulator);
  root = await make('root', 'Root');
  await emulator.verifiedCa('root', root);
  webhook = createServer((request, response) => {
    request.resume();
    const answer = { iotHubHostName: emulator.endpoints.hubHostName, initialTwin: webhookTwin };
    response.setHeader('content-type', 'application/json').end(webhookText ?? asJson(answer));
  });
  await new Promise<void>((listening) => webhook.listen(0, '127.0.0.1', listening));
  webhookUrl = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`;
});
test.after(async () => {
  webhook?.close();
  await emulator?.stop();
});

const initialTwin = (tags: Section | undefined, desired: Section | undefined) => ({
  initialTwin: { ...(tags && { tags }), ...(desired && { properties: { desired } }) },
});

/** Each way in: answers whether the twin was taken, and what was said. */
type Entry = (
  tags: Section | undefined,
  desired: Section | undefined,
) => Promise<{ taken: boolean; said: string }>;

/** The body of a request, in which the text `1e400` is that number. */
const asJson = (body: unknown) => JSON.stringify(body).replaceAll('"1e400"', '1e400');

const outcome = ({ status, body }: Answer) => ({ taken: status === 200, said: JSON.stringify(body) });
let count = 0;
const newId = () => {
  count += 1;
  return `device-${count}`;
};

const entries: Record<string, Entry> = {
  'an individual enrollment': async (tags, desired) => {
    const registrationId = newId();
    const body = {
      registrationId,
      attestation: { type: 'symmetricKey' },
      ...initialTwin(tags, desired),
    };
    return outcome(await emulator.service('PUT', `/enrollments/${registrationId}`, asJson(body)));
  },
  'an enrollment group': async (tags, desired) => {
    const id = newId();
    const body = {
      enrollmentGroupId: id,
      attestation: { type: 'symmetricKey' },
      ...initialTwin(tags, desired),
    };
    const answer = await emulator.service('PUT', `/enrollmentGroups/${id}`, asJson(body));
    await emulator.service('DELETE', `/enrollmentGroups/${id}`);
    return outcome(answer);
  },
  'enrollment groups in bulk': async (tags, desired) => {
    const enrollmentGroupId = newId();
    const group = { enrollmentGroupId, attestation: { type: 'symmetricKey' }, ...initialTwin(tags, desired) };
    const answer = await emulator.service(
      'POST',
      '/enrollmentGroups',
      asJson({ mode: 'create', enrollmentGroups: [group] }),
    );
    await emulator.service('DELETE', `/enrollmentGroups/${enrollmentGroupId}`);
    return { taken: answer.body.isSuccessful === true, said: JSON.stringify(answer.body) };
  },
  'enrollments in bulk': async (tags, desired) => {
    const enrollment = {
      registrationId: newId(),
      attestation: { type: 'symmetricKey' },
      ...initialTwin(tags, desired),
    };
    const answer = await emulator.service(
      'POST',
      '/enrollments',
      asJson({ mode: 'create', enrollments: [enrollment] }),
    );
    return { taken: answer.body.isSuccessful === true, said: JSON.stringify(answer.body) };
  },
  'the answer of an allocation webhook': async (tags, desired) => {
    const id = newId();
    webhookTwin = initialTwin(tags, desired).initialTwin;
    const custom = {
      allocationPolicy: 'custom',
      customAllocationDefinition: { webhookUrl, apiVersion: '2021-10-01' },
    };
    await emulator.service(
      'PUT',
      '/enrollmentGroups/custom',
      groupBody('custom', { reference: 'root' }, custom),
    );
    const answer = await emulator.register(id, [await make('device', id, root)]);
    const isThere = (await hub('GET', `/devices/${id}`)).status === 200;
    assert.equal(answer.body.status, isThere ? 'assigned' : 'failed');
    if (!isThere) assert.equal(answer.body.registrationState.errorCode, 400207);
    return { taken: isThere, said: JSON.stringify(answer.body) };
  },
  'devices in bulk at the hub': async (tags, desired) => {
    const device = { id: newId(), importMode: 'create', tags, properties: { desired } };
    const answer = await hub('POST', '/devices', asJson([device]));
    const isThere = (await hub('GET', `/devices/${device.id}`)).status === 200;
    assert.equal(isThere, answer.body.isSuccessful);
    return { taken: isThere, said: JSON.stringify(answer.body) };
  },
  'the twins of devices in bulk': async (tags, desired) => {
    const id = newId();
    await hub('PUT', `/devices/${id}`, { deviceId: id });
    const change = { id, importMode: 'updateTwin', tags, properties: { desired } };
    const answer = await hub('POST', '/devices', asJson([change]));
    return { taken: answer.body.isSuccessful === true, said: JSON.stringify(answer.body) };
  },
  ...Object.fromEntries(
    ['PATCH', 'PUT'].map((method): [string, Entry] => [
      `${method} of a twin by the service`,
      async (tags, desired) => {
        const id = newId();
        await hub('PUT', `/devices/${id}`, { deviceId: id });
        const before = (await hub('GET', `/twins/${id}`)).body;
        const answer = await hub(method, `/twins/${id}`, asJson({ tags, properties: { desired } }));
        if (answer.status !== 200) assert.deepEqual((await hub('GET', `/twins/${id}`)).body, before);
        return outcome(answer);
      },
    ]),
  ),
};

for (const [where, enter] of Object.entries(entries)) {
  test(`${where}: what no twin may hold is refused, and the reason told`, async () => {
    for (const [what, tags, desired] of illegalTwins) {
      const { taken, said } = await enter(tags, desired);
      assert.equal(taken, false, `${what}: ${said.slice(0, 300)}`);
      assert.match(said, /property name|value of|nested|larger than/, what);
    }
  });

  test(`${where}: what a twin may hold is taken`, async () => {
    const { taken, said } = await enter(legal.tags, legal.desired);
    assert.ok(taken, said.slice(0, 500));
  });
}

test('the twin of an enrollment that is refused is 400 with 400004, the place in the message', async () => {
  const body = {
    registrationId: 'x',
    attestation: { type: 'symmetricKey' },
    ...initialTwin({ 'a.b': 1 }, undefined),
  };
  const answer = await emulator.service('PUT', '/enrollments/x', body);
  assert.equal(answer.status, 400);
  assert.equal(answer.body.errorCode, 400004);
  assert.match(answer.body.message, /initialTwin\.tags: .*"a\.b"/);
  assert.match(emulator.events.at(-1)!.reason!, /initialTwin\.tags/);
  assert.equal((await emulator.service('GET', '/enrollments/x')).status, 404);
});

test('an answer of a webhook that nests without end fails the registration', async () => {
  const levels = 5000;
  // JSON.stringify cannot write it.
  webhookText = `{"iotHubHostName":"x","initialTwin":{"tags":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}}`;
  try {
    const { taken, said } = await entries['the answer of an allocation webhook']!(undefined, undefined);
    assert.equal(taken, false, said);
  } finally {
    webhookText = undefined;
  }
  assert.deepEqual(
    emulator.events.filter(({ status }) => status >= 500),
    [],
  );
});

test('members that are null are dropped from the twin that a registration makes', async () => {
  webhookTwin = undefined;
  const twin = initialTwin({ site: 'A', gone: null, in: { gone: null } }, { a: null, b: { c: null, d: 1 } });
  const group = groupBody('nulls', { certificate: root.pem }, { ...twin, allocationPolicy: 'hashed' });
  await emulator.service('DELETE', '/enrollmentGroups/custom');
  const put = await emulator.service('PUT', '/enrollmentGroups/nulls', group);
  assert.equal(put.status, 200, JSON.stringify(put.body));
  assert.equal(
    (await emulator.register('nulls', [await make('device', 'nulls', root)])).body.status,
    'assigned',
  );
  const { body } = await hub('GET', '/twins/nulls');
  assert.deepEqual(body.tags, { site: 'A', in: {} });
  const { $metadata, $version, ...desired } = body.properties.desired;
  assert.deepEqual(desired, { b: { d: 1 } });
  assert.deepEqual(Object.keys($metadata).sort(), ['$lastUpdated', '$lastUpdatedVersion', 'b']);
  assert.equal($version, 1);
  // It can be changed afterwards.
  assert.equal((await hub('PATCH', '/twins/nulls', { tags: { ok: 1 } })).status, 200);
});

test('a seed: what no twin may hold is refused with the place, for devices and enrollments', async () => {
  // A start for each takes long: the check is the same for all.
  for (const [what, tags, desired] of [illegalTwins.at(0)!, illegalTwins.at(1)!, illegalTwins.at(-1)!]) {
    const seeds: [EmulatorSeed, RegExp][] = [
      [{ devices: [{ deviceId: 'd', tags, desired }] }, /devices\[0\]/],
      [
        {
          enrollments: [
            {
              registrationId: 'd',
              attestation: { type: 'symmetricKey' },
              ...initialTwin(tags, desired),
            },
          ],
        },
        /enrollments\[0\].*initialTwin/,
      ],
    ];
    for (const [seed, place] of seeds) {
      await assert.rejects(startTestEmulator({ seed }), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'INVALID_SEED', what);
        assert.match(error.message, place, what);
        return true;
      });
    }
  }
});

test('a device reports nothing that no twin may hold', async () => {
  const fixture = await startFixture();
  try {
    const credential = await fixture.hubDevice('reports');
    const { connect, hubHostName } = fixture;
    const username = hubUserName(hubHostName(), 'reports', '2021-04-12');
    const client = await connect({ credential, clientId: 'reports', username });
    await client.subscribeAsync(hubTopics.twinResponses);
    const sections = { ...illegalSections, 'more than 32 KB': ofSize(32) };
    for (const [index, [what, section]] of Object.entries(sections).entries()) {
      const answered = new Promise<string>((resolve) => client.once('message', (topic) => resolve(topic)));
      client.publish(hubTopics.patchReported(String(index)), asJson(section));
      assert.match(await answered, new RegExp(`^\\$iothub/twin/res/400/\\?\\$rid=${index}`), what);
      assert.ok(fixture.events.at(-1)!.reason, what);
    }
    assert.equal(fixture.hub.twins.get('reports')!.reported.version, 1);
    const answered = new Promise<string>((resolve) => client.once('message', (topic) => resolve(topic)));
    client.publish(hubTopics.patchReported('ok'), JSON.stringify({ a: null, b: { c: null, d: 1 } }));
    assert.match(await answered, /res\/204\/\?\$rid=ok&\$version=2$/);
    assert.deepEqual(fixture.hub.twins.get('reports')!.reported.properties, { b: { d: 1 } });
  } finally {
    await fixture.close();
  }
});

test.run();
