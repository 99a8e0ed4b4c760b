/** An operation of the hub over HTTPS: it is given the hub that the client dialled. */
import { routes } from '../../../dps/contract/routes.js';
import { type Operation, type OperationHandler, operationsOf } from '../../wire/http/operation.js';
import type { Hub, HubRight } from '../hub.js';

/** Who may call an operation: a service whose policy grants this right, or the device that the path names. */
export type HubCaller = HubRight | 'device';

export interface HubHandler extends OperationHandler<Hub> {
  caller: HubCaller;
}

export type HubOperation = HubHandler & Operation<Hub>;

/** @param handlers by their names in the route table */
export function hubOperations(
  handlers: {
    readonly [Name in keyof typeof routes.hub]?: HubHandler;
  },
): HubOperation[] {
  return operationsOf<typeof routes.hub, HubHandler>(routes.hub, handlers);
}
