/** One HTTP operation of a plane: a row of the route table, and the function that answers it. */
import type { Route } from '../../../dps/contract/routes.js';
import type { Damage } from './damaged-reply.js';
import { HttpRefusal } from './refusal.js';
import type { HttpRequest } from './request.js';

export interface HttpReply {
  status: number;
  /** Sent as JSON, a Buffer as it is; nothing is sent when undefined. */
  body?: unknown;
  headers?: Record<string, string>;
  /** For the log: why what was asked for did not come about, although the request succeeded. */
  reason?: string | undefined;
  /** A fault of the answer's way to the client. */
  damage?: Damage;
}

/**
 * How a plane answers an operation.
 *
 * @typeParam Target what operations act on: a provisioning service, a hub
 */
export interface OperationHandler<Target> {
  /** For the log; the operation's name in the route table by default. */
  name?: string;
  /** The path parameter that says what the operation is about; for the log. */
  idParameter?: string;
  /** In place of the plane's own, where another resource provider answers; `any` when they are not checked. */
  apiVersions?: readonly string[] | 'any';
  handle(request: HttpRequest, target: Target): HttpReply | Promise<HttpReply>;
}

export interface Operation<Target> extends OperationHandler<Target> {
  name: string;
  route: Route;
}

/** An operation that finds its target itself: what the kernel calls. */
export interface BoundOperation
  extends Pick<Operation<never>, 'name' | 'route' | 'idParameter' | 'apiVersions'> {
  /** @throws when the client may not call the operation */
  authorize(request: HttpRequest): void | Promise<void>;
  handle(request: HttpRequest): HttpReply | Promise<HttpReply>;
}

/**
 * The operations of a plane, each under its name in the route table.
 *
 * @param handlers by those names; where two routes match the same path, the first one counts
 */
export function operationsOf<Table extends Record<string, Route>, Handler extends OperationHandler<never>>(
  table: Table,
  handlers: { readonly [Name in keyof Table]?: Handler },
): (Handler & Pick<Operation<never>, 'name' | 'route'>)[] {
  return Object.entries<Handler | undefined>(handlers).flatMap(([name, handler]) =>
    handler === undefined ? [] : [{ ...handler, name: handler.name ?? name, route: table[name]! }],
  );
}

/** How a plane finds what an operation acts on, and decides who may call it. Both throw errors of the plane. */
export interface Binding<Target, Kind> {
  /** The service or hub that a request is for. */
  find(request: HttpRequest): Target;
  authorize(request: HttpRequest, operation: Kind): void | Promise<void>;
}

/** Operations as the kernel calls them: authorized, and given their target. */
export function bind<Target, Kind extends Operation<Target>>(
  operations: readonly Kind[],
  { find, authorize }: Binding<Target, Kind>,
): BoundOperation[] {
  return operations.map((operation) => ({
    ...operation,
    authorize: (request) => authorize(request, operation),
    handle: (request) => operation.handle(request, find(request)),
  }));
}

/** An operation that Azure has and the emulator does not. */
export interface MissingOperation extends Pick<Operation<unknown>, 'name' | 'route' | 'apiVersions'> {
  /** What is missing, in words; the operation's name by default. */
  what?: string;
}

/** Operations that are answered with 501 and a message that names what is missing. */
export function notImplemented<Missing extends MissingOperation>(
  operations: readonly Missing[],
): (Missing & Operation<unknown>)[] {
  return operations.map((operation) => ({
    ...operation,
    handle() {
      const what = operation.what ?? operation.name;
      throw new HttpRefusal('notImplemented', `Not implemented in this emulator: ${what}.`);
    },
  }));
}
