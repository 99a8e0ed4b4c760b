/** Telemetry as events of the Event Hub-compatible endpoint: what is kept, and where reading begins. */
import type { StateDatabase, StateStatement } from '../../state/database.js';
import type { HubMessages } from '../messages.js';
import { contentOf } from '../stored-content.js';
import { partitionIds } from './partitions.js';

export interface HubEvent {
  sequenceNumber: number;
  /** In bytes, from the beginning of the partition. */
  offset: number;
  /** ISO 8601, UTC. */
  enqueued: string;
  deviceId: string;
  generationId: string;
  /** JSON: see AuthMethod. */
  authMethod: string;
  modelId: string | undefined;
  /** Named as in the property bag: see HubMessage. */
  systemProperties: Record<string, string>;
  properties: Record<string, string>;
  body: Buffer;
}

/** Where a reader begins. */
export type StartingPoint =
  | { from: 'earliest' | 'latest' }
  | { from: 'offset' | 'sequenceNumber' | 'enqueuedTime'; value: number; inclusive: boolean };

export interface PartitionState {
  /** The sequence number of the first event that is kept; that of the next one when none is. */
  begin: number;
  isEmpty: boolean;
  /** Of the last event, kept or not: -1 and the year 1 when there was none. */
  lastSequenceNumber: number;
  lastOffset: number;
  /** Milliseconds since 1970. */
  lastEnqueued: number;
}

/** Microsoft Learn, "Read device-to-cloud messages from the built-in endpoint": the default retention. */
export const retentionDays = 1;
const dayMilliseconds = 86_400_000;
/** 0001-01-01, as Azure dates what never happened. */
const never = -62_135_596_800_000;

interface Row {
  sequence_number: number;
  event_offset: number;
  enqueued: string;
  device_id: string;
  generation_id: string | null;
  auth_method: string;
  model_id: string | null;
  system_properties: string;
  properties: string;
  body: Uint8Array;
}

export class HubEvents {
  readonly #now: () => Date;
  readonly #messages: HubMessages;
  readonly #last: StateStatement;
  readonly #read: StateStatement;
  /** The first event of a partition that fulfils a condition, from a sequence number on. */
  readonly #first: Record<'offset' | 'offsetOrLater' | 'enqueued' | 'enqueuedOrLater', StateStatement>;
  readonly #listeners = partitionIds.map(() => new Set<() => void>());

  constructor(database: StateDatabase, now: () => Date, messages: HubMessages) {
    this.#now = now;
    this.#messages = messages;
    const inPartition = 'FROM hub_message WHERE partition = ?';
    this.#last = database.prepare(
      `SELECT sequence_number, event_offset, enqueued ${inPartition} ORDER BY sequence_number DESC LIMIT 1`,
    );
    this.#read = database.prepare(
      `SELECT sequence_number, event_offset, enqueued, device_id, generation_id, auth_method, model_id,
         system_properties, properties, body
       ${inPartition} AND sequence_number > ? ORDER BY sequence_number LIMIT ?`,
    );
    const first = (condition: string) =>
      database.prepare(
        `SELECT sequence_number ${inPartition} AND ${condition} ORDER BY sequence_number LIMIT 1`,
      );
    this.#first = {
      offset: first('event_offset > ?'),
      offsetOrLater: first('event_offset >= ?'),
      enqueued: first('enqueued > ?'),
      enqueuedOrLater: first('enqueued >= ?'),
    };
    messages.onAppend((partition) => {
      for (const listener of [...this.#listeners[partition]!]) listener();
    });
  }

  state(partition: number): PartitionState {
    const last = this.#last.get([partition]) as
      | Pick<Row, 'sequence_number' | 'event_offset' | 'enqueued'>
      | undefined;
    const next = this.#messages.positions.next(partition).sequenceNumber;
    const oldest = new Date(this.#now().getTime() - retentionDays * dayMilliseconds).toISOString();
    const begin = this.#sequenceNumber(this.#first.enqueuedOrLater, partition, oldest) ?? next;
    return {
      begin,
      isEmpty: begin === next,
      lastSequenceNumber: last?.sequence_number ?? -1,
      lastOffset: last?.event_offset ?? -1,
      lastEnqueued: last === undefined ? never : Date.parse(last.enqueued),
    };
  }

  /**
   * The sequence number after which a reader begins; undefined when the point is after the last event. A point before the
   * first event that is kept is that event.
   */
  startAt(partition: number, point: StartingPoint): number | undefined {
    const { begin, lastSequenceNumber, lastOffset } = this.state(partition);
    const kept = (after: number) => Math.max(after, begin - 1);
    switch (point.from) {
      case 'earliest':
        return begin - 1;
      case 'latest':
        return lastSequenceNumber;
      case 'sequenceNumber':
        if (point.value > lastSequenceNumber) return undefined;
        return kept(point.inclusive ? point.value - 1 : point.value);
      case 'offset': {
        if (point.value > lastOffset) return undefined;
        const { offset, offsetOrLater } = this.#first;
        const next = this.#sequenceNumber(point.inclusive ? offsetOrLater : offset, partition, point.value);
        return kept(next === undefined ? lastSequenceNumber : next - 1);
      }
      case 'enqueuedTime': {
        const { enqueued, enqueuedOrLater } = this.#first;
        const time = new Date(point.value).toISOString();
        const next = this.#sequenceNumber(point.inclusive ? enqueuedOrLater : enqueued, partition, time);
        return kept(next === undefined ? lastSequenceNumber : next - 1);
      }
    }
  }

  /** The events after a sequence number, at most so many. */
  read(partition: number, after: number, limit: number): HubEvent[] {
    return (this.#read.all([partition, after, limit]) as Row[]).map(toEvent);
  }

  /**
   * Calls a listener after each event of a partition.
   *
   * @returns stops the calls
   */
  onEvent(partition: number, listener: () => void): () => void {
    const listeners = this.#listeners[partition]!;
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  #sequenceNumber(statement: StateStatement, partition: number, value: string | number): number | undefined {
    const row = statement.get([partition, value]) as { sequence_number: number } | undefined;
    return row?.sequence_number;
  }
}

function toEvent(row: Row): HubEvent {
  return {
    sequenceNumber: row.sequence_number,
    offset: row.event_offset,
    enqueued: row.enqueued,
    deviceId: row.device_id,
    generationId: row.generation_id ?? '',
    authMethod: row.auth_method,
    modelId: row.model_id ?? undefined,
    ...contentOf(row),
  };
}
