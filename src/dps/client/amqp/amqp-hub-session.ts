/**
 * A device connected to its hub over AMQP, also in a WebSocket.
 *
 * Source: Microsoft Learn, "Communicate with your IoT hub by using the AMQP protocol"; azure-iot-device-amqp 1.14.4.
 */
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import rhea, { type Connection, type Delivery, type EventContext, type Message, type Sender } from 'rhea';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import { amqpConditions, apiVersionProperty, hubAmqp } from '../../contract/amqp.js';
import { apiVersions } from '../../contract/api-versions.js';
import { connectionFailure, refusedBy } from '../device-refusal.js';
import { connectDevice, connectDeviceWebSocket } from '../device-socket.js';
import {
  type HubSession,
  type HubSessionOptions,
  jsonOrUndefined,
  webSocketPortOf,
} from '../hub-session/hub-session.js';
import { readTwin, twinRefusal } from '../hub-session/twin-answers.js';
import { operationTimeoutSeconds, PendingOperations } from '../pending-operations.js';
import { connectionReset } from '../transport-failure.js';
import { closeConnection } from './close-connection.js';
import { amqpTlsPort, textOf } from './request-link.js';

/** Azure ends a connection without frames after four minutes; a device says that it is there twice in this time. */
const idleTimeoutMs = 120_000;
/** Messages from the hub that are in flight at once. */
const credit = 10;
/** Telemetry and messages one way each, twin and methods both ways. */
const linkCount = 6;

