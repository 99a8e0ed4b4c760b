/**
 * Cloud-to-device messages over MQTT: with QoS 1 a message is the device's when it has acknowledged it, and goes back
 * to its queue when the connection ends before.
 *
 * Source: Microsoft Learn, "Communicate with an IoT hub using the MQTT protocol", receiving cloud-to-device messages.
 */
import { hubTopics } from '../../../dps/contract/mqtt.js';
import type { Connection } from '../../wire/mqtt/session.js';
import type { CloudToDeviceMessage, CloudToDeviceMessages } from '../cloud-to-device.js';
import { formatPropertyBag } from '../messages.js';

export interface CloudToDeviceDelivery {
  /** Delivers what waits and what comes. */
  start(qos: 0 | 1): void;
  /** Gives back what the device has not acknowledged. */
  stop(): void;
}

/** @param delivered the device has a message */
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
      connection.send({ topic: topicOf(deviceId, message), payload: message.body, qos }, () => {
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
