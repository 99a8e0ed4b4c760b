/** The service plane: enrollment groups, individual enrollments and registration records. Callers bring a SAS token, or the emulator's token. */
import type { AccessTokens } from '../../access/access-tokens.js';
import { sasProblem } from '../../access/sas-check.js';
import type { HttpPlane, OperationRequest } from '../../wire/http/operation.js';
import { meant } from '../../wire/network/host-names.js';
import { DpsError } from '../dps-error.js';
import { toDpsErrorReply } from '../dps-error-reply.js';
import { perService } from '../per-service.js';
import type { ProvisioningService } from '../provisioning-service.js';
import type { ServiceDirectory } from '../service-directory.js';
import { enrollmentGroupOperations } from './enrollment-groups.js';
import { individualEnrollmentOperations } from './individual-enrollments.js';
import { registrationOperations } from './registration-records.js';

export interface ServicePlaneOptions
  extends Pick<
    ProvisioningService,
    'certificates' | 'groups' | 'individuals' | 'records' | 'hubs' | 'quotas'
  > {
  now: () => Date;
}

export function servicePlane(
  services: ServiceDirectory,
  { tokens, now }: { tokens: AccessTokens; now: () => Date },
): HttpPlane {
  const choose = ({ dialled }: Pick<OperationRequest, 'dialled'>): ProvisioningService => {
    const service = meant(services.list(), dialled);
    if (!service) throw new DpsError('unauthorized', { reason: 'there is no provisioning service' });
    return service;
  };
  const build = (service: ProvisioningService) => {
    const options = { ...service, now };
    return [
      ...enrollmentGroupOperations(options),
      ...individualEnrollmentOperations(options),
      ...registrationOperations(options),
    ];
  };
  return {
    name: 'service',
    operations: perService(services.list()[0]!, build, choose),
    authorize({ header, path, dialled }, { right }) {
      const { policies, names, quotas } = choose({ dialled });
      const authorization = header('authorization');
      if (authorization === undefined)
        throw new DpsError('unauthorized', { reason: 'no Authorization header' });
      if (/^Bearer\s/i.test(authorization)) {
        if (!tokens.accepts(authorization, 'service'))
          throw new DpsError('unauthorized', { reason: 'the bearer token is not that of this emulator' });
      } else {
        const problem = sasProblem(
          { authorization, path, host: header('host') },
          { policies, hostNames: names.aliases, right, now: now() },
        );
        if (problem) throw new DpsError('unauthorized', { reason: problem });
      }
      quotas.operation();
    },
    toErrorReply: (error, requestId) => toDpsErrorReply(error, requestId, now()),
  };
}
