/**
 * What became of messages to devices, over HTTPS.
 *
 * Source: Microsoft Learn, IoT Hub service REST API, Cloud To Device Messages - Receive, Complete and Abandon Feedback
 * Notification.
 */
import { routes } from '../../../dps/contract/routes.js';
import type { Hub } from '../hub.js';
import { feedbackContentType, feedbackLockMilliseconds } from '../message-feedback.js';
import type { HubOperation } from './hub-operation.js';

export function feedbackOperations({ feedback }: Hub): HubOperation[] {
  const settle = (name: 'completeFeedback' | 'abandonFeedback', how: (lockToken: string) => void) => ({
    name,
    route: routes.hub[name],
    caller: 'ServiceConnect' as const,
    handle({ parameters }: Parameters<HubOperation['handle']>[0]) {
      how(parameters.lockToken!);
      return { status: 204 };
    },
  });
  return [
    {
      name: 'receiveFeedback',
      route: routes.hub.receiveFeedback,
      caller: 'ServiceConnect',
      handle() {
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
    settle('completeFeedback', (lockToken) => feedback.complete(lockToken)),
    settle('abandonFeedback', (lockToken) => feedback.abandon(lockToken)),
  ];
}
