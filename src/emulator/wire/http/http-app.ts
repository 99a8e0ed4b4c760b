/** The emulator over HTTPS: one application for all planes, which paths tell apart. */
import type { Route } from '../../../dps/contract/routes.js';
import type { EventLog } from '../events.js';
import type { FaultSource } from '../faults.js';
import { sendDamaged } from './damaged-reply.js';
import type { HttpReply } from './operation.js';
import { type HttpPlane, PlaneKernel } from './plane.js';
import { HttpRefusal } from './refusal.js';
import { type HttpConnection, HttpRequest } from './request.js';
import { hasSeveralHosts, parseTarget } from './request-target.js';
import { RouteTable } from './route-table.js';

/** Answers a request; @hono/node-server puts it on a listener. */
export type HttpApp = (request: Request, connection: HttpConnection) => Response | Promise<Response>;

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

  return async ({ url }, connection) => {
    const { method = 'GET' } = connection.incoming;
    const { path, search } = parseTarget(url);
    if (hasSeveralHosts(connection.incoming)) {
      const request = new HttpRequest(connection, { path, parameters: {} }, search, maxPlainJsonBytes);
      const refusal = new HttpRefusal('badRequest', 'There is more than one Host header.');
      return toResponse(kernelOf(request).refuse(request, refusal), connection);
    }
    const match = table.find(method === 'HEAD' ? 'GET' : method, path);
    if (!match) {
      const request = new HttpRequest(connection, { path, parameters: {} }, search, maxPlainJsonBytes);
      return toResponse(refuseUnmatched(request), connection);
    }
    const { maxJsonBytes, handle } = match.value;
    return toResponse(await handle(new HttpRequest(connection, match, search, maxJsonBytes)), connection);
  };
}

function toResponse({ status, body, headers = {}, damage }: HttpReply, connection: HttpConnection): Response {
  const isJson = body !== undefined && !Buffer.isBuffer(body);
  const typed =
    isJson && headers['content-type'] === undefined
      ? { ...headers, 'content-type': 'application/json' }
      : headers;
  const content = isJson ? JSON.stringify(body) : (body as Buffer | undefined);
  const isHead = connection.incoming.method === 'HEAD';
  if (damage !== undefined) {
    const whole = Buffer.from(isHead || content === undefined ? '' : content);
    return sendDamaged(connection, damage, { status, headers: typed, body: whole });
  }
  if (isHead || content === undefined) return new Response(null, { status, headers: typed });
  return new Response(Buffer.isBuffer(content) ? new Uint8Array(content) : content, {
    status,
    headers: typed,
  });
}
