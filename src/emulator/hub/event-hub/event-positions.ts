/** Where the next event of each partition goes. */
import type { StateDatabase } from '../../state/database.js';
import { partitionIds } from './partitions.js';

export interface EventPosition {
  /** From 0, without gaps. */
  sequenceNumber: number;
  /** Where the event begins in its partition, in bytes. */
  offset: number;
}

interface Row {
  sequence_number: number;
  event_offset: number;
  bytes: number;
}

/** What an event takes beside its content: headers and annotations, roughly. */
const bytesOfHead = 128;

export class EventPositions {
  readonly #next: EventPosition[];

  constructor(database: StateDatabase) {
    const last = database.prepare(
      `SELECT sequence_number, event_offset,
         length(body) + length(CAST(system_properties AS BLOB)) + length(CAST(properties AS BLOB)) AS bytes
       FROM hub_message WHERE partition = ? ORDER BY sequence_number DESC LIMIT 1`,
    );
    this.#next = partitionIds.map((_, partition) => {
      const row = last.get([partition]) as Row | undefined;
      if (row === undefined) return { sequenceNumber: 0, offset: 0 };
      return following({ sequenceNumber: row.sequence_number, offset: row.event_offset }, row.bytes);
    });
  }

  next(partition: number): Readonly<EventPosition> {
    return this.#next[partition]!;
  }

  /** @param bytes of the content of the event that was stored at the next position */
  advance(partition: number, bytes: number): void {
    this.#next[partition] = following(this.#next[partition]!, bytes);
  }
}

function following({ sequenceNumber, offset }: EventPosition, bytes: number): EventPosition {
  return { sequenceNumber: sequenceNumber + 1, offset: offset + bytesOfHead + bytes };
}
