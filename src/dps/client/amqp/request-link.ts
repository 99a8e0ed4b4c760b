/**
 * One AMQP 1.0 connection over TLS with a client certificate, with a pair of links to one node: sends requests, and gets
 * the replies by their correlation ID. A refusal is a reply with the HTTP status of its condition.
 */

import { randomUUID } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import rhea, { type Connection, type EventContext, type Message, type Receiver, type Sender } from 'rhea';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import { amqpConditions, apiVersionProperty, dpsAmqp } from '../../contract/amqp.js';
import { connectionFailure, type DeviceParties } from '../device-refusal.js';
import { connectDevice, type DeviceSocketOptions } from '../device-socket.js';
import type { ExchangeReply } from '../exchange.js';
import { readServiceMessage } from '../http/reply-error.js';
import { operationTimeoutSeconds, PendingOperations } from '../pending-operations.js';
import { connectionReset } from '../transport-failure.js';
import { closeConnection } from './close-connection.js';

export interface RequestLinkOptions extends DeviceParties, DeviceSocketOptions {
  /** Of both links: `{idScope}/registrations/{registrationId}`. */
  address: string;
  apiVersion: string;
  signal: AbortSignal;
}

/** What goes with a request beside its body. */
export type Properties = Readonly<Record<string, string>>;

export const amqpTlsPort = 5671;
/** One registration needs a hundredth of it. rhea itself accepts frames of any size. */
const maxReceivedBytes = 4 * 1024 * 1024;

/** What a peer says as it refuses a message or ends a link or a connection. OASIS, AMQP 1.0 part 2 section 2.8.14. */
interface AmqpRefusal {
  condition?: string;
  description?: string;
  info?: Record<string, unknown>;
}

const statuses: Readonly<Record<string, number>> = {
  [amqpConditions.unauthorizedAccess]: 401,
  [amqpConditions.notFound]: 404,
  [amqpConditions.throttled]: 429,
  [amqpConditions.resourceLimitExceeded]: 429,
  [amqpConditions.internalError]: 500,
  [amqpConditions.notImplemented]: 501,
};

export class RequestLink {
  readonly #options: RequestLinkOptions;
  #connection: Connection | undefined;
  #socket: TLSSocket | undefined;
  #links: Promise<Sender | ExchangeReply> | undefined;
  /** Requests by correlation ID. */
  readonly #pending = new PendingOperations<ExchangeReply>();

  /** Nothing is connected before the first request. */
  constructor(options: RequestLinkOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', this.#abort);
  }

