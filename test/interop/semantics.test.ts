/** The rules of provisioning, told and asked by unmodified official SDKs for the service and for devices. */
import assert from 'node:assert/strict';
import tls from 'node:tls';
import provisioningService from 'azure-iot-provisioning-service';
import { suite } from 'uvu';
import { startTestEmulator, type TestEmulator } from '../emulator/support.js';
import { type Made, make } from '../support/chains.js';
import { dialEmulator, withoutPort } from './dial.js';
import { pagesOf } from './enrollments.js';
import { registerDevice } from './node-device.js';

type ServiceClient = InstanceType<typeof provisioningService.ProvisioningServiceClient>;

interface Context {
  emulator: TestEmulator;
  service: ServiceClient;
  root: Made;
  restore: () => void;
}

const test = suite<Context>('semantics, by official SDKs');
const { connect } = tls;

test.before(async (context) => {
  context.emulator = await startTestEmulator({ hubs: ['hub-a', 'hub-b'] });
  const { endpoints } = context.emulator;
  context.restore = dialEmulator(endpoints);
  context.service = provisioningService.ProvisioningServiceClient.fromConnectionString(
    withoutPort(endpoints.serviceConnectionString),
  );
  context.root = await make('root', 'Root');
  await context.emulator.verifiedCa('root', context.root);
});
test.after(async ({ emulator, restore }) => {
  restore();
  assert.equal(tls.connect, connect);
  await emulator.stop();
});

/** The client for Node.js knows no such status, and rejects; the record says it. */
async function isDisabled(emulator: TestEmulator, registrationId: string, chain: Made[]): Promise<void> {
  await assert.rejects(registerDevice(emulator, registrationId, chain), /disabled/);
  assert.equal((await emulator.service('GET', `/registrations/${registrationId}`)).body.status, 'disabled');
}

async function isRefused(emulator: TestEmulator, registrationId: string, chain: Made[]): Promise<void> {
  await assert.rejects(registerDevice(emulator, registrationId, chain), (error: Error) => {
    assert.equal(error.name, 'UnauthorizedError');
    const { errorCode } = JSON.parse((error as Error & { responseBody: string }).responseBody);
    assert.equal(errorCode, 401002);
    return true;
  });
}

const signedBy = (enrollmentGroupId: string, primary: Made, secondary?: Made, more: object = {}) =>
  ({
    enrollmentGroupId,
    attestation: {
      type: 'x509',
      x509: {
        signingCertificates: {
          primary: { certificate: primary.pem },
          ...(secondary ? { secondary: { certificate: secondary.pem } } : {}),
        },
      },
    },
    ...more,
  }) as never;

test('a group lets in devices of its primary and of its secondary CA, until one is taken out', async ({
  emulator,
  service,
  root,
}) => {
  const [old, next] = [await make('intermediate', 'Old', root), await make('intermediate', 'Next', root)];
  const { responseBody: group } = await service.createOrUpdateEnrollmentGroup(signedBy('rolling', old, next));
  for (const [name, ca] of [
    ['by-old', old],
    ['by-next', next],
  ] as const) {
    const chain = [await make('device', name, ca), ca, root];
    assert.equal((await registerDevice(emulator, name, chain)).deviceId, name);
  }
  const { etag } = group as unknown as { etag: string };
  await service.createOrUpdateEnrollmentGroup(signedBy('rolling', next, undefined, { etag }));
  await isRefused(emulator, 'by-old', [await make('device', 'by-old', old), old, root]);
  await registerDevice(emulator, 'by-next', [await make('device', 'by-next', next), next, root]);
  await service.deleteEnrollmentGroup('rolling');
});

test('a CA of a group counts only below a CA whose possession is proven', async ({ emulator, service }) => {
  const unproven = await make('root', 'Unproven');
  const below = await make('intermediate', 'Below', unproven);
  await service.createOrUpdateEnrollmentGroup(signedBy('unproven', below));
  const chain = [await make('device', 'unproven', below), below, unproven];
  await isRefused(emulator, 'unproven', chain);
  // Proof of a CA below that of the group does not speak for the group's.
  const lower = await make('intermediate', 'Lower', below);
  await emulator.verifiedCa('lower', lower);
  await isRefused(emulator, 'lower', [await make('device', 'lower', lower), lower, below, unproven]);
  await emulator.verifiedCa('above', unproven);
  assert.equal((await registerDevice(emulator, 'unproven', chain)).deviceId, 'unproven');
  await service.deleteEnrollmentGroup('unproven');
});

