/**
 * Cloud-to-device messages: a queue for each device. A message stays in it until the device has settled it or it expires.
 *
 * Source: Microsoft Learn, "Understand cloud-to-device messaging from an IoT hub", the message life cycle.
 */
import type { StateDatabase, StateStatement } from '../state/database.js';
import type { HubDevices } from './devices.js';
import { deviceNotFound, HubError } from './hub-error.js';
import { DeviceListeners } from './listeners.js';
import { Locks } from './locks.js';
import type { Acknowledgement, FeedbackStatus, MessageFeedback } from './message-feedback.js';
import { type HubMessage, messageSize } from './messages.js';
import { contentOf } from './stored-content.js';

export interface NewCloudToDeviceMessage {
  /**
   * Named as in the property bag, without the `$.`: `mid` message ID, `cid` correlation ID, `uid` user ID, `ct` content
   * type, `ce` content encoding.
   */
  systemProperties: Record<string, string>;
  properties: Record<string, string>;
  body: Buffer;
  /** One hour from now by default. */
  expiry?: Date | undefined;
  /** The outcomes that its sender wants feedback on; none by default. */
  acknowledgement?: Acknowledgement | undefined;
}

export interface CloudToDeviceMessage extends Omit<HubMessage, 'number'> {
  /** Increases with each message of the hub. */
  sequenceNumber: number;
  /** ISO 8601, UTC. */
  expiry: string;
  /** How often the device has abandoned it. */
  deliveryCount: number;
  /** As its sender gave it. */
  acknowledgement: Acknowledgement | undefined;
}

/** A message that was handed out; until it is settled, no other receiver gets it. */
export interface LockedMessage {
  /** For complete, abandon and reject. */
  lockToken: string;
  message: CloudToDeviceMessage;
}

