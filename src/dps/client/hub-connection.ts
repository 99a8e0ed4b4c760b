/**
 * Connects a device to its hub over MQTT, with its certificate.
 *
 * Source: Microsoft Learn, "Communicate with an IoT hub using the MQTT protocol".
 */
import { EnrollkitError } from '../../errors.js';
import { apiVersions } from '../contract/api-versions.js';
import { hubTopics, hubUserName } from '../contract/mqtt.js';
import { type Twin, twin } from '../contract/schemas.js';
import { type DeviceCredentials, openCredentials } from './device-credentials.js';
import { readServiceMessage } from './http/reply-error.js';
import { type MqttReply, MqttSession } from './mqtt/session.js';
import type { Target } from './target.js';

export interface HubConnectionOptions extends DeviceCredentials {
  target: Pick<Target, 'trust' | 'onRequest'>;
  /** From the registration: host, with `:port` if it is not 8883. */
  assignedHub: string;
  deviceId: string;
  signal?: AbortSignal | undefined;
}

export interface HubConnection {
  /** Sends a message as JSON and waits for the hub's acknowledgment. */
  sendTelemetry(body: unknown, properties?: Record<string, string>): Promise<void>;
  /** The device's view of its twin: desired and reported properties, never the tags. */
  getTwin(): Promise<Twin>;
  /** Updates reported properties; null removes one. */
  updateReported(patch: Record<string, unknown>): Promise<void>;
  close(): Promise<void>;
}

/**
 * @throws EnrollkitError HUB_REFUSED, NETWORK, SERVER_NOT_TRUSTED, TIMEOUT; what `openCredentials` throws; the signal's
 *   reason when it was aborted, also from the connection's methods
 */
export async function connectToHub(options: HubConnectionOptions): Promise<HubConnection> {
  const { target, assignedHub, deviceId, signal = new AbortController().signal } = options;
  const session = await MqttSession.open({
    plane: 'hub',
    endpoint: assignedHub,
    clientId: deviceId,
    userName: hubUserName(assignedHub, deviceId, apiVersions.hub[0]),
    clientCertificate: await openCredentials(options),
    trust: target.trust,
    onRequest: target.onRequest,
    signal,
  });
  let subscribed: Promise<void> | undefined;
  const requestTwin = async (topicOf: (requestId: string) => string, body: string): Promise<MqttReply> => {
    subscribed ??= session.subscribe(hubTopics.twinResponses);
    await subscribed;
    const reply = await session.request(topicOf, body);
    if (reply.status < 300) return reply;
    const { message } = readServiceMessage(reply.payload);
    throw new EnrollkitError(
      reply.status === 429 ? 'THROTTLED' : reply.status >= 500 ? 'SERVICE_FAILED' : 'HUB_REFUSED',
      `${assignedHub} refused a twin request of the device ${deviceId}: ${message ?? `status ${reply.status}`}`,
      { context: { host: assignedHub, deviceId, status: reply.status } },
    );
  };
  return {
    async sendTelemetry(body, properties = {}) {
      const topic = hubTopics.telemetry(deviceId, propertyBag(properties));
      await session.publish(topic, JSON.stringify(body));
    },
    async getTwin() {
      const { payload } = await requestTwin(hubTopics.getTwin, ' ');
      const parsed = twin.safeParse(jsonOrUndefined(payload));
      if (parsed.success) return parsed.data;
      throw new EnrollkitError('REFUSED', `${assignedHub} answered with something else than a twin.`);
    },
    async updateReported(patch) {
      await requestTwin(hubTopics.patchReported, JSON.stringify(patch));
    },
    close: () => session.close(),
  };
}

/** Content type and encoding, so that the hub can route by the body; then the caller's properties. */
function propertyBag(properties: Record<string, string>): string {
  return Object.entries({ '$.ct': 'application/json', '$.ce': 'utf-8', ...properties })
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
