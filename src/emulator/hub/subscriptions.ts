/** The devices that receive their messages over MQTT as soon as they connect: they had subscribed when last connected. */
import type { StateDatabase, StateStatement } from '../state/database.js';

export class KeptSubscriptions {
  readonly #get: StateStatement;
  readonly #set: StateStatement;

  constructor(database: StateDatabase) {
    this.#get = database.prepare('SELECT messages_qos FROM hub_device WHERE device_id = ?');
    this.#set = database.prepare('UPDATE hub_device SET messages_qos = ? WHERE device_id = ?');
  }

  /** The QoS of a device's subscription; undefined if it has none. */
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
