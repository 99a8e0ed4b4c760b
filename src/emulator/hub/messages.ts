/** The messages that devices sent to the hub: the last ones of each device are kept. */
import { percentDecoded } from '../../dps/contract/percent-decoded.js';
import type { StateDatabase, StateStatement } from '../state/database.js';

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

const headColumns = 'rowid AS position, device_id AS deviceId, enqueued, length(body) AS size';
const messageColumns = 'number, enqueued, system_properties, properties, body';

export class HubMessages {
  readonly #now: () => Date;
  readonly #listeners = new Set<() => void>();
  readonly #append: StateStatement;
  readonly #list: StateStatement;
  readonly #at: StateStatement;
  readonly #heads: Record<'last' | 'lastOfDevice' | 'after' | 'afterOfDevice', StateStatement>;
  #position: number;

  constructor(database: StateDatabase, now: () => Date) {
    this.#now = now;
    this.#append = database.prepare(
      `INSERT INTO hub_message (rowid, device_id, number, enqueued, system_properties, properties, body)
       VALUES (?6, ?1, (SELECT coalesce(max(number), 0) + 1 FROM hub_message WHERE device_id = ?1), ?2, ?3, ?4, ?5)`,
    );
    this.#list = database.prepare(
      `SELECT ${messageColumns} FROM hub_message WHERE device_id = ? ORDER BY number`,
    );
    this.#at = database.prepare(`SELECT ${messageColumns} FROM hub_message WHERE rowid = ?`);
    const heads = (rest: string) => database.prepare(`SELECT ${headColumns} FROM hub_message ${rest}`);
    this.#heads = {
      last: heads('ORDER BY rowid DESC LIMIT ?'),
      lastOfDevice: heads('WHERE device_id = ? ORDER BY rowid DESC LIMIT ?'),
      after: heads('WHERE rowid > ? ORDER BY rowid LIMIT ?'),
      afterOfDevice: heads('WHERE device_id = ? AND rowid > ? ORDER BY rowid LIMIT ?'),
    };
    const row = database.prepare('SELECT max(rowid) AS position FROM hub_message').get([]);
    this.#position = (row as { position: number | null }).position ?? 0;
  }

  /** The position of the last message; it does not decrease when messages are deleted. */
  get position(): number {
    return this.#position;
  }

  /** Stores a message: it is stored when this returns. */
  append(deviceId: string, message: Pick<HubMessage, 'systemProperties' | 'properties' | 'body'>): void {
    const position = this.#position + 1;
    this.#append.run([
      deviceId,
      this.#now().toISOString(),
      JSON.stringify(message.systemProperties),
      JSON.stringify(message.properties),
      message.body,
      position,
    ]);
    this.#position = position;
    for (const listener of [...this.#listeners]) listener();
  }

  /** The messages of a device that are kept, oldest first. */
  list(deviceId: string): HubMessage[] {
    return (this.#list.all([deviceId]) as MessageRow[]).map(toMessage);
  }

  /** The message at a position; undefined when it is no longer kept. */
  at(position: number): HubMessage | undefined {
    const row = this.#at.get([position]) as MessageRow | undefined;
    return row && toMessage(row);
  }

  /** The last messages that are kept, of one device or of all, oldest first. */
  last(limit: number, deviceId?: string): MessageHead[] {
    const { last, lastOfDevice } = this.#heads;
    const rows = deviceId === undefined ? last.all([limit]) : lastOfDevice.all([deviceId, limit]);
    return (rows as MessageHead[]).reverse();
  }

  /** The first messages after a position that are kept, of one device or of all, oldest first. */
  after(position: number, limit: number, deviceId?: string): MessageHead[] {
    const { after, afterOfDevice } = this.#heads;
    const rows =
      deviceId === undefined ? after.all([position, limit]) : afterOfDevice.all([deviceId, position, limit]);
    return rows as MessageHead[];
  }

  /**
   * Calls a listener after each message that is stored.
   *
   * @returns stops the calls
   */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function toMessage(row: MessageRow): HubMessage {
  return {
    number: row.number,
    enqueued: row.enqueued,
    systemProperties: JSON.parse(row.system_properties) as Record<string, string>,
    properties: JSON.parse(row.properties) as Record<string, string>,
    body: Buffer.from(row.body),
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
