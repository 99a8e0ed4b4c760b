/** Devices that ask for a certificate while they register (api-version 2025-07-01-preview). */
import assert from 'node:assert/strict';
import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { suite } from 'uvu';
import { dpsTopics, dpsUserName, hubUserName } from '../../src/dps/contract/mqtt.js';
import { generateKeyPair, type KeyAlgorithm } from '../../src/pki/keys.js';
import { makeCertificateRequest } from '../../src/pki/make/certificate-request.js';
import { validateChain } from '../../src/pki/path/validate.js';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import { type Made, make } from '../support/chains.js';
import { openssl } from '../support/openssl.js';
import { testWith } from '../support/tools.js';
import { record } from './mqtt-fixture.js';
import { type Answer, groupBody, startTestEmulator, type TestEmulator } from './support.js';

const newest = '2025-07-01-preview';
const test = suite<{ emulator: TestEmulator; root: Made }>('certificate requests');
const testWithOpenssl = testWith('openssl', test);

test.before(async (context) => {
  context.emulator = await startTestEmulator();
  context.root = await make('root', 'Root');
  await context.emulator.verifiedCa('root', context.root);
  const group = groupBody('fleet', { reference: 'root' }, { credentialPolicyName: 'short-lived' });
  const put = await context.emulator.service('PUT', '/enrollmentGroups/fleet', group);
  assert.equal(put.body.credentialPolicyName, 'short-lived');
});
test.after(({ emulator }) => emulator.stop());

async function request(commonName: string, algorithm: KeyAlgorithm = 'ec-p256') {
  const { privateKey, publicKey } = await generateKeyPair(algorithm);
  const { der } = await makeCertificateRequest({ subject: { commonName }, privateKey, publicKey });
  return { csr: der.toString('base64'), privateKey, publicKey };
}

function register(
  emulator: TestEmulator,
  registrationId: string,
  chain: Made[],
  body: unknown,
  version = newest,
): Promise<Answer> {
  const path = `/${emulator.endpoints.idScope}/registrations/${registrationId}/register?api-version=${version}`;
  return emulator.call({ method: 'PUT', path, body, chain });
}

function poll(emulator: TestEmulator, registrationId: string, chain: Made[], operationId: string) {
  const path = `/${emulator.endpoints.idScope}/registrations/${registrationId}/operations/${operationId}`;
  return emulator.call({ path: `${path}?api-version=${newest}`, chain });
}

/** Fails unless these are a certificate of the device, good for its key, up to the published root. */
async function assertIssued(
  { endpoints }: TestEmulator,
  chain: string[],
  registrationId: string,
  key: KeyObject,
) {
  const [leaf, ...above] = chain.map((der) => Buffer.from(der, 'base64'));
  const certificate = new X509Certificate(leaf!);
  assert.equal(certificate.subject, `CN=${registrationId}`);
  assert.ok(certificate.checkPrivateKey(key));
  const root = readFileSync(endpoints.issuingRootFile, 'utf8');
  assert.deepEqual(above.at(-1), new X509Certificate(root).raw);
  const verdict = await validateChain({
    leaf: leaf!,
    intermediates: above,
    trustAnchors: [root],
    purpose: 'clientAuth',
    mode: 'strict',
  });
  assert.deepEqual(verdict.failures, []);
  assert.equal(verdict.path.length, 3);
  return { leaf: leaf!, issuer: above[0]! };
}

const toPem = (der: Buffer) => new X509Certificate(der).toString();

async function hubConnection(emulator: TestEmulator, deviceId: string, cert: string, key: KeyObject) {
  const { ports, caFile, hubHostName } = emulator.endpoints;
  return mqtt.connectAsync(`mqtts://localhost:${ports.mqtt}`, {
    ca: readFileSync(caFile),
    cert,
    key: key.export({ format: 'pem', type: 'pkcs8' }) as string,
    clientId: deviceId,
    username: hubUserName(hubHostName, deviceId, '2021-04-12'),
    reconnectPeriod: 0,
    protocolVersion: 4,
  });
}

