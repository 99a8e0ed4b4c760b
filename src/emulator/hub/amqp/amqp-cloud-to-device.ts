/**
 * `messages/devicebound`: the messages to a device. One is delivered when the device has accepted it; it goes back to the
 * queue when the device releases it, or the link ends first.
 *
 * Source: Microsoft Learn, "Communicate with your IoT hub by using the AMQP protocol", receiving cloud-to-device messages.
 */
import rhea from 'rhea';
import { dataBody } from '../../wire/amqp/message.js';
import type { Outcome, OutgoingMessage } from '../../wire/amqp/node.js';
import { type CloudToDeviceMessage, lockMilliseconds } from '../cloud-to-device.js';
import { acknowledgementProperty } from './amqp-message.js';
import type { DeviceNode } from './device-node.js';

export const cloudToDeviceNode: DeviceNode = ({ deviceId, hub: { cloudToDevice: queue }, report }) => ({
  'to-client': (link) => {
    function deliver() {
      while (link.takes()) {
        const next = queue.receive(deviceId, lockMilliseconds);
        if (next === undefined) return;
        const { lockToken, message } = next;
        const settled = (outcome: Outcome) => {
          if (outcome === 'dropped') queue.release(deviceId, lockToken);
          else if (outcome === 'released') queue.abandon(deviceId, lockToken);
          else if (queue[outcome === 'accepted' ? 'complete' : 'reject'](deviceId, lockToken)) {
            report({ operation: 'receiveMessage', status: 200 });
          }
        };
        link.send(toMessage(deviceId, message), settled, 'receiveMessage');
      }
    }
    const stopListening = queue.onAvailable(deviceId, deliver);
    return { sendable: deliver, closed: stopListening };
  },
});

function toMessage(deviceId: string, message: CloudToDeviceMessage): OutgoingMessage {
  const { mid, cid, uid, ct, ce, exp: _, ...others } = message.systemProperties;
  const present = <Value>(name: string, value: Value | undefined) =>
    value === undefined ? {} : { [name]: value };
  const enqueued = rhea.types.wrap_timestamp(Date.parse(message.enqueued));
  return {
    to: `/devices/${encodeURIComponent(deviceId)}/messages/devicebound`,
    ...present('message_id', mid),
    ...present('correlation_id', cid),
    ...present('user_id', uid === undefined ? undefined : Buffer.from(uid)),
    ...present('content_type', ct),
    ...present('content_encoding', ce),
    absolute_expiry_time: Date.parse(message.expiry),
    delivery_count: message.deliveryCount,
    message_annotations: {
      'x-opt-sequence-number': rhea.types.wrap_long(message.sequenceNumber),
      'x-opt-enqueued-time': enqueued,
      // The SDK for C# looks for it under this name.
      'iothub-enqueuedtime': enqueued,
    },
    application_properties: {
      ...message.properties,
      ...present(acknowledgementProperty, message.acknowledgement),
      ...Object.fromEntries(Object.entries(others).map(([name, value]) => [`iothub-${name}`, value])),
    },
    body: dataBody(message.body),
  };
}
