/** The control and service planes, against the emulator. */
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { ControlPlane } from '../../src/dps/client/arm.js';
import { noCredentials } from '../../src/dps/client/azure-credential.js';
import { ServicePlane } from '../../src/dps/client/service.js';
import { azureTarget, type Target } from '../../src/dps/client/target.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import { sha1Thumbprint } from '../../src/pki/x509/inspect.js';
import { make } from '../support/chains.js';
import { failing, group, openWorld, verifyCa, type World } from './support.js';

const planes = suite('planes');
let world: World;

planes.before(async () => {
  world = await openWorld();
});
planes.after(() => world.close());

planes('describes the provisioning service, its keys, and the rights of the caller', async () => {
  const { control, target } = world;
  const service = await control.getService();
  assert.equal(service.properties.idScope, target.idScope);
  assert.equal(service.properties.iotHubs!.length, 1);
  assert.ok(Math.abs(control.clockSkewMs!) < 60_000);
  const keys = await control.listKeys();
  assert.ok(keys.some(({ keyName }) => keyName === 'provisioningserviceowner'));
  assert.deepEqual(
    await control.getKey('provisioningserviceowner'),
    keys.find(({ keyName }) => keyName === 'provisioningserviceowner'),
  );
  assert.equal(await control.getKey('nobody'), undefined);
  assert.deepEqual(
    await control.missingPermissions(['Microsoft.Devices/provisioningServices/certificates/Write']),
    [],
  );
});

planes('a provisioning service that is still being made is waited for', async () => {
  // What Azure answers until it is active.
  const activating = {
    ...{ id: '/x', name: 'x', location: 'eastus', type: 'Microsoft.Devices/provisioningServices' },
    properties: {
      state: 'Activating',
      provisioningState: 'Accepted',
      allocationPolicy: 'Hashed',
      idScope: null,
    },
  };
  const { HttpClient } = await import('../../src/dps/client/http/client.js');
  const original = HttpClient.prototype.send;
  let refusals = 2;
  HttpClient.prototype.send = async function (this: object, request, schema) {
    if (request.route.path.endsWith('/provisioningServices/:dpsName') && refusals > 0) {
      refusals -= 1;
      return { status: 200, header: () => '0', body: schema.parse(activating) } as never;
    }
    return original.call(this, request, schema) as never;
  };
  try {
    const { properties } = await world.control.getService();
    assert.equal(properties.idScope, world.target.idScope);
    assert.equal(refusals, 0);
  } finally {
    HttpClient.prototype.send = original;
  }
});

planes('both forms of errors of Azure Resource Manager are read', async () => {
  const { control, target } = world;
  const wrong = new ControlPlane({ ...target, dpsName: 'other-dps' });
  const flat = await failing('NOT_FOUND', wrong.listCertificates());
  assert.equal(flat.context.serviceCode, 404002);
  assert.match(String(flat.context.trackingId), /^[0-9a-f-]{36}$/);
  assert.doesNotMatch(flat.message, /support representative/);
  wrong.close();
  const elsewhere = new ControlPlane({ ...target, resourceGroup: 'other' });
  const nested = await failing('NOT_FOUND', elsewhere.listCertificates());
  assert.equal(nested.context.serviceCode, 'ResourceGroupNotFound');
  elsewhere.close();
  assert.ok(await control.getService());
});

planes('a CA goes from upload to verified to deleted, each step bound to the etag before', async () => {
  const { control, chain } = world;
  assert.equal(await control.getCertificate('ca'), undefined);
  const uploaded = await control.putCertificate('ca', chain.root.pem);
  assert.equal(uploaded.properties.isVerified, false);
  assert.equal(uploaded.properties.thumbprint, sha1Thumbprint(parseCertificate(chain.root.pem)));
  await failing('PRECONDITION_FAILED', control.putCertificate('ca', chain.intermediate.pem));
  const { code, etag } = await control.generateVerificationCode('ca', uploaded.etag);
  assert.match(code, /^[0-9A-F]{48}$/);
  assert.notEqual(etag, uploaded.etag);
  await failing('PRECONDITION_FAILED', control.generateVerificationCode('ca', uploaded.etag));
  const wrong = await make('verification', code, chain.intermediate);
  const error = await failing('REFUSED', control.verifyCertificate('ca', etag, wrong.pem));
  assert.match(error.message, /the CA certificate ca/);
  const answer = await make('verification', code, chain.root);
  await control.verifyCertificate('ca', etag, answer.pem);
  const verified = (await control.getCertificate('ca'))!;
  assert.equal(verified.properties.isVerified, true);
  assert.deepEqual(
    (await control.listCertificates()).map(({ name }) => name),
    ['ca'],
  );
  await failing('PRECONDITION_FAILED', control.deleteCertificate('ca', etag));
  await control.deleteCertificate('ca', verified.etag);
  await control.deleteCertificate('ca', '*');
  assert.equal(await control.getCertificate('ca'), undefined);
});