test('answers with a chain that opens the hub, where what let the device register does not any more', async ({
  emulator,
  root,
}) => {
  const leaf = await make('device', 'asks', root);
  const { csr, privateKey } = await request('asks');
  const first = await register(emulator, 'asks', [leaf], { registrationId: 'asks', csr });
  assert.equal(first.status, 202, JSON.stringify(first.body));
  const { body } = await poll(emulator, 'asks', [leaf], first.body.operationId);
  const chain = body.registrationState.issuedCertificateChain as string[];
  const issued = await assertIssued(emulator, chain, 'asks', privateKey);
  assert.match(new X509Certificate(issued.issuer).subject, /short-lived/);

  const operational = toPem(issued.leaf) + toPem(issued.issuer);
  await (await hubConnection(emulator, 'asks', operational, privateKey)).endAsync();
  await assert.rejects(hubConnection(emulator, 'asks', leaf.pem, leaf.privateKey), { code: 5 });

  const record = await emulator.service('GET', '/registrations/asks');
  assert.equal('issuedCertificateChain' in record.body, false);
  const path = `/${emulator.endpoints.idScope}/registrations/asks?api-version=${newest}`;
  const lookup = (asked: unknown) => emulator.call({ method: 'POST', path, body: asked, chain: [leaf] });
  const state = await lookup({ registrationId: 'asks' });
  assert.equal(state.status, 200);
  assert.equal('issuedCertificateChain' in state.body, false);
  assert.equal((await lookup({ registrationId: 'asks', csr })).status, 400);
});

test('gives every policy a CA of its own, and each device of a policy the same', async ({ emulator }) => {
  const issuers = new Map<string, string>();
  for (const [registrationId, credentialPolicyName] of [
    ['policy-1', 'a'],
    ['policy-2', 'A'],
    ['policy-3', 'b'],
    ['policy-4', undefined],
  ] as const) {
    const leaf = await make('device', registrationId);
    const x509 = { clientCertificates: { primary: { certificate: leaf.pem } } };
    const enrollment = { registrationId, attestation: { type: 'x509', x509 }, credentialPolicyName };
    assert.equal((await emulator.service('PUT', `/enrollments/${registrationId}`, enrollment)).status, 200);
    const { csr, privateKey } = await request(registrationId, 'rsa-2048');
    const first = await register(emulator, registrationId, [leaf], { csr });
    const { body } = await poll(emulator, registrationId, [leaf], first.body.operationId);
    const chain = body.registrationState.issuedCertificateChain as string[];
    await assertIssued(emulator, chain, registrationId, privateKey);
    issuers.set(registrationId, chain[1]!);
  }
  assert.equal(issuers.get('policy-1'), issuers.get('policy-2'));
  assert.equal(new Set(issuers.values()).size, 3);
});

test('issues over MQTT as well', async ({ emulator, root }) => {
  const leaf = await make('device', 'by-mqtt', root);
  const { csr, privateKey } = await request('by-mqtt');
  const { ports, caFile, idScope } = emulator.endpoints;
  const client = await mqtt.connectAsync(`mqtts://localhost:${ports.mqtt}`, {
    ca: readFileSync(caFile),
    cert: leaf.pem,
    key: leaf.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    clientId: 'by-mqtt',
    username: dpsUserName(idScope, 'by-mqtt', newest),
    reconnectPeriod: 0,
    protocolVersion: 4,
  });
  const inbox = record(client);
  await client.subscribeAsync(dpsTopics.responses);
  client.publish(dpsTopics.register('1'), JSON.stringify({ registrationId: 'by-mqtt', csr }));
  const first = await inbox.first('$dps/registrations/res/202');
  client.publish(dpsTopics.getOperation('2', JSON.parse(first.payload).operationId), ' ');
  const { registrationState } = JSON.parse((await inbox.first('$dps/registrations/res/200')).payload);
  await assertIssued(emulator, registrationState.issuedCertificateChain, 'by-mqtt', privateKey);
  await client.endAsync();
});

