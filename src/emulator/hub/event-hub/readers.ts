/**
 * Who reads which partition. A reader with an owner level (epoch) has the partition of its consumer group for itself;
 * without one, five readers share it.
 *
 * Source: Microsoft Learn, "Features and terminology in Azure Event Hubs", consumer groups; Azure/azure-event-hubs-java#32046
 * and Azure/iothub-explorer#57 for who ends whom, and the texts.
 */
import { AmqpError } from '../../wire/amqp/amqp-error.js';

export interface EventReader {
  /** Undefined for a reader without an owner level. */
  epoch: number | undefined;
  /** What the client calls it. */
  name: string;
  end(error: AmqpError): void;
}

/** Of one partition and consumer group. */
const maxSharedReaders = 5;

export class EventReaders {
  readonly #readers = new Map<string, Set<EventReader>>();

  /**
   * Admits a reader; those that have to make room for it are ended.
   *
   * @returns to be called when the reader has ended
   * @throws AmqpError linkStolen, resourceLimitExceeded
   */
  admit(consumerGroup: string, partition: number, reader: EventReader): () => void {
    const key = `${consumerGroup.toLowerCase()}/${partition}`;
    const others = this.#readers.get(key) ?? new Set<EventReader>();
    const owner = [...others].find(({ epoch }) => epoch !== undefined);
    if (reader.epoch === undefined) {
      if (owner) throw new AmqpError('linkStolen', beside(owner, reader));
      if (others.size >= maxSharedReaders) throw tooMany(others);
    } else {
      if (owner && owner.epoch! > reader.epoch) throw new AmqpError('linkStolen', beside(owner, reader));
      for (const other of [...others]) {
        others.delete(other);
        other.end(new AmqpError('linkStolen', replaced(other, reader)));
      }
    }
    others.add(reader);
    this.#readers.set(key, others);
    return () => {
      others.delete(reader);
      if (others.size === 0 && this.#readers.get(key) === others) this.#readers.delete(key);
    };
  }

  /** Ends the readers of a consumer group. */
  end(consumerGroup: string, error: () => AmqpError): void {
    const prefix = `${consumerGroup.toLowerCase()}/`;
    for (const [key, readers] of [...this.#readers]) {
      if (!key.startsWith(prefix)) continue;
      this.#readers.delete(key);
      for (const reader of [...readers]) reader.end(error());
    }
  }
}

function beside(owner: EventReader, { name, epoch }: EventReader): string {
  return `Receiver '${owner.name}' with a higher epoch '${owner.epoch}' already exists. Receiver '${name}' with epoch ${epoch ?? 0} cannot be created. Make sure you are creating receiver with increasing epoch value to ensure connectivity, or ensure all old epoch receivers are closed or disconnected.`;
}

function replaced({ name, epoch }: EventReader, by: EventReader): string {
  return `New receiver '${by.name}' with higher epoch of '${by.epoch}' is created hence current receiver '${name}' with epoch '${epoch ?? 0}' is getting disconnected. If you are recreating the receiver, make sure a higher epoch is used.`;
}

function tooMany(readers: ReadonlySet<EventReader>): AmqpError {
  const names = [...readers].map(({ name }) => name).join(', ');
  return new AmqpError(
    'resourceLimitExceeded',
    `Exceeded the maximum number of allowed receivers per partition in a consumer group which is ${maxSharedReaders}. List of connected receivers - ${names}.`,
  );
}
