/**
 * The messages that devices sent to the hub. Each is also an event of the Event Hub-compatible endpoint (events.ts), which
 * keeps it longer than the device's own list.
 */
import { percentDecoded } from '../../dps/contract/percent-decoded.js';
import type { StateDatabase, StateStatement } from '../state/database.js';
import { EventPositions } from './event-hub/event-positions.js';
import { partitionOf } from './event-hub/partitions.js';
import { contentOf } from './stored-content.js';

export interface HubMessage {
  /** Counts the device's messages, from 1. */
  number: number;
  /** ISO 8601, UTC. */
  enqueued: string;
  /** Named as in the property bag, without the `$.`: `ct` content type, `ce` content encoding, `mid` message ID. */
  systemProperties: Record<string, string>;
  properties: Record<string, string>;
  body: Buffer;
}

/** How a device that sends a message proved who it is, in the words of IoT Hub. */
export interface AuthMethod {
  scope: 'device' | 'hub';
  type: 'sas' | 'x509Certificate';
  issuer: 'iothub' | 'external';
}

/** What the hub knows of the connection that a message came over. */
export interface MessageOrigin {
  authMethod: AuthMethod;
  /** The model ID that a Plug and Play device gave when it connected. */
  modelId?: string | undefined;
}

/** A message without its content. */
export interface MessageHead {
  /** Increases with each message of the hub. */
  position: number;
  deviceId: string;
  /** ISO 8601, UTC. */
  enqueued: string;
  /** The length of its body in octets. */
  size: number;
}

/** Microsoft Learn, "IoT Hub quotas and throttling": the size of a device-to-cloud message. */
export const maxMessageBytes = 256 * 1024;

/**
 * The size of a message by the rules of the hub: its body, the values of its system properties, and the names and values
 * of its properties.
 *
 * Source: Microsoft Learn, "Create and read IoT Hub messages", message size.
 */
export function messageSize({
  systemProperties,
  properties,
  body,
}: Pick<HubMessage, 'systemProperties' | 'properties' | 'body'>): number {
  const texts = [...Object.values(systemProperties), ...Object.entries(properties).flat()];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), body.length);
}

interface MessageRow {
  number: number;
  enqueued: string;
  system_properties: string;
  properties: string;
  body: Uint8Array;
}

const headColumns =
  'hub_message.rowid AS position, hub_message.device_id AS deviceId, enqueued, length(body) AS size';
const messageColumns = 'number, enqueued, system_properties, properties, body';

/** How many messages of a device are listed. */
const keptMessages = 100;

/** Joins the devices that exist, and leaves out all but the last messages of each. */
const listed = `FROM hub_message JOIN hub_device ON hub_device.device_id = hub_message.device_id
    AND hub_device.generation_id = hub_message.generation_id
  WHERE number > (SELECT max(number) FROM hub_message AS newest WHERE newest.device_id = hub_message.device_id)
    - ${keptMessages}`;

/** How much of a partition is kept. */
const keptEvents = { count: 100_000, bytes: 64 * 1024 * 1024 };
/** Events are deleted so many at a time. */
const deletedAtOnce = 64;

export class HubMessages {
  readonly #now: () => Date;
  readonly #listeners = new Set<(partition: number) => void>();
  readonly #append: StateStatement;
  readonly #deleteOldEvents: StateStatement;
  readonly #list: StateStatement;
  readonly #at: StateStatement;
  readonly #heads: Record<'last' | 'lastOfDevice' | 'after' | 'afterOfDevice', StateStatement>;
  #position: number;
  /** Where the next event of each partition goes. */
  readonly positions: EventPositions;

