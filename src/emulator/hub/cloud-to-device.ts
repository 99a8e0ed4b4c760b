/**
 * Cloud-to-device messages of the hub stand-in: a queue for each device, kept until the device has taken the message
 * or the message expires.
 *
 * Source: Microsoft Learn, "Understand cloud-to-device messaging from an IoT hub", the message life cycle.
 */
import type Database from 'libsql';
import type { HubDevices } from './devices.js';
import { HubError } from './hub-error.js';
import { DeviceListeners } from './listeners.js';
import { Locks } from './locks.js';
import type { Acknowledgement, FeedbackStatus, MessageFeedback } from './message-feedback.js';
import { type HubMessage, messageSize } from './messages.js';

export interface NewCloudToDeviceMessage {
  /**
   * As named in the property bag, without the `$.`: `mid` message ID, `cid` correlation ID, `uid` user ID, `ct` content
   * type, `ce` content encoding.
   */
  systemProperties: Record<string, string>;
  properties: Record<string, string>;
  body: Buffer;
  /** When it ceases to be worth delivering; an hour from now when not given. */
  expiry?: Date | undefined;
  /** When its sender wants to be told what became of it; never when not given. */
  acknowledgement?: Acknowledgement | undefined;
}

export interface CloudToDeviceMessage extends Omit<HubMessage, 'number'> {
  /** Grows with each message of the hub. */
  sequenceNumber: number;
  /** ISO 8601, UTC. */
  expiry: string;
  /** How often the device abandoned it before. */
  deliveryCount: number;
  /** As its sender said it, if it did. */
  acknowledgement: Acknowledgement | undefined;
}

/** A message that is handed out, and that nobody else gets meanwhile. */
export interface LockedMessage {
  /** Settles it: with complete, abandon or reject. */
  lockToken: string;
  message: CloudToDeviceMessage;
}

/** Microsoft Learn, "IoT Hub quotas and throttling": a cloud-to-device message holds at most 64 KB. */
export const maxCloudToDeviceBytes = 64 * 1024;
/** "Understand cloud-to-device messaging": how long a message that is handed out is locked. */
export const lockMilliseconds = 60_000;
/** How many wait for one device, and how often a device may abandon one. */
const maxQueueDepth = 50;
const maxDeliveryCount = 10;
const defaultTimeToLive = 60 * 60 * 1000;
const maxTimeToLive = 48 * 60 * 60 * 1000;

interface MessageRow {
  sequence_number: number;
  enqueued: string;
  expiry: string;
  delivery_count: number;
  system_properties: string;
  properties: string;
  body: Uint8Array;
  acknowledgement: Acknowledgement | '';
}

type SettledRow = Pick<MessageRow, 'expiry' | 'system_properties' | 'acknowledgement'> & {
  device_id: string;
};

interface Held {
  deviceId: string;
  sequenceNumber: number;
}

export class CloudToDeviceMessages {
  readonly #database: Database.Database;
  readonly #devices: HubDevices;
  readonly #feedback: MessageFeedback;
  readonly #now: () => Date;
  readonly #locks = new Locks<Held>();
  readonly #available = new DeviceListeners<[]>();
  readonly #insert: Database.Statement;
  readonly #count: Database.Statement;
  readonly #list: Database.Statement;
  readonly #abandon: Database.Statement;
  /** Each gives what it deletes. */
  readonly #delete: Record<'one' | 'abandoned' | 'expired' | 'ofDevice', Database.Statement>;

