/** The messages that devices sent to the hub stand-in: the last of each device are kept. */
import type Database from 'libsql';

export interface HubMessage {
  /** Counts the device's messages, from 1. */
  number: number;
  /** ISO 8601, UTC. */
  enqueued: string;
  /** As named in the property bag, without the `$.`: `ct` content type, `ce` content encoding, `mid` message ID. */
  systemProperties: Record<string, string>;
  properties: Record<string, string>;
  body: Buffer;
}

/** Microsoft Learn, "IoT Hub quotas and throttling": a device-to-cloud message holds at most 256 KB. */
export const maxMessageBytes = 256 * 1024;

interface MessageRow {
  number: number;
  enqueued: string;
  system_properties: string;
  properties: string;
  body: Uint8Array;
}

export class HubMessages {
  readonly #now: () => Date;
  readonly #append: Database.Statement;
  readonly #list: Database.Statement;

  /** @param database with the tables of hub/schema.ts */
  constructor(database: Database.Database, now: () => Date) {
    this.#now = now;
    this.#append = database.prepare(
      `INSERT INTO hub_message (device_id, number, enqueued, system_properties, properties, body)
       VALUES (?1, (SELECT coalesce(max(number), 0) + 1 FROM hub_message WHERE device_id = ?1), ?2, ?3, ?4, ?5)`,
    );
    this.#list = database.prepare(
      'SELECT number, enqueued, system_properties, properties, body FROM hub_message WHERE device_id = ? ORDER BY number',
    );
  }

  /** Stores a message: when this returns, it survives the end of the process. */
  append(deviceId: string, message: Pick<HubMessage, 'systemProperties' | 'properties' | 'body'>): void {
    this.#append.run([
      deviceId,
      this.#now().toISOString(),
      JSON.stringify(message.systemProperties),
      JSON.stringify(message.properties),
      message.body,
    ]);
  }

  /** The messages kept of a device, oldest first. */
  list(deviceId: string): HubMessage[] {
    return (this.#list.all([deviceId]) as MessageRow[]).map((row) => ({
      number: row.number,
      enqueued: row.enqueued,
      systemProperties: JSON.parse(row.system_properties) as Record<string, string>,
      properties: JSON.parse(row.properties) as Record<string, string>,
      body: Buffer.from(row.body),
    }));
  }
}

/**
 * Splits the property bag of a telemetry topic, `%24.ct=application%2Fjson&name=value`.
 * Source: Microsoft Learn, "Communicate with an IoT hub using the MQTT protocol", sending device-to-cloud messages.
 */
export function parsePropertyBag(bag: string): Pick<HubMessage, 'systemProperties' | 'properties'> {
  const systemProperties = new Map<string, string>();
  const properties = new Map<string, string>();
  for (const part of bag.replace(/\/$/, '').split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? '' : decode(part.slice(equals + 1));
    if (name.startsWith('$.')) systemProperties.set(name.slice(2), value);
    else properties.set(name, value);
  }
  return {
    systemProperties: Object.fromEntries(systemProperties),
    properties: Object.fromEntries(properties),
  };
}

/** The reverse: system properties first, each with `$.` before its name. */
export function formatPropertyBag({
  systemProperties,
  properties,
}: Pick<HubMessage, 'systemProperties' | 'properties'>): string {
  const named = Object.entries(systemProperties).map(([name, value]) => [`$.${name}`, value] as const);
  return [...named, ...Object.entries(properties)]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