  constructor(database: StateDatabase, now: () => Date) {
    this.#now = now;
    this.positions = new EventPositions(database);
    this.#append = database.prepare(
      `INSERT INTO hub_message (rowid, device_id, number, enqueued, system_properties, properties, body,
         generation_id, auth_method, model_id, partition, sequence_number, event_offset)
       VALUES (?6, ?1, (SELECT coalesce(max(number), 0) + 1 FROM hub_message WHERE device_id = ?1), ?2, ?3, ?4, ?5,
         (SELECT generation_id FROM hub_device WHERE device_id = ?1), ?7, ?8, ?9, ?10, ?11)`,
    );
    this.#deleteOldEvents = database.prepare(
      `DELETE FROM hub_message WHERE partition = ?1 AND sequence_number < max(?2,
         (SELECT sequence_number FROM hub_message WHERE partition = ?1 AND event_offset >= ?3
          ORDER BY sequence_number LIMIT 1))`,
    );
    this.#list = database.prepare(
      `SELECT ${messageColumns} ${listed} AND hub_message.device_id = ? ORDER BY number`,
    );
    this.#at = database.prepare(`SELECT ${messageColumns} FROM hub_message WHERE rowid = ?`);
    const heads = (rest: string) => database.prepare(`SELECT ${headColumns} ${listed} ${rest}`);
    this.#heads = {
      last: heads('ORDER BY hub_message.rowid DESC LIMIT ?'),
      lastOfDevice: heads('AND hub_message.device_id = ? ORDER BY hub_message.rowid DESC LIMIT ?'),
      after: heads('AND hub_message.rowid > ? ORDER BY hub_message.rowid LIMIT ?'),
      afterOfDevice: heads(
        'AND hub_message.device_id = ? AND hub_message.rowid > ? ORDER BY hub_message.rowid LIMIT ?',
      ),
    };
    const row = database.prepare('SELECT max(rowid) AS position FROM hub_message').get([]);
    this.#position = (row as { position: number | null }).position ?? 0;
  }

  /** The position of the last message; it does not decrease when messages are deleted. */
  get position(): number {
    return this.#position;
  }

  /** Stores a message: it is stored when this returns. */
  append(
    deviceId: string,
    message: Pick<HubMessage, 'systemProperties' | 'properties' | 'body'>,
    { authMethod, modelId }: MessageOrigin,
  ): void {
    const position = this.#position + 1;
    const partition = partitionOf(deviceId);
    const { sequenceNumber, offset } = this.positions.next(partition);
    const systemProperties = JSON.stringify(message.systemProperties);
    const properties = JSON.stringify(message.properties);
    this.#append.run([
      deviceId,
      this.#now().toISOString(),
      systemProperties,
      properties,
      message.body,
      position,
      JSON.stringify(authMethod),
      modelId ?? null,
      partition,
      sequenceNumber,
      offset,
    ]);
    this.#position = position;
    const bytes = message.body.length + Buffer.byteLength(systemProperties) + Buffer.byteLength(properties);
    this.positions.advance(partition, bytes);
    if (sequenceNumber % deletedAtOnce === 0) {
      this.#deleteOldEvents.run([partition, sequenceNumber - keptEvents.count, offset - keptEvents.bytes]);
    }
    for (const listener of [...this.#listeners]) listener(partition);
  }

  /** The last messages of a device, oldest first. */
  list(deviceId: string): HubMessage[] {
    return (this.#list.all([deviceId]) as MessageRow[]).map(toMessage);
  }

  /** The message at a position; undefined when it is no longer kept. */
  at(position: number): HubMessage | undefined {
    const row = this.#at.get([position]) as MessageRow | undefined;
    return row && toMessage(row);
  }

  /** The last messages that are listed, of one device or of all, oldest first. */
  last(limit: number, deviceId?: string): MessageHead[] {
    const { last, lastOfDevice } = this.#heads;
    const rows = deviceId === undefined ? last.all([limit]) : lastOfDevice.all([deviceId, limit]);
    return (rows as MessageHead[]).reverse();
  }

  /** The first messages after a position that are listed, of one device or of all, oldest first. */
  after(position: number, limit: number, deviceId?: string): MessageHead[] {
    const { after, afterOfDevice } = this.#heads;
    const rows =
      deviceId === undefined ? after.all([position, limit]) : afterOfDevice.all([deviceId, position, limit]);
    return rows as MessageHead[];
  }

  /**
   * Calls a listener after each message that is stored, with the partition of its event.
   *
   * @returns stops the calls
   */
  onAppend(listener: (partition: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function toMessage(row: MessageRow): HubMessage {
  return {
    number: row.number,
    enqueued: row.enqueued,
    ...contentOf(row),
  };
}

/**
 * Splits the property bag of a telemetry topic, `%24.ct=application%2Fjson&name=value`.
 *
 * Source: Microsoft Learn, "Communicate with an IoT hub using the MQTT protocol", sending device-to-cloud messages.
 */
export function parsePropertyBag(bag: string): Pick<HubMessage, 'systemProperties' | 'properties'> {
  const systemProperties = new Map<string, string>();
  const properties = new Map<string, string>();
  for (const part of bag.replace(/\/$/, '').split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const rawName = equals < 0 ? part : part.slice(0, equals);
    const rawValue = equals < 0 ? '' : part.slice(equals + 1);
    // What is not valid percent-encoding is taken literally.
    const name = percentDecoded(rawName) ?? rawName;
    const value = percentDecoded(rawValue) ?? rawValue;
    if (name.startsWith('$.')) systemProperties.set(name.slice(2), value);
    else properties.set(name, value);
  }
  return {
    systemProperties: Object.fromEntries(systemProperties),
    properties: Object.fromEntries(properties),
  };
}

/** The reverse of {@link parsePropertyBag}: system properties come first, with `$.` before their names. */
export function formatPropertyBag({
  systemProperties,
  properties,
}: Pick<HubMessage, 'systemProperties' | 'properties'>): string {
  const system = Object.entries(systemProperties).map(([name, value]) => [`$.${name}`, value] as const);
  return [...system, ...Object.entries(properties)]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}
