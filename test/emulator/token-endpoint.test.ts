import assert from 'node:assert/strict';
import { IotDpsClient } from '@azure/arm-deviceprovisioningservices';
import { ClientSecretCredential } from '@azure/identity';
import hub from 'azure-iothub';
import { test } from 'uvu';
import { AccessTokens, clientCredentialsOf } from '../../src/emulator/access/access-tokens.js';
import { dialEmulator } from '../interop/dial.js';
import { startTestEmulator, type TestEmulator } from './support.js';

let emulator: TestEmulator;
let now = Date.now();
test.before(async () => {
  emulator = await startTestEmulator({ now: () => new Date(now) });
});
test.before.each(() => {
  now = Date.now();
});
test.after(() => emulator?.stop());

const servicePath = () => {
  const { subscriptionId, resourceGroup, dpsName } = emulator.endpoints;
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Devices/provisioningServices/${dpsName}?api-version=2022-02-05`;
};

function askToken(form: Record<string, string>, path = '/adfs/oauth2/token') {
  const { clientId, clientSecret } = clientCredentialsOf(emulator.endpoints.armToken);
  const all = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: 'https://management.azure.com/.default',
    ...form,
  };
  return emulator.call({
    method: 'POST',
    path,
    body: new URLSearchParams(all).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
}

const statusOf = async (path: string, token: string) =>
  (await emulator.call({ path, headers: { authorization: `Bearer ${token}` } })).status;
const groupPath = '/enrollmentGroups/none?api-version=2021-10-01';

test('both authorities tell where the token endpoint is', async () => {
  for (const authority of ['/adfs', '/adfs/adfs']) {
    const { status, body } = await emulator.call({ path: `${authority}/.well-known/openid-configuration` });
    assert.equal(status, 200);
    assert.equal(body.issuer, emulator.endpoints.armEndpoint + authority);
    const { pathname } = new URL(body.token_endpoint);
    assert.equal((await askToken({}, pathname)).status, 200);
  }
});

test('a token opens what it is for, until it expires', async () => {
  const arm = (await askToken({})).body;
  assert.equal(arm.token_type, 'Bearer');
  assert.equal(await statusOf(servicePath(), arm.access_token), 200);
  assert.equal(await statusOf(groupPath, arm.access_token), 401);
  const ownAddress = await askToken({ scope: '', resource: `${emulator.endpoints.armEndpoint}/` });
  assert.equal(await statusOf(servicePath(), ownAddress.body.access_token), 200);
  const service = (await askToken({ scope: 'https://azure-devices-provisioning.net/.default' })).body;
  assert.equal(await statusOf(groupPath, service.access_token), 404);
  assert.equal(await statusOf(servicePath(), service.access_token), 401);
  now += arm.expires_in * 1000;
  assert.equal(await statusOf(servicePath(), arm.access_token), 401);
});

test('a token for hubs opens their service side, and nothing else', async () => {
  const { access_token } = (await askToken({ scope: 'https://iothubs.azure.net/.default' })).body;
  const devices = '/devices?api-version=2021-04-12';
  assert.equal(await statusOf(devices, access_token), 200);
  assert.equal(await statusOf(groupPath, access_token), 401);
  assert.equal(await statusOf(servicePath(), access_token), 401);
  const path = '/devices/nobody/messages/deviceBound?api-version=2021-04-12';
  assert.equal(await statusOf(path, access_token), 401, 'it is no device');
  const service = (await askToken({ scope: 'https://azure-devices-provisioning.net/.default' })).body;
  assert.equal(await statusOf(devices, service.access_token), 401);
  now += 3_601_000;
  assert.equal(await statusOf(devices, access_token), 401);
});

test('tokens of another emulator and tampered ones are refused', async () => {
  const claims = { issuer: 'https://localhost/adfs', resource: 'https://management.azure.com' };
  const foreign = new AccessTokens('another', () => new Date()).issue('arm', claims);
  assert.equal(await statusOf(servicePath(), foreign), 401);
  const [header, payload, signature] = (await askToken({})).body.access_token.split('.');
  const claimed = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const longer = Buffer.from(JSON.stringify({ ...claimed, exp: claimed.exp + 1 })).toString('base64url');
  for (const token of [`${header}.${longer}.${signature}`, `${header}.${payload}.`, 'a.b', '.', '..']) {
    assert.equal(await statusOf(servicePath(), token), 401, token);
  }
});

test('who is not known, or asks for something else, gets no token', async () => {
  const refused = async (form: Record<string, string>) => {
    const { status, body } = await askToken(form);
    assert.equal(body.access_token, undefined);
    return [status, body.error];
  };
  assert.deepEqual(await refused({ client_secret: 'wrong' }), [401, 'invalid_client']);
  assert.deepEqual(await refused({ client_id: 'somebody' }), [401, 'invalid_client']);
  assert.deepEqual(await refused({ grant_type: 'password' }), [400, 'unsupported_grant_type']);
  assert.deepEqual(await refused({ scope: 'https://graph.microsoft.com/.default' }), [
    400,
    'invalid_resource',
  ]);
  const path = '/adfs/oauth2/token';
  const large = await askToken({ padding: 'x'.repeat(200_000) });
  assert.deepEqual([large.status, large.body.error], [413, 'invalid_request']);
  const noForm = await emulator.call({ method: 'POST', path, body: { grant_type: 'client_credentials' } });
  assert.deepEqual([noForm.status, noForm.body.error], [400, 'invalid_request']);
});

test('@azure/identity and the ARM client, unmodified, get in with the client secret', async () => {
  const { endpoints } = emulator;
  const { clientId, clientSecret } = clientCredentialsOf(endpoints.armToken);
  const credentialOf = (secret: string) =>
    new ClientSecretCredential('adfs', clientId, secret, {
      authorityHost: endpoints.armEndpoint,
      disableInstanceDiscovery: true,
    });
  const restore = dialEmulator(endpoints);
  try {
    const credential = credentialOf(clientSecret);
    const arm = new IotDpsClient(credential, endpoints.subscriptionId, { endpoint: endpoints.armEndpoint });
    const { properties } = await arm.iotDpsResource.get(endpoints.dpsName, endpoints.resourceGroup);
    assert.equal(properties.idScope, endpoints.idScope);
    const { token } = await credential.getToken('https://azure-devices-provisioning.net/.default');
    assert.equal(await statusOf(groupPath, token), 404);
    const registry = hub.Registry.fromTokenCredential('localhost', credential);
    const { responseBody: device } = await registry.create({ deviceId: 'by-bearer' });
    assert.equal(device.deviceId, 'by-bearer');
    const ofArm = 'https://management.azure.com/.default';
    await assert.rejects(credentialOf('wrong').getToken(ofArm), /client secret is not that of this emulator/);
    await assert.rejects(credential.getToken('https://graph.microsoft.com/.default'), /no resource/);
  } finally {
    restore();
  }
});

test.run();
