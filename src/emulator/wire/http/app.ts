/** The emulator over HTTPS: one server for all planes, told apart by path. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { type Context, Hono } from 'hono';
import { isKnownApiVersion } from '../../../dps/contract/api-versions.js';
import { DpsError } from '../../dps/dps-error.js';
import { notImplementedOperations } from '../../dps/not-implemented.js';
import type { EmulatorLog } from '../events.js';
import type { Dialled } from '../network/host-names.js';
import { presentedChain } from '../tls/server-identity.js';
import { readJson } from './body.js';
import type { HttpPlane, Operation, OperationReply } from './operation.js';
import { PathTable } from './path-table.js';

export interface AppOptions {
  planes: HttpPlane[];
  /** Routes that share nothing with the planes: the hub stand-in's, the token endpoint's. */
  others: Hono<Bindings>[];
  now: () => Date;
  log: EmulatorLog;
}

export type Bindings = { Bindings: { incoming: IncomingMessage } };

export function createApp(options: AppOptions): Hono<Bindings> {
  const { planes, others, now, log } = options;
  const all = planes.map((plane) => ({
    plane,
    operations: [...plane.operations, ...notImplementedOperations(plane.name)],
  }));
  const routes = all.flatMap(({ operations }) => operations.map(({ route }) => route));
  const otherRoutes = others.flatMap((other) =>
    other.routes.map(({ method, path }) => ({ method: method as 'GET', path })),
  );
  const table = new PathTable([...routes, ...otherRoutes]);
  const app = new Hono<Bindings>({ getPath: (request) => table.spell(request.method, pathOf(request.url)) });

  for (const { plane, operations } of all) {
    for (const operation of operations) {
      app.on(operation.route.method, operation.route.path, (context) =>
        answer(context, plane, operation, options),
      );
    }
  }
  for (const other of others) app.route('/', other);
  app.notFound((context) => {
    const path = pathOf(context.req.url);
    const methods = table.methods(path);
    const error = new DpsError(methods.length > 0 ? 'methodNotAllowed' : 'notFound');
    const plane = /^\/(subscriptions|providers)(\/|$)/i.test(path) ? planes[0]! : planes[1]!;
    const requestId = randomUUID();
    const reply = plane.toErrorReply(error, requestId);
    log({
      at: now().toISOString(),
      plane: plane.name,
      transport: 'https',
      operation: `${context.req.method} ${path.slice(0, 200)}`,
      status: reply.status,
      reason: reply.reason,
    });
    const headers: Record<string, string> = methods.length > 0 ? { allow: methods.join(', ') } : {};
    return send({ ...reply, headers: { ...reply.headers, ...headers } }, requestId, reply.code);
  });
  return app;
}

async function answer(
  context: Context<Bindings>,
  plane: HttpPlane,
  operation: Operation,
  { now, log }: AppOptions,
): Promise<Response> {
  const requestId = randomUUID();
  const { incoming } = context.env;
  const parameters = context.req.param() as Record<string, string>;
  const event = {
    at: now().toISOString(),
    plane: plane.name,
    transport: 'https' as const,
    operation: operation.name,
    ...(operation.subject === undefined ? {} : { id: parameters[operation.subject]! }),
  };
  const header = (name: string) => incoming.headers[name] as string | undefined;
  try {
    const dialled = dialledBy(incoming);
    plane.authorize({ header, dialled, path: context.req.path }, operation);
    const apiVersion = apiVersionOf(incoming);
    const known = operation.apiVersions?.includes(apiVersion) ?? isKnownApiVersion(plane.name, apiVersion);
    if (!known) throw new DpsError('unknownApiVersion');
    const hasBody = operation.route.method !== 'GET' && operation.route.method !== 'DELETE';
    const reply = await operation.handle({
      parameters,
      apiVersion,
      body: hasBody ? await readJson(incoming) : undefined,
      header,
      dialled,
      chain: () => presentedChain(incoming.socket as TLSSocket),
    });
    log({ ...event, status: reply.status });
    return send(reply, requestId);
  } catch (error) {
    const reply = plane.toErrorReply(error, requestId);
    log({ ...event, status: reply.status, reason: reply.reason });
    return send(reply, requestId, reply.code);
  }
}

function send(reply: OperationReply, requestId: string, errorCode?: string): Response {
  const headers: Record<string, string> = { 'x-ms-request-id': requestId, ...reply.headers };
  if (errorCode !== undefined) headers['x-ms-error-code'] = errorCode;
  if (reply.body === undefined) return new Response(null, { status: reply.status, headers });
  headers['content-type'] = 'application/json; charset=utf-8';
  return new Response(JSON.stringify(reply.body), { status: reply.status, headers });
}

/** The name that a client used and the address at which it arrived, which tell the services and the hubs apart. */
export function dialledBy({ headers, socket }: IncomingMessage): Dialled {
  return { name: headers.host, address: socket.localAddress };
}

/** The query parameter's name is compared without regard to case, as all of Azure does. */
function apiVersionOf(incoming: IncomingMessage): string {
  const query = incoming.url?.split('?')[1] ?? '';
  for (const [name, value] of new URLSearchParams(query)) {
    if (name.toLowerCase() === 'api-version') return value;
  }
  return '';
}

/** The path of an absolute URL, not decoded. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  const end = url.slice(start).search(/[?#]/);
  return start < 0 ? '/' : end < 0 ? url.slice(start) : url.slice(start, start + end);
}
