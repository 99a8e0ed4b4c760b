/**
 * One MQTT 3.1.1 connection over TLS with a client certificate, to DPS or a hub: subscribes, publishes, and sends
 * requests, whose replies have the same `$rid`.
 */

import { randomUUID } from 'node:crypto';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import { parseTopic } from '../../contract/mqtt.js';
import { type DeviceParties, refusedBy } from '../device-refusal.js';
import type { DeviceSocketOptions } from '../device-socket.js';
import { direct, type Exchange, type ExchangeReply } from '../exchange.js';
import type { RequestObserver } from '../observer.js';
import { operationTimeoutSeconds, PendingOperations } from '../pending-operations.js';
import { MqttConnection, rejectedSubscription } from './connection.js';
import { mqttFailure } from './failure.js';
import { openSocket } from './socket.js';

export interface MqttSessionOptions extends DeviceParties, DeviceSocketOptions {
  userName: string;
  onRequest?: RequestObserver | undefined;
  exchange?: Exchange | undefined;
  /** Connects over a WebSocket to this port instead of MQTT's own. */
  webSocketPort?: number | undefined;
  /** Gets what the server publishes, except for replies to requests. */
  onPublication?: ((topic: string, payload: Buffer) => void) | undefined;
  /** Called once when the connection ends, except by {@link MqttSession.close}. */
  onEnd?: ((error: unknown) => void) | undefined;
  signal: AbortSignal;
}

export interface MqttReply {
  status: number;
  /** In seconds, as the reply's topic says it. */
  retryAfter: string | undefined;
  payload: string;
}

const disconnectTimeoutMs = 2000;
/** In seconds, as in the official SDK for Node.js. */
const keepAliveSeconds = 180;

const acknowledged: ExchangeReply = { status: 200, headers: {}, body: '' };

/** A reply as it arrives. */
interface Publication {
  status: number;
  topic: string;
  payload: string;
}

export class MqttSession {
  readonly #options: MqttSessionOptions;
  /** Undefined where the exchange answers instead of the server. */
  #connection: MqttConnection | undefined;
  /** Requests by their `$rid`. */
  readonly #pending = new PendingOperations<Publication>();

  private constructor(options: MqttSessionOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', this.#abort);
  }

