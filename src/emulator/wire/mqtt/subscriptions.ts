/** What a client has subscribed to. */
import type { ISubscription } from 'mqtt-packet';
import { type Session, SessionViolation } from './session.js';

/** The failure code of a SUBACK, MQTT 3.1.1 section 3.9.3. */
const refused = 0x80;

export class Subscriptions {
  readonly #session: Session;
  readonly #filters: Set<string>;

  constructor(session: Session) {
    this.#session = session;
    this.#filters = new Set(session.restored);
  }

  /**
   * @param answer sends the codes of the SUBACK: the client is to know of its subscriptions before they begin
   * @throws SessionViolation
   */
  add(subscriptions: readonly ISubscription[], answer: (granted: number[]) => void): void {
    // Section 3.8.3.
    if (subscriptions.length === 0) throw new SessionViolation('SUBSCRIBE names no topic filter');
    const granted = subscriptions.map(({ topic, qos }) => {
      if (!this.#session.accepts(topic)) return refused;
      this.#filters.add(topic);
      // Microsoft Learn: a subscription that asks for QoS 2 is granted QoS 1.
      return qos === 0 ? 0 : 1;
    });
    answer(granted);
    for (const [index, { topic }] of subscriptions.entries()) {
      if (granted[index] !== refused) this.#session.subscribed?.(topic, granted[index] === 0 ? 0 : 1);
    }
  }

  remove(filters: readonly string[]): void {
    for (const filter of filters) if (this.#filters.delete(filter)) this.#session.unsubscribed?.(filter);
  }

  /** Whether one of them has this topic. Those that sessions accept are exact, or end with a `#` after a slash. */
  has(topic: string): boolean {
    for (const filter of this.#filters) {
      if (filter.endsWith('/#') ? topic.startsWith(filter.slice(0, -1)) : topic === filter) return true;
    }
    return false;
  }
}
