/**
 * A device connected to its hub over MQTT, also in a WebSocket.
 *
 * Source: Microsoft Learn, "Communicate with an IoT hub using the MQTT protocol"; for certificates, Azure/azure-iot-sdk-csharp,
 * iothub/device/src/csr-scenarions.md.
 */
import { randomUUID } from 'node:crypto';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import { apiVersions, firstRenewalApiVersion } from '../../contract/api-versions.js';
import { hubTopics, hubUserName, jsonContent, parseTopic, propertyBag } from '../../contract/mqtt.js';
import { percentDecoded } from '../../contract/percent-decoded.js';
import { readServiceMessage } from '../http/reply-error.js';
import { MqttSession } from '../mqtt/session.js';
import {
  type HubSession,
  type HubSessionHandlers,
  type HubSessionOptions,
  jsonOrUndefined,
  type ReceivedMessage,
  webSocketPortOf,
} from './hub-session.js';
import { readTwin, refusalCode, twinRefusal } from './twin-answers.js';

export async function openMqttHubSession(options: HubSessionOptions): Promise<HubSession> {
  const { target, assignedHub, deviceId, clientCertificate, renews = false, signal } = options;
  const certificates = new CertificateAnswers(options);
  const session = await MqttSession.open({
    plane: 'hub',
    endpoint: assignedHub,
    clientId: deviceId,
    userName: hubUserName(assignedHub, deviceId, renews ? firstRenewalApiVersion : apiVersions.hub[0]),
    clientCertificate,
    trust: target.trust,
    onRequest: target.onRequest,
    exchange: target.exchange,
    webSocketPort: webSocketPortOf(options),
    signal,
    onPublication: (topic, payload) => receive(topic, payload.toString('utf8')),
    onEnd(error) {
      certificates.end(error);
      options.handlers.onEnd(error);
    },
  });

  function receive(topic: string, body: string): void {
    const { path, query } = parseTopic(topic);
    const { handlers } = options;
    if (path.startsWith('$iothub/methods/POST/')) {
      answerMethod(path.split('/')[3] ?? '', query.get('$rid') ?? '', body, handlers);
    } else if (path.startsWith('$iothub/twin/PATCH/properties/desired')) {
      const patch = jsonOrUndefined(body);
      if (typeof patch === 'object' && patch !== null) handlers.onDesired(patch as Record<string, unknown>);
    } else if (path.startsWith('$iothub/credentials/res/')) {
      certificates.receive(Number(path.split('/')[3]), query.get('$rid') ?? '', body);
    } else if (path.startsWith('devices/')) {
      handlers.onMessage(messageOf(topic, body));
    }
  }

  function answerMethod(
    name: string,
    requestId: string,
    body: string,
    { onMethod }: HubSessionHandlers,
  ): void {
    onMethod({ name: percentDecoded(name) ?? name, payload: jsonOrUndefined(body) })
      .then(({ status, payload }) =>
        session.publish(hubTopics.methodResponse(status, requestId), JSON.stringify(payload ?? null)),
      )
      // The connection has ended: the caller in the cloud has given up.
      .catch(() => {});
  }

  async function twinRequest(topicOf: (requestId: string) => string, body: string): Promise<string> {
    const { status, payload } = await session.request(topicOf, body);
    if (status >= 300) throw twinRefusal(options, status, payload);
    return payload;
  }

  try {
    for (const filter of [
      hubTopics.twinResponses,
      hubTopics.desiredPropertiesChanged,
      hubTopics.methodCalls,
      hubTopics.cloudToDeviceMessages(deviceId),
      ...(renews ? [hubTopics.credentialResponses] : []),
    ]) {
      await session.subscribe(filter);
    }
  } catch (error) {
    await session.close();
    throw error;
  }

  return {
    async sendTelemetry(body, messageId) {
      const properties = propertyBag({ '$.mid': messageId, ...jsonContent });
      await session.publish(hubTopics.telemetry(deviceId, properties), body);
    },
    async getTwin() {
      return readTwin(await twinRequest(hubTopics.getTwin, ' '), assignedHub);
    },
    async updateReported(patch) {
      await twinRequest(hubTopics.patchReported, JSON.stringify(patch));
    },
    ...(renews
      ? {
          issueCertificate: (csr: string) =>
            certificates.wait((requestId) =>
              session.publish(
                hubTopics.issueCertificate(requestId),
                JSON.stringify({ id: deviceId, csr, replace: '*' }),
              ),
            ),
        }
      : {}),
    close: () => session.close(),
  };
}

