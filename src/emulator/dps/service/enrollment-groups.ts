/** Enrollment groups on the service plane. */
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
    const attestation = attestationOf(settings);
    if (before && attestationOf(before) === attestation) return;
    const [most, what] =
      attestation === 'x509'
        ? [quotas.most('x509EnrollmentGroups'), 'enrollment groups of X.509 certificates']
        : [quotas.most('symmetricKeyEnrollmentGroups'), 'enrollment groups of symmetric keys'];
    assertFewer(() => groups.count(attestation), most, what);
  },
  toJson: (group, { hubs }) => toEnrollmentGroup(group, hubs),
  toRow: (group, { hubs }) => toEnrollmentGroup(group, hubs),
  toAttestation: toAttestationMechanism,
};

export const enrollmentGroupOperations = enrollmentOperations(kind);

function attestationOf({ symmetricKey }: GroupSettings): 'symmetricKey' | 'x509' {
  return symmetricKey ? 'symmetricKey' : 'x509';
}