planes('a certificate is not taken for gone when its provisioning service is not found', async () => {
  const { target, control, chain } = world;
  await control.putCertificate('there', chain.root.pem);
  for (const elsewhere of [
    { resourceGroup: 'other' },
    { dpsName: 'other-dps' },
    { subscriptionId: 'other' },
  ]) {
    const wrong = new ControlPlane({ ...target, ...elsewhere });
    try {
      await failing('NOT_FOUND', wrong.getCertificate('there'));
      await failing('NOT_FOUND', wrong.deleteCertificate('there', '*'));
    } finally {
      wrong.close();
    }
  }
  assert.ok(await control.getCertificate('there'));
  await control.deleteCertificate('there', '*');
});

planes('takes PEM and DER alike, and nothing that is no certificate', async () => {
  const { control, chain } = world;
  const { der } = parseCertificate(chain.root.pem);
  const [pem, raw] = [
    await control.putCertificate('pem', chain.root.pem),
    await control.putCertificate('der', der),
  ];
  assert.equal(pem.properties.thumbprint, raw.properties.thumbprint);
  await failing('INVALID_CERTIFICATE', control.putCertificate('bad', 'hello'));
  for (const name of ['pem', 'der']) await control.deleteCertificate(name, '*');
});

planes('an enrollment group is created once, replaced under its etag, listed and deleted', async () => {
  const { control, service, chain } = world;
  await verifyCa(control, 'group-ca', chain.root);
  assert.equal(await service.getEnrollmentGroup('g1'), undefined);
  const created = await service.createEnrollmentGroup(group('g1', 'group-ca'));
  assert.equal(created.provisioningStatus, 'enabled');
  assert.deepEqual(await service.getEnrollmentGroup('G1'), created);
  await failing('CONFLICT', service.createEnrollmentGroup(group('g1', 'group-ca')));
  const changed = await service.updateEnrollmentGroup(
    { ...group('g1', 'group-ca'), provisioningStatus: 'disabled' },
    created.etag!,
  );
  assert.equal(changed.provisioningStatus, 'disabled');
  await failing('PRECONDITION_FAILED', service.updateEnrollmentGroup(group('g1', 'group-ca'), created.etag!));
  await failing('REFUSED', service.createEnrollmentGroup(group('g2', 'no-such-ca')));
  await failing('PRECONDITION_FAILED', service.deleteEnrollmentGroup('g1', { etag: created.etag! }));
  assert.deepEqual(
    (await service.listEnrollmentGroups()).map(({ enrollmentGroupId }) => enrollmentGroupId),
    ['g1'],
  );
  await service.deleteEnrollmentGroup('g1');
  await service.deleteEnrollmentGroup('g1');
  assert.deepEqual(await service.listEnrollmentGroups(), []);
  await control.deleteCertificate('group-ca', '*');
});

planes('lists go on from page to page', async () => {
  const { control, service, chain, events } = world;
  await verifyCa(control, 'many', chain.root);
  const ids = Array.from({ length: 101 }, (_, i) => `page-${String(i).padStart(3, '0')}`);
  for (const id of ids) await service.createEnrollmentGroup(group(id, 'many'));
  events.length = 0;
  const found = (await service.listEnrollmentGroups()).map(({ enrollmentGroupId }) => enrollmentGroupId);
  assert.deepEqual(found.sort(), ids);
  assert.equal(events.length, 2);
  for (const id of ids) await service.deleteEnrollmentGroup(id);
  await control.deleteCertificate('many', '*');
});

planes('registration records that are not there: none, deleted, none listed', async () => {
  const { service } = world;
  assert.equal(await service.getRegistration('nobody'), undefined);
  await service.deleteRegistration('nobody');
  const error = await failing('NOT_FOUND', first(service.listRegistrations('no-group'))).catch(
    () => undefined,
  );
  if (!error) assert.equal(await first(service.listRegistrations('no-group')), undefined);
});

planes('the keys that ARM gives out open the service plane, and are asked for once', async () => {
  const { target, events } = world;
  const service = new ServicePlane({ ...target, service: 'from-arm' });
  events.length = 0;
  try {
    await service.getEnrollmentGroup('x');
    await service.getEnrollmentGroup('x');
    assert.deepEqual(
      events.map(({ plane, status }) => [plane, status]),
      [
        ['arm', 200],
        ['service', 404],
        ['service', 404],
      ],
    );
  } finally {
    service.close();
  }
});

