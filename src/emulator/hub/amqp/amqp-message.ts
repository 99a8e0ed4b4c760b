/** An AMQP message as the hub stores it: properties under the names of the property bag, the body as bytes. */
import rhea, { type Message } from 'rhea';
import { bodyOf } from '../../wire/amqp/message.js';
import type { HubMessage } from '../messages.js';

/** The application property that says about which outcomes the sender of a message wants feedback. */
export const acknowledgementProperty = 'iothub-ack';

/** @throws AmqpError notImplemented when the hub does not take this kind of body */
export function toHubMessage(message: Message): Pick<HubMessage, 'systemProperties' | 'properties' | 'body'> {
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
  return { systemProperties, properties, body: bodyOf(message) };
}

/** The hub stores all properties as text, whatever their type. */
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
