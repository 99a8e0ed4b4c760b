/** Registration records on the service plane. */
import { routes } from '../../../dps/contract/routes.js';
import { operationsOf } from '../../wire/http/operation.js';
import type { HttpRequest } from '../../wire/http/request.js';
import { DpsError } from '../dps-error.js';
import type { ProvisioningService } from '../provisioning-service.js';
import { assertLegalId } from '../registration/legal-id.js';
import { toRegistrationState } from '../registration/registration-state.js';
import type { RegistrationRecord } from '../state/stored-registrations.js';
import { answerPage, assertQuery } from './query-pages.js';
import { assertIfMatch, type ServiceHandler } from './service-operation.js';

export const registrationOperations = operationsOf<typeof routes.service, ServiceHandler>(routes.service, {
  getRegistration: {
    right: 'RegistrationStatusRead',
    idParameter: 'registrationId',
    handle: (request, service) => ({
      status: 200,
      body: toRegistrationState(requireRecord(request, service), service.hubs, request.apiVersion),
    }),
  },
  deleteRegistration: {
    right: 'RegistrationStatusWrite',
    idParameter: 'registrationId',
    handle(request, service) {
      const record = requireRecord(request, service);
      assertIfMatch(request, record.etag);
      service.records.delete(record.registrationId);
      return { status: 204 };
    },
  },
  queryRegistrations: {
    right: 'RegistrationStatusRead',
    idParameter: 'enrollmentGroupId',
    async handle(request, { groups, records, hubs }) {
      const enrollmentGroupId = request.parameters.enrollmentGroupId!;
      assertQuery(await request.json(), { isRequired: false });
      // Records outlive their group.
      const known = groups.get(enrollmentGroupId) ?? records.page(enrollmentGroupId, 0, 1)[0];
      if (!known) throw new DpsError('enrollmentGroupNotFound');
      return answerPage(request, {
        itemType: 'DeviceRegistration',
        read: (after, limit) => records.page(enrollmentGroupId, after, limit),
        toJson: (record) => toRegistrationState(record, hubs, request.apiVersion),
      });
    },
  },
});

/** @throws DpsError badRequest, registrationNotFound */
function requireRecord({ parameters }: HttpRequest, { records }: ProvisioningService): RegistrationRecord {
  const registrationId = parameters.registrationId!;
  assertLegalId('registration ID', registrationId);
  const record = records.get(registrationId);
  if (!record) throw new DpsError('registrationNotFound');
  return record;
}
