/** Azure Device Registry: namespaces, CAs and policies as ARM resources, and the certificates that they issue. */
import assert from 'node:assert/strict';
import { type KeyObject, X509Certificate } from 'node:crypto';
import { suite } from 'uvu';
import { generateKeyPair } from '../../src/pki/keys.js';
import { makeCertificateRequest } from '../../src/pki/make/certificate-request.js';
import { issue } from '../../src/pki/make/issue.js';
import { loadProfile } from '../../src/pki/make/profile.js';
import { validateChain } from '../../src/pki/path/validate.js';
import { parseCertificateRequest } from '../../src/pki/x509/csr.js';
import { type Made, make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { type Answer, groupBody, startTestEmulator, type TestEmulator } from './support.js';

const newest = '2026-11-01';
const older = '2026-03-01-preview';

interface Context {
  emulator: TestEmulator;
  root: Made;
  service: string;
}
const test = suite<Context>('Azure Device Registry');

test.before(async (context) => {
  context.emulator = await startTestEmulator();
  context.root = await make('root', 'Root');
  await context.emulator.verifiedCa('root', context.root);
  const { subscriptionId, resourceGroup, dpsName } = context.emulator.endpoints;
  context.service = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Devices/provisioningServices/${dpsName}`;
});
test.after(({ emulator }) => emulator.stop());

/** Requests below a namespace. */
function namespaceOf({ endpoints, call }: TestEmulator, name: string) {
  const { subscriptionId, resourceGroup, armToken } = endpoints;
  const base = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.DeviceRegistry/namespaces/${name}`;
  const send = (method: string, below: string, body?: unknown, version = newest): Promise<Answer> =>
    call({
      method,
      path: `${base}${below}?api-version=${version}`,
      body,
      headers: { authorization: `Bearer ${armToken}` },
    });
  return { base, send };
}

type Namespace = ReturnType<typeof namespaceOf>;

async function created(answer: Promise<Answer>): Promise<any> {
  const { status, body } = await answer;
  assert.equal(status, 201, JSON.stringify(body));
  assert.equal(body.properties.provisioningState, 'Succeeded');
  return body;
}

async function refused(answer: Promise<Answer>, status: number, code: string): Promise<void> {
  const { status: given, body } = await answer;
  assert.equal(given, status, JSON.stringify(body));
  assert.equal(body.error.code, code, JSON.stringify(body));
}

const ecc = { keyType: 'ECC' };
const rootCa = { properties: { certificateAuthorityType: 'Root', ...ecc } };
const external = {
  properties: { certificateAuthorityType: 'ICA', ...ecc, issuer: { issuerType: 'External' } },
};
const signedBy = ({ base }: Namespace, name: string) => ({
  properties: {
    certificateAuthorityType: 'ICA',
    ...ecc,
    issuer: {
      issuerType: 'Microsoft',
      certificateAuthorityResourceId: `${base}/certificateAuthorities/${name}`,
    },
  },
});
const days = (validityPeriodInDays: number) => ({ properties: { certificate: { validityPeriodInDays } } });
const systemAssigned = { type: 'SystemAssigned' };

const linked = (endpoint: object | null) => ({
  properties: { provisioning: { endpoints: { dps: endpoint } } },
});
const serviceEndpoint = (resourceId: string) => ({
  endpointType: 'Microsoft.Devices/provisioningServices',
  resourceId,
  inboundCallerIdentity: systemAssigned,
});

/** Registers with a certificate request. @returns the state of the registration, or the refusal */
async function register(
  { endpoints, call }: TestEmulator,
  root: Made,
  registrationId: string,
): Promise<Answer & { privateKey: KeyObject }> {
  const chain = [await make('device', registrationId, root)];
  const { privateKey, publicKey } = await generateKeyPair('ec-p256');
  const { der } = await makeCertificateRequest({
    subject: { commonName: registrationId },
    privateKey,
    publicKey,
  });
  const base = `/${endpoints.idScope}/registrations/${registrationId}`;
  const body = { registrationId, csr: der.toString('base64') };
  const version = 'api-version=2026-04-01';
  const first = await call({ method: 'PUT', path: `${base}/register?${version}`, body, chain });
  if (first.status !== 202) return { ...first, privateKey };
  const outcome = await call({ path: `${base}/operations/${first.body.operationId}?${version}`, chain });
  return { ...outcome, privateKey };
}

/** The issued chain, valid up to its last certificate. */
async function issuedChain(answer: Answer): Promise<X509Certificate[]> {
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  const ders = answer.body.registrationState.issuedCertificateChain.map((der: string) =>
    Buffer.from(der, 'base64'),
  );
  const [leaf, ...above] = ders;
  const verdict = await validateChain({
    leaf,
    intermediates: above,
    trustAnchors: [above.at(-1)],
    purpose: 'clientAuth',
    mode: 'strict',
  });
  assert.deepEqual(verdict.failures, []);
  return ders.map((der: Buffer) => new X509Certificate(der));
}

function daysOf({ validTo }: X509Certificate): number {
  return Math.round((Date.parse(validTo) - Date.now()) / 86_400_000);
}

test('a namespace is made, read, listed and deleted; names and api-versions are checked', async ({
  emulator,
}) => {
  const plant = namespaceOf(emulator, 'plant');
  const made = await created(plant.send('PUT', '', { location: 'westeurope', tags: { line: '5' } }));
  assert.equal(made.type, 'Microsoft.DeviceRegistry/namespaces');
  assert.equal(made.id, plant.base);
  assert.match(made.properties.uuid, /^[0-9a-f-]{36}$/);
  const again = await plant.send('PUT', '', { location: 'westeurope' });
  assert.equal(again.status, 200);
  assert.equal(again.body.properties.uuid, made.properties.uuid);
  assert.deepEqual((await plant.send('PATCH', '', { tags: { line: '6' } })).body.tags, { line: '6' });
  assert.deepEqual((await plant.send('GET', '')).body.tags, { line: '6' });
  const list = await namespaceOf(emulator, '').send('GET', '');
  assert.deepEqual(
    list.body.value.map(({ name }: { name: string }) => name),
    ['plant'],
  );
  await refused(namespaceOf(emulator, 'Plant_1').send('PUT', '', { location: 'x' }), 400, 'BadRequest');
  await refused(namespaceOf(emulator, 'ab').send('PUT', '', { location: 'x' }), 400, 'BadRequest');
  await refused(namespaceOf(emulator, 'other').send('PUT', '', {}), 400, 'BadRequest');
  await refused(namespaceOf(emulator, 'none').send('GET', ''), 404, 'ResourceNotFound');
  await refused(
    namespaceOf(emulator, 'none').send('GET', '/credentials/default', undefined, older),
    404,
    'ParentResourceNotFound',
  );
  await refused(
    plant.send('GET', '/certificateAuthorities', undefined, older),
    400,
    'InvalidApiVersionParameter',
  );
  await refused(plant.send('GET', '/credentials', undefined, newest), 400, 'InvalidApiVersionParameter');
  assert.equal((await plant.send('DELETE', '')).status, 204);
  assert.equal((await plant.send('DELETE', '')).status, 204);
  await refused(plant.send('GET', ''), 404, 'ResourceNotFound');
});

test('certificate authorities and policies obey their rules', async ({ emulator }) => {
  const rules = namespaceOf(emulator, 'rules');
  await created(rules.send('PUT', '', { location: 'westeurope' }));
  const ca = (name: string) => `/certificateAuthorities/${name}`;
  const made = await created(rules.send('PUT', ca('root'), rootCa));
  assert.equal(made.properties.certificateAuthorityType, 'Root');
  assert.match(made.properties.subject, /CN=root/);
  assert.ok(new Date(made.properties.validityNotAfter) > new Date());
  await refused(rules.send('PUT', ca('a_b'), rootCa), 400, 'BadRequest');
  await refused(
    rules.send('PUT', ca('rsa'), { properties: { certificateAuthorityType: 'Root', keyType: 'RSA' } }),
    400,
    'BadRequest',
  );
  await refused(rules.send('PUT', ca('ica'), signedBy(rules, 'none')), 400, 'BadRequest');
  await created(rules.send('PUT', ca('ica'), signedBy(rules, 'root')));
  await refused(rules.send('PUT', ca('ica'), external), 409, 'OperationNotAllowed');
  await refused(rules.send('PUT', ca('below'), signedBy(rules, 'ica')), 400, 'BadRequest');
  for (const name of ['ica-2', 'ica-3']) await created(rules.send('PUT', ca(name), external));
  await refused(rules.send('PUT', ca('ica-4'), external), 400, 'BadRequest');

  const policy = `${ca('ica')}/certificatePolicies/short`;
  for (const validity of [0, 91, 1.5])
    await refused(rules.send('PUT', policy, days(validity)), 400, 'BadRequest');
  await refused(
    rules.send('PUT', `${ca('none')}/certificatePolicies/short`, days(5)),
    404,
    'ParentResourceNotFound',
  );
  await refused(rules.send('PUT', `${ca('root')}/certificatePolicies/short`, days(5)), 400, 'BadRequest');
  await created(rules.send('PUT', policy, days(5)));
  await refused(rules.send('PUT', `${ca('ica')}/certificatePolicies/second`, days(5)), 400, 'BadRequest');
  assert.equal(
    (await rules.send('PATCH', policy, days(9))).body.properties.certificate.validityPeriodInDays,
    9,
  );
  assert.equal((await rules.send('GET', `${ca('ica')}/certificatePolicies`)).body.value.length, 1);

  await refused(rules.send('DELETE', ca('root')), 409, 'OperationNotAllowed');
  await refused(rules.send('DELETE', ca('ica')), 409, 'OperationNotAllowed');
  assert.equal((await rules.send('DELETE', policy)).status, 204);
  assert.equal((await rules.send('DELETE', ca('ica'))).status, 204);
  assert.equal((await rules.send('DELETE', ca('root'))).status, 204);
  await refused(rules.send('GET', ca('root')), 404, 'ResourceNotFound');
  await refused(rules.send('POST', `${ca('ica-2')}/revokeAndRotate`, {}), 400, 'BadRequest');
});

test('an enrollment names a policy of the linked namespace, whose CA and validity its devices get', async ({
  emulator,
  root,
  service,
}) => {
  const line = namespaceOf(emulator, 'line');
  await created(line.send('PUT', '', { location: 'westeurope' }));
  await created(line.send('PUT', '/certificateAuthorities/root', rootCa));
  await created(line.send('PUT', '/certificateAuthorities/ica', signedBy(line, 'root')));
  await created(line.send('PUT', '/certificateAuthorities/ica/certificatePolicies/short', days(5)));
  const policy = { namespaceName: 'line', certificateAuthorityName: 'ica', certificatePolicyName: 'short' };
  const put = (members: Record<string, unknown>, version = newest) => {
    const path = `/enrollmentGroups/line?api-version=${version}`;
    return emulator.service('PUT', path, groupBody('line', { reference: 'root' }, members));
  };
  const notLinked = await put(policy);
  assert.equal(notLinked.body.errorCode, 400004, JSON.stringify(notLinked.body));

  await refused(line.send('PATCH', '', linked(serviceEndpoint(`${service}-2`))), 400, 'BadRequest');
  const { inboundCallerIdentity: _, ...anonymous } = serviceEndpoint(service);
  await refused(line.send('PATCH', '', linked(anonymous)), 400, 'BadRequest');
  const { hubs, subscriptionId, resourceGroup } = emulator.endpoints;
  const hub = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Devices/IotHubs/${hubs[0]!.name}`;
  const hubEndpoint = {
    endpointType: 'Microsoft.Devices/IotHubs',
    resourceId: hub,
    inboundCallerIdentity: systemAssigned,
  };
  const withHub = { properties: { messaging: { endpoints: { hub: hubEndpoint } } } };
  await refused(line.send('PATCH', '', withHub), 409, 'OperationNotAllowed');
  const link = await line.send('PATCH', '', linked(serviceEndpoint(service)));
  assert.equal(
    link.body.properties.provisioning.endpoints.dps.linkingState,
    'Succeeded',
    JSON.stringify(link.body),
  );
  const hubLink = await line.send('PATCH', '', withHub);
  assert.ok(hubLink.body.properties.messaging.endpoints.hub.deviceAddress, JSON.stringify(hubLink.body));
  const other = namespaceOf(emulator, 'line-2');
  await created(other.send('PUT', '', { location: 'westeurope' }));
  await refused(other.send('PATCH', '', linked(serviceEndpoint(service))), 409, 'OperationNotAllowed');
  await refused(line.send('DELETE', ''), 409, 'OperationNotAllowed');

  for (const members of [
    { namespaceName: 'line' },
    { ...policy, certificatePolicyName: 'none' },
    { ...policy, certificateAuthorityName: 'root' },
    { ...policy, namespaceName: 'line-2' },
  ]) {
    const { status, body } = await put(members);
    assert.equal(status, 400, JSON.stringify(members));
    assert.equal(body.errorCode, 400004);
  }
  const saved = await put({ ...policy, credentialPolicyName: 'ignored-in-this-version' });
  assert.equal(saved.status, 200, JSON.stringify(saved.body));
  assert.equal(saved.body.certificatePolicyName, 'short');
  assert.equal('credentialPolicyName' in saved.body, false);
  const read = await emulator.service('GET', '/enrollmentGroups/line?api-version=2021-10-01');
  assert.equal('certificatePolicyName' in read.body, false);

  const registered = await register(emulator, root, 'line-1');
  const [leaf, issuer, top] = await issuedChain(registered);
  const sends = async () => {
    const { privateKey } = registered;
    const chain = [leaf!, issuer!].map((certificate) => ({ pem: certificate.toString(), privateKey }));
    const path = '/devices/line-1/messages/events?api-version=2021-04-12';
    return (await emulator.call({ method: 'POST', path, body: '1', chain })).status;
  };
  assert.equal(await sends(), 204);
  assert.equal(leaf!.subject, 'CN=line-1');
  assert.equal(daysOf(leaf!), 5);
  assert.equal(issuer!.subject, 'CN=ica');
  assert.equal(top!.subject, 'CN=root');

  await refused(
    line.send('DELETE', '/certificateAuthorities/ica/certificatePolicies/short'),
    409,
    'OperationNotAllowed',
  );
  // What the CA issued is refused after it was revoked; who registers again is served by the new one.
  assert.equal((await line.send('POST', '/certificateAuthorities/ica/revokeAndRotate', {})).status, 204);
  assert.equal(await sends(), 401);
  const [, rotated] = await issuedChain(await register(emulator, root, 'line-1'));
  assert.equal(rotated!.subject, 'CN=ica');
  assert.notEqual(rotated!.fingerprint256, issuer!.fingerprint256);

  const withoutPolicy = await put({});
  assert.equal(withoutPolicy.status, 409, 'an existing enrollment needs If-Match');
  assert.equal((await emulator.service('DELETE', '/enrollmentGroups/line')).status, 204);
  assert.equal((await put({})).status, 200);
  const plain = await register(emulator, root, 'line-2');
  assert.equal(plain.body.status, 'assigned', 'without a policy: assigned, without a certificate');
  assert.equal('issuedCertificateChain' in plain.body.registrationState, false);
  await refused(line.send('PATCH', '', linked(null)), 409, 'OperationNotAllowed');
  const unlinked = {
    properties: { messaging: { endpoints: { hub: null } }, provisioning: { endpoints: { dps: null } } },
  };
  assert.equal((await line.send('PATCH', '', unlinked)).status, 200);
  assert.equal(
    (await line.send('DELETE', '/certificateAuthorities/ica/certificatePolicies/short')).status,
    204,
  );
  assert.equal((await line.send('DELETE', '')).status, 204);
  assert.equal((await emulator.service('DELETE', '/enrollmentGroups/line')).status, 204);
});

/** Signs the request of a CA, as a customer's own CA does. */
async function sign(csr: string, issuer: Made): Promise<string> {
  const { publicKey, subject } = parseCertificateRequest(csr);
  const { pem } = await issue({
    profile: loadProfile('intermediate'),
    subject,
    publicKey,
    issuer: { certificate: issuer.pem, privateKey: issuer.privateKey },
    at: new Date(),
  });
  return pem;
}

test('a CA of the customer signs the request of a certificate authority, which then issues', async ({
  emulator,
  root,
  service,
}) => {
  const own = namespaceOf(emulator, 'own');
  const ca = '/certificateAuthorities/ica';
  await created(own.send('PUT', '', { location: 'westeurope' }));
  const made = await created(own.send('PUT', ca, external));
  const { certificateSigningRequest: csr, status } = made.properties.issuer;
  assert.equal(status, 'PendingActivation');
  assert.equal((await own.send('PATCH', '', linked(serviceEndpoint(service)))).status, 200);
  await created(own.send('PUT', `${ca}/certificatePolicies/weekly`, days(7)));
  const policy = { namespaceName: 'own', certificateAuthorityName: 'ICA', certificatePolicyName: 'weekly' };
  const group = groupBody('own', { reference: 'root' }, policy);
  const put = await emulator.service('PUT', `/enrollmentGroups/own?api-version=${newest}`, group);
  assert.equal(put.status, 200, JSON.stringify(put.body));
  const early = await register(emulator, root, 'own-1');
  assert.equal(early.status, 400);
  assert.match(early.body.message, /activation/);

  const customer = await make('root', 'Customer');
  const signed = await sign(csr, customer);
  const stranger = await make('intermediate', 'ica', customer);
  const activate = (certificateChain: unknown) => own.send('POST', `${ca}/activate`, { certificateChain });
  for (const chain of [
    stranger.pem + customer.pem,
    customer.pem + signed,
    signed + root.pem,
    (await make('device', 'ica', customer)).pem,
    'none',
    7,
  ]) {
    await refused(activate(chain), 400, 'BadRequest');
  }
  assert.equal((await own.send('GET', ca)).body.properties.issuer.status, 'PendingActivation');
  assert.equal((await activate(signed + customer.pem)).status, 204);
  const { properties } = (await own.send('GET', ca)).body;
  assert.equal(properties.issuer.status, 'Active');
  const thumbprint = new X509Certificate(signed).fingerprint.replaceAll(':', '');
  assert.equal(properties.issuer.thumbprint, thumbprint);

  const [leaf, issuer, top] = await issuedChain(await register(emulator, root, 'own-1'));
  assert.equal(daysOf(leaf!), 7);
  assert.equal(issuer!.fingerprint.replaceAll(':', ''), thumbprint);
  assert.equal(top!.subject, 'CN=Customer');
  assert.equal((await emulator.service('DELETE', '/enrollmentGroups/own')).status, 204);
  assert.equal((await own.send('PATCH', '', linked(null))).status, 200);
});

test('credentials and their policies, the generation before', async ({ emulator, root, service }) => {
  const old = namespaceOf(emulator, 'old');
  const send = (method: string, below: string, body?: unknown) => old.send(method, below, body, older);
  await created(send('PUT', '', { location: 'westeurope' }));
  const leafOf = (validityPeriodInDays: number, own = false) => ({
    properties: {
      certificate: {
        certificateAuthorityConfiguration: { keyType: 'ECC', bringYourOwnRoot: { enabled: own } },
        leafCertificateConfiguration: { validityPeriodInDays },
      },
    },
  });
  const policies = '/credentials/default/policies';
  await refused(send('PUT', `${policies}/short`, leafOf(7)), 404, 'ParentResourceNotFound');
  await refused(send('PUT', '/credentials/second', {}), 400, 'BadRequest');
  await created(send('PUT', '/credentials/default', {}));
  await refused(send('PUT', `${policies}/short`, leafOf(6)), 400, 'BadRequest');
  const policy = await created(send('PUT', `${policies}/short`, leafOf(7)));
  assert.match(policy.properties.certificate.certificateAuthorityConfiguration.subject, /CN=short/);
  const own = await created(send('PUT', `${policies}/own`, leafOf(7, true)));
  const { certificateSigningRequest } =
    own.properties.certificate.certificateAuthorityConfiguration.bringYourOwnRoot;
  const before = await old.send('GET', `${policies}/own`, undefined, '2025-11-01-preview');
  const { certificateAuthorityConfiguration } = before.body.properties.certificate;
  assert.equal('bringYourOwnRoot' in certificateAuthorityConfiguration, false);
  const certificateChain = (await sign(certificateSigningRequest, root)) + root.pem;
  await refused(
    send('POST', `${policies}/short/activateBringYourOwnRoot`, { certificateChain }),
    400,
    'BadRequest',
  );
  const activation = await send('POST', `${policies}/own/activateBringYourOwnRoot`, { certificateChain });
  assert.equal(activation.status, 202);
  assert.equal((await send('POST', '/credentials/default/synchronize')).status, 202);

  // The provisioning service names the namespace itself, by a managed identity.
  const deviceRegistryNamespace = { resourceId: old.base, authenticationType: 'SystemAssigned' };
  const body = (members: object) => ({
    location: 'local',
    identity: systemAssigned,
    sku: { name: 'S1', capacity: 1 },
    properties: members,
  });
  const link = (members: object) =>
    emulator.call({
      method: 'PUT',
      path: `${service}?api-version=2026-03-01-preview`,
      body: body(members),
      headers: { authorization: `Bearer ${emulator.endpoints.armToken}` },
    });
  const nowhere = { ...deviceRegistryNamespace, resourceId: `${old.base}-2` };
  assert.equal((await link({ deviceRegistryNamespace: nowhere })).body.code, 400004);
  assert.equal((await link({ deviceRegistryNamespace })).status, 201);
  const shown = await emulator.arm('GET', '?api-version=2026-03-01-preview');
  assert.deepEqual(shown.body.properties.deviceRegistryNamespace, deviceRegistryNamespace);

  const hubVersion = 'api-version=2026-03-01-preview';
  const hubPath = `/subscriptions/${emulator.endpoints.subscriptionId}/resourceGroups/${emulator.endpoints.resourceGroup}/providers/Microsoft.Devices/IotHubs/${emulator.endpoints.hubs[0]!.name}`;
  const hub = (method: string, version: string, deviceRegistry?: object) =>
    emulator.call({
      method,
      path: `${hubPath}?${version}`,
      ...(deviceRegistry === undefined
        ? {}
        : { body: { location: 'local', sku: { name: 'S1' }, properties: { deviceRegistry } } }),
      headers: { authorization: `Bearer ${emulator.endpoints.armToken}` },
    });
  const ofHub = { namespaceResourceId: old.base, identityResourceId: '/identity' };
  assert.equal((await hub('PUT', hubVersion, { namespaceResourceId: `${old.base}-2` })).body.code, 400004);
  assert.equal((await hub('PUT', hubVersion, ofHub)).status, 201);
  assert.deepEqual((await hub('GET', hubVersion)).body.properties.deviceRegistry, ofHub);
  assert.equal('deviceRegistry' in (await hub('GET', 'api-version=2021-07-02')).body.properties, false);
  assert.equal((await hub('PUT', 'api-version=2021-07-02', {})).status, 201, 'knows no link, and keeps it');
  await refused(send('DELETE', ''), 409, 'OperationNotAllowed');

  const enrollment = (name: string) =>
    emulator.service(
      'PUT',
      '/enrollmentGroups/old?api-version=2026-04-01',
      groupBody('old', { reference: 'root' }, { credentialPolicyName: name }),
    );
  assert.equal((await enrollment('none')).body.errorCode, 400004);
  assert.equal((await enrollment('short')).status, 200);
  const [leaf, issuer, top] = await issuedChain(await register(emulator, root, 'old-1'));
  assert.equal(daysOf(leaf!), 7);
  assert.equal(issuer!.subject, 'CN=short');
  assert.equal(top!.subject, 'CN=default');
  await refused(send('DELETE', `${policies}/short`), 409, 'OperationNotAllowed');
  await refused(send('DELETE', '/credentials/default'), 409, 'OperationNotAllowed');
  assert.equal((await send('POST', `${policies}/short/revokeIssuer`)).status, 202);
  assert.equal((await send('POST', `${policies}/own/revokeIssuer`)).status, 202);
  const waiting = (await send('GET', `${policies}/own`)).body.properties.certificate;
  assert.equal(waiting.certificateAuthorityConfiguration.bringYourOwnRoot.status, 'PendingActivation');
  assert.equal((await link({})).status, 201);
  await refused(send('DELETE', ''), 409, 'OperationNotAllowed');
  assert.equal((await hub('PUT', hubVersion, undefined)).status, 400);
  const unlinked = { namespaceResourceId: old.base };
  assert.equal((await hub('PUT', hubVersion, unlinked)).status, 201);
  assert.deepEqual((await hub('GET', hubVersion)).body.properties.deviceRegistry, unlinked);
  const without = { location: 'local', sku: { name: 'S1' }, properties: {} };
  const headers = { authorization: `Bearer ${emulator.endpoints.armToken}` };
  const plain = await emulator.call({
    method: 'PUT',
    path: `${hubPath}?${hubVersion}`,
    body: without,
    headers,
  });
  assert.equal(plain.status, 201);
  assert.equal((await send('DELETE', '')).status, 204);
});

test('of requests at once, one makes a CA; a namespace that is deleted meanwhile gets none', async ({
  emulator,
}) => {
  const busy = namespaceOf(emulator, 'busy');
  await created(busy.send('PUT', '', { location: 'westeurope' }));
  const put = () => busy.send('PUT', '/certificateAuthorities/own', external);
  const answers = await Promise.all([put(), put(), put()]);
  const requests = answers.map(({ body }) => body.properties.issuer.certificateSigningRequest);
  assert.equal(new Set(requests).size, 1);
  const late = busy.send('PUT', '/certificateAuthorities/late', rootCa);
  await busy.send('DELETE', '');
  assert.ok([201, 404].includes((await late).status));
  await created(busy.send('PUT', '', { location: 'westeurope' }));
  assert.deepEqual((await busy.send('GET', '/certificateAuthorities')).body.value, []);
});

test('namespaces and CAs are there after a restart, and gone after a reset', () =>
  inTemporaryFolder(async (dir) => {
    let emulator = await startTestEmulator({ dir });
    try {
      let kept = namespaceOf(emulator, 'kept');
      await created(kept.send('PUT', '', { location: 'westeurope' }));
      const { body } = await kept.send('PUT', '/certificateAuthorities/own', external);
      await emulator.stop();
      emulator = await startTestEmulator({ dir });
      kept = namespaceOf(emulator, 'kept');
      assert.deepEqual((await kept.send('GET', '/certificateAuthorities/own')).body, body);
      await emulator.reset();
      await refused(kept.send('GET', ''), 404, 'ResourceNotFound');
    } finally {
      await emulator.stop();
    }
  }));

test.run();
