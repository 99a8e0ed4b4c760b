/**
 * Cloud-to-device messages of the hub stand-in: a queue for each device, kept until the device has taken the message
 * or the message expires.
 *
 * Source: Microsoft Learn, "Understand cloud-to-device messaging from an IoT hub", the message life cycle.
 */
import { randomUUID } from 'node:crypto';
import type Database from 'libsql';
import type { HubDevices } from './devices.js';
import { DeviceListeners } from './listeners.js';
import type { HubMessage } from './messages.js';
import { HubError } from './wire-error.js';

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
}

export interface CloudToDeviceMessage extends Omit<HubMessage, 'number'> {
  /** Grows with each message of the hub. */
  sequenceNumber: number;
  /** ISO 8601, UTC. */
  expiry: string;
  /** How often it was handed out, this time included. */
  deliveryCount: number;
}

/** A message that is handed out, and that nobody else gets meanwhile. */
export interface LockedMessage {
  /** Settles it: with complete, abandon or reject. */
  lockToken: string;
  message: CloudToDeviceMessage;
}

/** Microsoft Learn, "IoT Hub quotas and throttling": a cloud-to-device message holds at most 64 KB. */
export const maxCloudToDeviceBytes = 64 * 1024;
/** "Understand cloud-to-device messaging": how many wait for one device, and how often one is delivered at most. */
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
}

interface Lock {
  deviceId: string;
  sequenceNumber: number;
  timer: NodeJS.Timeout | undefined;
}

export class CloudToDeviceMessages {
  readonly #devices: HubDevices;
  readonly #now: () => Date;
  readonly #locks = new Map<string, Lock>();
  readonly #available = new DeviceListeners<[]>();
  readonly #insert: Database.Statement;
  readonly #count: Database.Statement;
  readonly #list: Database.Statement;
  readonly #handOut: Database.Statement;
  readonly #delete: Database.Statement;
  readonly #expire: Database.Statement;
  readonly #purge: Database.Statement;

  /** @param database with the tables of hub/schema.ts */
  constructor(database: Database.Database, devices: HubDevices, now: () => Date) {
    this.#devices = devices;
    this.#now = now;
    this.#insert = database.prepare(
      `INSERT INTO hub_command (device_id, enqueued, expiry, delivery_count, system_properties, properties, body)
       VALUES (?, ?, ?, 0, ?, ?, ?)`,
    );
    this.#count = database.prepare(
      'SELECT count(*) AS count FROM hub_command WHERE device_id = ? AND expiry > ?',
    );
    this.#list = database.prepare(
      `SELECT sequence_number, enqueued, expiry, delivery_count, system_properties, properties, body
       FROM hub_command WHERE device_id = ? ORDER BY sequence_number`,
    );
    this.#handOut = database.prepare(
      'UPDATE hub_command SET delivery_count = delivery_count + 1 WHERE sequence_number = ?',
    );
    this.#delete = database.prepare('DELETE FROM hub_command WHERE sequence_number = ?');
    this.#expire = database.prepare('DELETE FROM hub_command WHERE device_id = ? AND expiry <= ?');
    this.#purge = database.prepare('DELETE FROM hub_command WHERE device_id = ?');
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
    const systemProperties = JSON.stringify(message.systemProperties);
    const properties = JSON.stringify(message.properties);
    if (message.body.length + Buffer.byteLength(properties) > maxCloudToDeviceBytes) {
      throw new HubError('MessageTooLarge', { message: 'A cloud-to-device message holds at most 64 KB.' });
    }
    const now = this.#now();
    const expiry = message.expiry ?? new Date(now.getTime() + defaultTimeToLive);
    const timeToLive = expiry.getTime() - now.getTime();
    if (!(timeToLive > 0 && timeToLive <= maxTimeToLive)) {
      throw new HubError('ArgumentInvalid', { message: 'The expiry must be within the next two days.' });
    }
    this.#expire.run([deviceId, now.toISOString()]);
    if (this.count(deviceId) >= maxQueueDepth) throw new HubError('DeviceMaximumQueueDepthExceeded');
    const { lastInsertRowid } = this.#insert.run([
      deviceId,
      now.toISOString(),
      expiry.toISOString(),
      systemProperties,
      properties,
      message.body,
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
    this.#expire.run([deviceId, this.#now().toISOString()]);
    const locked = new Set([...this.#locks.values()].map(({ sequenceNumber }) => sequenceNumber));
    const rows = this.#list.all([deviceId]) as MessageRow[];
    for (const row of rows.filter(({ sequence_number }) => !locked.has(sequence_number))) {
      if (row.delivery_count >= maxDeliveryCount) {
        this.#delete.run([row.sequence_number]);
        continue;
      }
      this.#handOut.run([row.sequence_number]);
      const lockToken = randomUUID();
      const timer =
        lockMilliseconds === undefined
          ? undefined
          : setTimeout(() => this.abandon(deviceId, lockToken), lockMilliseconds).unref();
      this.#locks.set(lockToken, { deviceId, sequenceNumber: row.sequence_number, timer });
      return { lockToken, message: toMessage(row) };
    }
    return undefined;
  }

  /** The device has it: it is gone. False when the lock is not held, or not by this device. */
  complete(deviceId: string, lockToken: string): boolean {
    const lock = this.#unlock(deviceId, lockToken);
    return lock !== undefined && this.#delete.run([lock.sequenceNumber]).changes > 0;
  }

  /** The device does not want it: it is gone, too. */
  reject(deviceId: string, lockToken: string): boolean {
    return this.complete(deviceId, lockToken);
  }

  /** The device cannot take it now: it goes back to its place in the queue. */
  abandon(deviceId: string, lockToken: string): boolean {
    const lock = this.#unlock(deviceId, lockToken);
    if (lock === undefined) return false;
    this.#available.notify(deviceId);
    return true;
  }

  /** Throws away what waits for a device; says how many that were. */
  purge(deviceId: string): number {
    this.#expire.run([deviceId, this.#now().toISOString()]);
    return this.#purge.run([deviceId]).changes;
  }

  /**
   * Tells whenever there may be something to receive.
   * @returns to be called when the listener is no longer interested
   */
  onAvailable(deviceId: string, listener: () => void): () => void {
    return this.#available.add(deviceId, listener);
  }

  #unlock(deviceId: string, lockToken: string): Lock | undefined {
    const lock = this.#locks.get(lockToken);
    if (lock?.deviceId !== deviceId) return undefined;
    clearTimeout(lock.timer);
    this.#locks.delete(lockToken);
    return lock;
  }
}

function toMessage(row: MessageRow): CloudToDeviceMessage {
  return {
    sequenceNumber: row.sequence_number,
    enqueued: row.enqueued,
    expiry: row.expiry,
    deliveryCount: row.delivery_count + 1,
    systemProperties: JSON.parse(row.system_properties) as Record<string, string>,
    properties: JSON.parse(row.properties) as Record<string, string>,
    body: Buffer.from(row.body),
  };
}
