/** The hub's service side as any HTTPS client sees it: what is refused, and in which words. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { HubError } from '../../src/emulator/hub/hub-error.js';
import { parseDeviceQuery } from '../../src/emulator/hub/query/query-language.js';
import { inspectCertificate } from '../../src/pki/x509/inspect.js';
import { make } from '../support/chains.js';
import { type Answer, startTestEmulator, type TestEmulator } from './support.js';

const test = suite('hub service');
let emulator: TestEmulator;
let authorization: string;
test.before(async () => {
  emulator = await startTestEmulator();
  const { hostName, sharedAccessKeyName, sharedAccessKey } = parseConnectionString(
    emulator.endpoints.hubServiceConnectionString,
  );
  const expiry = Math.floor(Date.now() / 1000) + 3600;
  authorization = createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, expiry);
});
test.after(() => emulator?.stop());

function hub(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const versioned = `${path}${path.includes('?') ? '&' : '?'}api-version=2021-04-12`;
  return emulator.call({ method, path: versioned, body, headers: { authorization, ...headers } });
}

function refused(answer: Answer, status: number, code: string, about = code): void {
  assert.equal(answer.status, status, about);
  assert.match(answer.body.Message, new RegExp(`^ErrorCode:${code};`), about);
  assert.equal(answer.headers['iothub-errorcode'], code, about);
}

test('a device identity is made, changed under its etag, and deleted', async () => {
  const made = await hub('PUT', '/devices/Plain', { deviceId: 'Plain' });
  assert.equal(made.status, 200);
  const { authentication, etag, generationId } = made.body;
  assert.equal(authentication.type, 'sas');
  assert.equal(Buffer.from(authentication.symmetricKey.primaryKey, 'base64').length, 32);
  assert.notEqual(authentication.symmetricKey.primaryKey, authentication.symmetricKey.secondaryKey);
  refused(await hub('PUT', '/devices/Plain', { deviceId: 'Plain' }), 409, 'DeviceAlreadyExists');
  assert.equal((await hub('PUT', '/devices/plain', {})).status, 200, 'IDs differ in case');

  const off = { deviceId: 'Plain', status: 'disabled', statusReason: 'stolen' };
  refused(await hub('PUT', '/devices/Plain', off, { 'if-match': '"stale"' }), 412, 'PreconditionFailed');
  const changed = await hub('PUT', '/devices/Plain', off, { 'if-match': `"${etag}"` });
  assert.equal(changed.body.status, 'disabled');
  assert.equal(changed.body.statusReason, 'stolen');
  assert.equal(changed.body.generationId, generationId);
  assert.deepEqual(changed.body.authentication, authentication, 'keys that are not given stay');
  assert.notEqual(changed.body.etag, etag);
  refused(
    await hub('DELETE', '/devices/Plain', undefined, { 'if-match': `"${etag}"` }),
    412,
    'PreconditionFailed',
  );
  assert.equal((await hub('DELETE', '/devices/Plain', undefined, { 'if-match': '"*"' })).status, 204);
  refused(await hub('PUT', '/devices/Plain', {}, { 'if-match': '*' }), 404, 'DeviceNotFound');
});

test('device identities that no hub takes', async () => {
  const thumbprint = 'a'.repeat(40);
  const bodies: Record<string, unknown> = {
    'another ID': { deviceId: 'other' },
    'an unknown status': { status: 'asleep' },
    'a short thumbprint': {
      authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: 'abc' } },
    },
    'no thumbprint': { authentication: { type: 'selfSigned' } },
    'one key': { authentication: { symmetricKey: { primaryKey: Buffer.alloc(32).toString('base64') } } },
    'a key that is no base64': { authentication: { symmetricKey: { primaryKey: '?', secondaryKey: '?' } } },
    'a list': [],
    text: '"x"',
    'half a JSON': '{"deviceId":',
    'a deep JSON': '['.repeat(5000),
    'no device': 'null',
  };
  for (const [name, body] of Object.entries(bodies)) {
    refused(await hub('PUT', '/devices/bad', body), 400, 'ArgumentInvalid', name);
  }
  const ids = ['a b', 'x'.repeat(129), 'ü', 'a/b'];
  for (const id of ids) {
    refused(await hub('PUT', `/devices/${encodeURIComponent(id)}`, {}), 400, 'ArgumentInvalid', id);
  }
  refused(
    await hub('PUT', '/devices/bad', 'a', { 'content-type': 'text/plain' }),
    415,
    'GenericUnsupportedMediaType',
  );
  refused(await hub('PUT', '/devices/bad', 'x'.repeat(600 * 1024)), 413, 'GenericRequestEntityTooLarge');
  refused(await hub('GET', '/devices/bad'), 404, 'DeviceNotFound');
  const good = await hub('PUT', '/devices/good', {
    authentication: { x509Thumbprint: { primaryThumbprint: thumbprint } },
  });
  assert.equal(good.body.authentication.type, 'selfSigned');
  assert.equal(good.body.authentication.x509Thumbprint.primaryThumbprint, thumbprint.toUpperCase());
});

test('bulk: each device for itself, and the answer says which were not done', async () => {
  const mixed = await hub('POST', '/devices', [
    { id: 'bulk-a', importMode: 'create', tags: { lot: 1 }, properties: { desired: { x: 1 } } },
    { id: 'bulk-a', importMode: 'create' },
    { id: 'bulk-b', importMode: 'create', tags: { 'bad.name': 1 } },
    { id: 'bulk-c', importMode: 'delete' },
    { id: 'bulk-d', importMode: 'grow' },
    { importMode: 'create' },
  ]);
  assert.equal(mixed.status, 400);
  assert.equal(mixed.body.isSuccessful, false);
  assert.deepEqual(
    mixed.body.errors.map((error: { deviceId: string; errorCode: string }) => [
      error.deviceId,
      error.errorCode,
    ]),
    [
      ['bulk-a', 'DeviceAlreadyExists'],
      ['bulk-b', 'ArgumentInvalid'],
      ['bulk-c', 'DeviceNotFound'],
      ['bulk-d', 'ArgumentInvalid'],
      ['', 'ArgumentInvalid'],
    ],
  );
  const twin = await hub('GET', '/twins/bulk-a');
  assert.deepEqual(twin.body.tags, { lot: 1 });
  assert.equal(twin.body.properties.desired.x, 1);
  refused(await hub('GET', '/devices/bulk-b'), 404, 'DeviceNotFound');
  const stale = await hub('POST', '/devices', [
    { id: 'bulk-a', importMode: 'updateIfMatchETag', eTag: 'old' },
  ]);
  assert.equal(stale.body.errors[0].errorCode, 'PreconditionFailed');
  // azure-iothub sends the device as it got it, with its etag.
  for (const name of ['etag', 'eTag']) {
    const { body } = await hub('GET', '/devices/bulk-a');
    const fresh = { id: 'bulk-a', importMode: 'updateIfMatchETag', status: 'enabled', statusReason: name };
    const updated = await hub('POST', '/devices', [{ ...fresh, [name]: body.etag }]);
    assert.equal(updated.body.isSuccessful, true, name);
  }
  const many = Array.from({ length: 101 }, (_, index) => ({ id: `m${index}`, importMode: 'create' }));
  refused(await hub('POST', '/devices', many), 413, 'TooManyDevices');
  for (const body of [[], {}, [1], 'null']) {
    refused(await hub('POST', '/devices', body), 400, 'ArgumentInvalid', JSON.stringify(body));
  }
  assert.deepEqual((await hub('POST', '/devices', [{ id: 'bulk-a', importMode: 'Delete' }])).body, {
    isSuccessful: true,
    errors: [],
    warnings: [],
  });
});

test('twins: merged, replaced, held to their limits and etags', async () => {
  await hub('PUT', '/devices/twin', {});
  const first = await hub('GET', '/twins/twin');
  const patch = { tags: { a: { b: 1 } }, properties: { desired: { x: 1, y: { z: 2 } } } };
  const patched = await hub('PATCH', '/twins/twin', patch, { 'if-match': first.body.etag });
  assert.deepEqual(patched.body.tags, { a: { b: 1 } });
  const { $metadata } = patched.body.properties.desired;
  assert.equal($metadata.y.z.$lastUpdatedVersion, 2);
  assert.equal($metadata.y.z.$lastUpdated, $metadata.$lastUpdated);
  assert.equal(patched.body.properties.reported.$metadata.$lastUpdatedVersion, undefined);
  assert.equal(patched.body.properties.desired.$version, 2);
  refused(
    await hub('PATCH', '/twins/twin', patch, { 'if-match': first.body.etag }),
    412,
    'PreconditionFailed',
  );
  // What was read can be sent back, and changes nothing but the version.
  const sentBack = await hub('PUT', '/twins/twin', patched.body, { 'if-match': '*' });
  assert.deepEqual(sentBack.body.tags, patched.body.tags);
  assert.deepEqual(sentBack.body.properties.desired.y, { z: 2 });
  assert.equal(sentBack.body.properties.desired.$version, 3);
  const emptied = await hub('PUT', '/twins/twin', { tags: { only: true } });
  assert.deepEqual(emptied.body.tags, { only: true });
  assert.equal(emptied.body.properties.desired.x, undefined);

  const bad: Record<string, unknown> = {
    'a list': [],
    'tags as text': { tags: 'x' },
    'a dot in a name': { tags: { 'a.b': 1 } },
    'a dollar sign': { properties: { desired: { $x: 1 } } },
    'tags of 9 KB': { tags: { x: 'x'.repeat(9 * 1024) } },
    'properties of 33 KB': { properties: { desired: { x: 'x'.repeat(33 * 1024) } } },
    'eleven levels below': { tags: JSON.parse(`${'{"a":'.repeat(12)}1${'}'.repeat(12)}`) },
  };
  for (const [name, body] of Object.entries(bad)) {
    refused(await hub('PATCH', '/twins/twin', body), 400, 'ArgumentInvalid', name);
  }
  refused(await hub('PATCH', '/twins/nobody', {}), 404, 'DeviceNotFound');
  assert.deepEqual((await hub('GET', '/twins/twin')).body.tags, { only: true });
});

test('direct methods and messages: what is refused before a device is asked', async () => {
  await hub('PUT', '/devices/quiet', {});
  const calls: Record<string, unknown> = {
    nothing: undefined,
    'no name': {},
    'a long name': { methodName: 'x'.repeat(101) },
    'a short time': { methodName: 'm', responseTimeoutInSeconds: 4 },
    'a long time': { methodName: 'm', responseTimeoutInSeconds: 301 },
    'no number': { methodName: 'm', connectTimeoutInSeconds: 'soon' },
  };
  for (const [name, body] of Object.entries(calls)) {
    refused(await hub('POST', '/twins/quiet/methods', body), 400, 'ArgumentInvalid', name);
  }
  const large = { methodName: 'm', payload: 'x'.repeat(129 * 1024) };
  refused(await hub('POST', '/twins/quiet/methods', large), 413, 'MessageTooLarge');
  refused(await hub('POST', '/twins/nobody/methods', { methodName: 'm' }), 404, 'DeviceNotFound');
  const started = Date.now();
  const absent = await hub('POST', '/twins/quiet/methods', { methodName: 'm', connectTimeoutInSeconds: 1 });
  assert.equal(absent.status, 404);
  assert.ok(Date.now() - started >= 990);
  const { errorCode, message, info } = JSON.parse(absent.body.Message);
  assert.deepEqual(
    [errorCode, message, info],
    [404103, 'Timed out waiting for device to connect.', { timeout: '00:00:01' }],
  );

  const to = { 'iothub-to': '/devices/quiet/messages/devicebound' };
  refused(await hub('POST', '/messages/deviceBound', 'x'), 400, 'ArgumentInvalid');
  refused(
    await hub('POST', '/messages/deviceBound', 'x', { 'iothub-to': '/devices/%zz/messages/devicebound' }),
    400,
    'ArgumentInvalid',
  );
  refused(
    await hub('POST', '/messages/deviceBound', 'x', { 'iothub-to': '/devices/nobody/messages/deviceBound' }),
    404,
    'DeviceNotFound',
  );
  refused(
    await hub('POST', '/messages/deviceBound', 'x', { ...to, 'iothub-expiry': 'tomorrow' }),
    400,
    'ArgumentInvalid',
  );
  refused(await hub('POST', '/messages/deviceBound', 'x'.repeat(65 * 1024), to), 413, 'MessageTooLarge');
  for (let count = 0; count < 50; count += 1) {
    assert.equal((await hub('POST', '/messages/deviceBound', 'x', to)).status, 204);
  }
  refused(await hub('POST', '/messages/deviceBound', 'x', to), 403, 'DeviceMaximumQueueDepthExceeded');
  assert.equal((await hub('GET', '/devices/quiet')).body.cloudToDeviceMessageCount, 50);
  assert.equal((await hub('DELETE', '/devices/quiet/commands')).body.totalMessagesPurged, 50);
});

test('a device fetches and settles its own messages, and nobody else’s', async () => {
  const chain = [await make('device', 'fetcher')];
  const other = [await make('device', 'other-fetcher')];
  for (const [deviceId, [leaf]] of [
    ['fetcher', chain],
    ['other-fetcher', other],
  ] as const) {
    const primaryThumbprint = inspectCertificate(leaf!.pem).sha256Thumbprint;
    await hub('PUT', `/devices/${deviceId}`, { authentication: { x509Thumbprint: { primaryThumbprint } } });
  }
  const to = {
    'iothub-to': '/devices/fetcher/messages/devicebound',
    'iothub-app-colour': 'blue',
    'iothub-messageid': 'm-1',
    'iothub-ack': 'full',
  };
  await hub('POST', '/messages/deviceBound', '{"n":1}', to);
  const path = '/devices/fetcher/messages/devicebound';
  const version = 'api-version=2021-04-12';
  refused(await emulator.call({ path: `${path}?${version}` }), 401, 'IotHubUnauthorizedAccess');
  refused(await emulator.call({ path: `${path}?${version}`, chain: other }), 401, 'IotHubUnauthorizedAccess');
  const fetched = await emulator.call({ path: `${path}?${version}`, chain });
  assert.deepEqual(fetched.body, { n: 1 });
  assert.equal(fetched.headers['iothub-app-colour'], 'blue');
  assert.equal(fetched.headers['iothub-deliverycount'], '0');
  assert.equal(fetched.headers['iothub-ack'], 'full');
  assert.equal((await emulator.call({ path: `${path}?${version}`, chain })).status, 204);
  const lockToken = fetched.headers.etag!.replaceAll('"', '');
  const settle = (method: string, what: string, as = chain) =>
    emulator.call({ method, path: `${path}/${what}${what.includes('?') ? '&' : '?'}${version}`, chain: as });
  refused(await settle('DELETE', 'no-such-lock'), 412, 'DeviceMessageLockLost');
  refused(await settle('DELETE', lockToken, other), 401, 'IotHubUnauthorizedAccess');
  const otherPath = `/devices/other-fetcher/messages/devicebound/${lockToken}?${version}`;
  refused(
    await emulator.call({ method: 'DELETE', path: otherPath, chain: other }),
    412,
    'DeviceMessageLockLost',
  );
  assert.equal((await settle('POST', `${lockToken}/abandon`)).status, 204);
  const again = await emulator.call({ path: `${path}?${version}`, chain });
  assert.equal(again.headers['iothub-deliverycount'], '1');
  assert.equal((await hub('GET', '/messages/serviceBound/feedback')).status, 204);
  assert.equal((await settle('DELETE', `${again.headers.etag!.replaceAll('"', '')}?reject`)).status, 204);
  const feedback = await hub('GET', '/messages/servicebound/feedback');
  assert.equal(feedback.headers['content-type'], 'application/vnd.microsoft.iothub.feedback.json');
  assert.deepEqual(
    feedback.body.map(({ enqueuedTimeUtc, deviceGenerationId, ...others }: Record<string, string>) => others),
    [
      {
        originalMessageId: 'm-1',
        deviceId: 'fetcher',
        description: 'Rejected',
        statusCode: 'Rejected',
      },
    ],
  );
  const lock = (answer: Answer) => answer.headers.etag!.replaceAll('"', '');
  const feedbackPath = '/messages/serviceBound/feedback';
  assert.equal((await hub('GET', feedbackPath)).status, 204, 'it is locked');
  assert.equal((await hub('POST', `${feedbackPath}/${lock(feedback)}/abandon`)).status, 204);
  refused(await hub('DELETE', `${feedbackPath}/${lock(feedback)}`), 412, 'DeviceMessageLockLost');
  const feedbackAgain = await hub('GET', feedbackPath);
  assert.equal(feedbackAgain.headers['iothub-deliverycount'], '1');
  assert.equal((await hub('DELETE', `${feedbackPath}/${lock(feedbackAgain)}`)).status, 204);
  assert.equal((await hub('GET', feedbackPath)).status, 204);
  refused(
    await hub('POST', '/messages/deviceBound', 'x', { ...to, 'iothub-ack': 'maybe' }),
    400,
    'ArgumentInvalid',
  );
  await hub(
    'PUT',
    '/devices/fetcher',
    { status: 'disabled', authentication: { type: 'certificateAuthority' } },
    { 'if-match': '*' },
  );
  refused(await emulator.call({ path: `${path}?${version}`, chain }), 401, 'IotHubUnauthorizedAccess');
  assert.equal(emulator.events.at(-1)?.reason, 'the device is disabled');
});

test('a device sends several messages in one request, all or none', async () => {
  const chain = [await make('device', 'batching')];
  const primaryThumbprint = inspectCertificate(chain[0]!.pem).sha256Thumbprint;
  await hub('PUT', '/devices/batching', { authentication: { x509Thumbprint: { primaryThumbprint } } });
  const send = (body: unknown) =>
    emulator.call({
      method: 'POST',
      path: '/devices/batching/messages/events?api-version=2021-04-12',
      headers: { 'content-type': 'application/vnd.microsoft.iothub.json' },
      body,
      chain,
    });
  const good = [
    { body: Buffer.from('one').toString('base64') },
    {
      body: 'zwei: ü',
      base64Encoded: false,
      properties: { 'iothub-app-Colour': 'red', 'iothub-messageid': 'm-2', other: 'x' },
    },
  ];
  const bad: Record<string, unknown> = {
    'no array': good[0],
    nothing: [],
    'no body': [...good, {}],
    'no base64': [...good, { body: '***' }],
    'no JSON': '[',
  };
  for (const [name, body] of Object.entries(bad)) refused(await send(body), 400, 'ArgumentInvalid', name);
  refused(await send([{ body: 'A'.repeat(260 * 1024) }]), 413, 'MessageTooLarge');
  assert.equal((await send(good)).status, 204);
  const messages = emulator.messages('batching');
  assert.deepEqual(
    messages.map(({ body, properties, systemProperties }) => [String(body), properties, systemProperties]),
    [
      ['one', {}, {}],
      ['zwei: ü', { Colour: 'red' }, { messageId: 'm-2' }],
    ],
  );
});

test('a device of a CA is let in with a verified one only', async () => {
  const root = await make('root', 'Hub root');
  const chain = [await make('device', 'by-ca', root), root];
  await hub('PUT', '/devices/by-ca', { authentication: { type: 'certificateAuthority' } });
  const fetch = (as: typeof chain) =>
    emulator.call({ path: '/devices/by-ca/messages/devicebound?api-version=2021-04-12', chain: as });
  refused(await fetch(chain), 401, 'IotHubUnauthorizedAccess');
  await emulator.verifiedCa('hub-root', root);
  assert.equal((await fetch(chain)).status, 204);
  assert.equal((await fetch(chain.slice(0, 1))).status, 204, 'the root need not be presented');
  refused(await fetch([await make('device', 'another', root)]), 401, 'IotHubUnauthorizedAccess');
  const stranger = await make('root', 'Hub root');
  refused(await fetch([await make('device', 'by-ca', stranger), stranger]), 401, 'IotHubUnauthorizedAccess');
});

const twin = {
  deviceId: 'd-1',
  status: 'enabled',
  tags: { site: 'A', floor: 3, none: null, deep: { list: [1] } },
  properties: { desired: { on: true }, reported: {} },
};
test('queries select as documented', () => {
  const selected = [
    'SELECT * FROM devices',
    "select * from devices where deviceId = 'd-1'",
    "SELECT * FROM devices WHERE devices.tags.site IN ['B', 'A'] AND tags.floor >= 3",
    "SELECT * FROM devices d WHERE d.tags.site != 'B'".replace(' d WHERE', ' AS d WHERE'),
    'SELECT * FROM devices WHERE NOT tags.floor < 3 OR tags.nothing = 1',
    'SELECT * FROM devices WHERE properties.desired.on',
    "SELECT * FROM devices WHERE is_defined(tags.none) AND tags.none = null AND STARTS_WITH(deviceId, 'd-')",
    "SELECT * FROM devices WHERE tags['site'] = 'A' AND (tags.floor = 3.0 AND status <> 'disabled')",
    "SELECT * FROM devices WHERE tags.site NOT IN ['it''s', '\\'']",
    "SELECT * FROM devices WHERE tags.site NIN ['B'] AND tags.floor IN [-1, 0x3]",
    'SELECT * FROM devices WHERE deviceId = "d-1" AND tags["site"] = "\\u0041"',
    'SELECT * FROM devices WHERE tags.floor + 1 = 4 AND tags.floor -1 = 2 AND 2 + tags.floor * 2 = 8',
    'SELECT * FROM devices WHERE (tags.floor - 1) * 2 % 3 = 1 AND tags.floor / 2 > 1 AND tags.floor > -4',
  ];
  for (const query of selected) assert.equal(parseDeviceQuery(query).selects(twin), true, query);
  const passedOver = [
    "SELECT * FROM devices WHERE deviceId = 'D-1'",
    'SELECT * FROM devices WHERE tags.nothing = 1',
    'SELECT * FROM devices WHERE NOT tags.nothing = 1',
    "SELECT * FROM devices WHERE tags.floor = '3'",
    'SELECT * FROM devices WHERE tags.site',
    'SELECT * FROM devices WHERE tags.floor / 0 > 1 OR tags.site + 1 = 1 OR tags.floor = undefined',
    "SELECT * FROM devices WHERE tags.site NIN ['A']",
    'SELECT * FROM devices WHERE tags.site = "it""s"',
    'SELECT * FROM devices WHERE tags.__proto__ = null OR is_defined(constructor)',
  ];
  for (const query of passedOver) assert.equal(parseDeviceQuery(query).selects(twin), false, query);
  const kindOf = (query: string) => {
    try {
      parseDeviceQuery(query);
    } catch (error) {
      return error instanceof HubError ? error.kind : String(error);
    }
    return 'taken';
  };
  for (const query of [
    '',
    'SELECT',
    'SELECT * FROM',
    'SELECT * FROM users',
    'SELECT * FROM devices WHERE',
    'SELECT * FROM devices WHERE a =',
    "SELECT * FROM devices WHERE a = 'x",
    'SELECT * FROM devices WHERE a IN []',
    'SELECT * FROM devices; DROP TABLE hub_device',
    `SELECT * FROM devices WHERE ${'('.repeat(1000)}a`,
    `SELECT * FROM devices WHERE ${'NOT '.repeat(1000)}a`,
  ]) {
    assert.equal(kindOf(query), 'ArgumentInvalid', query.slice(0, 60));
  }
  for (const query of [
    'SELECT deviceId FROM devices',
    'SELECT COUNT() AS n FROM devices',
    'SELECT * FROM devices.modules',
    'SELECT * FROM devices ORDER BY deviceId',
    'SELECT * FROM devices WHERE LOWER(deviceId) = 1',
  ]) {
    assert.equal(kindOf(query), 'NotImplemented', query);
  }
});

test('no query breaks the parser', () => {
  const words = fc.constantFrom(
    ...`SELECT * FROM devices WHERE AND OR NOT IN ( ) [ ] , . = != < > + - * / % NIN tags a 'x' "y" 1 0x1 null undefined is_defined AS`.split(
      ' ',
    ),
  );
  const anything = fc.oneof(
    fc.array(words).map((list) => list.join(' ')),
    fc.string(),
  );
  fc.assert(
    fc.property(anything, (text) => {
      for (const query of [text, `SELECT * FROM devices WHERE ${text}`]) {
        try {
          assert.equal(typeof parseDeviceQuery(query).selects(twin), 'boolean');
        } catch (error) {
          assert.ok(error instanceof HubError, String(error));
        }
      }
    }),
  );
});

test('a query is answered page by page; a token is for its query only', async () => {
  const ids = Array.from({ length: 5 }, (_, index) => `page-${index}`);
  await hub(
    'POST',
    '/devices',
    ids.map((id) => ({ id, importMode: 'create', tags: { paged: true } })),
  );
  const query = { query: 'SELECT * FROM devices WHERE tags.paged = true' };
  const found: string[] = [];
  let token: string | undefined;
  do {
    const page: Answer = await hub('POST', '/devices/query', query, {
      'x-ms-max-item-count': '2',
      ...(token ? { 'x-ms-continuation': token } : {}),
    });
    assert.equal(page.headers['x-ms-item-type'], 'Twin');
    found.push(...page.body.map(({ deviceId }: { deviceId: string }) => deviceId));
    token = page.headers['x-ms-continuation'] ?? token;
    if (page.headers['x-ms-continuation'] === undefined) break;
  } while (found.length < 20);
  assert.deepEqual(found, ids);
  const other = { query: 'SELECT * FROM devices' };
  refused(
    await hub('POST', '/devices/query', other, { 'x-ms-continuation': token! }),
    400,
    'ArgumentInvalid',
  );
  refused(await hub('POST', '/devices/query', other, { 'x-ms-continuation': 'x' }), 400, 'ArgumentInvalid');
  refused(await hub('POST', '/devices/query', other, { 'x-ms-max-item-count': '0' }), 400, 'ArgumentInvalid');
  refused(await hub('POST', '/devices/query', {}), 400, 'ArgumentInvalid');
  refused(await hub('POST', '/devices/query', { query: 'SELECT a FROM devices' }), 501, 'NotImplemented');
  assert.equal((await hub('GET', '/devices?top=3')).body.length, 3);
  refused(await hub('GET', '/devices?top=all'), 400, 'ArgumentInvalid');
});

test.run();
