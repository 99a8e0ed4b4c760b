/**
 * Operations that take time: the reply names an address at which clients follow them.
 *
 * Source: Azure Resource Manager, "Track asynchronous Azure operations".
 */
import { type Route, routePath } from '../../../dps/contract/routes.js';
import type { HttpReply } from '../../wire/http/operation.js';
import type { HttpRequest } from '../../wire/http/request.js';
import { ArmError } from './arm-error.js';
import { abridge, assertSubscription, type Subscription } from './scope.js';

/**
 * The headers by which clients follow an operation.
 *
 * @param route at which they ask: its last parameter is the ID of the operation
 */
export function trackingHeaders(
  { parameters, apiVersion }: Pick<HttpRequest, 'parameters' | 'apiVersion'>,
  subscription: Subscription,
  route: Route,
  operationId: string,
): { 'azure-asyncoperation': string } & Record<string, string> {
  const path = routePath(route, { ...parameters, operationId });
  const url = `https://${subscription.services.deviceHostName}${path}?api-version=${apiVersion}&asyncinfo`;
  return { 'azure-asyncoperation': url, ...paceHeaders(subscription) };
}

/** The reply to a deletion or an action that has begun. */
export function acceptedReply(
  request: Pick<HttpRequest, 'parameters' | 'apiVersion'>,
  subscription: Subscription,
  route: Route,
  operationId: string,
): HttpReply {
  const { 'azure-asyncoperation': url, ...more } = trackingHeaders(request, subscription, route, operationId);
  const headers = { 'azure-asyncoperation': url, location: url.replace('&asyncinfo', ''), ...more };
  return { status: 202, body: null, headers };
}

/**
 * The reply to a client that follows an operation.
 *
 * @throws ArmError subscriptionNotFound, notFound
 */
export function answerOperation(request: HttpRequest, subscription: Subscription): HttpReply {
  const { parameters } = request;
  assertSubscription(parameters, subscription);
  const operationId = parameters.operationId!;
  const status = subscription.pending.poll(operationId);
  if (status === undefined) {
    throw new ArmError('notFound', `There is no operation '${abridge(operationId)}'.`);
  }
  const headers = status === 'Running' ? paceHeaders(subscription) : {};
  if (request.query('asyncinfo') !== undefined) return { status: 200, body: { status }, headers };
  // At the address of the header Location, the status of the reply says how far it is.
  return { status: status === 'Running' ? 202 : 200, headers };
}

/**
 * How long a client waits between two polls. The real service does not say: recorded replies have no `Retry-After`, and most
 * SDKs then wait 30 seconds. Those for Python, .NET and Go honour milliseconds; the one for Node.js asks every 2 seconds.
 */
function paceHeaders({ retryAfter }: Subscription): Record<string, string> {
  return { 'x-ms-retry-after-ms': String(Math.max(1, retryAfter * 1000)) };
}
