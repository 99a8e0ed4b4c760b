/** The emulator over HTTPS: one application for all planes, which paths tell apart. */
import type { Route } from '../../../dps/contract/routes.js';
import type { EventLog } from '../events.js';
import type { FaultSource } from '../faults.js';
import type { HttpReply } from './operation.js';
import { type HttpPlane, PlaneKernel } from './plane.js';
import { HttpRefusal } from './refusal.js';
import { type HttpConnection, HttpRequest } from './request.js';
import { hostProblem, parseTarget } from './request-target.js';
import { RouteTable } from './route-table.js';

/** Answers a request. */
export type HttpApp = (connection: HttpConnection) => Promise<HttpReply>;

/** A route outside the planes, without a request ID, an api-version or an event. */
export interface PlainRoute {
  route: Route;
  handle(request: HttpRequest): HttpReply | Promise<HttpReply>;
}

export interface HttpAppOptions {
  planes: readonly HttpPlane[];
  plainRoutes: readonly PlainRoute[];
  /** The plane whose form the errors have that no operation answers, such as those about unknown paths. */
  planeOf(path: string): HttpPlane;
  now: () => Date;
  log: EventLog;
  /** For operations of the planes; plain routes meet none. */
  faults?: FaultSource | undefined;
}

/** The largest JSON body of a plain route. */
const maxPlainJsonBytes = 96 * 1024;

/** Finds the operation or plain route of each request, and answers with it; a request without one is refused in words. */
export function createHttpApp({ planes, plainRoutes, planeOf, now, log, faults }: HttpAppOptions): HttpApp {
  const kernels = new Map(planes.map((plane) => [plane, new PlaneKernel(plane, log, now, faults)]));
  const table = new RouteTable([
    ...planes.flatMap((plane) => {
      const kernel = kernels.get(plane)!;
      return plane.operations.map((operation) => ({
        route: operation.route,
        value: {
          maxJsonBytes: plane.maxJsonBytes,
          handle: (request: HttpRequest) => kernel.answer(request, operation),
        },
      }));
    }),
    ...plainRoutes.map(({ route, handle }) => ({
      route,
      value: {
        maxJsonBytes: maxPlainJsonBytes,
        async handle(request: HttpRequest) {
          try {
            return await handle(request);
          } catch (error) {
            return kernelOf(request).refuse(request, error);
          }
        },
      },
    })),
  ]);

  function kernelOf({ path }: HttpRequest): PlaneKernel {
    return kernels.get(planeOf(path))!;
  }

  function refuseUnmatched(request: HttpRequest): HttpReply {
    const kernel = kernelOf(request);
    const methods = table.methods(request.path);
    if (methods.length === 0) return kernel.refuse(request, new HttpRefusal('notFound', 'Not found'));
    const refusal = new HttpRefusal('methodNotAllowed', 'Method not allowed');
    return kernel.refuse(request, refusal, { allow: methods.join(', ') });
  }

  return async (connection) => {
    const { method = 'GET', url = '' } = connection.incoming;
    const target = parseTarget(url);
    const { path, search } = target ?? { path: '/', search: '' };
    const problem =
      hostProblem(connection.incoming) ?? (target ? undefined : 'The target of the request is not a URL.');
    if (problem !== undefined) {
      const request = new HttpRequest(connection, { path, parameters: {} }, search, maxPlainJsonBytes);
      return kernelOf(request).refuse(request, new HttpRefusal('badRequest', problem));
    }
    const match = table.find(method === 'HEAD' ? 'GET' : method, path);
    if (!match) {
      const request = new HttpRequest(connection, { path, parameters: {} }, search, maxPlainJsonBytes);
      return refuseUnmatched(request);
    }
    const { maxJsonBytes, handle } = match.value;
    return handle(new HttpRequest(connection, match, search, maxJsonBytes));
  };
}
