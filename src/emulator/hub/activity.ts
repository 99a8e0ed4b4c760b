/**
 * When a device was last seen, connected, enabled or disabled.
 *
 * Source: Microsoft Learn, "Understand the identity registry in your IoT hub", device identity properties.
 */
import type { StateDatabase, StateStatement } from '../state/database.js';

/** ISO 8601, UTC; each undefined if it never happened. */
export interface ActivityTimes {
  statusUpdated: string | undefined;
  connectionStateUpdated: string | undefined;
  /** When it last connected, or sent or received a message. */
  lastActivity: string | undefined;
}

interface Row {
  status_updated: string | null;
  connection_updated: string | null;
  last_activity: string | null;
  last_message: string | null;
}

export class DeviceActivity {
  readonly #database: StateDatabase;
  readonly #now: () => Date;
  readonly #get: StateStatement;
  readonly #connection: StateStatement;
  readonly #active: StateStatement;

  constructor(database: StateDatabase, now: () => Date) {
    this.#database = database;
    this.#now = now;
    this.#get = database.prepare(
      `SELECT status_updated, connection_updated, last_activity,
         (SELECT enqueued FROM hub_message WHERE device_id = ?1 AND generation_id = hub_device.generation_id
            ORDER BY number DESC LIMIT 1) AS last_message
       FROM hub_device WHERE device_id = ?1`,
    );
    this.#connection = database.prepare(
      'UPDATE hub_device SET connection_updated = ?1, last_activity = ?1 WHERE device_id = ?2',
    );
    this.#active = database.prepare('UPDATE hub_device SET last_activity = ? WHERE device_id = ?');
  }

  of(deviceId: string): ActivityTimes {
    const row = this.#get.get([deviceId]) as Row | undefined;
    const seen = [row?.last_activity, row?.last_message].filter((time) => typeof time === 'string');
    return {
      statusUpdated: row?.status_updated ?? undefined,
      connectionStateUpdated: row?.connection_updated ?? undefined,
      lastActivity: seen.sort().at(-1),
    };
  }

  /** Records that the device has connected, or that its connection has ended. */
  connectionChanged(deviceId: string): void {
    // When the emulator stops, connections may end after the state is closed.
    if (this.#database.open) this.#connection.run([this.#now().toISOString(), deviceId]);
  }

  /** Records that the device has received a message; messages that it sends are found in the state. */
  received(deviceId: string): void {
    this.#active.run([this.#now().toISOString(), deviceId]);
  }
}
