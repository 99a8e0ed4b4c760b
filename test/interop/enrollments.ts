/** What a back end does with the service client of DPS: enrollment groups, individual enrollments, queries, bulk. */
import assert from 'node:assert/strict';
import type { TestEmulator } from '../emulator/support.js';
import { make } from '../support/chains.js';
import { withoutPort } from './dial.js';
import type { Generation } from './generations.js';

export type ServiceClient = InstanceType<Generation['provisioningService']['ProvisioningServiceClient']>;

export function serviceClient(
  { provisioningService }: Generation,
  { endpoints }: TestEmulator,
): ServiceClient {
  return provisioningService.ProvisioningServiceClient.fromConnectionString(
    withoutPort(endpoints.serviceConnectionString),
  );
}

/** What the promise is rejected with, by its class; the classes of the two generations are not the same objects. */
export const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'granted',
    (error: Error) => error.name,
  );

interface Query {
  hasMoreResults: boolean;
  continuationToken?: string;
  next(
    continuationToken: string | undefined,
    callback: (error: Error | null, results: Record<string, any>[]) => void,
  ): void;
}

/**
 * Each page of a query. Without the token the client would read the first page for ever. With a callback: the oldest
 * client calls it without asking whether there is one.
 */
export async function pagesOf(one: unknown): Promise<Record<string, any>[][]> {
  const query = one as Query;
  const pages: Record<string, any>[][] = [];
  do {
    const page = new Promise<Record<string, any>[]>((resolve, reject) =>
      query.next(query.continuationToken, (error, results) => (error ? reject(error) : resolve(results))),
    );
    pages.push(await page);
  } while (query.hasMoreResults);
  return pages;
}

/** The promise of this operation never settles, in both generations; its callback is called. */
function bulk(service: ServiceClient, operation: object): Promise<any> {
  return new Promise((resolve, reject) =>
    service.runBulkEnrollmentOperation(operation as never, (error, result) =>
      error ? reject(error) : resolve(result),
    ),
  );
}

