/** The operations of one provisioning service, made into those of all: each request tells which one is meant. */

import type { Operation, OperationRequest } from '../wire/http/operation.js';
import type { ProvisioningService } from './provisioning-service.js';

/**
 * @param first any service: the routes are the same for all
 * @param build the operations of one
 * @param choose which one a request means; throws when there is none
 */
export function perService(
  first: ProvisioningService,
  build: (service: ProvisioningService) => Operation[],
  choose: (request: OperationRequest) => ProvisioningService,
): Operation[] {
  const built = new WeakMap<ProvisioningService, Operation[]>();
  const operationsOf = (service: ProvisioningService): Operation[] => {
    let operations = built.get(service);
    if (!operations) {
      operations = build(service);
      built.set(service, operations);
    }
    return operations;
  };
  return operationsOf(first).map((operation, index) => ({
    ...operation,
    handle: (request) => operationsOf(choose(request))[index]!.handle(request),
  }));
}
