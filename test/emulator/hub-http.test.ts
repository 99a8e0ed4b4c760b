import assert from 'node:assert/strict';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { test } from 'uvu';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { hubPlane } from '../../src/emulator/hub/http/hub-plane.js';
import { type Hub, openHub } from '../../src/emulator/hub/hub.js';
import { openState, type StateDatabase } from '../../src/emulator/state/database.js';
import { type EmulatorEvent, EventLog } from '../../src/emulator/wire/events.js';
import { createHttpApp } from '../../src/emulator/wire/http/http-app.js';
import { createHttpsServer } from '../../src/emulator/wire/http/https-listener.js';
import { answerWith } from '../../src/emulator/wire/http/send-reply.js';
import { HostNames } from '../../src/emulator/wire/network/host-names.js';
import { ServedApiVersions } from '../../src/emulator/wire/served-api-versions.js';
import { type Credential, makeCertificate } from './mqtt-fixture.js';

const key = Buffer.from('0123456789abcdef0123456789abcdef').toString('base64');
const otherKey = Buffer.from('another key, another key, anothe').toString('base64');
const policy = {
  keyName: 'iothubowner',
  primaryKey: key,
  secondaryKey: otherKey,
  rights: 'RegistryRead, RegistryWrite, ServiceConnect, DeviceConnect',
};
const version = '?api-version=2021-04-12';

let server: https.Server;
let database: StateDatabase;
let hub: Hub;
let serverRoot: Credential;
let root: Credential;
let device: Credential;
const events: EmulatorEvent[] = [];

