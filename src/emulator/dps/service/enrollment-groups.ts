/** Enrollment groups on the service plane. */
import { routes } from '../../../dps/contract/routes.js';
import type { Operation } from '../../wire/http/operation.js';
import type { GroupLimit } from '../attestation/attestation-kind.js';
import { kindOf, kindsWhere } from '../attestation/kinds.js';
import { assertFewer } from '../quotas.js';
import type { GroupSettings, StoredGroup } from '../state/stored-groups.js';
import { toAttestationMechanism, toEnrollmentGroup } from './enrollment-reply.js';
import { readEnrollmentGroup } from './enrollment-request.js';
import { type EnrollmentKind, enrollmentOperations } from './enrollments.js';
import type { ServicePlaneOptions } from './service-plane.js';

export function enrollmentGroupOperations(options: ServicePlaneOptions): Operation[] {
  const { groups, hubs, quotas, now } = options;
  const kind: EnrollmentKind<GroupSettings, StoredGroup> = {
    subject: 'enrollmentGroupId',
    itemType: 'EnrollmentGroup',
    bulkField: 'enrollmentGroups',
    name: 'EnrollmentGroup',
    errors: { notFound: 'enrollmentGroupNotFound', conflict: 'enrollmentGroupConflict' },
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
    assertRoom(settings, before) {
      const limit = groupLimitOf(settings);
      if (limit === undefined || (before && groupLimitOf(before) === limit)) return;
      const counted = kindsWhere(({ groupLimit }) => groupLimit === limit);
      assertFewer(() => groups.countOfKinds(counted), quotas.most(limit.quota), limit.what);
    },
    toJson: (group) => toEnrollmentGroup(group, hubs),
    toRow: (group) => toEnrollmentGroup(group, hubs),
    toAttestation: toAttestationMechanism,
    now,
  };
  return enrollmentOperations(kind);
}

function groupLimitOf({ attestation }: GroupSettings): GroupLimit | undefined {
  return kindOf(attestation).groupLimit;
}
