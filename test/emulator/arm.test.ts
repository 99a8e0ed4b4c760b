import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import { issueVerificationCertificate } from '../../src/pki/make/verification-certificate.js';
import { type Made, make } from '../support/chains.js';
import { base64, startTestEmulator, type TestEmulator } from './support.js';

const test = suite<{ emulator: TestEmulator; root: Made }>('ARM plane');

test.before(async (context) => {
  context.emulator = await startTestEmulator();
  context.root = await make('root', 'Contoso Root');
});
test.after(({ emulator }) => emulator.stop());

const proofOf = async (code: string, { pem, privateKey }: Made) =>
  base64((await issueVerificationCertificate(code, { certificate: pem, privateKey }, new Date())).pem);

test('describes the provisioning service, its keys and its hub', async ({ emulator }) => {
  const { endpoints } = emulator;
  const { status, body } = await emulator.arm('GET', '');
  assert.equal(status, 200);
  assert.equal(body.properties.idScope, endpoints.idScope);
  assert.match(endpoints.idScope, /^0ne[0-9A-F]{8}$/);
  assert.equal(body.properties.serviceOperationsHostName, `localhost:${endpoints.ports.https}`);
  assert.equal(body.properties.iotHubs[0].name, `127.0.0.1:${endpoints.ports.mqtt}`);
  const keys = await emulator.arm('POST', '/listkeys');
  const owner = keys.body.value.find(
    ({ keyName }: { keyName: string }) => keyName === 'provisioningserviceowner',
  );
  assert.ok(endpoints.serviceConnectionString.endsWith(`SharedAccessKey=${owner.primaryKey}`));
  const one = await emulator.arm('POST', '/keys/ProvisioningServiceOwner/listKeys');
  assert.deepEqual(one.body, owner);
  assert.equal((await emulator.arm('POST', '/keys/nobody/listkeys')).status, 404);
});

test('takes nobody without the token, and knows no other service', async ({ emulator }) => {
  const { endpoints } = emulator;
  const path = `/subscriptions/${endpoints.subscriptionId}/resourceGroups/enrollkit/providers/Microsoft.Devices/provisioningServices/`;
  const get = (dpsName: string, authorization?: string) =>
    emulator.call({
      path: `${path}${dpsName}?api-version=2022-02-05`,
      headers: authorization === undefined ? {} : { authorization },
    });
  const bearer = `Bearer ${endpoints.armToken}`;
  assert.equal((await get(endpoints.dpsName)).status, 401);
  assert.equal((await get(endpoints.dpsName, `${bearer}x`)).status, 401);
  assert.equal((await get(endpoints.dpsName, bearer)).status, 200);
  const other = await get('other', bearer);
  assert.equal(other.status, 404);
  assert.equal(other.body.code, 404002);
});

