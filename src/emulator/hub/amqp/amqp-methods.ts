/**
 * `methods/devicebound`: a call is a message to the device, its response a message from the device.
 *
 * Source: azure-iot-device-amqp 1.14.4, amqp_device_method_client.
 */
import rhea from 'rhea';
import { bodyOf, jsonBody } from '../../wire/amqp/message.js';
import type { DeviceNode } from './device-node.js';

const methodName = 'IoThub-methodname';
const methodStatus = 'IoThub-status';

const credit = 10;

export const methodsNode: DeviceNode = ({ deviceId, hub: { methods }, report }) => ({
  'to-client': (link) => {
    let detach: (() => void) | undefined;
    return {
      // A call that already waits for the device comes at once, so the device must be ready for it.
      sendable() {
        detach ??= methods.attach(deviceId, ({ requestId, name, payload }) => {
          const call = {
            correlation_id: rhea.string_to_uuid(requestId),
            application_properties: { [methodName]: name },
            body: jsonBody(payload ?? null),
          };
          const sent = link.send(call, undefined, 'callMethod');
          if (!sent) {
            report({ operation: 'callMethod', status: 429, reason: 'the device takes no more calls' });
          }
        });
      },
      closed: () => detach?.(),
    };
  },
  'from-client': () => ({
    credit,
    operationOf: () => 'answerMethod',
    receive(message) {
      const { correlation_id: id } = message;
      const requestId = Buffer.isBuffer(id) ? rhea.uuid_to_string(id) : String(id ?? '');
      const status = Number(message.application_properties?.[methodStatus]);
      const isExpected =
        Number.isInteger(status) && methods.respond(deviceId, requestId, status, bodyOf(message));
      report({
        operation: 'answerMethod',
        ...(isExpected ? { status: 200 } : { status: 404, reason: 'no call waits for this answer' }),
      });
    },
  }),
});
