/** The emulator's page, as a browser asks for it: who may, what forms do, and that what devices send is text. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { get as getOverTls } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test } from 'uvu';
import { routes } from '../../src/dps/contract/routes.js';
import { Activity } from '../../src/emulator/console/activity.js';
import { createConsole } from '../../src/emulator/console/console.js';
import type { ConsoleOptions } from '../../src/emulator/console/page-context.js';
import { issueVerificationCertificate } from '../../src/pki/make/verification-certificate.js';
import { sampleLanguageNames, sampleLanguages } from '../../src/samples/samples.js';
import { type Made, make, makeChain } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { isInstalled } from '../support/tools.js';
import { base64, groupBody, startTestEmulator, type TestEmulator } from './support.js';

/** A browser that was opened with the page's link. */
async function open(emulator: TestEmulator) {
  const { consoleUrl } = emulator.endpoints;
  const entered = await fetch(consoleUrl);
  assert.equal(entered.status, 200);
  const [cookie] = entered.headers.get('set-cookie')!.split(';');
  const { origin } = new URL(consoleUrl);
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${origin}/console${path}`, {
      headers: { cookie: cookie!, ...headers },
      redirect: 'manual',
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  /** Sends a form of a page: its hidden fields, and what is typed. */
  const submit = async (
    path: string,
    action: string,
    typed: Record<string, string | Blob> = {},
    headers = {},
  ) => {
    const { text } = await get(path);
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...hiddenFields(text, `/console${action}`), ...typed }))
      form.set(name, value);
    return post(action, form, headers);
  };
  const post = async (
    action: string,
    body: FormData | URLSearchParams,
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(`${origin}/console${action}`, {
      method: 'POST',
      body,
      headers: { cookie: cookie!, origin, ...headers },
      redirect: 'manual',
    });
    return {
      status: response.status,
      location: response.headers.get('location') ?? '',
      text: await response.text(),
    };
  };
  return { get, submit, post, origin, cookie: cookie! };
}

function hiddenFields(html: string, action: string): Record<string, string> {
  const form = html.split('<form').find((part) => part.includes(`action="${action}"`));
  assert.ok(form, `there is no form ${action}`);
  const inputs = form.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g);
  return Object.fromEntries([...inputs].map(([, name, value]) => [name!, value!]));
}

const pem = (made: Made) => new Blob([made.pem]);

let emulator: TestEmulator;
test.before(async () => {
  emulator = await startTestEmulator({ hubs: ['hub-1', 'hub-2'] });
});
test.after(() => emulator.stop());

test('only a browser with the token of the link gets in, and the link works over HTTPS as well', async () => {
  const { consoleUrl, armEndpoint, caFile } = emulator.endpoints;
  const { origin, search } = new URL(consoleUrl);
  for (const [path, headers] of [
    ['/console/', {}],
    ['/console/?token=wrong', {}],
    ['/console/log', { cookie: 'enrollkit-console-1=x' }],
    ['/console/events', {}],
  ] as const) {
    const response = await fetch(`${origin}${path}`, { headers });
    assert.equal(response.status, 401, path);
    assert.doesNotMatch(await response.text(), new RegExp(emulator.endpoints.dpsName));
  }
  const entered = await fetch(consoleUrl);
  assert.match(entered.headers.get('set-cookie')!, /; HttpOnly; SameSite=Strict$/);
  assert.equal(entered.headers.get('refresh'), '0; url=/console/');
  const ca = readFileSync(caFile);
  const overTls = await new Promise<IncomingMessage>((resolve, reject) => {
    getOverTls(new URL(`/console/${search}`, armEndpoint), { ca, agent: false }, (answer) =>
      resolve(answer.resume()),
    ).on('error', reject);
  });
  assert.equal(overTls.statusCode, 200);
  assert.match(String(overTls.headers['set-cookie']), /; Secure/);
});

test('another host name, another origin, and a form that is not ours are refused', async () => {
  const { get, post, origin, cookie } = await open(emulator);
  const { port } = new URL(origin);
  const statusAt = (host: string) =>
    new Promise((resolve, reject) => {
      request({ port, path: '/console/', headers: { host, cookie } }, ({ statusCode }) => resolve(statusCode))
        .on('error', reject)
        .end();
    });
  assert.equal(await statusAt(`rebound.example:${port}`), 421);
  assert.equal(await statusAt(`localhost:${port}`), 200);
  assert.equal((await get('/', { origin: 'https://evil.example' })).status, 403);
  const { text } = await get('/clock');
  const form = new URLSearchParams({ ...hiddenFields(text, '/console/clock/do/reset') });
  assert.equal((await post('/clock/do/reset', form, { origin: 'https://evil.example' })).status, 403);
  assert.equal((await post('/clock/do/reset', form, { origin: 'null' })).status, 403);
  form.set('form', 'forged.token');
  assert.equal((await post('/clock/do/reset', form)).status, 403);
  const tooLarge = new URLSearchParams({
    ...hiddenFields(text, '/console/clock/do/at'),
    at: 'x'.repeat(1_100_000),
  });
  assert.equal((await post('/clock/do/at', tooLarge)).status, 413);
  const policy = (await get('/')).headers.get('content-security-policy')!;
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
});

test('every route refuses a request without the cookie, from another site, and under another host name', async () => {
  const { cookie, origin } = await open(emulator);
  const { port, host } = new URL(origin);
  const { routes: all } = createConsole({} as ConsoleOptions);
  const tried = all.filter(({ method }) => method !== 'ALL');
  assert.ok(tried.length > 40);
  const isAsset = (path: string) => /\.(css|js|svg)$/.test(path);
  const statusOf = (method: string, path: string, headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      request({ port, method, path, headers: { host, ...headers } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode!);
      })
        .on('error', reject)
        .end();
    });
  for (const { method, path: pattern } of tried) {
    const path = pattern.replace(/:\w+/g, 'x').replace('*', 'x');
    const name = `${method} ${path}`;
    const own: Record<string, string> = method === 'GET' ? {} : { origin };
    const withoutCookie = await statusOf(method, path, own);
    assert.equal(withoutCookie, isAsset(path) ? 200 : 401, name);
    for (const foreign of ['https://evil.example', 'null', `https://${host}`, `http://localhost:1`]) {
      assert.equal(await statusOf(method, path, { cookie, origin: foreign }), 403, `${name} ${foreign}`);
    }
    for (const rebound of [`rebound.example:${port}`, `127.0.0.1.evil.example`, 'localhost.evil.example']) {
      const status = await statusOf(method, path, { cookie, host: rebound, ...own });
      assert.equal(status, 421, `${name} ${rebound}`);
    }
    if (method !== 'GET') assert.equal(await statusOf(method, path, { cookie }), 403, `${name} no origin`);
  }
});