/** `devices/{id}/messages/devicebound/{property bag}` */
function messageOf(topic: string, body: string): ReceivedMessage {
  const bag = topic.split('/').slice(4).join('/');
  const properties = Object.fromEntries(parseTopic(`?${bag}`).query);
  const decoded = Object.entries(properties).map(([name, value]) => [percentDecoded(name) ?? name, value]);
  return {
    messageId: decoded.find(([name]) => name === '$.mid')?.[1],
    body,
    properties: Object.fromEntries(decoded.filter(([name]) => !name!.startsWith('$.'))),
  };
}

/** As long as the SDK for C waits; the hub's first answer, 202, starts the time over. */
const certificateTimeoutMs = 120_000;

/** The answers to certificate requests: 202, and later 200 with the certificates. */
class CertificateAnswers {
  readonly #options: Pick<HubSessionOptions, 'assignedHub' | 'deviceId'>;
  readonly #waiting = new Map<
    string,
    (answer: { status: number; body: string } | { error: unknown }) => void
  >();

  constructor(options: Pick<HubSessionOptions, 'assignedHub' | 'deviceId'>) {
    this.#options = options;
  }

  receive(status: number, requestId: string, body: string): void {
    this.#waiting.get(requestId)?.({ status, body });
  }

  end(error: unknown): void {
    for (const settle of this.#waiting.values()) settle({ error });
  }

  /** @throws EnrollkitError HUB_REFUSED, THROTTLED, SERVICE_FAILED, TIMEOUT; what ended the connection */
  async wait(send: (requestId: string) => Promise<void>): Promise<string[]> {
    const requestId = randomUUID();
    const { assignedHub } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<string[]>((resolve, reject) => {
        const startTimer = () => {
          clearTimeout(timer);
          const seconds = certificateTimeoutMs / 1000;
          timer = setTimeout(
            () =>
              reject(new EnrollkitError('TIMEOUT', sentences.dpsClient.noAnswerInTime(assignedHub, seconds))),
            certificateTimeoutMs,
          );
        };
        this.#waiting.set(requestId, (answer) => {
          if ('error' in answer) reject(answer.error);
          else if (answer.status === 202) startTimer();
          else if (answer.status === 200) resolve(this.#certificatesOf(answer.body));
          else reject(this.#refusal(answer.status, answer.body));
        });
        startTimer();
        send(requestId).catch(reject);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(requestId);
    }
  }

  #certificatesOf(body: string): string[] {
    const { certificates } = (jsonOrUndefined(body) ?? {}) as { certificates?: unknown };
    const isList = Array.isArray(certificates) && certificates.every((one) => typeof one === 'string');
    if (isList && certificates.length > 0) return certificates as string[];
    throw new EnrollkitError('REFUSED', sentences.dpsClient.noCertificates(this.#options.assignedHub));
  }

  #refusal(status: number, body: string): EnrollkitError {
    const { assignedHub, deviceId } = this.#options;
    const { message = sentences.dpsClient.twinStatus(status) } = readServiceMessage(body);
    const { errorCode } = (jsonOrUndefined(body) ?? {}) as { errorCode?: unknown };
    return new EnrollkitError(
      refusalCode(status),
      sentences.dpsClient.certificateRefused(assignedHub, deviceId, message),
      {
        context: { host: assignedHub, deviceId, status, errorCode },
      },
    );
  }
}
