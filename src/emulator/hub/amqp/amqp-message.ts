/** What a message of AMQP is to the hub: its properties by the names of the property bag, its body as bytes. */
import rhea, { type Message } from 'rhea';
import { bodyOf } from '../../wire/amqp/message.js';
import type { HubMessage } from '../messages.js';

/** The application property that says when the sender of a message wants to know what became of it. */
export const acknowledgementProperty = 'iothub-ack';

/** @throws AmqpError when the body is of another kind than the hub takes */
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

/** Properties are text to the hub, whatever a client sends them as. */
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
