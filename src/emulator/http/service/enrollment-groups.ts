/** Enrollment groups on the service plane. */
import { routes } from '../../../dps/contract/routes.js';
import { toAttestationMechanism, toEnrollmentGroup } from '../../enrollment-reply.js';
import type { GroupSettings, StoredGroup } from '../../state/enrollment-groups.js';
import type { Operation } from '../operation.js';
import { readEnrollmentGroup } from './enrollment-request.js';
import { type EnrollmentKind, enrollmentOperations } from './enrollments.js';
import type { ServicePlaneOptions } from './plane.js';

export function enrollmentGroupOperations(options: ServicePlaneOptions): Operation[] {
  const { groups, hubs, now } = options;
  const kind: EnrollmentKind<GroupSettings, StoredGroup> = {
    subject: 'enrollmentGroupId',
    itemType: 'EnrollmentGroup',
    bulkField: 'enrollmentGroups',
    name: 'EnrollmentGroup',
    routes: {
      get: routes.service.getEnrollmentGroup,
      put: routes.service.putEnrollmentGroup,
      delete: routes.service.deleteEnrollmentGroup,
      query: routes.service.queryEnrollmentGroups,
      bulk: routes.service.bulkEnrollmentGroups,
      attestation: routes.service.getEnrollmentGroupAttestation,
    },
    store: groups,
    idOf: (group) => group.enrollmentGroupId,
    read: (id, body, before) => readEnrollmentGroup(id, body, before, options),
    toJson: (group) => toEnrollmentGroup(group, hubs),
    toAttestation: toAttestationMechanism,
    now,
  };
  return enrollmentOperations(kind);
}
