/**
 * Feedback: the outcome of messages to devices, for senders that asked for it.
 *
 * Source: Microsoft Learn, "Understand cloud-to-device messaging from an IoT hub", message feedback. Azure
 * collects outcomes for up to 15 seconds; the emulator for {@link collectingMilliseconds}.
 */
import type { StateDatabase, StateStatement } from '../state/database.js';
import { unattended } from '../wire/unattended.js';
import { HubError } from './hub-error.js';
import { Locks } from './locks.js';

/** The outcomes that the sender of a message wants feedback on. */
export type Acknowledgement = 'none' | 'positive' | 'negative' | 'full';

export type FeedbackStatus = 'Success' | 'Expired' | 'DeliveryCountExceeded' | 'Rejected' | 'Purged';

/** The outcome of one message, as Azure writes it. */
export interface FeedbackRecord {
  /** Empty when the message had no ID. */
  originalMessageId: string;
  /** The time of the outcome: ISO 8601, UTC. */
  enqueuedTimeUtc: string;
  deviceId: string;
  deviceGenerationId: string;
  description: string;
  statusCode: FeedbackStatus;
}

/** A feedback message; until it is settled, no other receiver gets it. */
export interface FeedbackBatch {
  /** For complete and abandon. */
  lockToken: string;
  /** Increases with each batch that was not handed out before. */
  sequenceNumber: number;
  /** ISO 8601, UTC. */
  enqueued: string;
  /** How often it has been abandoned. */
  deliveryCount: number;
  records: FeedbackRecord[];
}

export const feedbackContentType = 'application/vnd.microsoft.iothub.feedback.json';

/** Defaults of `properties.cloudToDevice.feedback` of a hub, and Azure's limit for one message. */
export const feedbackLockMilliseconds = 60_000;
const timeToLive = 60 * 60 * 1000;
const maxDeliveryCount = 10;
const maxRecords = 64;

const collectingMilliseconds = 250;
/** How often expired messages are looked for while a listener waits for feedback. */
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
  readonly #insert: StateStatement;
  readonly #list: StateStatement;
  readonly #abandon: StateStatement;
  readonly #delete: StateStatement;
  readonly #expire: StateStatement;
  #collecting: NodeJS.Timeout | undefined;
  #expiryCheck: NodeJS.Timeout | undefined;

  /** @param settleExpired records the outcome of expired messages */
  constructor(database: StateDatabase, now: () => Date, settleExpired: () => void) {
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
   * Records the outcome of a message, if its sender wants feedback on it.
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
    const kind = status === 'Success' ? 'positive' : 'negative';
    if (acknowledgement !== 'full' && acknowledgement !== kind) return;
    const now = this.#now();
    const expiry = new Date(now.getTime() + timeToLive).toISOString();
    this.#expire.run([now.toISOString()]);
    this.#insert.run([deviceId, messageId, status, occurred, expiry]);
    if (this.#listeners.size > 0)
      this.#collecting ??= setTimeout(
        unattended(() => this.#notify()),
        collectingMilliseconds,
      );
    this.#collecting?.unref();
  }

  /**
   * Hands out the oldest outcomes that are not locked.
   *
   * @param lockMilliseconds after which they are available again; without it, the receiver must settle or release them
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
      lockToken: this.#locks.take(positions, lockMilliseconds, () => this.#notify()),
      sequenceNumber: first.position,
      enqueued: last.occurred,
      deliveryCount: first.delivery_count,
      records: rows.map(toRecord),
    };
  }

  /** The service has processed it: deletes it. @throws HubError DeviceMessageLockLost */
  complete(lockToken: string): void {
    for (const position of this.#unlock(lockToken)) this.#delete.run([position, 0]);
  }

  /** The service cannot process it now; the tenth time, it is deleted. @throws HubError DeviceMessageLockLost */
  abandon(lockToken: string): void {
    for (const position of this.#unlock(lockToken)) {
      this.#abandon.run([position]);
      this.#delete.run([position, maxDeliveryCount]);
    }
    this.#notify();
  }

  /** The receiver disconnected without settling it: that does not count as a delivery. @throws HubError DeviceMessageLockLost */
  release(lockToken: string): void {
    this.#unlock(lockToken);
    this.#notify();
  }

  /**
   * Calls a listener whenever there may be something to receive.
   *
   * @returns stops the calls
   */
  onAvailable(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#expiryCheck ??= setInterval(
      unattended(() => this.#settleExpired()),
      expiryCheckMilliseconds,
    ).unref();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#expiryCheck);
      clearTimeout(this.#collecting);
      this.#expiryCheck = undefined;
      this.#collecting = undefined;
    };
  }

  #notify(): void {
    clearTimeout(this.#collecting);
    this.#collecting = undefined;
    for (const listener of [...this.#listeners]) listener();
  }

  #unlock(lockToken: string): readonly number[] {
    const positions = this.#locks.release(lockToken);
    if (positions === undefined) throw new HubError('DeviceMessageLockLost');
    return positions;
  }
}

/** @throws HubError ArgumentInvalid */
export function parseAcknowledgement(value: string | undefined): Acknowledgement | undefined {
  if (value === undefined || value === '') return undefined;
  const known: readonly Acknowledgement[] = ['none', 'positive', 'negative', 'full'];
  const acknowledgement = known.find((one) => one === value.toLowerCase());
  if (acknowledgement !== undefined) return acknowledgement;
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