  /**
   * Connects.
   *
   * @throws EnrollkitError NETWORK, SERVER_NOT_TRUSTED, TIMEOUT; DEVICE_NOT_AUTHORIZED or HUB_REFUSED; the signal's
   *   reason when it was aborted
   */
  static async open(options: MqttSessionOptions): Promise<MqttSession> {
    options.signal.throwIfAborted();
    const session = new MqttSession(options);
    try {
      await session.#exchanged('CONNECT', options.userName, undefined, async () => {
        const connection = new MqttConnection(openSocket(options), {
          onPublication: (topic, payload) => session.#onMessage(topic, payload),
          onEnd: (reason) => session.#end(() => session.#failure(reason())),
        });
        session.#connection = connection;
        const { clientId, userName } = options;
        await session.#pending.complete(
          sentences.dpsClient.waitedForConnection(session.#host, operationTimeoutSeconds),
          (done) => {
            connection.connect({ clientId, userName, keepAliveSeconds }, () => done(undefined));
          },
        );
        return acknowledged;
      });
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** @throws as {@link open}; also when the server rejects the subscription */
  async subscribe(filter: string): Promise<void> {
    await this.#exchanged('SUBSCRIBE', filter, undefined, async () => {
      await this.#pending.complete(
        sentences.dpsClient.waitedForSubscription(this.#host, filter, operationTimeoutSeconds),
        (done, failed) => {
          this.#connection!.subscribe(filter, (returnCode) => {
            if (returnCode === rejectedSubscription)
              failed(refusedBy(this.#options, sentences.dpsClient.mqttSubscription(filter)));
            else done(undefined);
          });
        },
      );
      return acknowledged;
    });
  }

  /** Publishes with QoS 1 and waits for the acknowledgment. */
  async publish(topic: string, payload: string): Promise<void> {
    await this.#observed(topic, payload, async () => {
      await this.#pending.complete(
        sentences.dpsClient.waitedForAcknowledgment(this.#host, operationTimeoutSeconds),
        (done) => {
          this.#connection!.publish(topic, payload, () => done(undefined));
        },
      );
      return acknowledged;
    });
  }

  /**
   * Publishes a request and waits for the reply on `.../res/{status}/?$rid={requestId}`, which must be subscribed to.
   */
  async request(topicOf: (requestId: string) => string, payload: string): Promise<MqttReply> {
    const requestId = randomUUID();
    const topic = topicOf(requestId);
    const { status, headers, body } = await this.#observed(topic, payload, async () => {
      const timeoutMessage = sentences.dpsClient.noAnswerInTime(this.#host, operationTimeoutSeconds);
      const reply = await this.#pending.reply(requestId, timeoutMessage, () => {
        this.#connection!.publish(topic, payload, () => {});
      });
      return { status: reply.status, headers: topicHeaders(reply.topic), body: reply.payload };
    });
    return { status, retryAfter: headers['retry-after'], payload: body };
  }

  /** Disconnects. */
  async close(): Promise<void> {
    this.#options.signal.removeEventListener('abort', this.#abort);
    const lost = !this.#pending.end(
      () => new EnrollkitError('NETWORK', sentences.dpsClient.connectionClosed(this.#host)),
    );
    const connection = this.#connection;
    if (!connection || connection.isClosed) return;
    await new Promise<void>((closed) => {
      // Does not wait for a server that does not close its end.
      const timer = setTimeout(() => connection.destroy(), disconnectTimeoutMs);
      connection.onceClosed(() => {
        clearTimeout(timer);
        closed();
      });
      if (lost) connection.destroy();
      else connection.disconnect();
    });
  }

  get #host(): string {
    return this.#options.endpoint;
  }

  #abort = () => this.#end(() => this.#options.signal.reason);

  #end(reason: () => unknown): void {
    if (!this.#pending.end(reason)) return;
    this.#connection?.destroy();
    this.#options.onEnd?.(this.#pending.ended);
  }

  #onMessage(topic: string, payload: Buffer): void {
    const { path, query } = parseTopic(topic);
    const status = /\/res\/(\d{3})\//.exec(`${path}/`)?.[1];
    const reply = { status: Number(status), topic, payload: payload.toString('utf8') };
    if (status && this.#pending.answer(query.get('$rid') ?? '', reply)) return;
    this.#options.onPublication?.(topic, payload);
  }

  async #observed(topic: string, payload: string, act: () => Promise<ExchangeReply>): Promise<ExchangeReply> {
    const { plane, onRequest } = this.#options;
    const started = performance.now();
    const report = (outcome: { status: number } | { failure: string }) =>
      onRequest?.({
        plane,
        method: 'PUBLISH',
        url: `mqtts://${this.#host} ${topic}`,
        attempt: 1,
        elapsedMs: performance.now() - started,
        ...outcome,
      });
    try {
      const reply = await this.#exchanged('PUBLISH', topic, payload, act);
      report({ status: reply.status });
      return reply;
    } catch (error) {
      report({ failure: (error as { code?: string }).code ?? 'failed' });
      throw error;
    }
  }

  async #exchanged(
    method: string,
    what: string,
    payload: string | undefined,
    send: () => Promise<ExchangeReply>,
  ): Promise<ExchangeReply> {
    if (this.#pending.ended !== undefined) throw this.#pending.ended;
    const { plane, clientId, exchange = direct } = this.#options;
    const url = `mqtts://${this.#host} ${what}`;
    try {
      return await exchange({ plane, method, url, clientId, headers: {}, body: payload }, send);
    } catch (error) {
      throw this.#options.signal.aborted ? this.#options.signal.reason : this.#failure(error);
    }
  }

  #failure(error: unknown): EnrollkitError {
    return mqttFailure(error, this.#options);
  }
}

/** What a reply says in its topic, as HTTP says it in headers. */
function topicHeaders(topic: string): Record<string, string> {
  const retryAfter = parseTopic(topic).query.get('retry-after');
  return retryAfter === undefined ? {} : { 'retry-after': retryAfter };
}
