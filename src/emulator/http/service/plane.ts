/** The service plane: enrollment groups, individual enrollments and registration records. Callers bring a SAS token, or the emulator's token. */
import type { AccessTokens } from '../../access-tokens.js';
import { DpsError } from '../../dps-error.js';
import type { HostNames } from '../../host-names.js';
import type { Quotas } from '../../quotas.js';
import { sasProblem } from '../../sas-check.js';
import type { Certificates } from '../../state/certificates.js';
import type { EnrollmentGroups } from '../../state/enrollment-groups.js';
import type { LinkedHubs } from '../../state/hubs.js';
import type { Policy } from '../../state/identity.js';
import type { IndividualEnrollments } from '../../state/individual-enrollments.js';
import type { RegistrationRecords } from '../../state/registration-records.js';
import { toDpsErrorReply } from '../dps-error-reply.js';
import type { HttpPlane } from '../operation.js';
import { enrollmentGroupOperations } from './enrollment-groups.js';
import { individualEnrollmentOperations } from './individual-enrollments.js';
import { registrationOperations } from './registrations.js';

export interface ServicePlaneOptions {
  policies: readonly Policy[];
  tokens: AccessTokens;
  names: HostNames;
  certificates: Certificates;
  groups: EnrollmentGroups;
  individuals: IndividualEnrollments;
  records: RegistrationRecords;
  hubs: LinkedHubs;
  quotas: Quotas;
  now: () => Date;
}

export function servicePlane(options: ServicePlaneOptions): HttpPlane {
  const { policies, tokens, names, quotas, now } = options;
  return {
    name: 'service',
    operations: [
      ...enrollmentGroupOperations(options),
      ...individualEnrollmentOperations(options),
      ...registrationOperations(options),
    ],
    authorize({ header, path }, { right }) {
      const authorization = header('authorization');
      if (authorization === undefined)
        throw new DpsError('unauthorized', { reason: 'no Authorization header' });
      if (/^Bearer\s/i.test(authorization)) {
        if (tokens.accepts(authorization, 'service')) return quotas.operation();
        throw new DpsError('unauthorized', { reason: 'the bearer token is not that of this emulator' });
      }
      const problem = sasProblem(
        { authorization, path, host: header('host') },
        { policies, hostNames: names.serviceAliases, right, now: now() },
      );
      if (problem) throw new DpsError('unauthorized', { reason: problem });
      quotas.operation();
    },
    toErrorReply: (error, requestId) => toDpsErrorReply(error, requestId, now()),
  };
}
