/** `messages/events`: messages from a device to its hub, one at a time or in batches. */
import { hubAmqp } from '../../../dps/contract/amqp.js';
import { AmqpError } from '../../wire/amqp/amqp-error.js';
import { messagesOfBatch } from '../../wire/amqp/message.js';
import { maxMessageBytes, messageSize } from '../messages.js';
import { toHubMessage } from './amqp-message.js';
import type { DeviceNode } from './device-node.js';

const credit = 100;

export const telemetryNode: DeviceNode = ({ deviceId, hub, report }) => ({
  'from-client': () => ({
    credit,
    operationOf: () => 'sendMessage',
    receive(message, format) {
      const messages =
        format === hubAmqp.batchedMessageFormat ? messagesOfBatch(message as unknown as Buffer) : [message];
      const hubMessages = messages.map(toHubMessage);
      hubMessages.forEach(assertSize);
      for (const hubMessage of hubMessages) {
        hub.messages.append(deviceId, hubMessage);
        report({ operation: 'sendMessage', status: 200 });
      }
    },
  }),
});

/** @throws AmqpError messageSizeExceeded */
function assertSize(message: ReturnType<typeof toHubMessage>): void {
  if (messageSize(message) > maxMessageBytes) {
    throw new AmqpError('messageSizeExceeded', `A message holds at most ${maxMessageBytes} bytes.`);
  }
}
