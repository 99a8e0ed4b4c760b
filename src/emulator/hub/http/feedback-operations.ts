/**
 * Feedback on messages to devices, over HTTPS.
 *
 * Source: Microsoft Learn, IoT Hub service REST API, Cloud To Device Messages - Receive, Complete and Abandon Feedback
 * Notification.
 */
import { feedbackContentType, feedbackLockMilliseconds } from '../message-feedback.js';
import { hubOperations } from './hub-operation.js';

export const feedbackOperations = hubOperations({
  receiveFeedback: {
    caller: 'ServiceConnect',
    handle(_, { feedback }) {
      const batch = feedback.receive(feedbackLockMilliseconds);
      if (batch === undefined) return { status: 204 };
      return {
        status: 200,
        body: Buffer.from(JSON.stringify(batch.records)),
        headers: {
          'content-type': feedbackContentType,
          etag: `"${batch.lockToken}"`,
          'iothub-sequencenumber': String(batch.sequenceNumber),
          'iothub-enqueuedtime': batch.enqueued,
          'iothub-deliverycount': String(batch.deliveryCount),
        },
      };
    },
  },
  completeFeedback: {
    caller: 'ServiceConnect',
    handle({ parameters }, { feedback }) {
      feedback.complete(parameters.lockToken!);
      return { status: 204 };
    },
  },
  abandonFeedback: {
    caller: 'ServiceConnect',
    handle({ parameters }, { feedback }) {
      feedback.abandon(parameters.lockToken!);
      return { status: 204 };
    },
  },
});