export async function openAmqpHubSession(options: HubSessionOptions): Promise<HubSession> {
  const session = new AmqpHubSession(options);
  try {
    await session.open();
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

class AmqpHubSession implements HubSession {
  readonly #options: HubSessionOptions;
  #connection: Connection | undefined;
  #socket: Duplex | undefined;
  #telemetry!: Sender;
  #twin!: Sender;
  #methods!: Sender;
  /** Twin requests, by their correlation ID, and whatever else waits. */
  readonly #pending = new PendingOperations<Message>();
  /** By delivery: takes undefined when it was accepted. */
  readonly #outcomes = new Map<Delivery, (refusal: EnrollkitError | undefined) => void>();

  constructor(options: HubSessionOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', this.#abort);
  }

  async open(): Promise<void> {
    this.#options.signal.throwIfAborted();
    await this.#pending.complete<void>(this.#timeoutMessage, (done) => this.#connect(done));
    await this.#twinRequest('PUT', hubAmqp.desiredNotifications, ' ');
  }

  async sendTelemetry(body: string, messageId: string): Promise<void> {
    await this.#send(this.#telemetry, {
      message_id: messageId,
      content_type: 'application/json',
      content_encoding: 'utf-8',
      body: rhea.message.data_section(Buffer.from(body)),
    });
  }

  async getTwin() {
    return readTwin(await this.#twinRequest('GET', undefined, ' '), this.#options.assignedHub);
  }

  async updateReported(patch: Record<string, unknown>): Promise<void> {
    await this.#twinRequest('PATCH', hubAmqp.reportedProperties, JSON.stringify(patch));
  }

  async close(): Promise<void> {
    this.#options.signal.removeEventListener('abort', this.#abort);
    const isLost = !this.#pending.end(
      () => new EnrollkitError('NETWORK', sentences.dpsClient.connectionClosed(this.#options.assignedHub)),
    );
    const [connection, socket] = [this.#connection, this.#socket];
    if (!connection || !socket || socket.destroyed) return;
    await closeConnection(connection, socket, isLost);
  }

  #connect(allOpen: () => void): void {
    const { assignedHub, deviceId, handlers } = this.#options;
    const connection = rhea.create_container().connect({
      ...this.#socketOptions(),
      hostname: assignedHub.replace(/:\d+$/, ''),
      container_id: deviceId,
      idle_time_out: idleTimeoutMs,
      reconnect: false,
    });
    this.#connection = connection;
    const base = `/devices/${encodeURIComponent(deviceId)}`;
    const isOpen = new Set<string>();
    const opened = (name: string) => {
      isOpen.add(name);
      if (isOpen.size === linkCount) allOpen();
    };
    const properties = (channel?: string) => ({
      [apiVersionProperty]: apiVersions.hub[0],
      ...(channel === undefined ? {} : { 'com.microsoft:channel-correlation-id': channel }),
    });
    const sender = (node: string, channel?: string) => {
      const link = connection.open_sender({ target: `${base}/${node}`, properties: properties(channel) });
      link.once('sendable', () => opened(`to ${node}`));
      link.on('sender_error', () => this.#refused(link.error));
      return link;
    };
    const receiver = (node: string, receive: (message: Message) => void, channel?: string) => {
      const link = connection.open_receiver({
        source: `${base}/${node}`,
        properties: properties(channel),
        credit_window: credit,
      });
      link.once('receiver_open', () => opened(`from ${node}`));
      link.on('receiver_error', () => this.#refused(link.error));
      link.on('message', ({ message }: EventContext) => message && receive(message));
    };
    this.#telemetry = sender('messages/events');
    receiver('messages/devicebound', (message) => {
      const { message_id, body, application_properties = {} } = message;
      handlers.onMessage({
        messageId: message_id === undefined ? undefined : String(message_id),
        body: textOf(body),
        properties: Object.fromEntries(
          Object.entries(application_properties)
            .filter(([name]) => !name.startsWith('iothub-'))
            .map(([name, value]) => [name, String(value)]),
        ),
      });
    });
    const [twinChannel, methodChannel] = [`twin:${randomUUID()}`, `methods:${randomUUID()}`];
    receiver('twin', (message) => this.#receiveTwin(message), twinChannel);
    this.#twin = sender('twin', twinChannel);
    receiver('methods/devicebound', (message) => this.#answerMethod(message), methodChannel);
    this.#methods = sender('methods/devicebound', methodChannel);

    for (const outcome of ['accepted', 'released', 'rejected', 'modified'] as const) {
      connection.on(outcome, ({ delivery }: EventContext) => delivery && this.#settled(outcome, delivery));
    }
    connection.on('session_error', ({ session }: EventContext) => this.#refused(session?.error));
    connection.on('connection_error', () => this.#refused(connection.error));
    const lost = ({ error }: { error?: unknown }) =>
      this.#end(() => this.#failure(error ?? connectionReset()));
    connection.on('disconnected', lost);
    connection.on('connection_close', () => lost({}));
    connection.on('protocol_error', (error: Error) =>
      this.#end(
        () => new EnrollkitError('REFUSED', sentences.dpsClient.notAmqp(assignedHub), { cause: error }),
      ),
    );
    connection.on('error', lost);
  }

  /** How rhea connects. */
  #socketOptions(): { transport: 'tls'; port: number } {
    const { assignedHub: endpoint } = this.#options;
    const connect = (_port: number, _host: string, _options: object, connected: () => void) => {
      const port = webSocketPortOf(this.#options);
      const options = { ...this.#options, endpoint, trust: this.#options.target.trust };
      const socket =
        port === undefined
          ? connectDevice(options, amqpTlsPort)
          : connectDeviceWebSocket(options, port, 'AMQPWSB10');
      socket.once(port === undefined ? 'secureConnect' : 'connect', connected);
      socket.on('error', (error) => this.#end(() => this.#failure(error)));
      socket.once('close', () => {
        this.#end(() => this.#failure(connectionReset()));
        // rhea learns of the end of a stream, not of a stream that is destroyed, and would keep its timers.
        (this.#connection as unknown as { eof(): void }).eof();
      });
      this.#socket = socket;
      return socket;
    };
    const details = { connect, host: endpoint, port: amqpTlsPort, options: {} };
    // The types of rhea leave it out.
    const undeclared: object = { connection_details: () => details };
    return { transport: 'tls', port: amqpTlsPort, ...undeclared };
  }

  async #send(link: Sender, message: Message): Promise<void> {
    let delivery: Delivery | undefined;
    try {
      await this.#pending.complete<void>(this.#timeoutMessage, (done, failed) => {
        delivery = link.send(message);
        this.#outcomes.set(delivery, (refusal) => (refusal ? failed(refusal) : done()));
      });
    } finally {
      if (delivery) this.#outcomes.delete(delivery);
    }
  }

  #settled(outcome: 'accepted' | 'released' | 'rejected' | 'modified', delivery: Delivery): void {
    const settle = this.#outcomes.get(delivery);
    if (outcome === 'accepted') {
      settle?.(undefined);
      return;
    }
    const state = delivery.remote_state as { error?: { condition?: string } } | undefined;
    const condition = state?.error?.condition;
    const { assignedHub: host, deviceId } = this.#options;
    const passes = outcome !== 'rejected' || condition === amqpConditions.throttled;
    settle?.(
      new EnrollkitError(
        passes ? 'THROTTLED' : 'HUB_REFUSED',
        sentences.dpsClient.messageRefused(host, deviceId, condition ?? outcome),
        { context: { host, deviceId, condition } },
      ),
    );
  }

  /** @returns the body of the answer */
  async #twinRequest(operation: string, resource: string | undefined, body: string): Promise<string> {
    const id = randomUUID();
    const answer = await this.#pending.reply(id, this.#timeoutMessage, () => {
      this.#twin.send({
        correlation_id: id,
        message_annotations: { operation, ...(resource === undefined ? {} : { resource }) },
        body: rhea.message.data_section(Buffer.from(body)),
      });
    });
    const status = Number(answer.message_annotations?.status ?? 200);
    const text = textOf(answer.body);
    if (status >= 300) throw twinRefusal(this.#options, status, text);
    return text;
  }

  #receiveTwin(message: Message): void {
    if (this.#pending.answer(String(message.correlation_id), message)) return;
    const patch = jsonOrUndefined(textOf(message.body));
    if (typeof patch === 'object' && patch !== null) {
      this.#options.handlers.onDesired(patch as Record<string, unknown>);
    }
  }

  #answerMethod(message: Message): void {
    const { correlation_id, application_properties: properties } = message;
    const call = {
      name: String(properties?.['IoThub-methodname']),
      payload: jsonOrUndefined(textOf(message.body)),
    };
    this.#options.handlers
      .onMethod(call)
      .then(({ status, payload }) => {
        if (this.#pending.ended !== undefined) return;
        this.#methods.send({
          ...(correlation_id === undefined ? {} : { correlation_id }),
          application_properties: { 'IoThub-status': rhea.types.wrap_int(status) },
          body: rhea.message.data_section(Buffer.from(JSON.stringify(payload ?? null))),
        });
      })
      // The connection has ended: the caller in the cloud has given up.
      .catch(() => {});
  }

  #refused(error: unknown): void {
    const { condition, description } = (error ?? {}) as { condition?: string; description?: string };
    const { assignedHub: endpoint, deviceId: clientId } = this.#options;
    const isRefusal =
      condition === amqpConditions.unauthorizedAccess || condition === amqpConditions.notFound;
    this.#end(() =>
      isRefusal
        ? refusedBy({ plane: 'hub', endpoint, clientId }, sentences.dpsClient.amqpLink, condition)
        : new EnrollkitError(
            'NETWORK',
            sentences.dpsClient.amqpEnded(endpoint, condition ?? description ?? ''),
            { context: { host: endpoint, condition } },
          ),
    );
  }

  #abort = () => this.#end(() => this.#options.signal.reason);

  #end(reason: () => unknown): void {
    if (!this.#pending.end(reason)) return;
    this.#socket?.destroy();
    this.#options.handlers.onEnd(this.#pending.ended);
  }

  get #timeoutMessage(): string {
    return sentences.dpsClient.noAnswerInTime(this.#options.assignedHub, operationTimeoutSeconds);
  }

  #failure(error: unknown): EnrollkitError {
    if (error instanceof EnrollkitError) return error;
    const { assignedHub: endpoint, deviceId: clientId } = this.#options;
    return connectionFailure(error, { plane: 'hub', endpoint, clientId }, amqpTlsPort);
  }
}