test.before(async () => {
  serverRoot = await makeCertificate('root', 'Server root');
  const serverCertificate = await makeCertificate('server', 'localhost', serverRoot);
  root = await makeCertificate('root', 'Root');
  device = await makeCertificate('device', 'device-1', root);
  database = openState(':memory:');
  hub = openHub(database, () => new Date());
  const now = () => new Date();
  const names = new HostNames('localhost', [], () => ({ https: 443, mqtt: 443, amqp: 443 }), false);
  const log = new EventLog((event) => events.push(event), now);
  const plane = hubPlane({
    hubByHost: () => ({ hubId: 'hub-1', hub, created: now(), names, policies: [policy] }),
    acceptsBearer: () => false,
    versions: new ServedApiVersions({ strict: false, log }),
    now,
  });
  const app = createHttpApp({
    planes: [plane],
    plainRoutes: [],
    planeOf: () => plane,
    now,
    log,
  });
  server = createHttpsServer(answerWith(app), {
    key: serverCertificate.keyPem,
    cert: serverCertificate.pem,
    requestCert: true,
    rejectUnauthorized: false,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
test.before.each(() => {
  hub.devices.delete('device-1');
  hub.devices.ensure({
    deviceId: 'device-1',
    credential: {
      type: 'selfSigned',
      primaryThumbprint: device.thumbprint,
      issuerThumbprints: [root.thumbprint],
    },
    iotEdge: true,
    initialTwin: { tags: { site: 'A' }, properties: { desired: { interval: 30 } } },
  });
});
test.after(() => {
  server.closeAllConnections();
  server.close();
  database.close();
});

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: any;
}

function token(
  expiresIn = 3600,
  signingKey = key,
  resource = 'localhost',
  policyName = 'iothubowner',
): string {
  return createSasToken(resource, policyName, signingKey, Math.floor(Date.now() / 1000) + expiresIn);
}

function request(
  method: string,
  path: string,
  options: https.RequestOptions & { body?: string | Buffer } = {},
) {
  const { body, ...more } = options;
  const { port } = server.address() as AddressInfo;
  return new Promise<Answer>((resolve, reject) => {
    https
      .request(
        { host: 'localhost', port, method, path, ca: serverRoot.pem, agent: false, ...more },
        (response) => {
          const isJson = response.headers['content-type']?.startsWith('application/json');
          const done = (content?: unknown) =>
            resolve({ status: response.statusCode!, headers: response.headers, body: content });
          if (isJson) json(response).then(done, reject);
          else response.resume().once('end', () => done());
        },
      )
      .on('error', reject)
      .end(body);
  });
}

const asService = () => ({ headers: { authorization: token() } });

test('a device is shown and deleted', async () => {
  const { status, body, headers } = await request('GET', `/devices/device-1${version}`, asService());
  assert.equal(status, 200);
  assert.equal(body.deviceId, 'device-1');
  assert.equal(body.connectionState, 'Disconnected');
  assert.deepEqual(body.capabilities, { iotEdge: true });
  assert.equal(headers.etag, `"${body.etag}"`);

  const stale = { headers: { authorization: token(), 'if-match': '"stale"' } };
  assert.equal((await request('DELETE', `/devices/device-1${version}`, stale)).status, 412);
  const fresh = { headers: { authorization: token(), 'if-match': `"${body.etag}"` } };
  assert.equal((await request('DELETE', `/devices/device-1${version}`, fresh)).status, 204);
  const gone = await request('DELETE', `/devices/device-1${version}`, asService());
  assert.equal(gone.status, 404);
  assert.match(gone.body.Message, /^ErrorCode:DeviceNotFound;/);
  assert.equal(gone.headers['iothub-errorcode'], 'DeviceNotFound');
  assert.equal((await request('GET', `/twins/device-1${version}`, asService())).status, 404);
});

test('a twin is shown with its tags and versions', async () => {
  hub.twins.patchReported('device-1', { firmware: '1.0' });
  const { status, body } = await request('GET', `/twins/device-1${version}`, asService());
  assert.equal(status, 200);
  assert.deepEqual(body.tags, { site: 'A' });
  assert.equal(body.properties.desired.interval, 30);
  assert.equal(body.properties.desired.$version, 1);
  assert.equal(body.properties.reported.firmware, '1.0');
  assert.equal(body.properties.reported.$version, 2);
});

test('only a good signature of a policy opens the service side', async () => {
  const tokens: Record<string, string | undefined> = {
    none: undefined,
    bearer: 'Bearer abc',
    expired: token(-10),
    'of another key': token(3600, Buffer.from('not the key').toString('base64')),
    'for another host': token(3600, key, 'other.azure-devices.net'),
    'of another policy': token(3600, key, 'localhost', 'device'),
    'for another device': token(3600, key, 'localhost/devices/device-2'),
    tampered: token().replace(/se=\d/, 'se=9'),
  };
  for (const [name, authorization] of Object.entries(tokens)) {
    for (const [method, path] of [
      ['GET', '/devices/device-1'],
      ['DELETE', '/devices/device-1'],
      ['GET', '/twins/device-1'],
      ['POST', '/devices/query'],
    ] as const) {
      const headers = authorization === undefined ? {} : { authorization };
      const { status, body } = await request(method, `${path}${version}`, { headers });
      assert.equal(status, 401, `${name}: ${method} ${path}`);
      assert.match(body.Message, /^ErrorCode:IotHubUnauthorizedAccess;/);
    }
  }
  assert.ok(hub.devices.get('device-1'));
  const second = { headers: { authorization: token(3600, otherKey) } };
  assert.equal((await request('GET', `/devices/device-1${version}`, second)).status, 200);
});

test('an api-version is needed, and what is not there says so', async () => {
  for (const query of ['', '?api-version=', '?api-version=1999-01-01']) {
    assert.equal((await request('GET', `/devices/device-1${query}`, asService())).status, 400);
  }
  for (const [method, path] of [
    ['GET', '/devices/device-1/modules'],
    ['PATCH', '/twins/device-1/modules/m'],
    ['POST', '/jobs/create'],
    ['GET', '/configurations'],
  ] as const) {
    const { status, body } = await request(method, `${path}${version}`, asService());
    assert.equal(status, 501, path);
    assert.match(body.Message, /Not implemented in this emulator/);
  }
});

test('a device sends a message with its certificate', async () => {
  const path = `/devices/device-1/messages/events${version}`;
  const headers = { 'iothub-app-alarm': 'yes', 'iothub-contenttype': 'text/plain' };
  const asDevice = { cert: device.pem, key: device.keyPem, headers };
  assert.equal((await request('POST', path, { ...asDevice, body: 'hot' })).status, 204);
  const [message] = hub.messages.list('device-1');
  assert.equal(message?.body.toString(), 'hot');
  assert.deepEqual(message?.properties, { alarm: 'yes' });
  assert.deepEqual(message?.systemProperties, { ct: 'text/plain' });

  assert.equal((await request('POST', path, { body: 'x' })).status, 401);
  const other = await makeCertificate('device', 'device-2', root);
  const asOther = { cert: other.pem + root.pem, key: other.keyPem };
  assert.equal((await request('POST', path, { ...asOther, body: 'x' })).status, 401);
  assert.match(events.at(-1)?.reason ?? '', /common name/);
  assert.equal((await request('POST', path, { ...asDevice, body: Buffer.alloc(300 * 1024) })).status, 413);
  assert.equal(hub.messages.list('device-1').length, 1);
});

test('a device that goes away within its message is no failure of the hub', async () => {
  events.length = 0;
  const { port } = server.address() as AddressInfo;
  const sending = https.request({
    host: 'localhost',
    port,
    method: 'POST',
    path: `/devices/device-1/messages/events${version}`,
    ca: serverRoot.pem,
    cert: device.pem,
    key: device.keyPem,
    agent: false,
    headers: { 'content-length': '100' },
  });
  sending.on('error', () => {});
  const arrived = new Promise((resolve) => server.once('request', resolve));
  sending.write('{');
  await arrived;
  sending.destroy();
  for (let round = 0; round < 100 && events.length === 0; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(events[0]?.status, 400);
  assert.equal(events[0]?.reason, 'the client went away before its body was complete');
});

test.run();
