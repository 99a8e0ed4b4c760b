/** Enrollment groups on the service plane: read, create, change, delete, query. */
import { routes } from '../../../dps/contract/routes.js';
import { DpsError } from '../../dps-error.js';
import type { StoredGroup } from '../../state/enrollment-groups.js';
import { etagMatches } from '../../state/etag.js';
import type { Operation } from '../operation.js';
import { toEnrollmentGroup } from './enrollment-group-reply.js';
import { readEnrollmentGroup } from './enrollment-group-request.js';
import { answerPage, assertQuery } from './paging.js';
import type { ServicePlaneOptions } from './plane.js';

export function enrollmentGroupOperations(options: ServicePlaneOptions): Operation[] {
  const { groups, hubs, now } = options;
  const subject = 'enrollmentGroupId';

  const find = (enrollmentGroupId: string): StoredGroup => {
    const group = groups.get(enrollmentGroupId);
    if (!group) throw new DpsError('enrollmentNotFound');
    return group;
  };

  return [
    {
      name: 'getEnrollmentGroup',
      route: routes.service.getEnrollmentGroup,
      right: 'EnrollmentRead',
      subject,
      handle: ({ parameters }) => ({
        status: 200,
        body: toEnrollmentGroup(find(parameters.enrollmentGroupId!), hubs),
      }),
    },
    {
      name: 'putEnrollmentGroup',
      route: routes.service.putEnrollmentGroup,
      right: 'EnrollmentWrite',
      subject,
      handle({ parameters, header, body }) {
        const enrollmentGroupId = parameters.enrollmentGroupId!;
        const before = groups.get(enrollmentGroupId);
        const settings = readEnrollmentGroup(enrollmentGroupId, body, before, options);
        const ifMatch = header('if-match');
        if (before && ifMatch === undefined) throw new DpsError('conflict');
        if (ifMatch !== undefined && (!before || !etagMatches(ifMatch, before.etag))) {
          throw new DpsError('preconditionFailed');
        }
        const at = now();
        // 200 also for a new one: official clients take nothing else.
        return {
          status: 200,
          body: toEnrollmentGroup(groups.save(settings, before?.created ?? at, at), hubs),
        };
      },
    },
    {
      name: 'deleteEnrollmentGroup',
      route: routes.service.deleteEnrollmentGroup,
      right: 'EnrollmentWrite',
      subject,
      handle({ parameters, header }) {
        const group = find(parameters.enrollmentGroupId!);
        const ifMatch = header('if-match');
        if (ifMatch !== undefined && !etagMatches(ifMatch, group.etag))
          throw new DpsError('preconditionFailed');
        groups.delete(group.enrollmentGroupId);
        return { status: 204 };
      },
    },
    {
      name: 'queryEnrollmentGroups',
      route: routes.service.queryEnrollmentGroups,
      right: 'EnrollmentRead',
      handle(request) {
        assertQuery(request.body, true);
        return answerPage(
          request,
          'EnrollmentGroup',
          (after, limit) => groups.page(after, limit),
          (group) => group.enrollmentGroupId,
          (group) => toEnrollmentGroup(group, hubs),
        );
      },
    },
  ];
}
