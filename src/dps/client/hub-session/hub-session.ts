/** A device that stays connected to its hub: it sends telemetry, and takes desired properties, method calls and messages. */
import type { Twin } from '../../contract/schemas.js';
import type { ClientCertificate } from '../device-credentials.js';
import type { Target } from '../target.js';

export const hubProtocols = ['mqtt', 'mqtt-ws', 'amqp', 'amqp-ws'] as const;
export type HubProtocol = (typeof hubProtocols)[number];

export interface MethodCall {
  name: string;
  /** Undefined when the call has no payload, or one that is not JSON. */
  payload: unknown;
}

export interface MethodAnswer {
  status: number;
  payload: unknown;
}

export interface ReceivedMessage {
  messageId: string | undefined;
  body: string;
  /** Those of the application. */
  properties: Record<string, string>;
}

/** What a device does with what its hub sends. */
export interface HubSessionHandlers {
  /** @param patch the desired properties that changed, with `$version` */
  onDesired(patch: Record<string, unknown>): void;
  onMethod(call: MethodCall): Promise<MethodAnswer>;
  onMessage(message: ReceivedMessage): void;
  /** Called once when the connection ends, except by {@link HubSession.close}. */
  onEnd(error: unknown): void;
}

export interface HubSessionOptions {
  target: Pick<Target, 'trust' | 'onRequest' | 'exchange' | 'webSocketPort'>;
  protocol: HubProtocol;
  /** From the registration: host, with `:port` where it is not the standard one. */
  assignedHub: string;
  deviceId: string;
  clientCertificate: ClientCertificate;
  /** Whether the device may request certificates; over MQTT only. */
  renews?: boolean | undefined;
  handlers: HubSessionHandlers;
  signal: AbortSignal;
}

export interface HubSession {
  /**
   * Sends a message, JSON in UTF-8, and waits until the hub has accepted it.
   *
   * @param messageId stays the same when the message is sent again
   */
  sendTelemetry(body: string, messageId: string): Promise<void>;
  getTwin(): Promise<Twin>;
  /** Updates reported properties; null removes one. */
  updateReported(patch: Record<string, unknown>): Promise<void>;
  /**
   * Requests a certificate for the device's next connections. The hub answers over MQTT only.
   *
   * @param certificateRequest base64 of DER
   * @returns base64 of DER, from the certificate to its root
   */
  issueCertificate?(certificateRequest: string): Promise<string[]>;
  close(): Promise<void>;
}

/** The port for WebSockets; undefined for a protocol without them. */
export function webSocketPortOf({
  protocol,
  target,
}: Pick<HubSessionOptions, 'protocol' | 'target'>): number | undefined {
  return protocol.endsWith('-ws') ? target.webSocketPort : undefined;
}

/** What a body says, if it is JSON. */
export function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
