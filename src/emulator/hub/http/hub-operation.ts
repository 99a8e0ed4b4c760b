/** One operation of the hub over HTTPS: a row of the route table, who may call it, and the function that answers. */
import type { Route } from '../../../dps/contract/routes.js';

/** The rights of a shared access policy of IoT Hub. */
export type HubRight = 'RegistryRead' | 'RegistryWrite' | 'ServiceConnect' | 'DeviceConnect';

export interface HubRequest {
  /** Path parameters, decoded. */
  parameters: Record<string, string>;
  query(name: string): string | undefined;
  header(name: string): string | undefined;
  /** As node gives them: names in lower case. */
  headers: Record<string, string | string[] | undefined>;
  /**
   * The JSON of the body; undefined when there is none.
   * @throws HubError ArgumentInvalid, GenericRequestEntityTooLarge, GenericUnsupportedMediaType
   */
  json(): Promise<unknown>;
  /** @throws HubError MessageTooLarge, ArgumentInvalid when the client went away */
  bytes(maxBytes: number): Promise<Buffer>;
  /** The client went away. */
  signal: AbortSignal;
}

export interface HubReply {
  status: number;
  /** Sent as JSON, a Buffer as it is; nothing is sent when undefined. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface HubOperation {
  /** As in the route table; for the log. */
  name: string;
  route: Route;
  /** The right that a service needs; or the device of the path itself. */
  caller: HubRight | 'device';
  handle(request: HubRequest): HubReply | Promise<HubReply>;
}
