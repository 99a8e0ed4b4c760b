/** `messages/events`: what a device tells its hub, one message at a time or in batches. */
import rhea, { type Message } from 'rhea';
import { hubAmqp } from '../../dps/contract/amqp.js';
import { type HubMessage, maxMessageBytes } from '../hub/messages.js';
import { AmqpError } from './amqp-error.js';
import type { DeviceNode } from './hub-nodes.js';
import { bodyOf, messagesOfBatch } from './message.js';

const credit = 100;

export const telemetryNode: DeviceNode = ({ deviceId, hub, note }) => ({
  'from-client': () => ({
    credit,
    receive(message, format) {
      const messages =
        format === hubAmqp.batchedMessageFormat ? messagesOfBatch(message as unknown as Buffer) : [message];
      for (const one of messages.map(toHubMessage)) {
        hub.messages.append(deviceId, one);
        note('sendMessage', 200);
      }
    },
  }),
});

/** @throws AmqpError */
function toHubMessage(message: Message): Pick<HubMessage, 'systemProperties' | 'properties' | 'body'> {
  const { message_id, correlation_id, user_id, content_type, content_encoding } = message;
  const annotations = message.message_annotations ?? {};
  const systemProperties = defined({
    mid: message_id,
    cid: correlation_id,
    uid: user_id,
    ct: content_type,
    ce: content_encoding,
    ifid: annotations['iothub-interface-id'],
    sub: annotations['dt-subject'],
  });
  const properties = defined(message.application_properties ?? {});
  const body = bodyOf(message);
  const bytes = Buffer.byteLength(JSON.stringify({ systemProperties, properties })) + body.length;
  if (bytes > maxMessageBytes) {
    throw new AmqpError('messageSizeExceeded', `A message holds at most ${maxMessageBytes} bytes.`);
  }
  return { systemProperties, properties, body };
}

/** Properties are text to the hub, whatever a device sends them as. */
function defined(values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, textOf(value)]),
  );
}

const uuidBytes = 16;

function textOf(value: unknown): string {
  if (Buffer.isBuffer(value)) {
    return value.length === uuidBytes ? rhea.uuid_to_string(value) : value.toString('utf8');
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
