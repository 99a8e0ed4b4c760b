/** A link on which a back end reads the events of a partition, as fast as it takes them. */

import { eventHubAmqp } from '../../../dps/contract/event-hub.js';
import { AmqpError, asAmqpError } from '../../wire/amqp/amqp-error.js';
import type { Attached, Link } from '../../wire/amqp/node.js';
import type { Outcome } from '../../wire/events.js';
import type { HubEvent, HubEvents } from '../event-hub/events.js';
import type { EventReader, EventReaders } from '../event-hub/readers.js';
import { type LastEvent, toEventMessage } from './event-message.js';

export interface EventReadingOptions {
  events: HubEvents;
  /** By its index. */
  partition: number;
  /** The sequence number after which it begins. */
  after: number;
  readers: EventReaders;
  consumerGroup: string;
  epoch: number | undefined;
  /** What the client calls the reader. */
  name: string;
  /** Whether each event says what the last one of the partition is. */
  showsLastEvent: boolean;
  /** @throws AmqpError when the token is no longer good */
  assertAuthorized(): void;
  now: () => Date;
  report(outcome: Omit<Outcome, 'id'>): void;
  /** Milliseconds without credit after which the reader is ended. */
  idleTimeout: number;
}

/** How many events are read from the state at once. */
const readAtOnce = 8;
/** Events are encoded and handed on so many at a time, so that a large partition does not fill the memory. */
const maxBacklog = 16;

/** @throws AmqpError linkStolen, resourceLimitExceeded when other readers have the partition */
export function readEvents(link: Link, options: EventReadingOptions): Attached {
  const { events, partition, readers, consumerGroup, epoch, name, assertAuthorized, report } = options;
  let { after } = options;
  let unsent: HubEvent[] = [];
  let goesOn = false;
  let ended = false;
  let wasActive = true;

  const reader: EventReader = { epoch, name, end };
  const leave = readers.admit(consumerGroup, partition, reader);
  const stopListening = events.onEvent(partition, () => deliver());
  const idle = setInterval(() => {
    if (!wasActive && !link.takes()) {
      end(new AmqpError('detachForced', `The link gave no credit for ${options.idleTimeout} ms.`));
    }
    wasActive = false;
  }, options.idleTimeout);
  idle.unref();
  report({ operation: 'receiveEvents', status: 200 });

  function end(error: AmqpError): void {
    if (ended) return;
    report({ operation: 'receiveEvents', status: error.status, reason: error.reason });
    link.close(error);
    closed();
  }

  function closed(): void {
    ended = true;
    unsent = [];
    clearInterval(idle);
    stopListening();
    leave();
  }

  function next(): HubEvent | undefined {
    if (unsent.length === 0) unsent = events.read(partition, after, readAtOnce);
    const event = unsent.shift();
    if (event) after = event.sequenceNumber;
    return event;
  }

  /** @param draining whether the client takes back its credit afterwards: then it gets all that there is */
  function deliver(draining = false): void {
    if (ended || !link.takes()) return;
    wasActive = true;
    try {
      assertAuthorized();
    } catch (error) {
      end(asAmqpError(error));
      return;
    }
    const last = options.showsLastEvent ? lastEvent() : undefined;
    while (link.takes()) {
      if (!draining && link.backlog() >= maxBacklog) {
        continueSoon();
        return;
      }
      const event = next();
      if (event === undefined) return;
      link.send(toEventMessage(event, last));
    }
  }

  /** What was sent is on its way in the next turn, unless the client does not read: then `sendable` comes later. */
  function continueSoon(): void {
    if (goesOn) return;
    goesOn = true;
    setImmediate(() => {
      goesOn = false;
      if (ended || link.backlog() >= maxBacklog) return;
      try {
        deliver();
      } catch (error) {
        end(asAmqpError(error));
      }
    });
  }

  function lastEvent(): LastEvent {
    const { lastSequenceNumber, lastOffset, lastEnqueued } = events.state(partition);
    return {
      sequenceNumber: lastSequenceNumber,
      offset: lastOffset,
      enqueued: lastEnqueued,
      at: options.now().getTime(),
    };
  }

  return {
    sendsSettled: true,
    appliedFilters: [eventHubAmqp.selectorFilter],
    sendable: deliver,
    closed,
  };
}
