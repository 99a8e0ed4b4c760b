/**
 * An event as a message to a back end. The properties that IoT Hub adds are annotations, and so are those of the event.
 *
 * Source: Microsoft Learn, "Create and read IoT Hub messages", system properties of D2C messages; annotations and their types
 * as in messages that users of IoT Hub have published.
 */
import rhea from 'rhea';
import { dataBody } from '../../wire/amqp/message.js';
import type { OutgoingMessage } from '../../wire/amqp/node.js';
import type { HubEvent } from '../event-hub/events.js';

/** By the names of the property bag: what is an annotation under a name of IoT Hub. */
const annotationNames: Record<string, string> = {
  ctime: 'iothub-creation-time-utc',
  ifid: 'iothub-interface-id',
  sub: 'dt-subject',
};

/** What the hub knows of the last event of a partition, for readers that want it with each event. */
export interface LastEvent {
  sequenceNumber: number;
  offset: number;
  /** Milliseconds since 1970. */
  enqueued: number;
  /** When it was looked up; milliseconds since 1970. */
  at: number;
}

export function toEventMessage(event: HubEvent, last: LastEvent | undefined): OutgoingMessage {
  const { deviceId, generationId, systemProperties, properties, body } = event;
  const { mid, cid, uid, ct, ce } = systemProperties;
  const enqueued = rhea.types.wrap_timestamp(Date.parse(event.enqueued));
  return present({
    to: `/devices/${encodeURIComponent(deviceId)}/messages/events`,
    message_id: mid,
    correlation_id: cid,
    user_id: uid === undefined ? undefined : Buffer.from(uid),
    content_type: ct,
    content_encoding: ce,
    message_annotations: present({
      'x-opt-sequence-number': rhea.types.wrap_long(event.sequenceNumber),
      'x-opt-offset': String(event.offset),
      'x-opt-enqueued-time': enqueued,
      'iothub-connection-device-id': deviceId,
      'iothub-connection-auth-method': authMethodText(event.authMethod),
      'iothub-connection-auth-generation-id': generationId,
      'iothub-enqueuedtime': enqueued,
      'iothub-message-source': 'Telemetry',
      'dt-dataschema': event.modelId,
      ...Object.fromEntries(
        Object.entries(annotationNames).map(([short, name]) => [name, systemProperties[short]]),
      ),
    }),
    delivery_annotations:
      last === undefined
        ? undefined
        : {
            last_enqueued_sequence_number: rhea.types.wrap_long(last.sequenceNumber),
            last_enqueued_offset: String(last.offset),
            last_enqueued_time_utc: rhea.types.wrap_timestamp(last.enqueued),
            runtime_info_retrieval_time_utc: rhea.types.wrap_timestamp(last.at),
          },
    application_properties: properties,
    body: dataBody(body),
  });
}

/** As in messages of Azure, which has filters by IP address. */
function authMethodText(authMethod: string): string {
  return JSON.stringify({ ...(JSON.parse(authMethod) as object), acceptingIpFilterRule: null });
}

function present(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
