/** Individual enrollments on the service plane. */
import { assertFewer } from '../quotas.js';
import { toRegistrationState } from '../registration/registration-state.js';
import type { IndividualSettings, StoredIndividual } from '../state/stored-individuals.js';
import type { EnrollmentKind } from './enrollment-kind.js';
import { enrollmentOperations } from './enrollment-operations.js';
import { toAttestationMechanism, toIndividualEnrollment } from './enrollment-reply.js';
import { readIndividualEnrollment } from './enrollment-request.js';

const kind: EnrollmentKind<IndividualSettings, StoredIndividual> = {
  idField: 'registrationId',
  itemType: 'Enrollment',
  bulkField: 'enrollments',
  name: 'Enrollment',
  errors: { notFound: 'enrollmentNotFound', conflict: 'enrollmentConflict' },
  routes: {
    get: 'getEnrollment',
    put: 'putEnrollment',
    delete: 'deleteEnrollment',
    query: 'queryEnrollments',
    bulk: 'bulkEnrollments',
    attestation: 'getEnrollmentAttestation',
  },
  storeOf: ({ individuals }) => individuals,
  idOf: ({ registrationId }) => registrationId,
  read: readIndividualEnrollment,
  assertRoom(_, before, { individuals, quotas }) {
    if (before) return;
    assertFewer(() => individuals.count(), quotas.most('individualEnrollments'), 'individual enrollments');
  },
  toJson(individual, { records, hubs }, apiVersion) {
    const record = records.get(individual.registrationId);
    const { registrationId } = individual;
    const state = record
      ? toRegistrationState(record, hubs, apiVersion)
      : { registrationId, status: 'unassigned' as const };
    return toIndividualEnrollment(individual, hubs, state);
  },
  toSaved: (individual, { hubs }) => ({
    ...toIndividualEnrollment(individual, hubs, undefined),
    attestation: toAttestationMechanism(individual),
  }),
  // Azure/azure-iot-sdk-csharp#3478: a query leaves the registrations out.
  toRow: (individual, { hubs }) => toIndividualEnrollment(individual, hubs, undefined),
  toAttestation: toAttestationMechanism,
};

export const individualEnrollmentOperations = enrollmentOperations(kind);
