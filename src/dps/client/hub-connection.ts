/**
 * Connects a device to its hub over MQTT, with its certificate.
 *
 * Source: Microsoft Learn, "Communicate with an IoT hub using the MQTT protocol".
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { apiVersions } from '../contract/api-versions.js';
import { hubTopics, hubUserName, jsonContent, propertyBag } from '../contract/mqtt.js';
import type { Twin } from '../contract/schemas.js';
import { type ClientCertificate, type DeviceCredentials, withCredentials } from './device-credentials.js';
import { backoffMs } from './http/retry.js';
import { readTwin, twinRefusal } from './hub-session/twin-answers.js';
import { repeatWhenLost } from './lost-connection.js';
import { type MqttReply, MqttSession } from './mqtt/session.js';
import type { Target } from './target.js';

export interface HubConnectionOptions extends DeviceCredentials {
  target: Pick<Target, 'trust' | 'onRequest' | 'exchange'>;
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
  const open = (clientCertificate: ClientCertificate) =>
    MqttSession.open({
      plane: 'hub',
      endpoint: assignedHub,
      clientId: deviceId,
      userName: hubUserName(assignedHub, deviceId, apiVersions.hub[0]),
      clientCertificate,
      trust: target.trust,
      onRequest: target.onRequest,
      exchange: target.exchange,
      signal,
    });
  const session = await withCredentials(options, target.trust, (certificate) =>
    repeatWhenLost(() => open(certificate), signal),
  );
  const twins = new TwinRequests(session, options);
  return {
    async sendTelemetry(body, properties = {}) {
      const topic = hubTopics.telemetry(deviceId, propertyBag({ ...jsonContent, ...properties }));
      await session.publish(topic, JSON.stringify(body));
    },
    async getTwin() {
      const { payload } = await twins.request(hubTopics.getTwin, ' ');
      return readTwin(payload, assignedHub);
    },
    async updateReported(patch) {
      await twins.request(hubTopics.patchReported, JSON.stringify(patch));
    },
    close: () => session.close(),
  };
}

/** How often a request that the hub throttles, or fails to answer, is repeated. */
const maxRetries = 4;

/** Requests for the twin, over one session. */
class TwinRequests {
  readonly #session: MqttSession;
  readonly #options: Pick<HubConnectionOptions, 'assignedHub' | 'deviceId'>;
  #subscribed: Promise<void> | undefined;

  constructor(session: MqttSession, options: Pick<HubConnectionOptions, 'assignedHub' | 'deviceId'>) {
    this.#session = session;
    this.#options = options;
  }

  async request(topicOf: (requestId: string) => string, body: string): Promise<MqttReply> {
    this.#subscribed ??= this.#session.subscribe(hubTopics.twinResponses);
    await this.#subscribed;
    for (let refusals = 0; ; refusals += 1) {
      const reply = await this.#session.request(topicOf, body);
      if (reply.status < 300) return reply;
      const isPassing = reply.status === 429 || reply.status >= 500;
      if (!isPassing || refusals === maxRetries)
        throw twinRefusal(this.#options, reply.status, reply.payload);
      await sleep(backoffMs(refusals));
    }
  }
}
