/**
 * Cloud-to-device messages over MQTT. With QoS 1, a message is delivered when the device has acknowledged it; it goes back
 * to the queue when the connection ends first.
 *
 * Source: Microsoft Learn, "Communicate with an IoT hub using the MQTT protocol", receiving cloud-to-device messages.
 */
import { hubTopics } from '../../../dps/contract/mqtt.js';
import type { Connection } from '../../wire/mqtt/mqtt-session.js';
import type { CloudToDeviceMessage, CloudToDeviceMessages } from '../cloud-to-device.js';
import { formatPropertyBag } from '../messages.js';

export interface CloudToDeviceDelivery {
  /** Delivers the messages that wait, and those that come. */
  start(qos: 0 | 1): void;
  /** Returns to the queue what the device has not acknowledged. */
  stop(): void;
}

/** @param delivered called when the device has a message */
export function cloudToDeviceDelivery(
  queue: CloudToDeviceMessages,
  deviceId: string,
  connection: Connection,
  delivered: () => void,
): CloudToDeviceDelivery {
  const held = new Set<string>();
  let stopListening: (() => void) | undefined;

  function deliver(qos: 0 | 1) {
    for (;;) {
      const next = queue.receive(deviceId);
      if (next === undefined) return;
      const { lockToken, message } = next;
      held.add(lockToken);
      const push = {
        topic: topicOf(deviceId, message),
        payload: message.body,
        qos,
        operation: 'receiveMessage',
      };
      connection.send(push, () => {
        held.delete(lockToken);
        if (queue.complete(deviceId, lockToken)) delivered();
      });
    }
  }

  function stop() {
    stopListening?.();
    stopListening = undefined;
    for (const lockToken of held) queue.release(deviceId, lockToken);
    held.clear();
  }

  return {
    start(qos) {
      stop();
      stopListening = queue.onAvailable(deviceId, () => deliver(qos));
      deliver(qos);
    },
    stop,
  };
}

function topicOf(deviceId: string, message: CloudToDeviceMessage): string {
  const { systemProperties, properties, acknowledgement } = message;
  const to = `/devices/${encodeURIComponent(deviceId)}/messages/deviceBound`;
  return hubTopics.cloudToDevice(
    deviceId,
    formatPropertyBag({
      systemProperties: { ...systemProperties, to },
      properties: { ...properties, ...(acknowledgement && { 'iothub-ack': acknowledgement }) },
    }),
  );
}
