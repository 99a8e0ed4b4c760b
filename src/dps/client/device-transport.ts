import type { RegistrationState } from '../contract/schemas.js';
import type { ClientCertificate } from './device-credentials.js';
import type { DeviceTarget } from './target.js';

export interface DeviceTransportOptions {
  target: DeviceTarget;
  idScope: string;
  registrationId: string;
  clientCertificate: ClientCertificate;
  apiVersion: string;
  signal: AbortSignal;
}

/** Carries the two operations of the device plane, over HTTPS, MQTT or AMQP. */
export interface DeviceTransport {
  register(body: RegisterBody): Promise<TransportReply>;
  getOperation(operationId: string): Promise<TransportReply>;
  close(): Promise<void>;
}

export interface RegisterBody {
  registrationId: string;
  payload?: unknown;
  /** A certificate request (PKCS#10), base64 of DER. */
  csr?: string;
}

/** A response with any status; the same for all transports. */
export interface TransportReply {
  /** An HTTP status, also over MQTT and AMQP. */
  status: number;
  /** When to poll again. */
  retryAfterMs: number | undefined;
  bodyText: string;
}

/** A successful registration. */
export type AssignedRegistration = RegistrationState & { assignedHub: string; deviceId: string };