/** Microsoft Learn, "IoT Hub quotas and throttling": the size of a cloud-to-device message. */
export const maxCloudToDeviceBytes = 64 * 1024;
/** "Understand cloud-to-device messaging": how long a message that was handed out is locked. */
export const lockMilliseconds = 60_000;
/** Per device and per message, from the same page. */
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
  readonly #database: StateDatabase;
  readonly #devices: HubDevices;
  readonly #feedback: MessageFeedback;
  readonly #now: () => Date;
  readonly #locks = new Locks<Held>();
  readonly #available = new DeviceListeners<[]>();
  readonly #insert: StateStatement;
  readonly #count: StateStatement;
  readonly #list: StateStatement;
  readonly #abandon: StateStatement;
  /** Each returns the rows that it deletes. */
  readonly #delete: Record<'one' | 'abandoned' | 'expired' | 'ofDevice', StateStatement>;

  constructor(database: StateDatabase, devices: HubDevices, feedback: MessageFeedback, now: () => Date) {
    this.#database = database;
    this.#devices = devices;
    this.#feedback = feedback;
    this.#now = now;
    this.#insert = database.prepare(
      `INSERT INTO hub_cloud_to_device
         (device_id, enqueued, expiry, delivery_count, system_properties, properties, body, acknowledgement)
       VALUES (?, ?, ?, 0, ?, ?, ?, ?)`,
    );
    this.#count = database.prepare(
      'SELECT count(*) AS count FROM hub_cloud_to_device WHERE device_id = ? AND expiry > ?',
    );
    this.#list = database.prepare(
      `SELECT sequence_number, enqueued, expiry, delivery_count, system_properties, properties, body, acknowledgement
       FROM hub_cloud_to_device WHERE device_id = ? ORDER BY sequence_number`,
    );
    this.#abandon = database.prepare(
      'UPDATE hub_cloud_to_device SET delivery_count = delivery_count + 1 WHERE sequence_number = ?',
    );
    const deleting = (where: string) =>
      database.prepare(
        `DELETE FROM hub_cloud_to_device WHERE ${where} RETURNING device_id, expiry, system_properties, acknowledgement`,
      );
    this.#delete = {
      one: deleting('sequence_number = ?'),
      abandoned: deleting(`sequence_number = ? AND delivery_count >= ${maxDeliveryCount}`),
      expired: deleting('expiry <= ?'),
      ofDevice: deleting('device_id = ?'),
    };
  }

  /**
   * Queues a message: it is stored when this returns.
   *
   * @returns its sequence number
   * @throws HubError DeviceNotFound, DeviceMaximumQueueDepthExceeded, MessageTooLarge, ArgumentInvalid (an expiry in the
   *   past, or more than two days away)
   */
  send(deviceId: string, message: NewCloudToDeviceMessage): number {
    if (this.#devices.get(deviceId) === undefined) throw deviceNotFound(deviceId);
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
      // The property bag has an expiry only if the sender gave one.
      JSON.stringify({ ...message.systemProperties, ...(message.expiry && { exp: expiry.toISOString() }) }),
      JSON.stringify(message.properties),
      message.body,
      message.acknowledgement ?? '',
    ]);
    this.#available.notify(deviceId);
    return Number(lastInsertRowid);
  }

  /** The number of messages in a device's queue, including those that were handed out. */
  count(deviceId: string): number {
    return (this.#count.get([deviceId, this.#now().toISOString()]) as { count: number }).count;
  }

  /**
   * Hands out the oldest message that is not locked.
   *
   * @param lockMilliseconds after which it returns to the queue; without it, the receiver must settle or release it, at
   *   the latest when its connection ends
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

  /** The device has processed it: deletes it. Returns false if this device does not hold the lock. */
  complete(deviceId: string, lockToken: string): boolean {
    const completed = this.#settle(deviceId, lockToken, 'Success');
    if (completed) this.#devices.activity.received(deviceId);
    return completed;
  }

  /** The device rejects it: deletes it, too. */
  reject(deviceId: string, lockToken: string): boolean {
    return this.#settle(deviceId, lockToken, 'Rejected');
  }

  /** The device cannot process it now: it returns to its place in the queue, unless it was abandoned too often. */
  abandon(deviceId: string, lockToken: string): boolean {
    const held = this.#unlock(deviceId, lockToken);
    if (held === undefined) return false;
    const { sequenceNumber } = held;
    this.#abandon.run([sequenceNumber]);
    this.#remove(this.#delete.abandoned, sequenceNumber, 'DeliveryCountExceeded');
    this.#available.notify(deviceId);
    return true;
  }

  /** The device disconnected without settling it: it returns to the queue, and that does not count as a delivery. */
  release(deviceId: string, lockToken: string): void {
    if (this.#unlock(deviceId, lockToken)) this.#available.notify(deviceId);
  }

  /** Deletes the messages of a device's queue, and returns their number. */
  purge(deviceId: string): number {
    this.expire();
    return this.#remove(this.#delete.ofDevice, deviceId, 'Purged');
  }

  /** Deletes expired messages; the other methods do it themselves. */
  expire(): void {
    this.#remove(this.#delete.expired, this.#now().toISOString(), 'Expired');
  }

  /**
   * Calls a listener whenever there may be something to receive.
   *
   * @returns stops the calls
   */
  onAvailable(deviceId: string, listener: () => void): () => void {
    return this.#available.add(deviceId, listener);
  }

  #unlock(deviceId: string, lockToken: string): Held | undefined {
    return this.#locks.release(lockToken, (held) => held.deviceId === deviceId);
  }

  #settle(deviceId: string, lockToken: string, status: FeedbackStatus): boolean {
    const held = this.#unlock(deviceId, lockToken);
    return held !== undefined && this.#remove(this.#delete.one, held.sequenceNumber, status) > 0;
  }

  /** Deletes messages, and records their outcome. @returns their number */
  #remove(statement: StateStatement, parameter: string | number, status: FeedbackStatus): number {
    return this.#database.transaction(() => {
      const rows = statement.all([parameter]) as SettledRow[];
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
    ...contentOf(row),
  };
}
