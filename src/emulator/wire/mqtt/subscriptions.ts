/** The subscriptions of a client. */
import type { ISubscription } from 'mqtt-packet';
import { type Session, SessionViolation } from './mqtt-session.js';

/** The failure code in a SUBACK: MQTT 3.1.1 section 3.9.3. */
const refused = 0x80;

export class Subscriptions {
  readonly #session: Session;
  readonly #filters: Set<string>;

  constructor(session: Session) {
    this.#session = session;
    this.#filters = new Set(session.restored);
  }

  /**
   * @param acknowledge sends the codes of the SUBACK: the client learns of its subscriptions before they begin
   * @throws SessionViolation
   */
  add(subscriptions: readonly ISubscription[], acknowledge: (granted: number[]) => void): void {
    // Section 3.8.3.
    if (subscriptions.length === 0) throw new SessionViolation('SUBSCRIBE names no topic filter');
    const granted = subscriptions.map(({ topic, qos }) => {
      if (!this.#session.accepts(topic)) return refused;
      this.#filters.add(topic);
      // Microsoft Learn: a subscription with QoS 2 is granted QoS 1.
      return qos === 0 ? 0 : 1;
    });
    acknowledge(granted);
    for (const [index, { topic }] of subscriptions.entries()) {
      if (granted[index] !== refused) this.#session.subscribed?.(topic, granted[index] === 0 ? 0 : 1);
    }
  }

  remove(filters: readonly string[]): void {
    for (const filter of filters) if (this.#filters.delete(filter)) this.#session.unsubscribed?.(filter);
  }

  /** Whether one of them matches this topic. Sessions accept only exact filters, and those that end with `/#`. */
  has(topic: string): boolean {
    for (const filter of this.#filters) {
      if (filter.endsWith('/#') ? topic.startsWith(filter.slice(0, -1)) : topic === filter) return true;
    }
    return false;
  }
}
