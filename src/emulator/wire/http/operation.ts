/** One HTTP operation of the emulator: a row of the route table, and the function that answers it. */

import type { Route } from '../../../dps/contract/routes.js';
import type { Dialled } from '../network/host-names.js';

export interface OperationRequest {
  /** Path parameters, decoded. */
  parameters: Record<string, string>;
  apiVersion: string;
  /** The parsed JSON body; undefined when there is none. */
  body: unknown;
  /** The value of a request header. */
  header(name: string): string | undefined;
  /** By which name and address the client came. */
  dialled: Dialled;
  /** What the client presented in the TLS handshake: DER, leaf first; empty when nothing. */
  chain(): Buffer[];
}

export interface OperationReply {
  status: number;
  /** Sent as JSON; nothing is sent when undefined. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Operation {
  /** As in the route table; for the log. */
  name: string;
  route: Route;
  /** Where another provider than Microsoft.Devices answers: its versions, in place of the plane's. */
  apiVersions?: { includes(version: string): boolean };
  /** The shared access right that the caller needs, where the plane asks for one. */
  right?: string;
  /** The path parameter that says what the operation is about; for the log. */
  subject?: string;
  handle(request: OperationRequest): OperationReply | Promise<OperationReply>;
}

/** What the caller is told instead, when an operation throws. */
export interface ErrorReply extends OperationReply {
  /** For the log. */
  reason: string;
  /** The value of `x-ms-error-code`. */
  code: string;
}

/** One of the groups of operations that share who may call, which api-versions there are, and how errors look. */
export interface HttpPlane {
  name: 'arm' | 'service' | 'device';
  operations: Operation[];
  /** @throws when the caller may not do this */
  authorize(
    request: Pick<OperationRequest, 'header' | 'dialled'> & { path: string },
    operation: Operation,
  ): void;
  toErrorReply(error: unknown, requestId: string): ErrorReply;
}