  /** @param database with the tables of hub/schema.ts */
  constructor(database: Database.Database, devices: HubDevices, feedback: MessageFeedback, now: () => Date) {
    this.#database = database;
    this.#devices = devices;
    this.#feedback = feedback;
    this.#now = now;
    this.#insert = database.prepare(
      `INSERT INTO hub_command
         (device_id, enqueued, expiry, delivery_count, system_properties, properties, body, acknowledgement)
       VALUES (?, ?, ?, 0, ?, ?, ?, ?)`,
    );
    this.#count = database.prepare(
      'SELECT count(*) AS count FROM hub_command WHERE device_id = ? AND expiry > ?',
    );
    this.#list = database.prepare(
      `SELECT sequence_number, enqueued, expiry, delivery_count, system_properties, properties, body, acknowledgement
       FROM hub_command WHERE device_id = ? ORDER BY sequence_number`,
    );
    this.#abandon = database.prepare(
      'UPDATE hub_command SET delivery_count = delivery_count + 1 WHERE sequence_number = ?',
    );
    const deleting = (where: string) =>
      database.prepare(
        `DELETE FROM hub_command WHERE ${where} RETURNING device_id, expiry, system_properties, acknowledgement`,
      );
    this.#delete = {
      one: deleting('sequence_number = ?'),
      abandoned: deleting(`sequence_number = ? AND delivery_count >= ${maxDeliveryCount}`),
      expired: deleting('expiry <= ?'),
      ofDevice: deleting('device_id = ?'),
    };
  }

  /**
   * Queues a message: when this returns, it survives the end of the process.
   *
   * @returns its sequence number
   * @throws HubError DeviceNotFound, DeviceMaximumQueueDepthExceeded, MessageTooLarge, ArgumentInvalid (an expiry in the
   *   past, or more than two days away)
   */
  send(deviceId: string, message: NewCloudToDeviceMessage): number {
    if (this.#devices.get(deviceId) === undefined) throw new HubError('DeviceNotFound');
    if (messageSize(message) > maxCloudToDeviceBytes) {
      throw new HubError('MessageTooLarge', { message: 'A cloud-to-device message holds at most 64 KB.' });
    }
    const now = this.#now();
    const expiry = message.expiry ?? new Date(now.getTime() + defaultTimeToLive);
    const timeToLive = expiry.getTime() - now.getTime();
    if (!(timeToLive > 0 && timeToLive <= maxTimeToLive)) {
      throw new HubError('ArgumentInvalid', { message: 'The expiry must be within the next two days.' });
    }
    this.expire();
    if (this.count(deviceId) >= maxQueueDepth) throw new HubError('DeviceMaximumQueueDepthExceeded');
    const { lastInsertRowid } = this.#insert.run([
      deviceId,
      now.toISOString(),
      expiry.toISOString(),
      // In the property bag, an expiry shows when the sender gave one.
      JSON.stringify({ ...message.systemProperties, ...(message.expiry && { exp: expiry.toISOString() }) }),
      JSON.stringify(message.properties),
      message.body,
      message.acknowledgement ?? '',
    ]);
    this.#available.notify(deviceId);
    return Number(lastInsertRowid);
  }

  /** How many messages wait for a device, those that are handed out included. */
  count(deviceId: string): number {
    return (this.#count.get([deviceId, this.#now().toISOString()]) as { count: number }).count;
  }

  /**
   * Hands out the oldest message that nobody has.
   *
   * @param lockMilliseconds after which it goes back to the queue by itself; when not given, whoever takes it has to
   *   settle it, when its connection ends at the latest
   */
  receive(deviceId: string, lockMilliseconds?: number): LockedMessage | undefined {
    this.expire();
    const locked = new Set(this.#locks.held().map(({ sequenceNumber }) => sequenceNumber));
    const rows = this.#list.all([deviceId]) as MessageRow[];
    const row = rows.find(({ sequence_number }) => !locked.has(sequence_number));
    if (row === undefined) return undefined;
    const held = { deviceId, sequenceNumber: row.sequence_number };
    const lockToken = this.#locks.take(held, lockMilliseconds, () => this.#available.notify(deviceId));
    return { lockToken, message: toMessage(row) };
  }

  /** The device has it: it is gone. False when the lock is not held, or not by this device. */
  complete(deviceId: string, lockToken: string): boolean {
    const completed = this.#settle(deviceId, lockToken, 'Success');
    if (completed) this.#devices.activity.received(deviceId);
    return completed;
  }

  /** The device does not want it: it is gone, too. */
  reject(deviceId: string, lockToken: string): boolean {
    return this.#settle(deviceId, lockToken, 'Rejected');
  }

  /** The device cannot take it now: it goes back to its place in the queue, until it was abandoned too often. */
  abandon(deviceId: string, lockToken: string): boolean {
    const held = this.#unlock(deviceId, lockToken);
    if (held === undefined) return false;
    const { sequenceNumber } = held;
    this.#abandon.run([sequenceNumber]);
    this.#remove(this.#delete.abandoned, sequenceNumber, 'DeliveryCountExceeded');
    this.#available.notify(deviceId);
    return true;
  }

  /** The device has gone before it said anything: the message goes back, and that does not count. */
  release(deviceId: string, lockToken: string): void {
    if (this.#unlock(deviceId, lockToken)) this.#available.notify(deviceId);
  }

  /** Throws away what waits for a device; says how many that were. */
  purge(deviceId: string): number {
    this.expire();
    return this.#remove(this.#delete.ofDevice, deviceId, 'Purged');
  }

  /** Lets go of what has expired; whatever else is asked of the queue sees to it by itself. */
  expire(): void {
    this.#remove(this.#delete.expired, this.#now().toISOString(), 'Expired');
  }

  /**
   * Tells whenever there may be something to receive.
   * @returns to be called when the listener is no longer interested
   */
  onAvailable(deviceId: string, listener: () => void): () => void {
    return this.#available.add(deviceId, listener);
  }

  #unlock(deviceId: string, lockToken: string): Held | undefined {
    return this.#locks.end(lockToken, (held) => held.deviceId === deviceId);
  }

  #settle(deviceId: string, lockToken: string, status: FeedbackStatus): boolean {
    const held = this.#unlock(deviceId, lockToken);
    return held !== undefined && this.#remove(this.#delete.one, held.sequenceNumber, status) > 0;
  }

  /** Deletes messages, and notes what became of them. @returns how many */
  #remove(deleting: Database.Statement, parameter: string | number, status: FeedbackStatus): number {
    return this.#database.transaction(() => {
      const rows = deleting.all([parameter]) as SettledRow[];
      for (const { device_id: deviceId, expiry, system_properties, acknowledgement } of rows) {
        const { mid: messageId = '' } = JSON.parse(system_properties) as Record<string, string>;
        const occurred = status === 'Expired' ? expiry : this.#now().toISOString();
        if (acknowledgement !== '')
          this.#feedback.record({ deviceId, messageId, acknowledgement, status, occurred });
      }
      return rows.length;
    })() as number;
  }
}

function toMessage(row: MessageRow): CloudToDeviceMessage {
  return {
    sequenceNumber: row.sequence_number,
    enqueued: row.enqueued,
    expiry: row.expiry,
    deliveryCount: row.delivery_count,
    acknowledgement: row.acknowledgement || undefined,
    systemProperties: JSON.parse(row.system_properties) as Record<string, string>,
    properties: JSON.parse(row.properties) as Record<string, string>,
    body: Buffer.from(row.body),
  };
}
