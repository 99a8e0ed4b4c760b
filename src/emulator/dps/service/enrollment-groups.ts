/** Enrollment groups on the service plane. */
import type { GroupLimit } from '../attestation/attestation-kind.js';
import { kindOf, kindsWhere } from '../attestation/kinds.js';
import { assertFewer } from '../quotas.js';
import type { GroupSettings, StoredGroup } from '../state/stored-groups.js';
import type { EnrollmentKind } from './enrollment-kind.js';
import { enrollmentOperations } from './enrollment-operations.js';
import { toAttestationMechanism, toEnrollmentGroup } from './enrollment-reply.js';
import { readEnrollmentGroup } from './enrollment-request.js';

const kind: EnrollmentKind<GroupSettings, StoredGroup> = {
  idField: 'enrollmentGroupId',
  itemType: 'EnrollmentGroup',
  bulkField: 'enrollmentGroups',
  name: 'EnrollmentGroup',
  errors: { notFound: 'enrollmentGroupNotFound', conflict: 'enrollmentGroupConflict' },
  routes: {
    get: 'getEnrollmentGroup',
    put: 'putEnrollmentGroup',
    delete: 'deleteEnrollmentGroup',
    query: 'queryEnrollmentGroups',
    bulk: 'bulkEnrollmentGroups',
    attestation: 'getEnrollmentGroupAttestation',
  },
  storeOf: ({ groups }) => groups,
  idOf: ({ enrollmentGroupId }) => enrollmentGroupId,
  read: readEnrollmentGroup,
  assertRoom(settings, before, { groups, quotas }) {
    const limit = groupLimitOf(settings);
    if (limit === undefined || (before && groupLimitOf(before) === limit)) return;
    const counted = kindsWhere(({ groupLimit }) => groupLimit === limit);
    assertFewer(() => groups.countOfKinds(counted), quotas.most(limit.quota), limit.what);
  },
  toJson: (group, { hubs }) => toEnrollmentGroup(group, hubs),
  toSaved: (group, { hubs }) => ({
    ...toEnrollmentGroup(group, hubs),
    attestation: toAttestationMechanism(group),
  }),
  toRow: (group, { hubs }) => toEnrollmentGroup(group, hubs),
  toAttestation: toAttestationMechanism,
};

export const enrollmentGroupOperations = enrollmentOperations(kind);

function groupLimitOf({ attestation }: GroupSettings): GroupLimit | undefined {
  return kindOf(attestation).groupLimit;
}
