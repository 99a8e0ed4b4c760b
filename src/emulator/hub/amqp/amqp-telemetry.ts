/** `messages/events`: what a device tells its hub, one message at a time or in batches. */
import { hubAmqp } from '../../../dps/contract/amqp.js';
import { AmqpError } from '../../wire/amqp/amqp-error.js';
import { messagesOfBatch } from '../../wire/amqp/message.js';
import { maxMessageBytes, messageSize } from '../messages.js';
import { toHubMessage } from './amqp-message.js';
import type { DeviceNode } from './device-node.js';

const credit = 100;

export const telemetryNode: DeviceNode = ({ deviceId, hub, note }) => ({
  'from-client': () => ({
    credit,
    receive(message, format) {
      const messages =
        format === hubAmqp.batchedMessageFormat ? messagesOfBatch(message as unknown as Buffer) : [message];
      const taken = messages.map(toHubMessage);
      taken.forEach(assertSize);
      for (const one of taken) {
        hub.messages.append(deviceId, one);
        note('sendMessage', 200);
      }
    },
  }),
});

/** @throws AmqpError */
function assertSize(message: ReturnType<typeof toHubMessage>): void {
  if (messageSize(message) > maxMessageBytes) {
    throw new AmqpError('messageSizeExceeded', `A message holds at most ${maxMessageBytes} bytes.`);
  }
}