export async function manageEnrollments(generation: Generation, emulator: TestEmulator): Promise<void> {
  const service = serviceClient(generation, emulator);
  // The types say less than Azure answers, and ask for more than it does.
  const putGroup = async (group: object): Promise<Record<string, any>> =>
    (await service.createOrUpdateEnrollmentGroup(group as never)).responseBody;
  const put = async (enrollment: object): Promise<Record<string, any>> =>
    (await service.createOrUpdateIndividualEnrollment(enrollment as never)).responseBody;

  const root = await make('root', 'Enrollments root');
  await emulator.verifiedCa('enrollments-root', root);
  const x509 = { signingCertificates: { primary: { certificate: root.pem } } };
  const byCertificate = {
    enrollmentGroupId: 'by-certificate',
    attestation: { type: 'x509', x509 },
    initialTwin: { tags: { site: 'A' }, properties: { desired: { interval: 30 } } },
    provisioningStatus: 'enabled',
  };
  const created = await putGroup(byCertificate);
  assert.equal(created.attestation.x509.signingCertificates.primary.certificate ?? null, null);
  assert.equal(created.attestation.x509.signingCertificates.primary.info.subjectName, 'CN=Enrollments root');
  await putGroup({
    enrollmentGroupId: 'by-reference',
    attestation: { type: 'x509', x509: { caReferences: { primary: 'enrollments-root' } } },
  });
  // As recorded: the reply to PUT shows the keys, also generated ones; GET and queries do not.
  const withKeys = await putGroup({ enrollmentGroupId: 'by-key', attestation: { type: 'symmetricKey' } });
  const { primaryKey } = withKeys.attestation.symmetricKey;
  assert.match(primaryKey, /^.{86}==$/);
  const { responseBody: shown } = await service.getEnrollmentGroup('by-key');
  assert.equal((shown as any).attestation.symmetricKey?.primaryKey, undefined);
  const { responseBody: mechanism } = await service.getEnrollmentGroupAttestationMechanism('by-key');
  assert.equal((mechanism as any).symmetricKey.primaryKey, primaryKey);

  assert.equal(await outcome(putGroup(byCertificate)), 'DeviceAlreadyExistsError');
  assert.equal(await outcome(putGroup({ ...created, etag: 'stale' })), 'InvalidEtagError');
  // What GET answered is sent back: its certificate is null there, and the stored one stays.
  const changed = await putGroup({ ...created, provisioningStatus: 'disabled' });
  assert.equal(changed.provisioningStatus, 'disabled');
  assert.notEqual(changed.etag, created.etag);
  const { responseBody: read } = await service.getEnrollmentGroup('by-certificate');
  assert.deepEqual(
    (read as any).attestation.x509.signingCertificates.primary.info.sha1Thumbprint,
    created.attestation.x509.signingCertificates.primary.info.sha1Thumbprint,
  );
  const groups = await pagesOf(service.createEnrollmentGroupQuery({ query: '*' }, 2));
  assert.deepEqual(
    groups.map((page) => page.map(({ enrollmentGroupId }) => enrollmentGroupId)),
    [['by-certificate', 'by-reference'], ['by-key']],
  );

  const leaf = await make('device', 'alone', root);
  const alone = await put({
    registrationId: 'alone',
    deviceId: 'alone-in-hub',
    attestation: { type: 'x509', x509: { clientCertificates: { primary: { certificate: leaf.pem } } } },
  });
  assert.equal(alone.deviceId, 'alone-in-hub');
  const keyed = await put({ registrationId: 'keyed', attestation: { type: 'symmetricKey' } });
  const { responseBody: keys } = await service.getIndividualEnrollmentAttestationMechanism('keyed');
  assert.equal((keys as any).symmetricKey.primaryKey, keyed.attestation.symmetricKey.primaryKey);
  assert.equal(await outcome(put({ ...alone, etag: undefined })), 'DeviceAlreadyExistsError');
  const { responseBody: unassigned } = await service.getIndividualEnrollment('alone');
  assert.equal((unassigned as any).registrationState.status, 'unassigned');
  const disabled = await put({ ...alone, provisioningStatus: 'disabled' });
  assert.equal(disabled.provisioningStatus, 'disabled');

  const enrollments = ['bulk-1', 'bulk-2'].map((registrationId) => ({
    registrationId,
    attestation: { type: 'symmetricKey' },
  }));
  assert.equal((await bulk(service, { mode: 'create', enrollments })).isSuccessful, true);
  const refused = await bulk(service, { mode: 'update', enrollments });
  assert.equal(refused.isSuccessful, false);
  assert.deepEqual(
    refused.errors.map(({ registrationId, errorCode }: any) => [registrationId, errorCode]),
    [
      ['bulk-1', 409201],
      ['bulk-2', 409201],
    ],
  );
  const listed = await pagesOf(
    service.createIndividualEnrollmentQuery({ query: 'SELECT * FROM enrollments' }, 3),
  );
  assert.deepEqual(
    listed.map((page) => page.map(({ registrationId }) => registrationId)),
    [['alone', 'keyed', 'bulk-1'], ['bulk-2']],
  );
  const current = listed.flat().filter(({ registrationId }) => registrationId.startsWith('bulk'));
  const update = {
    mode: 'updateIfMatchETag',
    enrollments: current.map((one) => ({ ...one, provisioningStatus: 'disabled' })),
  };
  assert.equal((await bulk(service, update)).isSuccessful, true);
  const { responseBody: updated } = await service.getIndividualEnrollment('bulk-2');
  assert.equal((updated as any).provisioningStatus, 'disabled');
  assert.equal((await bulk(service, { mode: 'delete', enrollments })).isSuccessful, true);

  // With a stale etag, with the present one, with none.
  assert.equal(await outcome(service.deleteIndividualEnrollment(alone as never)), 'InvalidEtagError');
  await service.deleteIndividualEnrollment(disabled as never);
  await service.deleteIndividualEnrollment('keyed');
  for (const id of ['by-certificate', 'by-reference', 'by-key']) await service.deleteEnrollmentGroup(id);
  // It has no class of its own for 404.
  assert.equal(await outcome(service.getEnrollmentGroup('by-reference')), 'Error');
  assert.equal(await outcome(service.getIndividualEnrollment('alone')), 'Error');
  assert.deepEqual(await pagesOf(service.createIndividualEnrollmentQuery({ query: '*' })), [[]]);
}
