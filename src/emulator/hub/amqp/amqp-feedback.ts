/**
 * `/messages/servicebound/feedback`: feedback on messages to devices, a batch at a time. A batch is delivered when the back
 * end has accepted it; it comes again when the back end releases it, or the link ends first.
 *
 * Source: Microsoft Learn, "Understand cloud-to-device messaging from an IoT hub", message feedback; azure-iothub 1.16.6
 * and the service client for C#, which looks for `iothub-enqueuedtime`.
 */
import rhea from 'rhea';
import type { AmqpError } from '../../wire/amqp/amqp-error.js';
import { jsonBody } from '../../wire/amqp/message.js';
import type { Attached, Link, Outcome, OutgoingMessage } from '../../wire/amqp/node.js';
import type { Report } from '../../wire/events.js';
import { HubError } from '../hub-error.js';
import {
  type FeedbackBatch,
  feedbackContentType,
  feedbackLockMilliseconds,
  type MessageFeedback,
} from '../message-feedback.js';

export interface FeedbackLinkOptions {
  feedback: MessageFeedback;
  hubId: string;
  /** @throws AmqpError when the token is no longer good */
  assertAuthorized(): void;
  report: Report;
}

/** Sends feedback on a link, as long as its token is good. */
export function feedbackLink(link: Link, options: FeedbackLinkOptions): Attached {
  const { feedback, hubId, assertAuthorized, report } = options;

  function settle(lockToken: string, outcome: Outcome): void {
    try {
      if (outcome === 'released') feedback.abandon(lockToken);
      else if (outcome === 'dropped') feedback.release(lockToken);
      else {
        feedback.complete(lockToken);
        report({ operation: 'receiveFeedback', id: '', status: 200 });
      }
    } catch (error) {
      // The lock has expired meanwhile: the batch comes again.
      if (!(error instanceof HubError)) throw error;
    }
  }

  function deliver(): void {
    while (link.takes()) {
      try {
        assertAuthorized();
      } catch (error) {
        link.close(error as AmqpError);
        return;
      }
      const batch = feedback.receive(feedbackLockMilliseconds);
      if (batch === undefined) return;
      link.send(toMessage(hubId, batch), (outcome) => settle(batch.lockToken, outcome));
    }
  }

  const stopListening = feedback.onAvailable(deliver);
  return { sendable: deliver, closed: stopListening };
}

function toMessage(
  hubId: string,
  { sequenceNumber, enqueued, deliveryCount, records }: FeedbackBatch,
): OutgoingMessage {
  const enqueuedTime = rhea.types.wrap_timestamp(Date.parse(enqueued));
  return {
    user_id: Buffer.from(hubId),
    content_type: feedbackContentType,
    content_encoding: 'utf-8',
    delivery_count: deliveryCount,
    message_annotations: {
      'x-opt-sequence-number': rhea.types.wrap_long(sequenceNumber),
      'x-opt-enqueued-time': enqueuedTime,
      'iothub-enqueuedtime': enqueuedTime,
    },
    body: jsonBody(records),
  };
}
