/** Which devices want their messages over MQTT as soon as they connect, because they did when they were there last. */
import type Database from 'libsql';

export class KeptSubscriptions {
  readonly #get: Database.Statement;
  readonly #set: Database.Statement;

  /** @param database with the tables of hub/schema.ts */
  constructor(database: Database.Database) {
    this.#get = database.prepare('SELECT messages_qos FROM hub_device WHERE device_id = ?');
    this.#set = database.prepare('UPDATE hub_device SET messages_qos = ? WHERE device_id = ?');
  }

  /** With which QoS a device has subscribed; undefined when it has not. */
  get(deviceId: string): 0 | 1 | undefined {
    const row = this.#get.get([deviceId]) as { messages_qos: 0 | 1 | null } | undefined;
    return row?.messages_qos ?? undefined;
  }

  keep(deviceId: string, qos: 0 | 1): void {
    if (this.get(deviceId) !== qos) this.#set.run([qos, deviceId]);
  }

  end(deviceId: string): void {
    if (this.get(deviceId) !== undefined) this.#set.run([null, deviceId]);
  }
}