planes('a bearer token opens the service plane too', async () => {
  const service = new ServicePlane({ ...world.target, service: 'entra' });
  try {
    assert.deepEqual(await service.listEnrollmentGroups(), []);
  } finally {
    service.close();
  }
});

planes('wrong keys and tokens are refused, with what to do', async () => {
  const { target } = world;
  const sharedAccessKey = Buffer.alloc(64, 1).toString('base64');
  const { connectionString } = target.service as Extract<Target['service'], object>;
  const service = new ServicePlane({
    ...target,
    service: { connectionString: { ...connectionString, sharedAccessKey } },
  });
  const armCredential = {
    getToken: async () => ({ token: 'wrong', expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  const control = new ControlPlane({ ...target, armCredential });
  const nothing = new ControlPlane({ ...target, armCredential: { getToken: async () => null } });
  try {
    const refused = await failing('NO_CREDENTIALS', service.getEnrollmentGroup('g'));
    assert.match(refused.next, /connection string/);
    assert.ok(!JSON.stringify([refused.message, refused.context]).includes(sharedAccessKey));
    await failing('NO_CREDENTIALS', control.getService());
    await failing('NO_CREDENTIALS', nothing.getService());
  } finally {
    for (const one of [service, control, nothing]) one.close();
  }
});

planes('a service that is not there, or not known', async () => {
  for (const [change, code] of [
    [{ dpsName: 'other' }, 'DPS_NOT_FOUND'],
    [{ resourceGroup: 'other' }, 'DPS_NOT_FOUND'],
    [{ subscriptionId: undefined }, 'FORBIDDEN'],
  ] as const) {
    const control = new ControlPlane({ ...world.target, ...change });
    try {
      await failing(code, control.getService());
    } finally {
      control.close();
    }
  }
});

planes('a wrong clock of this computer is found at the first request', async () => {
  const control = new ControlPlane({ ...world.target, now: () => new Date(Date.now() - 20 * 60_000) });
  try {
    const error = await failing('CLOCK_SKEW', control.getService());
    assert.match(error.message, /20 minutes apart/);
  } finally {
    control.close();
  }
});

planes(
  'Azure differs from the emulator in endpoints and credentials, and asks for none before they are needed',
  () => {
    const target = azureTarget({ dpsName: 'my-dps', subscriptionId: 's', resourceGroup: 'r' });
    assert.equal(target.armEndpoint, 'https://management.azure.com');
    assert.equal(target.serviceHostName, 'my-dps.azure-devices-provisioning.net');
    assert.equal(target.service, 'from-arm');
    assert.equal(target.trust, undefined);
    const emulated = Object.keys(world.target).filter(
      (name) => !['trust', 'onRequest', 'idScope', 'certificatesPage'].includes(name),
    );
    assert.deepEqual(Object.keys(target).sort(), emulated.sort());
  },
);

planes('missing Microsoft Entra credentials are told in words', () => {
  const none = noCredentials(
    Object.assign(new Error('ChainedTokenCredential authentication failed.'), {
      errors: [
        new Error('EnvironmentCredential is unavailable. No underlying credential could be used.'),
        new Error('Azure CLI could not be found. Please visit https://aka.ms/azure-cli'),
        new Error(
          "Please run 'az login' from a command prompt to authenticate before using this credential.",
        ),
      ],
    }),
  );
  assert.equal(none.code, 'NO_CREDENTIALS');
  assert.match(
    none.message,
    /environment variables \(none\), Azure CLI \(not installed\), Azure CLI \(not signed in\)/,
  );
  const refused = noCredentials(
    new Error('AADSTS7000215: Invalid client secret provided. client_secret=hunter2 Trace ID: 1'),
  );
  assert.equal(refused.code, 'NO_CREDENTIALS');
  assert.match(refused.message, /AADSTS7000215/);
  assert.ok(!`${refused.message}${refused.cause}`.includes('hunter2'));
  assert.equal(noCredentials(new Error('network_error: Network request failed')).code, 'NETWORK');
});

planes('a signature that has run out is refused', async () => {
  const { target } = world;
  const { connectionString } = target.service as Extract<Target['service'], object>;
  const { hostName, sharedAccessKeyName, sharedAccessKey } = connectionString;
  assert.ok(createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, 1).includes('se=1&'));
  const old = new ServicePlane({ ...target, now: () => new Date(Date.now() - 2 * 3_600_000) });
  try {
    await failing('CLOCK_SKEW', old.getEnrollmentGroup('g'));
  } finally {
    old.close();
  }
});

async function first<Item>(items: AsyncIterable<Item>): Promise<Item | undefined> {
  for await (const item of items) return item;
  return undefined;
}

planes.run();
