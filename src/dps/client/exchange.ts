/**
 * The seam through which every request of the clients passes, over HTTP, MQTT and AMQP: an exchange can be recorded, or
 * answered without the service.
 */
import type { Plane } from '../contract/api-versions.js';

export interface ExchangeRequest {
  /** entra: a token of Microsoft Entra, whose URL is the scope; its answer has no body. */
  plane: Plane | 'entra';
  /** The HTTP method; over MQTT: CONNECT, SUBSCRIBE or PUBLISH; over AMQP: SEND. */
  method: string;
  /**
   * Over MQTT `mqtts://{host}`, and after a space the topic, or the user name of CONNECT. Over AMQP `amqps://{host}`, the
   * node and the operation.
   */
  url: string;
  /** MQTT and AMQP only: the device, since all devices use the same topics. */
  clientId?: string;
  /** HTTP only, with lower-case names. They include credentials. */
  headers: Readonly<Record<string, string>>;
  body?: string | undefined;
}

export interface ExchangeReply {
  /** An HTTP status; over MQTT 200 for an acknowledgment. */
  status: number;
  headers: Readonly<Record<string, string>>;
  /** Empty without a body. */
  body: string;
}

/**
 * Handles one attempt of one request.
 *
 * @param send sends it to the service. Without this call, nothing is connected and the reply is taken as the service's.
 * @throws what `send` throws; an error with a `code` as of Node.js is treated as a failed connection
 */
export type Exchange = (
  request: ExchangeRequest,
  send: () => Promise<ExchangeReply>,
) => Promise<ExchangeReply>;

/** The exchange of clients that nobody observes. */
export const direct: Exchange = (_request, send) => send();
