/**
 * `$management` of the Event Hub-compatible endpoint: what there is to read, by request and reply.
 *
 * Source: Azure.Messaging.EventHubs, AmqpMessageConverter, and azure-eventhub for Python, for names and types.
 */
import rhea, { type Message } from 'rhea';
import { eventHubAmqp } from '../../../dps/contract/event-hub.js';
import { AmqpError, asAmqpError } from '../../wire/amqp/amqp-error.js';
import { stringOf } from '../../wire/amqp/message.js';
import { type Attached, type AttachRequest, type Link, sendReply } from '../../wire/amqp/node.js';
import type { Outcome } from '../../wire/events.js';
import type { HubEvents } from '../event-hub/events.js';
import { partitionIds, partitionIndex } from '../event-hub/partitions.js';

export interface ManagementOptions {
  entity: string;
  /** For messages to clients. */
  host: string;
  /** When the hub was created. */
  created: Date;
  events: HubEvents;
  report(outcome: Omit<Outcome, 'id'>): void;
  /** @throws AmqpError when the token is no longer good */
  assertAuthorized(): void;
}

/** Requests that a client may send before the first one is answered. */
const credit = 10;
/** AMQP's type code of short strings: the SDK for .NET wants an array of them, not a list. */
const shortStrings = 0xa1;

export function unknownPartition(): AmqpError {
  return new AmqpError(
    'argumentOutOfRange',
    `The specified partition is invalid for an EventHub partition sender or receiver. It should be between 0 and ${partitionIds.length - 1}.`,
  );
}

/** The node of one connection. */
export function managementNode(options: ManagementOptions): (request: AttachRequest) => Attached {
  const { entity, host, created, events, report, assertAuthorized } = options;
  let replies: Link | undefined;
  const { wrap_int, wrap_long, wrap_timestamp, wrap_array } = rhea.types;

  function hubInformation() {
    return {
      name: entity,
      type: eventHubAmqp.hubType,
      created_at: wrap_timestamp(created.getTime()),
      partition_count: wrap_int(partitionIds.length),
      partition_ids: wrap_array([...partitionIds], shortStrings, undefined),
      georeplication_factor: wrap_int(1),
    };
  }

  /** @throws AmqpError argumentOutOfRange */
  function partitionInformation(partitionId: string) {
    const partition = partitionIndex(partitionId);
    if (partition === undefined) throw unknownPartition();
    const { begin, isEmpty, lastSequenceNumber, lastOffset, lastEnqueued } = events.state(partition);
    return {
      name: entity,
      type: eventHubAmqp.partitionType,
      partition: partitionId,
      begin_sequence_number: wrap_long(begin),
      last_enqueued_sequence_number: wrap_long(lastSequenceNumber),
      last_enqueued_offset: String(lastOffset),
      last_enqueued_time_utc: wrap_timestamp(lastEnqueued),
      is_partition_empty: isEmpty,
    };
  }

  /** @throws AmqpError */
  function read({ application_properties: properties }: Message): object {
    assertAuthorized();
    const [operation, type] = ['operation', 'type'].map((name) => stringOf(properties, name));
    if (operation !== 'READ') throw new AmqpError('notImplemented', 'The operation must be READ.');
    const name = stringOf(properties, 'name') ?? '';
    if (name.toLowerCase() !== entity) {
      throw new AmqpError('notFound', `The messaging entity 'sb://${host}/${name}' could not be found.`);
    }
    if (type === eventHubAmqp.hubType) return hubInformation();
    if (type === eventHubAmqp.partitionType) {
      const partition = properties?.partition as unknown;
      return partitionInformation(String(partition ?? ''));
    }
    throw new AmqpError('argumentError', `There is no type '${String(type).slice(0, 100)}'.`);
  }

  function answer(message: Message): void {
    if (!replies) {
      throw new AmqpError('notAllowed', 'Attach a link that receives the answers first.');
    }
    const reply = { to: message.reply_to, correlation_id: message.message_id };
    try {
      const body = read(message);
      report({ operation: 'readEventHub', status: 200 });
      sendReply(replies, {
        ...reply,
        application_properties: { 'status-code': wrap_int(200), 'status-description': 'OK' },
        body,
      });
    } catch (cause) {
      const { status, condition, message: description, reason } = asAmqpError(cause);
      report({ operation: 'readEventHub', status, reason });
      sendReply(replies, {
        ...reply,
        application_properties: {
          'status-code': wrap_int(status),
          'status-description': description,
          'error-condition': condition,
        },
      });
    }
  }

  return ({ direction, link }) => {
    if (direction === 'from-client') return { credit, receive: answer };
    replies = link;
    return {
      closed() {
        if (replies === link) replies = undefined;
      },
    };
  };
}
