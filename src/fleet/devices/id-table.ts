/** The IDs seen so far, for millions of them: 12 octets each instead of a hundred. */
import { hash } from 'node:crypto';

/**
 * A hash table of digests. IDs that are equal, ignoring case, always have the same digest; others by a chance of 2^-64,
 * which the caller has to rule out.
 */
export class IdTable {
  #high = new Uint32Array(1024);
  #low = new Uint32Array(1024);
  /** Record numbers plus one; 0 is an empty slot. */
  #records = new Uint32Array(1024);
  #size = 0;

  /**
   * Adds an ID.
   *
   * @param record its number, from 0
   * @returns the numbers of earlier records with the same digest
   */
  add(id: string, record: number): number[] {
    if ((this.#size + 1) * 3 > this.#records.length * 2) this.#grow();
    // DPS compares registration IDs without case.
    const digest = hash('sha1', id.toLowerCase(), 'buffer');
    this.#size += 1;
    return this.#put(digest.readUInt32LE(0), digest.readUInt32LE(4), record + 1);
  }

  #put(high: number, low: number, record: number): number[] {
    const mask = this.#records.length - 1;
    const same: number[] = [];
    let slot = low & mask;
    for (; this.#records[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#high[slot] === high && this.#low[slot] === low) same.push(this.#records[slot]! - 1);
    }
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#records[slot] = record;
    return same;
  }

  #grow(): void {
    const [high, low, records] = [this.#high, this.#low, this.#records];
    this.#high = new Uint32Array(records.length * 2);
    this.#low = new Uint32Array(records.length * 2);
    this.#records = new Uint32Array(records.length * 2);
    for (const [slot, record] of records.entries()) {
      if (record !== 0) this.#put(high[slot]!, low[slot]!, record);
    }
  }
}
