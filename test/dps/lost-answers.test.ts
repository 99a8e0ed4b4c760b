/** Answers that are lost after the emulator did what was asked: the clients find out, and do nothing twice. */
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { registerDevice } from '../../src/dps/client/device.js';
import { issueVerificationCertificate } from '../../src/pki/make/verification-certificate.js';
import { deviceCredentials, failing, group, openWorld, verifyCa, type World } from './support.js';

const lost = suite('lost answers');
let world: World;

lost.before(async () => {
  world = await openWorld();
  await verifyCa(world.control, 'group-ca', world.chain.root);
});
lost.after(() => world.close());
lost.after.each(() => world.emulator.faults.clear());

/** The next answer of an operation does not reach the client. */
function losesAnswer(
  operation:
    | 'putEnrollmentGroup'
    | 'putCertificate'
    | 'verifyCertificate'
    | 'register'
    | 'getOperation'
    | 'deleteEnrollmentGroup'
    | 'deleteCertificate'
    | 'generateVerificationCode',
): void {
  world.emulator.faults.set({
    rules: [
      { id: 'lost', match: { operation }, fault: { type: 'reset', effect: 'after' }, when: { count: 1 } },
    ],
  });
}
const injected = () => world.emulator.faults.list().rules[0]!.injected;

lost('of creating, changing and deleting an enrollment group', async () => {
  const { service } = world;
  losesAnswer('putEnrollmentGroup');
  const created = await service.createEnrollmentGroup(group('g1', 'group-ca'));
  assert.equal(created.enrollmentGroupId, 'g1');
  assert.equal(injected(), 1);
  losesAnswer('putEnrollmentGroup');
  const wanted = { ...group('g1', 'group-ca'), provisioningStatus: 'disabled' as const };
  const changed = await service.updateEnrollmentGroup(wanted, created.etag!);
  assert.equal(changed.provisioningStatus, 'disabled');
  assert.deepEqual(changed, await service.getEnrollmentGroup('g1'));
  assert.equal(injected(), 1);
  losesAnswer('deleteEnrollmentGroup');
  await service.deleteEnrollmentGroup('g1', { etag: changed.etag! });
  assert.equal(injected(), 1);
  assert.equal(await service.getEnrollmentGroup('g1'), undefined);
});

lost('but what someone else changed meanwhile is still told', async () => {
  const { service } = world;
  const created = await service.createEnrollmentGroup(group('g2', 'group-ca'));
  const other = { ...group('g2', 'group-ca'), provisioningStatus: 'disabled' as const };
  await service.updateEnrollmentGroup(other, created.etag!);
  await failing('PRECONDITION_FAILED', service.updateEnrollmentGroup(other, created.etag!));
  world.emulator.faults.set({
    rules: [{ id: 'failed', fault: { type: 'status', status: 503 }, when: { count: 1 } }],
  });
  const stale = service.updateEnrollmentGroup(group('g2', 'group-ca'), created.etag!);
  await failing('PRECONDITION_FAILED', stale);
  world.emulator.faults.set({
    rules: [{ id: 'failed', fault: { type: 'status', status: 500 }, when: { count: 1 } }],
  });
  const taken = { ...group('g2', 'group-ca'), allocationPolicy: 'static' as const };
  await failing('CONFLICT', service.createEnrollmentGroup(taken));
  await service.deleteEnrollmentGroup('g2');
});

lost('of uploading, verifying and deleting a CA certificate', async () => {
  const { control, chain } = world;
  losesAnswer('putCertificate');
  const uploaded = await control.putCertificate('ca', chain.root.pem);
  assert.equal(injected(), 1);
  losesAnswer('generateVerificationCode');
  const { code, etag } = await control.generateVerificationCode('ca', uploaded.etag);
  assert.equal(injected(), 1);
  const issuer = { certificate: chain.root.pem, privateKey: chain.root.privateKey };
  const { pem } = await issueVerificationCertificate(code, issuer, new Date());
  losesAnswer('verifyCertificate');
  await control.verifyCertificate('ca', etag, pem);
  assert.equal(injected(), 1);
  const verified = (await control.getCertificate('ca'))!;
  assert.equal(verified.properties.isVerified, true);
  losesAnswer('putCertificate');
  await control.putCertificate('ca', chain.root.pem, { ifMatch: verified.etag });
  assert.equal(injected(), 1);
  const { etag: last } = (await control.getCertificate('ca'))!;
  losesAnswer('deleteCertificate');
  await control.deleteCertificate('ca', last);
  assert.equal(injected(), 1);
  assert.equal(await control.getCertificate('ca'), undefined);
});

for (const protocol of ['mqtt', 'https'] as const) {
  for (const operation of ['register', 'getOperation'] as const) {
    lost(`of a device over ${protocol}, to ${operation}`, async () => {
      await world.service
        .getEnrollmentGroup('devices')
        .then((found) => found ?? world.service.createEnrollmentGroup(group('devices', 'group-ca')));
      losesAnswer(operation);
      const { assignedHub } = await registerDevice({
        target: world.target,
        idScope: world.emulator.endpoints.idScope,
        registrationId: 'device-001',
        protocol,
        ...(await deviceCredentials(world.chain)),
      });
      assert.ok(assignedHub);
      assert.equal(injected(), 1);
    });
  }
}

lost('a server that fails all the time says that it may work again', async () => {
  world.emulator.faults.set({
    rules: [{ id: 'failed', fault: { type: 'status', status: 503, retryAfter: 0 } }],
  });
  const error = await failing('SERVICE_FAILED', world.service.getEnrollmentGroup('g'));
  assert.deepEqual([error.retryable, error.exitStatus], [true, 5]);
});

lost.run();