test('pages are in the language of ?lang, of the browser, and English otherwise', async () => {
  const { get } = await open(emulator);
  const languageOf = ({ text }: { text: string }) => /<html lang="([\w-]+)"/.exec(text)![1];
  assert.equal(languageOf(await get('/')), 'en');
  assert.equal(languageOf(await get('/', { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' })), 'zh-CN');
  assert.equal(languageOf(await get('/?lang=en', { 'accept-language': 'zh-CN' })), 'en');
});

test('proof of possession by hand: upload, code, upload of the answer; then a group, a device, its verdict', async () => {
  const { get, submit } = await open(emulator);
  const { device: leaf, intermediate, root } = await makeChain('pump-1');
  const service = `/services/${emulator.endpoints.dpsName}`;
  const certificates = `${service}/certificates`;
  const uploaded = await submit(certificates, certificates, { name: 'plant', file: pem(root) });
  assert.equal(uploaded.status, 303);
  assert.match(uploaded.location, /certificates\/plant\?done=uploaded$/);

  const own = `${certificates}/plant`;
  assert.equal((await submit(own, `${own}/do/code`)).status, 303);
  const code = /<code>([0-9A-F]{48})<\/code>/.exec((await get(own)).text)![1]!;
  const wrong = await submit(own, `${own}/do/verify`, { file: pem(root) });
  assert.equal(wrong.status, 400);
  assert.match(wrong.text, /id="verify-file-error"/);
  const signer = { certificate: root.pem, privateKey: root.privateKey };
  const proof = await issueVerificationCertificate(code, signer, new Date());
  const verified = await submit(own, `${own}/do/verify`, { file: new Blob([proof.pem]) });
  assert.match(verified.location, /done=verified$/);
  assert.equal((await emulator.arm('GET', '/certificates/plant')).body.properties.isVerified, true);

  const group = {
    id: 'line-1',
    enabled: 'yes',
    attestation: 'caReferences',
    primary: 'plant',
    initialTwin: '',
  };
  const created = await submit(`${service}/new-group`, `${service}/new-group`, group);
  assert.match(created.location, /groups\/line-1\?done=created$/);
  assert.equal((await emulator.register('pump-1', [leaf, intermediate, root])).body.status, 'assigned');
  const log = (await get('/log')).text;
  assert.match(
    log,
    /pump-1[\s\S]*Assigned to hub-1[\s\S]*verified in DPS as plant[\s\S]*Enrollment group line-1/,
  );
  assert.match((await get(`${service}/registrations?group=line-1`)).text, /pump-1/);

  const device = '/hubs/hub-1/devices/pump-1';
  const twin = await submit(device, `${device}/do/twin`, { desired: '{"rate":3}', tags: '{}' });
  assert.match(twin.location, /done=saved$/);
  assert.match((await get(device)).text, /&quot;rate&quot;: 3/);
  assert.match((await submit(device, `${device}/do/message`, { body: 'hello' })).location, /done=sent$/);
  const offline = await submit(device, `${device}/do/method`, {
    methodName: 'reboot',
    payload: '',
    timeout: '5',
  });
  assert.equal(offline.status, 404);
  assert.match(offline.text, /value="reboot"/);
  assert.match((await submit(device, `${device}/do/delete`)).location, /devices\?done=deleted$/);
});

test('a refusal is at its field, and what was typed is kept', async () => {
  const { submit } = await open(emulator);
  const service = `/services/${emulator.endpoints.dpsName}`;
  const action = `${service}/new-individual`;
  const typed = {
    id: 'valve-1',
    attestation: 'symmetricKey',
    primaryKey: '',
    secondaryKey: '',
    initialTwin: '{"tags": oops}',
  };
  const refused = await submit(action, action, { ...typed, deviceId: 'my valve' });
  assert.equal(refused.status, 400);
  assert.match(refused.text, /id="enrollment-initialTwin-error"/);
  assert.match(refused.text, /\{&quot;tags&quot;: oops\}/);
  const again = await submit(action, action, { ...typed, initialTwin: '', deviceId: 'my valve' });
  assert.match(again.text, /id="enrollment-deviceId-error"[^>]*lang="en"/);
  assert.match(again.text, /value="my valve"/);
  const badName = await submit(`${service}/certificates`, `${service}/certificates`, {
    name: 'a/b',
    file: new Blob(['x']),
  });
  assert.match(badName.text, /id="upload-name-error"/);
  const badFile = await submit(`${service}/certificates`, `${service}/certificates`, {
    name: 'ok',
    file: new Blob(['x']),
  });
  assert.match(badFile.text, /id="upload-file-error"/);
  const clock = await submit('/clock', '/clock/do/at', { at: '12345-01-01T00:00' });
  assert.match(clock.text, /id="at-at-error"/);
  const faults = await submit('/faults', '/faults/do/on', {
    preset: 'own',
    rules: '{"rules":[{"id":1}]}',
    seed: '',
  });
  assert.match(faults.text, /id="on-rules-error"/);
});

test('a form that is sent twice has one effect, and a stale etag is reported', async () => {
  const { get, post } = await open(emulator);
  const service = `/services/${emulator.endpoints.dpsName}`;
  const action = `${service}/new-individual`;
  const fields = {
    ...hiddenFields((await get(action)).text, `/console${action}`),
    id: 'twice',
    enabled: 'yes',
    attestation: 'symmetricKey',
  };
  const both = await Promise.all([
    post(action, new URLSearchParams(fields)),
    post(action, new URLSearchParams(fields)),
  ]);
  assert.deepEqual(
    both.map(({ status }) => status),
    [303, 303],
  );
  const own = `${service}/individuals/twice`;
  const before = hiddenFields((await get(own)).text, `/console${own}/do/save`);
  const { body } = await emulator.service('GET', '/enrollments/twice');
  await emulator.service(
    'PUT',
    '/enrollments/twice',
    { ...body, provisioningStatus: 'disabled' },
    { 'if-match': body.etag },
  );
  const stale = await post(
    `${own}/do/save`,
    new URLSearchParams({ ...before, deviceId: 'typed', attestation: 'symmetricKey' }),
  );
  assert.equal(stale.status, 412);
  assert.match(stale.text, /value="typed"/);
  assert.notEqual(hiddenFields(stale.text, `/console${own}/do/save`).etag, before.etag);
  const current = hiddenFields((await get(own)).text, `/console${own}/do/delete`);
  await emulator.service('DELETE', '/enrollments/twice', undefined, { 'if-match': current.etag! });
  assert.equal((await post(`${own}/do/delete`, new URLSearchParams(current))).status, 404);
});

test('a stale form of a certificate, a registration, a device or its twin changes nothing', async () => {
  const { device, intermediate, root } = await makeChain('stale-1');
  await emulator.verifiedCa('stale-ca', root);
  await emulator.service('PUT', '/enrollmentGroups/stale', groupBody('stale', { reference: 'stale-ca' }));
  await emulator.register('stale-1', [device, intermediate, root]);
  const { get, post } = await open(emulator);
  const { dpsName } = emulator.endpoints;
  const registrations = `/services/${dpsName}/registrations`;
  const certificate = `/services/${dpsName}/certificates/stale-ca`;
  const { body: record } = await emulator.service('GET', '/registrations/stale-1');
  const hub = record.assignedHub.startsWith('127.0.0.1') ? 'hub-1' : 'hub-2';
  const own = `/hubs/${hub}/devices/stale-1`;
  const forms = await Promise.all(
    (
      [
        [certificate, `${certificate}/do/delete`, {}],
        [registrations, `${registrations}/do/delete/stale-1`, {}],
        [own, `${own}/do/status`, {}],
        [own, `${own}/do/twin`, { tags: '{"typed": true}', desired: '' }],
        [own, `${own}/do/delete`, {}],
      ] as const
    ).map(async ([path, action, typed]) => ({
      action,
      fields: { ...hiddenFields((await get(path)).text, `/console${action}`), ...typed },
    })),
  );
  // Each is changed in the meantime.
  await emulator.arm('POST', '/certificates/stale-ca/generateVerificationCode', undefined, {
    'if-match': (await emulator.arm('GET', '/certificates/stale-ca')).body.etag,
  });
  await emulator.register('stale-1', [device, intermediate, root]);
  for (const name of ['status', 'twin']) {
    const fields = forms.find(({ action }) => action.endsWith(name))!;
    const current = hiddenFields((await get(own)).text, `/console${fields.action}`);
    const first = await post(
      fields.action,
      new URLSearchParams(name === 'twin' ? { ...current, tags: '{"a":1}', desired: '' } : current),
    );
    assert.equal(first.status, 303, name);
  }
  for (const { action, fields } of forms) {
    const { status, text } = await post(action, new URLSearchParams(fields));
    assert.equal(status, 412, action);
    assert.match(text, /It was changed in the meantime/, action);
    if (action.endsWith('twin')) assert.match(text, /\{&quot;typed&quot;: true\}/);
  }
  assert.equal((await emulator.service('GET', '/registrations/stale-1')).status, 200);
});

test('what devices and clients send is shown as text', async () => {
  const { get } = await open(emulator);
  const script = '<script>alert(1)</script><img src=x onerror=alert(2)>';
  const { device } = await makeChain('xss <script>alert(1)</script>');
  await emulator.register('xss', [device]);
  await emulator.service('PUT', `/enrollments/x-twin`, {
    registrationId: 'x-twin',
    attestation: { type: 'symmetricKey' },
    initialTwin: {
      tags: { [`a${script.slice(0, 30)}`.replace(/[.$ ]/g, '')]: script },
      properties: { desired: { note: `</textarea>${script}` } },
    },
  });
  await emulator.call({
    path: `/${encodeURIComponent(script)}/registrations/${encodeURIComponent(script)}?api-version=2021-06-01`,
    method: 'POST',
    body: {},
  });
  const service = `/services/${emulator.endpoints.dpsName}`;
  for (const path of [
    '/log',
    `${service}/enrollments?prefix=${encodeURIComponent(script)}`,
    `${service}/registrations?group=${encodeURIComponent(script)}&prefix=${encodeURIComponent(script)}`,
    `/hubs/hub-1/devices?after=${encodeURIComponent(script)}&prefix=${encodeURIComponent(`"${script}`)}`,
    `${service}/individuals/x-twin`,
    `/${encodeURIComponent(script)}?lang=${encodeURIComponent(script)}&done=${encodeURIComponent(script)}`,
  ]) {
    const { text } = await get(path);
    assert.doesNotMatch(text, /<script>|<img/, path);
  }
  assert.match((await get('/log')).text, /&lt;script&gt;alert/);
  assert.match((await get(`${service}/individuals/x-twin`)).text, /&lt;\/textarea&gt;/);
});

test('the picture of a chain breaks at the first broken link from the device upward', async () => {
  const { device: leaf, intermediate, root } = await makeChain('pump-2');
  await emulator.arm('PUT', '/certificates/unproven', { properties: { certificate: base64(root.pem) } });
  const { get } = await open(emulator);
  const cards = async () => (await get('/log')).text.split('<article').slice(1);
  await emulator.register('pump-2', [leaf, intermediate, root]);
  assert.match(
    (await cards())[0]!,
    /class="broken"[\s\S]*uploaded as unproven, but not verified[\s\S]*The chain breaks here/,
  );
  await emulator.register('pump-2', [leaf]);
  assert.match((await cards())[0]!, /class="box missing"[\s\S]*The chain breaks here/);
  await emulator.register('pump-9', [leaf, intermediate]);
  const [first] = (await cards())[0]!.split('signed by');
  assert.match(first!, /The chain breaks here/);
});

test('the reason of a refusal is in the language of the page, and English in its log', async () => {
  const { device: leaf, intermediate, root } = await makeChain('pump-3');
  const { get } = await open(emulator);
  const [enrolled, other] = [await make('device', 'single'), await make('device', 'single')];
  await emulator.service('PUT', '/enrollments/single', {
    registrationId: 'single',
    attestation: {
      type: 'x509',
      x509: { clientCertificates: { primary: { certificate: base64(enrolled.pem) } } },
    },
  });
  for (const [id, chain, inEnglish, inChinese] of [
    ['pump-3', [leaf, intermediate, root], /not trusted/, /信任/],
    ['pump-4', [leaf], /common name/, /公用名/],
    ['single', [other], /individual enrollment/, /个体注册/],
  ] as const) {
    await emulator.register(id, [...chain]);
    for (const [language, words] of [
      ['en', inEnglish],
      ['zh-CN', inChinese],
    ] as const) {
      const { text } = await get(`/log?lang=${language}`);
      const [, attributes, reason] = /<div class="break">[\s\S]*?<p class="error"([^>]*)>([^<]*)/.exec(text)!;
      assert.equal(attributes, '');
      assert.match(reason!, words);
      if (language === 'zh-CN') assert.match(reason!, /\p{Script=Han}/u);
      const [row] = text.split('id="live-requests"')[1]!.split('<td lang="en">').slice(1);
      assert.match(row!, inEnglish);
    }
  }
});

test('hubs are linked, weighted, left out of allocation and unlinked in the page', async () => {
  const { get, submit } = await open(emulator);
  const path = `/services/${emulator.endpoints.dpsName}/hubs`;
  const links = async () => (await emulator.arm('GET', '')).body.properties.iotHubs;
  const [, second] = await links();
  assert.match((await get(path)).text, /All hubs of the emulator are linked/);
  const own = `${path}/hub-2`;

  const tooHeavy = await submit(own, `${own}/do/save`, { weight: '1001', applyAllocationPolicy: 'yes' });
  assert.equal(tooHeavy.status, 400);
  assert.match(tooHeavy.text, /id="save-weight-error"/);
  assert.match(tooHeavy.text, /value="1001"/);
  const stale = hiddenFields((await get(own)).text, `/console${own}/do/save`);
  const saved = await submit(own, `${own}/do/save`, { weight: '7' });
  assert.match(saved.location, /hubs\?done=saved$/);
  assert.deepEqual(
    (await links()).map((link: Record<string, unknown>) => [
      link.allocationWeight,
      link.applyAllocationPolicy,
    ]),
    [
      [undefined, undefined],
      [7, false],
    ],
  );
  const { post } = await open(emulator);
  const late = await post(`${own}/do/save`, new URLSearchParams({ ...stale, weight: '9' }));
  assert.equal(late.status, 412);
  assert.match(late.text, /value="9"/);

  assert.match((await submit(own, `${own}/do/unlink`)).location, /done=unlinked$/);
  assert.equal((await links()).length, 1);
  assert.equal((await get(own)).status, 404);
  const linked = await submit(path, `${path}/do/link`, {
    hub: 'hub-2',
    policy: 'registryReadWrite',
    weight: '3',
    applyAllocationPolicy: 'yes',
  });
  assert.match(linked.location, /done=linked$/);
  const [, again] = await links();
  assert.match(again.connectionString, /SharedAccessKeyName=registryReadWrite;/);
  assert.deepEqual([again.name, again.allocationWeight], [second.name, 3]);

  assert.match(
    (await submit(path, `${path}/do/policy`, { allocationPolicy: 'geoLatency' })).location,
    /done=saved$/,
  );
  assert.equal((await emulator.arm('GET', '')).body.properties.allocationPolicy, 'GeoLatency');
  const unknown = await submit(path, `${path}/do/policy`, { allocationPolicy: 'random' });
  assert.match(unknown.text, /id="policy-allocationPolicy-error"/);
  assert.equal((await submit(path, `${path}/do/policy`, { allocationPolicy: 'hashed' })).status, 303);
  await submit(own, `${own}/do/save`, { weight: '1' });
});

test('the programs on the overview register a device, in Node.js and bash, and know where the emulator is', async () => {
  const root = await make('root', 'Snippet Root');
  await emulator.verifiedCa('snippets', root);
  await emulator.service(
    'PUT',
    '/enrollmentGroups/snippets',
    groupBody('snippets', { reference: 'snippets' }),
  );
  const device = await make('device', 'device-001', root);
  const { get } = await open(emulator);
  const { text } = await get('/');
  const codes = [
    ...text.matchAll(/<summary>([^<]+)<\/summary>(?:(?!<summary>)[\s\S])*?<pre[^>]*>([\s\S]*?)<\/pre>/g),
  ];
  const programs = Object.fromEntries(codes.map(([, language, code]) => [language!, unescapeHtml(code!)]));
  const { idScope, ports } = emulator.endpoints;
  assert.deepEqual(
    Object.keys(programs),
    sampleLanguageNames.map((language) => sampleLanguages[language].name),
  );
  for (const code of Object.values(programs)) assert.ok(code.includes(idScope));
  // The clients for Python, C# and Java have no setting for the port.
  assert.equal(text.match(/<p>[^<]*--standard-ports/g)?.length, ports.mqtt === 8883 ? undefined : 3);
  await inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'chain.pem'), `${device.pem}${root.pem}`);
    writeFileSync(join(folder, 'key.pem'), device.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    writeFileSync(join(folder, 'device.mjs'), programs['Node.js']!);
    symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'), 'junction');
    const options = { cwd: folder, encoding: 'utf8' } as const;
    const env = { ...process.env, NODE_OPTIONS: '' };
    const node = await promisify(execFile)(process.execPath, ['device.mjs'], { ...options, env });
    assert.match(node.stdout, /^assigned \S+ device-001\n$/);
    if (!isInstalled('curl')) return;
    const shell = await promisify(execFile)('bash', ['-c', programs.bash!], options);
    assert.match(shell.stdout, /^assigned \S+ device-001\n$/);
  });
});

function unescapeHtml(html: string): string {
  const characters: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'" };
  return html.replace(/&(lt|gt|amp|quot|#39);/g, (_, name: string) => characters[name]!);
}

test('the OpenAPI document needs no token, has every operation once, and refers to what it has', async () => {
  const { status, body } = await emulator.call({ path: '/openapi.json' });
  assert.equal(status, 200);
  assert.match(body.openapi, /^3\.1\./);
  assert.equal(body.servers[0].url, emulator.endpoints.armEndpoint);
  const operations = Object.values<Record<string, { operationId: string }>>(body.paths).flatMap((path) =>
    Object.values(path),
  );
  const ids = operations.map(({ operationId }) => operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const [plane, table] of Object.entries(routes)) {
    for (const name of Object.keys(table)) assert.ok(ids.includes(`${plane}_${name}`), name);
  }
  for (const [, name] of JSON.stringify(body).matchAll(/#\/components\/schemas\/(\w+)/g)) {
    assert.ok(body.components.schemas[name!].type === 'object', name);
  }
  assert.deepEqual(body.paths['/ready'].get.security, []);
  const { get } = await open(emulator);
  assert.match((await get('/api')).text, /generateVerificationCode/);
});

test('a long list is shown page by page', async () => {
  const { get } = await open(emulator);
  const service = `/services/${emulator.endpoints.dpsName}`;
  const enrollments = Array.from({ length: 10 }, (_, round) =>
    Array.from({ length: 15 }, (_, index) => ({
      registrationId: `many-${String(round * 15 + index).padStart(3, '0')}`,
      attestation: { type: 'symmetricKey' },
    })),
  );
  for (const some of enrollments.slice(0, 10)) {
    for (let at = 0; at < some.length; at += 10) {
      await emulator.service('POST', '/enrollments', {
        mode: 'create',
        enrollments: some.slice(at, at + 10),
      });
    }
  }
  const first = (await get(`${service}/enrollments?prefix=many-`)).text;
  assert.match(first, /many-099/);
  assert.doesNotMatch(first, /many-100/);
  const next = /<a href="(?:\/console)([^"]*individuals=\d+[^"]*)"/.exec(first)![1]!.replaceAll('&amp;', '&');
  const second = (await get(next)).text;
  assert.match(second, /many-100[\s\S]*many-149/);
  assert.doesNotMatch(second, /many-099/);
  const some = (await get(`${service}/enrollments?prefix=MANY-14`)).text;
  assert.deepEqual(
    new Set(some.match(/many-\d{3}/g)),
    new Set(Array.from({ length: 10 }, (_, index) => `many-14${index}`)),
  );
});

test('of 100,000 requests, the page keeps the newest 500, and its log shows 100', async () => {
  const activity = new Activity();
  let passedOn = 0;
  const log = activity.logTo(() => {
    passedOn += 1;
  });
  const at = new Date().toISOString();
  for (let index = 1; index <= 100_000; index += 1) {
    log({ at, plane: 'device', transport: 'https', operation: 'register', id: String(index), status: 202 });
  }
  assert.equal(passedOn, 100_000);
  const { events } = activity;
  assert.deepEqual([events.length, events[0]!.value.id, events.at(-1)!.value.id], [500, '100000', '99501']);
  const { get } = await open(emulator);
  for (let index = 0; index < 101; index += 1) await emulator.service('GET', '/enrollments/none');
  const [, requests] = (await get('/log')).text.split('id="live-requests"');
  assert.equal(requests!.split('<tr>').length, 102);
});

test('a reset empties the log, ends the stream of events, and keeps the link', async () => {
  const { get, origin, cookie } = await open(emulator);
  const stream = await fetch(`${origin}/console/events`, { headers: { cookie } });
  const reader = stream.body!.getReader();
  const epochOf = (bytes: Uint8Array | undefined) =>
    (JSON.parse(/event: hello\ndata: (\S+)/.exec(new TextDecoder().decode(bytes))![1]!) as { epoch: string })
      .epoch;
  const epoch = epochOf((await reader.read()).value);
  assert.match((await get('/')).text, new RegExp(`data-epoch="${epoch}"`));
  const { consoleUrl } = emulator.endpoints;
  await emulator.reset();
  await assert.rejects(async () => {
    for (;;) if ((await reader.read()).done) throw new Error('ended');
  });
  assert.equal((await fetch(consoleUrl)).status, 200);
  const { text } = await get('/log');
  assert.doesNotMatch(text, /<article/);
  assert.doesNotMatch(text, new RegExp(epoch));
});

test.run();
