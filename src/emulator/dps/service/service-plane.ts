/**
 * The service plane: enrollment groups, individual enrollments and registration records. Callers bring a SAS token, or a
 * bearer token of the emulator.
 */

import type { DpsErrorBody } from '../../../dps/contract/wire-error.js';
import type { AccessTokens } from '../../access/access-tokens.js';
import { sasProblem } from '../../access/sas-check.js';
import { bind } from '../../wire/http/operation.js';
import type { ErrorReply, HttpPlane } from '../../wire/http/plane.js';
import type { HttpRequest } from '../../wire/http/request.js';
import { resolveByHost } from '../../wire/network/host-names.js';
import type { ServedApiVersions } from '../../wire/served-api-versions.js';
import { DpsError, toDpsError } from '../dps-error.js';
import { dpsBodies, toDpsErrorReply } from '../dps-plane.js';
import type { ProvisioningService } from '../provisioning-service.js';
import type { ServiceDirectory } from '../service-directory.js';
import { enrollmentGroupOperations } from './enrollment-groups.js';
import { individualEnrollmentOperations } from './individual-enrollments.js';
import { registrationOperations } from './registration-operations.js';
import type { ServiceOperation } from './service-operation.js';

export interface ServicePlaneOptions {
  services: ServiceDirectory;
  tokens: AccessTokens;
  versions: ServedApiVersions;
  now: () => Date;
}

/** The service plane of all provisioning services; the host that a client dials tells them apart. */
export function servicePlane({ services, tokens, versions, now }: ServicePlaneOptions): HttpPlane {
  /** The service whose host the client dialled. */
  function find({ dialled }: HttpRequest): ProvisioningService {
    const service = resolveByHost(services.list(), dialled);
    if (!service) throw unauthorized('there is no provisioning service');
    return service;
  }

  function authorize(request: HttpRequest, { right }: ServiceOperation): void {
    const { policies, names, quotas } = find(request);
    const authorization = request.header('authorization');
    if (authorization === undefined) throw unauthorized('no Authorization header');
    if (/^Bearer\s/i.test(authorization)) {
      if (!tokens.accepts(authorization, 'service')) {
        throw unauthorized('the bearer token is not that of this emulator');
      }
    } else {
      const problem = sasProblem(
        { authorization, path: request.path, host: request.host },
        { policies, hostNames: names.aliases, right, now: now() },
      );
      if (problem) throw unauthorized(problem);
    }
    quotas.operation();
  }

  return {
    name: 'service',
    operations: bind(
      [...enrollmentGroupOperations, ...individualEnrollmentOperations, ...registrationOperations],
      { find, authorize },
    ),
    ...dpsBodies,
    speaks: (apiVersion) => versions.serves('service', 'https', apiVersion),
    toErrorReply: (error, requestId) => toServiceErrorReply(error, requestId, now()),
  };
}

/**
 * The number is `code` from api-version 2021-10-01 on, as the Python client reads it, and was `errorCode` before: a body with
 * both serves every client. The specification also has it in a header.
 */
function toServiceErrorReply(thrown: unknown, requestId: string, now: Date): ErrorReply {
  const { headers, ...reply } = toDpsErrorReply(thrown, requestId, now);
  const { errorCode } = toDpsError(thrown);
  return {
    ...reply,
    body: { code: errorCode, ...(reply.body as DpsErrorBody) },
    headers: { ...headers, 'x-ms-error-code': String(errorCode) },
  };
}

/** @param reason for the log */
function unauthorized(reason: string): DpsError {
  return new DpsError('unauthorized', { reason });
}
