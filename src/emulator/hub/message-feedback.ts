/**
 * What became of messages to devices, told to who asked for it as the message was sent.
 *
 * Source: Microsoft Learn, "Understand cloud-to-device messaging from an IoT hub", message feedback. Azure gathers for
 * up to 15 seconds; here it is {@link gatheringMilliseconds}.
 */
import type Database from 'libsql';
import { HubError } from './hub-error.js';
import { Locks } from './locks.js';

/** When the sender of a message wants to be told. */
export type Acknowledgement = 'none' | 'positive' | 'negative' | 'full';

export type FeedbackStatus = 'Success' | 'Expired' | 'DeliveryCountExceeded' | 'Rejected' | 'Purged';

/** The outcome of one message, as Azure writes it. */
export interface FeedbackRecord {
  /** Empty when the message had no ID. */
  originalMessageId: string;
  /** When it came to that: ISO 8601, UTC. */
  enqueuedTimeUtc: string;
  deviceId: string;
  deviceGenerationId: string;
  description: string;
  statusCode: FeedbackStatus;
}

/** A message to the service, which nobody else gets until it is settled. */
export interface FeedbackBatch {
  /** Settles it: with complete or abandon. */
  lockToken: string;
  /** Grows with each batch that was not handed out before. */
  sequenceNumber: number;
  /** ISO 8601, UTC. */
  enqueued: string;
  /** How often it was abandoned before. */
  deliveryCount: number;
  records: FeedbackRecord[];
}

export const feedbackContentType = 'application/vnd.microsoft.iothub.feedback.json';

/** Defaults of `properties.cloudToDevice.feedback` of a hub, and what Azure puts in one message. */
export const feedbackLockMilliseconds = 60_000;
const timeToLive = 60 * 60 * 1000;
const maxDeliveryCount = 10;
const maxRecords = 64;

const gatheringMilliseconds = 250;
/** How often it is looked for messages that have expired, while somebody waits for feedback. */
const expiryCheckMilliseconds = 1000;

interface Row {
  position: number;
  device_id: string;
  generation_id: string;
  message_id: string;
  status: FeedbackStatus;
  occurred: string;
  delivery_count: number;
}

export class MessageFeedback {
  readonly #now: () => Date;
  readonly #settleExpired: () => void;
  readonly #locks = new Locks<readonly number[]>();
  readonly #listeners = new Set<() => void>();
  readonly #insert: Database.Statement;
  readonly #list: Database.Statement;
  readonly #abandon: Database.Statement;
  readonly #delete: Database.Statement;
  readonly #expire: Database.Statement;
  #gathering: NodeJS.Timeout | undefined;
  #expiryCheck: NodeJS.Timeout | undefined;

  /**
   * @param database with the tables of hub/schema.ts
   * @param settleExpired gives messages that have expired their outcome
   */
  constructor(database: Database.Database, now: () => Date, settleExpired: () => void) {
    this.#now = now;
    this.#settleExpired = settleExpired;
    this.#insert = database.prepare(
      `INSERT INTO hub_feedback (device_id, generation_id, message_id, status, occurred, expiry, delivery_count)
       SELECT device_id, generation_id, ?2, ?3, ?4, ?5, 0 FROM hub_device WHERE device_id = ?1`,
    );
    this.#list = database.prepare('SELECT * FROM hub_feedback ORDER BY position LIMIT ?');
    this.#abandon = database.prepare(
      'UPDATE hub_feedback SET delivery_count = delivery_count + 1 WHERE position = ?',
    );
    this.#delete = database.prepare('DELETE FROM hub_feedback WHERE position = ? AND delivery_count >= ?');
    this.#expire = database.prepare('DELETE FROM hub_feedback WHERE expiry <= ?');
  }

  /**
   * Notes the outcome of a message, when its sender wants to know.
   *
   * @param occurred ISO 8601, UTC
   */
  record(message: {
    deviceId: string;
    messageId: string;
    acknowledgement: Acknowledgement;
    status: FeedbackStatus;
    occurred: string;
  }): void {
    const { deviceId, messageId, acknowledgement, status, occurred } = message;
    const asked = status === 'Success' ? 'positive' : 'negative';
    if (acknowledgement !== 'full' && acknowledgement !== asked) return;
    const now = this.#now();
    const expiry = new Date(now.getTime() + timeToLive).toISOString();
    this.#expire.run([now.toISOString()]);
    this.#insert.run([deviceId, messageId, status, occurred, expiry]);
    if (this.#listeners.size > 0) this.#gathering ??= setTimeout(() => this.#tell(), gatheringMilliseconds);
    this.#gathering?.unref();
  }

  /**
   * Hands out the oldest outcomes that nobody has.
   *
   * @param lockMilliseconds after which they go back by themselves; when not given, whoever takes them has to settle
   */
  receive(lockMilliseconds?: number): FeedbackBatch | undefined {
    this.#settleExpired();
    this.#expire.run([this.#now().toISOString()]);
    const locked = new Set(this.#locks.held().flat());
    const rows = (this.#list.all([locked.size + maxRecords]) as Row[])
      .filter(({ position }) => !locked.has(position))
      .slice(0, maxRecords);
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const positions = rows.map(({ position }) => position);
    return {
      lockToken: this.#locks.take(positions, lockMilliseconds, () => this.#tell()),
      sequenceNumber: first.position,
      enqueued: last.occurred,
      deliveryCount: first.delivery_count,
      records: rows.map(toRecord),
    };
  }

  /** The service has it: it is gone. @throws HubError DeviceMessageLockLost */
  complete(lockToken: string): void {
    for (const position of this.#unlock(lockToken)) this.#delete.run([position, 0]);
  }

  /** The service cannot take it now; after ten times, it is gone. @throws HubError DeviceMessageLockLost */
  abandon(lockToken: string): void {
    for (const position of this.#unlock(lockToken)) {
      this.#abandon.run([position]);
      this.#delete.run([position, maxDeliveryCount]);
    }
    this.#tell();
  }

  /** Who was to settle it has gone: it goes back, and that does not count. @throws HubError DeviceMessageLockLost */
  release(lockToken: string): void {
    this.#unlock(lockToken);
    this.#tell();
  }

  /**
   * Tells whenever there may be something to receive.
   * @returns to be called when the listener is no longer interested
   */
  onAvailable(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#expiryCheck ??= setInterval(() => this.#settleExpired(), expiryCheckMilliseconds).unref();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#expiryCheck);
      clearTimeout(this.#gathering);
      this.#expiryCheck = undefined;
      this.#gathering = undefined;
    };
  }

  #tell(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    for (const listener of [...this.#listeners]) listener();
  }

  #unlock(lockToken: string): readonly number[] {
    const positions = this.#locks.end(lockToken);
    if (positions === undefined) throw new HubError('DeviceMessageLockLost');
    return positions;
  }
}

/** @throws HubError ArgumentInvalid */
export function parseAcknowledgement(value: string | undefined): Acknowledgement | undefined {
  if (value === undefined || value === '') return undefined;
  const known: readonly Acknowledgement[] = ['none', 'positive', 'negative', 'full'];
  const named = known.find((one) => one === value.toLowerCase());
  if (named !== undefined) return named;
  throw new HubError('ArgumentInvalid', { message: 'iothub-ack must be none, positive, negative or full.' });
}

function toRecord(row: Row): FeedbackRecord {
  return {
    originalMessageId: row.message_id,
    enqueuedTimeUtc: row.occurred,
    deviceId: row.device_id,
    deviceGenerationId: row.generation_id,
    description: row.status,
    statusCode: row.status,
  };
}
