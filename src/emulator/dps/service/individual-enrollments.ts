/** Individual enrollments on the service plane. */
import { routes } from '../../../dps/contract/routes.js';
import type { Operation } from '../../wire/http/operation.js';
import { assertFewer } from '../quotas.js';
import { toRegistrationState } from '../registration/registration-state.js';
import type { IndividualSettings, StoredIndividual } from '../state/stored-individuals.js';
import { toAttestationMechanism, toIndividualEnrollment } from './enrollment-reply.js';
import { readIndividualEnrollment } from './enrollment-request.js';
import { type EnrollmentKind, enrollmentOperations } from './enrollments.js';
import type { ServicePlaneOptions } from './service-plane.js';

export function individualEnrollmentOperations(options: ServicePlaneOptions): Operation[] {
  const { individuals, records, hubs, quotas, now } = options;
  const kind: EnrollmentKind<IndividualSettings, StoredIndividual> = {
    subject: 'registrationId',
    itemType: 'Enrollment',
    bulkField: 'enrollments',
    name: 'Enrollment',
    errors: { notFound: 'enrollmentNotFound', conflict: 'enrollmentConflict' },
    routes: {
      get: routes.service.getEnrollment,
      put: routes.service.putEnrollment,
      delete: routes.service.deleteEnrollment,
      query: routes.service.queryEnrollments,
      bulk: routes.service.bulkEnrollments,
      attestation: routes.service.getEnrollmentAttestation,
    },
    store: individuals,
    idOf: (individual) => individual.registrationId,
    read: (id, body, before) => readIndividualEnrollment(id, body, before, options),
    assertRoom(_, before) {
      if (before) return;
      assertFewer(() => individuals.count(), quotas.most('individualEnrollments'), 'individual enrollments');
    },
    toJson(individual) {
      const record = records.get(individual.registrationId);
      return toIndividualEnrollment(individual, hubs, record && toRegistrationState(record, hubs));
    },
    // Azure/azure-iot-sdk-csharp#3478: a query leaves the registrations out.
    toRow: (individual) => toIndividualEnrollment(individual, hubs, undefined),
    toAttestation: toAttestationMechanism,
    now,
  };
  return enrollmentOperations(kind);
}
