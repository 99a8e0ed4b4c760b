/** Registration records on the service plane. */
import { routes } from '../../../dps/contract/routes.js';
import { etagMatches } from '../../state/etag.js';
import type { Operation } from '../../wire/http/operation.js';
import { DpsError } from '../dps-error.js';
import { assertLegalId } from '../registration/legal-id.js';
import { toRegistrationState } from '../registration/registration-state.js';
import type { RegistrationRecord } from '../state/stored-registrations.js';
import { answerPage, assertQuery } from './query-pages.js';
import type { ServicePlaneOptions } from './service-plane.js';

export function registrationOperations({ records, groups, hubs }: ServicePlaneOptions): Operation[] {
  const find = (registrationId: string): RegistrationRecord => {
    assertLegalId('registration ID', registrationId);
    const record = records.get(registrationId);
    if (!record) throw new DpsError('registrationNotFound');
    return record;
  };

  return [
    {
      name: 'getRegistration',
      route: routes.service.getRegistration,
      right: 'RegistrationStatusRead',
      subject: 'registrationId',
      handle: ({ parameters }) => ({
        status: 200,
        body: toRegistrationState(find(parameters.registrationId!), hubs),
      }),
    },
    {
      name: 'deleteRegistration',
      route: routes.service.deleteRegistration,
      right: 'RegistrationStatusWrite',
      subject: 'registrationId',
      handle({ parameters, header }) {
        const record = find(parameters.registrationId!);
        const ifMatch = header('if-match');
        if (ifMatch !== undefined && !etagMatches(ifMatch, record.etag))
          throw new DpsError('preconditionFailed');
        records.delete(record.registrationId);
        return { status: 204 };
      },
    },
    {
      name: 'queryRegistrations',
      route: routes.service.queryRegistrations,
      right: 'RegistrationStatusRead',
      subject: 'enrollmentGroupId',
      handle(request) {
        const enrollmentGroupId = request.parameters.enrollmentGroupId!;
        assertQuery(request.body, false);
        // Records outlive their group.
        const known = groups.get(enrollmentGroupId) ?? records.page(enrollmentGroupId, '', 1)[0];
        if (!known) throw new DpsError('enrollmentGroupNotFound');
        return answerPage(
          request,
          'DeviceRegistration',
          (after, limit) => records.page(enrollmentGroupId, after, limit),
          (record) => record.registrationId,
          (record) => toRegistrationState(record, hubs),
        );
      },
    },
  ];
}