  /**
   * Sends a request and waits for its reply.
   *
   * @throws EnrollkitError NETWORK, SERVER_NOT_TRUSTED, TIMEOUT, DEVICE_NOT_AUTHORIZED, REFUSED; the signal's reason when
   *   it was aborted
   */
  async request(properties: Properties, body: string): Promise<ExchangeReply> {
    const { endpoint } = this.#options;
    this.#links ??= this.#pending.complete(
      sentences.dpsClient.waitedForLinks(endpoint, operationTimeoutSeconds),
      (done, failed) => this.#connect(done, failed),
    );
    const sender = await this.#links;
    if ('status' in sender) return sender;
    const id = randomUUID();
    try {
      const timeoutMessage = sentences.dpsClient.noAnswerInTime(endpoint, operationTimeoutSeconds);
      return await this.#pending.reply(id, timeoutMessage, ({ resolve }) => {
        const delivery = sender.send({
          message_id: id,
          correlation_id: id,
          application_properties: { ...properties },
          body: rhea.message.data_section(Buffer.from(body)),
        });
        sender.on('rejected', ({ delivery: rejected }: EventContext) => {
          if (rejected?.id !== delivery.id) return;
          resolve(replyOf((rejected.remote_state as { error?: AmqpRefusal } | undefined)?.error ?? {}));
        });
      });
    } finally {
      sender.removeAllListeners('rejected');
    }
  }

  async close(): Promise<void> {
    this.#options.signal.removeEventListener('abort', this.#abort);
    const isLost = !this.#pending.end(
      () => new EnrollkitError('NETWORK', sentences.dpsClient.connectionClosed(this.#options.endpoint)),
    );
    const [connection, socket] = [this.#connection, this.#socket];
    if (!connection || !socket || socket.destroyed) return;
    await closeConnection(connection, socket, isLost);
  }

  #connect(done: (sender: Sender | ExchangeReply) => void, failed: (error: unknown) => void): void {
    const { address, apiVersion, clientId } = this.#options;
    const connection = rhea.create_container().connect({
      ...this.#socketOptions(failed),
      hostname: this.#options.endpoint.replace(/:\d+$/, ''),
      container_id: clientId,
      reconnect: false,
    });
    this.#connection = connection;
    const refused = (error: AmqpRefusal | undefined) => {
      const reply = replyOf(error ?? {});
      done(reply);
      this.#pending.answerAll(reply);
    };
    const link = { properties: { [apiVersionProperty]: apiVersion } };
    const receiver: Receiver = connection.open_receiver({ ...link, source: address, credit_window: 10 });
    const sender: Sender = connection.open_sender({ ...link, target: address });
    const isReady = { receiver: false, sender: false };
    const ready = (which: keyof typeof isReady) => {
      isReady[which] = true;
      if (isReady.receiver && isReady.sender) done(sender);
    };
    receiver.on('receiver_open', () => ready('receiver'));
    sender.on('sendable', () => ready('sender'));
    receiver.on('receiver_error', () => refused(receiver.error as AmqpRefusal));
    sender.on('sender_error', () => refused(sender.error as AmqpRefusal));
    connection.on('session_error', ({ session }: EventContext) => refused(session?.error as AmqpRefusal));
    connection.on('connection_error', () => refused(connection.error as AmqpRefusal));
    receiver.on('message', ({ message }: EventContext) => {
      if (message) this.#pending.answer(String(message.correlation_id), answerOf(message));
    });
    const lost = ({ error }: { error?: unknown }) =>
      this.#end(() => this.#failure(error ?? connectionReset()));
    connection.on('disconnected', lost);
    connection.on('protocol_error', (error: Error) =>
      this.#end(() => notAmqp(this.#options.endpoint, error)),
    );
    connection.on('error', lost);
  }

  /** Where rhea connects to, and how. */
  #socketOptions(failed: (error: unknown) => void): { transport: 'tls'; port: number } {
    const { endpoint } = this.#options;
    const connect = (_port: number, _host: string, _options: object, connected: () => void) => {
      const socket = connectDevice(this.#options, amqpTlsPort);
      socket.once('secureConnect', connected);
      this.#socket = socket;
      let received = 0;
      socket.on('data', ({ length }: Buffer) => {
        received += length;
        if (received > maxReceivedBytes) socket.destroy(notAmqp(endpoint));
      });
      socket.on('error', (error) => {
        const failure = this.#failure(error);
        this.#end(() => failure);
        failed(failure);
      });
      return socket;
    };
    const details = { connect, host: endpoint, port: amqpTlsPort, options: {} };
    // The types of rhea leave it out.
    const undeclared: object = { connection_details: () => details };
    return { transport: 'tls', port: amqpTlsPort, ...undeclared };
  }

  #abort = () => this.#end(() => this.#options.signal.reason);

  #end(reason: () => unknown): void {
    if (this.#pending.end(reason)) this.#socket?.destroy();
  }

  #failure(error: unknown): EnrollkitError {
    if (error instanceof EnrollkitError) return error;
    return connectionFailure(error, this.#options, amqpTlsPort);
  }
}

function notAmqp(endpoint: string, cause?: Error): EnrollkitError {
  return new EnrollkitError('REFUSED', sentences.dpsClient.notAmqp(endpoint), {
    next: sentences.dpsClient.checkServiceAddress,
    context: { host: endpoint },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** An answer with a time to wait is 202, as over HTTP. */
function answerOf({ body, application_properties: properties = {} }: Message): ExchangeReply {
  const headers = retryAfterOf(properties);
  return { status: 'retry-after' in headers ? 202 : 200, headers, body: textOf(body) };
}

/** DPS puts its own error into the description. */
function replyOf({ condition = '', description = '', info = {} }: AmqpRefusal): ExchangeReply {
  const { code } = readServiceMessage(description);
  const status = typeof code === 'number' ? Math.floor(code / 1000) : (statuses[condition] ?? 400);
  return {
    status: status >= 400 && status < 600 ? status : 400,
    headers: retryAfterOf(info),
    body: description,
  };
}

function retryAfterOf(properties: Record<string, unknown>): Record<string, string> {
  const name = dpsAmqp.retryAfter.find((one) => properties[one] !== undefined);
  return name === undefined ? {} : { 'retry-after': String(properties[name]) };
}

/** A data section, or a string. */
export function textOf(body: unknown): string {
  if (typeof body === 'string') return body;
  const { content } = (body ?? {}) as { content?: unknown };
  const parts = [Buffer.isBuffer(body) ? body : content].flat();
  return Buffer.concat(parts.filter((part) => Buffer.isBuffer(part))).toString('utf8');
}
