/**
 * Direct methods over MQTT: a call is a message to the device, its response a message from the device.
 *
 * Source: Microsoft Learn, "Communicate with an IoT hub using the MQTT protocol", responding to a direct method.
 */
import { hubTopics, parseTopic } from '../../../dps/contract/mqtt.js';
import type { Connection } from '../../wire/mqtt/mqtt-session.js';
import type { DirectMethods } from '../direct-methods.js';

const responsePath = /^\$iothub\/methods\/res\/(-?\d{1,9})\/?$/;

export interface MethodCalls {
  /** The device takes calls from now on. */
  start(): void;
  stop(): void;
  /** The status in the topic of a response; undefined for other topics. */
  statusOf(topic: string): number | undefined;
}

/** The calls to one device, over its connection. */
export function methodCalls(methods: DirectMethods, deviceId: string, connection: Connection): MethodCalls {
  let detach: (() => void) | undefined;
  return {
    start() {
      detach = methods.attach(deviceId, ({ requestId, name, payload }) =>
        connection.send({
          topic: hubTopics.methodCall(encodeURIComponent(name), requestId),
          payload: JSON.stringify(payload ?? null),
          // Microsoft Learn, "Understand and invoke direct methods": method requests are QoS 0.
          qos: 0,
          operation: 'callMethod',
        }),
      );
    },
    stop: () => detach?.(),
    statusOf(topic) {
      const status = responsePath.exec(parseTopic(topic).path)?.[1];
      return status === undefined ? undefined : Number(status);
    },
  };
}
