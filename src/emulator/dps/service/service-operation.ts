/** An operation of the service plane: it is given the provisioning service that the client dialled. */
import type { routes } from '../../../dps/contract/routes.js';
import { etagMatches } from '../../state/etag.js';
import type { Operation, OperationHandler } from '../../wire/http/operation.js';
import type { HttpRequest } from '../../wire/http/request.js';
import { DpsError } from '../dps-error.js';
import type { ProvisioningService } from '../provisioning-service.js';

/** The rights of a shared access policy that the service plane asks for. */
export type ServiceRight =
  | 'EnrollmentRead'
  | 'EnrollmentWrite'
  | 'RegistrationStatusRead'
  | 'RegistrationStatusWrite';

export interface ServiceHandler extends OperationHandler<ProvisioningService> {
  /** What the policy of the client's token must grant. */
  right: ServiceRight;
}

export type ServiceOperation = ServiceHandler & Operation<ProvisioningService>;

export type ServiceRoute = keyof typeof routes.service;

/**
 * @param etag of what is stored; undefined when nothing is
 * @throws DpsError preconditionFailed when the request's If-Match, if any, does not match it
 */
export function assertIfMatch(request: HttpRequest, etag: string | undefined): void {
  const ifMatch = request.header('if-match');
  if (ifMatch === undefined || (etag !== undefined && etagMatches(ifMatch, etag))) return;
  throw new DpsError('preconditionFailed');
}
