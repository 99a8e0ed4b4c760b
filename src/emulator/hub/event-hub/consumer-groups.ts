/**
 * The consumer groups of a hub's Event Hub-compatible endpoint. Names are compared without regard to case: the SDKs write
 * `$Default` and `$default`.
 */
import type { StateDatabase, StateStatement } from '../../state/database.js';

export interface ConsumerGroup {
  name: string;
  /** ISO 8601, UTC. */
  created: string;
}

/** Every hub has it, and it cannot be deleted. */
export const defaultConsumerGroup = '$Default';

/** Microsoft Learn, "IoT Hub quotas and throttling". */
export const maxConsumerGroups = 20;

export class ConsumerGroups {
  readonly #database: StateDatabase;
  readonly #now: () => Date;
  readonly #default: ConsumerGroup;
  readonly #get: StateStatement;

  constructor(database: StateDatabase, now: () => Date) {
    this.#database = database;
    this.#now = now;
    this.#default = { name: defaultConsumerGroup, created: now().toISOString() };
    this.#get = database.prepare('SELECT name, created FROM hub_consumer_group WHERE name_key = ?');
  }

  /** $Default, then the others by name. */
  list(): ConsumerGroup[] {
    const others = this.#database
      .prepare('SELECT name, created FROM hub_consumer_group ORDER BY name_key')
      .all() as ConsumerGroup[];
    return [this.#default, ...others];
  }

  get(name: string): ConsumerGroup | undefined {
    const key = name.toLowerCase();
    if (key === defaultConsumerGroup.toLowerCase()) return this.#default;
    return this.#get.get([key]) as ConsumerGroup | undefined;
  }

  /** Creates a group, unless it exists. */
  ensure(name: string): ConsumerGroup {
    const existing = this.get(name);
    if (existing) return existing;
    const group = { name, created: this.#now().toISOString() };
    this.#database
      .prepare('INSERT INTO hub_consumer_group VALUES (?, ?, ?)')
      .run(name.toLowerCase(), name, group.created);
    return group;
  }

  /** @returns false when there is no such group, or it is $Default */
  delete(name: string): boolean {
    const { changes } = this.#database
      .prepare('DELETE FROM hub_consumer_group WHERE name_key = ?')
      .run(name.toLowerCase());
    return changes > 0;
  }
}