testWithOpenssl(
  'takes no request but one that the device itself made for its own name',
  async ({ emulator, root }) => {
    const leaf = await make('device', 'bad', root);
    const good = Buffer.from((await request('bad')).csr, 'base64');
    const forged = Buffer.from(good);
    forged[good.length - 1]! ^= 1;
    const armoured = `-----BEGIN CERTIFICATE REQUEST-----\n${good.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    const weak = openssl([
      'req',
      '-new',
      '-newkey',
      'rsa:1024',
      '-nodes',
      '-keyout',
      '/dev/null',
      '-subj',
      '/CN=bad',
    ]);
    const requests: [unknown, RegExp][] = [
      ['', /base64 of DER/],
      ['not base64!', /base64 of DER/],
      [armoured, /base64 of DER/],
      [Buffer.from(armoured).toString('base64'), /base64 of DER/],
      [good.subarray(0, -5).toString('base64'), /not a certificate signing request/],
      [Buffer.from(leaf.pem.replace(/-----.*-----|\s/g, ''), 'base64').toString('base64'), /csr/],
      [forged.toString('base64'), /changed or forged|signature/],
      [(await request('somebody')).csr, /common name/],
      [Buffer.from(weak.replace(/-----.*-----|\s/g, ''), 'base64').toString('base64'), /2048/],
      [`${good.toString('base64').slice(0, 40)}${'A'.repeat(32_000)}`, /more than/],
      [42, /csr/],
    ];
    for (const [csr, reason] of requests) {
      const answer = await register(emulator, 'bad', [leaf], { registrationId: 'bad', csr });
      assert.equal(answer.status, 400, String(csr).slice(0, 60));
      assert.equal(answer.body.errorCode, 400004);
      assert.match(answer.body.message, reason);
    }
    assert.equal((await emulator.service('GET', '/registrations/bad')).status, 404);
    const stranger = await make('device', 'bad');
    const { csr } = await request('bad');
    assert.equal((await register(emulator, 'bad', [stranger], { csr })).status, 401);
  },
);

test('issues certificates that end with the last date there is, when the clock is near it', async () => {
  const emulator = await startTestEmulator();
  try {
    const leaf = await make('device', 'late', undefined, { validityDays: Number.POSITIVE_INFINITY });
    const x509 = { clientCertificates: { primary: { certificate: leaf.pem } } };
    const enrollment = { registrationId: 'late', attestation: { type: 'x509', x509 } };
    assert.equal((await emulator.service('PUT', '/enrollments/late', enrollment)).status, 200);
    emulator.clock.set(new Date('9999-12-30T00:00:00Z'));
    const { csr } = await request('late');
    const first = await register(emulator, 'late', [leaf], { csr });
    const { body } = await poll(emulator, 'late', [leaf], first.body.operationId);
    const chain = body.registrationState.issuedCertificateChain as string[];
    for (const der of chain) {
      const { notAfter } = parseCertificate(Buffer.from(der, 'base64'));
      assert.equal(notAfter.toISOString(), '9999-12-31T23:59:59.000Z');
    }
    assert.equal(chain.length, 3);
  } finally {
    await emulator.stop();
  }
});

test('is not known to earlier versions: the field is passed over', async ({ emulator, root }) => {
  const leaf = await make('device', 'earlier', root);
  const { csr } = await request('earlier');
  const first = await register(emulator, 'earlier', [leaf], { csr }, '2021-06-01');
  const { body } = await poll(emulator, 'earlier', [leaf], first.body.operationId);
  assert.equal(body.status, 'assigned');
  assert.equal('issuedCertificateChain' in body.registrationState, false);
});

test('keeps its CAs: after a restart the root is the same', async () => {
  const { inTemporaryFolder } = await import('../support/temporary-folder.js');
  await inTemporaryFolder(async (dir) => {
    const fingerprints: string[] = [];
    for (let start = 0; start < 2; start += 1) {
      const emulator = await startTestEmulator({ dir });
      const pem = readFileSync(emulator.endpoints.issuingRootFile);
      fingerprints.push(createHash('sha256').update(pem).digest('hex'));
      await emulator.stop();
    }
    assert.equal(fingerprints[0], fingerprints[1]);
  });
});

test.run();