test('the CA nearest the device decides, an individual enrollment before it, and what is disabled refuses', async ({
  emulator,
  service,
  root,
}) => {
  const factory = await make('intermediate', 'Factory', root);
  const leaf = await make('device', 'decided', factory);
  const chain = [leaf, factory, root];
  const { hubs } = emulator.endpoints;
  await service.createOrUpdateEnrollmentGroup(
    signedBy('of-root', root, undefined, { allocationPolicy: 'hashed', iotHubs: [hubs[0]!.hostName] }),
  );
  assert.equal((await registerDevice(emulator, 'decided', chain)).assignedHub, hubs[0]!.hostName);
  const { responseBody: nearest } = await service.createOrUpdateEnrollmentGroup(
    signedBy('of-factory', factory, undefined, { allocationPolicy: 'hashed', iotHubs: [hubs[1]!.hostName] }),
  );
  assert.equal((await registerDevice(emulator, 'decided', chain)).assignedHub, hubs[1]!.hostName);
  const disabled = { ...(nearest as object), provisioningStatus: 'disabled' };
  const { responseBody: stored } = await service.createOrUpdateEnrollmentGroup(disabled as never);
  await isDisabled(emulator, 'decided', chain);

  const individual = {
    registrationId: 'decided',
    deviceId: 'decided-alone',
    attestation: { type: 'x509', x509: { clientCertificates: { primary: { certificate: leaf.pem } } } },
  };
  const { responseBody: made } = await service.createOrUpdateIndividualEnrollment(individual as never);
  assert.equal((await registerDevice(emulator, 'decided', chain)).deviceId, 'decided-alone');
  await service.createOrUpdateIndividualEnrollment({
    ...(made as object),
    provisioningStatus: 'disabled',
  } as never);
  await service.createOrUpdateEnrollmentGroup({
    ...(stored as object),
    provisioningStatus: 'enabled',
  } as never);
  await isDisabled(emulator, 'decided', chain);
  await service.deleteIndividualEnrollment('decided');
  assert.equal((await registerDevice(emulator, 'decided', chain)).deviceId, 'decided');
  for (const id of ['of-root', 'of-factory']) await service.deleteEnrollmentGroup(id);
});

test('the records of a group come page by page, are read and deleted', async ({
  emulator,
  service,
  root,
}) => {
  const { responseBody } = await service.createOrUpdateEnrollmentGroup(signedBy('recorded', root));
  const names = ['record-0', 'record-1', 'record-2'];
  for (const name of names) await registerDevice(emulator, name, [await make('device', name, root), root]);
  const query = service.createEnrollmentGroupDeviceRegistrationStateQuery({ query: '*' }, 'recorded', 2);
  const pages = await pagesOf(query);
  assert.deepEqual(
    pages.map((page) => page.map(({ registrationId }) => registrationId)),
    [names.slice(0, 2), names.slice(2)],
  );
  const { responseBody: record } = await service.getDeviceRegistrationState('record-1');
  assert.equal((record as unknown as { status: string }).status, 'assigned');
  await service.deleteDeviceRegistrationState('record-1');
  await assert.rejects(service.getDeviceRegistrationState('record-1'), /Not found/);
  await service.deleteEnrollmentGroup(responseBody as never);
});

test('errors are those that the SDK has classes for', async ({ emulator, service, root }) => {
  await service.createOrUpdateEnrollmentGroup(signedBy('errors', root));
  const named = (name: string) => (error: Error) => error.name === name;
  await assert.rejects(
    service.createOrUpdateEnrollmentGroup(signedBy('errors', root)),
    named('DeviceAlreadyExistsError'),
  );
  await assert.rejects(
    service.createOrUpdateEnrollmentGroup(signedBy('errors', root, undefined, { etag: 'stale' })),
    named('InvalidEtagError'),
  );
  await assert.rejects(
    service.createOrUpdateEnrollmentGroup({
      enrollmentGroupId: 'errors-2',
      attestation: { type: 'none' },
    } as never),
    named('ArgumentError'),
  );
  const forged = provisioningService.ProvisioningServiceClient.fromConnectionString(
    withoutPort(emulator.endpoints.serviceConnectionString).replace(
      /SharedAccessKey=.{4}/,
      'SharedAccessKey=AAAA',
    ),
  );
  await assert.rejects(forged.getEnrollmentGroup('errors'), named('UnauthorizedError'));
  await service.deleteEnrollmentGroup('errors');
  await assert.rejects(service.getEnrollmentGroup('errors'), /Not found/);
});

test('without a linked hub, registration fails; with one again, it does not', async ({
  emulator,
  service,
  root,
}) => {
  await service.createOrUpdateEnrollmentGroup(signedBy('no-hub', root));
  const chain = [await make('device', 'no-hub', root), root];
  const { body: description } = await emulator.arm('GET', '');
  const { hubs } = emulator.endpoints;
  const link = (iotHubs: unknown[]) =>
    emulator.arm('PUT', '', { ...description, properties: { ...description.properties, iotHubs } });
  assert.equal((await link([])).status, 201);
  await assert.rejects(registerDevice(emulator, 'no-hub', chain));
  const { body: record } = await emulator.service('GET', '/registrations/no-hub');
  assert.deepEqual([record.status, record.errorCode], ['failed', 400208]);
  const added = await link([{ connectionString: hubs[1]!.serviceConnectionString, location: 'local' }]);
  assert.equal(added.status, 201, JSON.stringify(added.body));
  assert.equal((await registerDevice(emulator, 'no-hub', chain)).assignedHub, hubs[1]!.hostName);
});

test.run();
