/** The emulator over HTTPS: one application for all planes, which paths tell apart. */
import type { Route } from '../../../dps/contract/routes.js';
import type { EventLog } from '../events.js';
import type { HttpReply } from './operation.js';
import { type HttpPlane, PlaneKernel } from './plane.js';
import { HttpRefusal } from './refusal.js';
import { type HttpConnection, HttpRequest } from './request.js';
import { parseTarget } from './request-target.js';
import { RouteTable } from './route-table.js';

/** Answers a request; @hono/node-server puts it on a listener. */
export type HttpApp = (request: Request, connection: HttpConnection) => Response | Promise<Response>;

/** A route outside the planes, with no request ID, api-version or event of its own. */
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
}

/** The largest JSON body of a plain route. */
const maxPlainJsonBytes = 96 * 1024;

/** Finds the operation or plain route of each request, and answers with it; a request without one is refused in words. */
export function createHttpApp({ planes, plainRoutes, planeOf, now, log }: HttpAppOptions): HttpApp {
  const kernels = new Map(planes.map((plane) => [plane, new PlaneKernel(plane, log, now)]));
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

  return async ({ url }, connection) => {
    const { method = 'GET' } = connection.incoming;
    const { path, search } = parseTarget(url);
    const match = table.find(method === 'HEAD' ? 'GET' : method, path);
    if (!match) {
      const request = new HttpRequest(connection, { path, parameters: {} }, search, maxPlainJsonBytes);
      return toResponse(refuseUnmatched(request), method);
    }
    const { maxJsonBytes, handle } = match.value;
    return toResponse(await handle(new HttpRequest(connection, match, search, maxJsonBytes)), method);
  };
}

function toResponse({ status, body, headers = {} }: HttpReply, method: string): Response {
  if (body === undefined) return new Response(null, { status, headers });
  if (Buffer.isBuffer(body)) {
    return new Response(method === 'HEAD' ? null : new Uint8Array(body), { status, headers });
  }
  const typed =
    headers['content-type'] === undefined ? { ...headers, 'content-type': 'application/json' } : headers;
  return new Response(method === 'HEAD' ? null : JSON.stringify(body), { status, headers: typed });
}