test('goes through the life of a certificate, the etag changing at each step', async ({ emulator, root }) => {
  const path = '/certificates/life';
  const put = await emulator.arm('PUT', path, { properties: { certificate: base64(root.pem) } });
  assert.equal(put.status, 200);
  assert.equal(put.body.properties.isVerified, false);
  assert.equal(put.body.properties.subject, 'Contoso Root');
  assert.match(put.body.properties.thumbprint, /^[0-9A-F]{40}$/);
  assert.match(put.body.properties.expiry, /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
  assert.equal('verificationCode' in put.body.properties, false);

  const code = await emulator.arm('POST', `${path}/generateVerificationCode`, undefined, {
    'if-match': put.body.etag,
  });
  assert.match(code.body.properties.verificationCode, /^[0-9A-F]{48}$/);
  assert.notEqual(code.body.etag, put.body.etag);

  const certificate = await proofOf(code.body.properties.verificationCode, root);
  const stale = await emulator.arm('POST', `${path}/verify`, { certificate }, { 'if-match': put.body.etag });
  assert.equal(stale.status, 412);
  assert.match(stale.body.message, /Invalid ETag/);
  assert.equal((await emulator.arm('POST', `${path}/verify`, { certificate })).status, 400);

  const verified = await emulator.arm(
    'POST',
    `${path}/verify`,
    { certificate },
    { 'if-match': code.body.etag },
  );
  assert.equal(verified.status, 200, JSON.stringify(verified.body));
  assert.equal(verified.body.properties.isVerified, true);
  assert.notEqual(verified.body.etag, code.body.etag);
  const got = await emulator.arm('GET', path);
  assert.deepEqual(got.body, verified.body);
  const list = await emulator.arm('GET', '/certificates');
  assert.ok(list.body.value.some(({ name }: { name: string }) => name === 'life'));

  assert.equal((await emulator.arm('DELETE', path)).status, 400);
  assert.equal((await emulator.arm('DELETE', path, undefined, { 'if-match': put.body.etag })).status, 412);
  assert.equal(
    (await emulator.arm('DELETE', path, undefined, { 'if-match': verified.body.etag })).status,
    200,
  );
  assert.equal((await emulator.arm('GET', path)).status, 404);
});

test('takes no proof but the right one', async ({ emulator, root }) => {
  const path = '/certificates/proof';
  await emulator.arm('PUT', path, { properties: { certificate: base64(root.pem) } });
  const any = { 'if-match': '*' };
  const verify = async (certificate: string) =>
    (await emulator.arm('POST', `${path}/verify`, { certificate }, any)).status;
  assert.equal(await verify(await proofOf('0'.repeat(48), root)), 400, 'no code was asked for');
  const first = await emulator.arm('POST', `${path}/generateVerificationCode`, undefined, any);
  const second = await emulator.arm('POST', `${path}/generateVerificationCode`, undefined, any);
  const code = second.body.properties.verificationCode;
  assert.equal(
    await verify(await proofOf(first.body.properties.verificationCode, root)),
    400,
    'an earlier code',
  );
  assert.equal(await verify(await proofOf(code.toLowerCase(), root)), 400, 'another case');
  const impostor = await make('root', 'Contoso Root');
  assert.equal(await verify(await proofOf(code, impostor)), 400, 'another signer of the same name');
  const intermediate = await make('intermediate', 'Below', root);
  assert.equal(await verify(await proofOf(code, intermediate)), 400, 'not signed directly');
  assert.equal(await verify(base64(root.pem)), 400, 'the CA itself');
  assert.equal(await verify('AAAA'), 400, 'no certificate');
  assert.equal((await emulator.arm('GET', path)).body.properties.isVerified, false);
  assert.equal(await verify(await proofOf(code, root)), 200);
});

test('takes certificates in every form that clients send, and the body by api-version', async ({
  emulator,
  root,
}) => {
  const der = Buffer.from(root.pem.replace(/-----.*-----|\s/g, ''), 'base64');
  const thumbprint = createHash('sha1').update(der).digest('hex').toUpperCase();
  const other = await make('root', 'Second of the bundle');
  const forms = {
    'base64-der': der.toString('base64'),
    'base64-pem': base64(root.pem),
    'twice-base64': base64(base64(root.pem)),
    pem: root.pem,
    'pem-crlf': `\ufeff# my root\r\n${root.pem.replaceAll('\n', '\r\n')}`,
    bundle: `${root.pem}${other.pem}`,
  };
  for (const [name, certificate] of Object.entries(forms)) {
    const nested = await emulator.arm('PUT', `/certificates/${name}`, { properties: { certificate } });
    assert.equal(nested.status, 200, name);
    assert.equal(nested.body.properties.subject, 'Contoso Root', name);
    assert.equal(nested.body.properties.thumbprint, thumbprint, name);
  }
  const flat = await emulator.arm('PUT', '/certificates/flat?api-version=2021-10-15', {
    certificate: forms['twice-base64'],
    isVerified: true,
  });
  assert.equal(flat.body.properties.isVerified, true);
  const wrongShape = await emulator.arm('PUT', '/certificates/wrong', { certificate: forms['base64-pem'] });
  assert.equal(wrongShape.status, 400);
  assert.match(wrongShape.body.message, /properties\.certificate/);
});

test('replaces a certificate only for who knows its etag, and then asks for proof again', async ({
  emulator,
  root,
}) => {
  const path = '/certificates/replaced';
  const body = { properties: { certificate: base64(root.pem), isVerified: true } };
  const put = await emulator.arm('PUT', path, body);
  assert.equal((await emulator.arm('PUT', path, body)).status, 412);
  const other = await make('root', 'Other');
  const replaced = await emulator.arm(
    'PUT',
    path,
    { properties: { certificate: base64(other.pem) } },
    { 'if-match': put.body.etag },
  );
  assert.equal(replaced.body.properties.subject, 'Other');
  assert.equal(replaced.body.properties.isVerified, false);
  assert.ok(Date.parse(replaced.body.properties.created) > Date.now() - 600_000);
});

test('refuses what is no certificate, an illegal name, an unknown version; matches paths without regard to case', async ({
  emulator,
  root,
}) => {
  const put = (path: string, certificate: unknown) =>
    emulator.arm('PUT', path, { properties: { certificate } });
  for (const certificate of [
    '',
    'hello',
    base64('hello'),
    7,
    null,
    'MIIB',
    base64('-----BEGIN CERTIFICATE-----'),
  ]) {
    const answer = await put('/certificates/bad', certificate);
    assert.equal(answer.status, 400, String(certificate));
    assert.equal(answer.body.code, 400004);
  }
  assert.equal((await put('/certificates/a%20b', base64(root.pem))).status, 400);
  const unknown = await emulator.arm('GET', '/certificates?api-version=1999-01-01');
  assert.equal(unknown.status, 400);
  assert.match(unknown.body.error.message, /supported versions/);
  assert.equal((await emulator.arm('GET', '/CERTIFICATES/')).status, 200);
  assert.equal((await emulator.arm('GET', '/privateLinkResources')).status, 501);
  assert.equal((await emulator.arm('GET', '/nothing')).status, 404);
  const notAllowed = await emulator.arm('GET', '/listkeys');
  assert.equal(notAllowed.status, 405);
  assert.equal(notAllowed.headers.allow, 'POST');
});

test.run();
