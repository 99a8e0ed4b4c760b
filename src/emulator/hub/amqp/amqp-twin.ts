/**
 * `twin`: a device reads its twin, reports properties, and learns when desired properties change.
 *
 * Source: azure-iot-device-amqp 1.14.4, amqp_twin_client: the operation and its resource are message annotations, and so is
 * the status of the reply.
 */
import rhea, { type Message } from 'rhea';
import { hubAmqp } from '../../../dps/contract/amqp.js';
import { AmqpError } from '../../wire/amqp/amqp-error.js';
import { bodyOf, dataBody, jsonBody, stringOf } from '../../wire/amqp/message.js';
import { type Link, sendReply } from '../../wire/amqp/node.js';
import { TwinPatchError } from '../twin-limits.js';
import { parseTwinPatch } from '../twins.js';
import type { DeviceNode } from './device-node.js';

const credit = 10;

interface TwinReply {
  status: number;
  version?: number | undefined;
  body?: unknown;
  reason?: string;
}

const deviceNotFound: TwinReply = {
  status: 404,
  body: { errorCode: 404, message: 'There is no such device.' },
};

export const twinNode: DeviceNode = ({ deviceId, hub, report }) => {
  let replies: Link | undefined;
  let stopNotifying: (() => void) | undefined;

  function getTwin(): TwinReply {
    const twin = hub.twins.get(deviceId);
    if (!twin) return deviceNotFound;
    const { desired, reported } = twin;
    return {
      status: 200,
      body: {
        desired: { ...desired.properties, $version: desired.version },
        reported: { ...reported.properties, $version: reported.version },
      },
    };
  }

  function patchReported(message: Message): TwinReply {
    try {
      const version = hub.twins.patchReported(deviceId, parseTwinPatch(bodyOf(message)));
      if (version === undefined) return deviceNotFound;
      return { status: 200, version };
    } catch (error) {
      if (!(error instanceof TwinPatchError)) throw error;
      const { message } = error;
      return { status: 400, body: { errorCode: 400, message }, reason: message };
    }
  }

  function notifyOfDesired(isSubscribed: boolean): TwinReply {
    stopNotifying?.();
    stopNotifying = undefined;
    if (!isSubscribed) return { status: 200 };
    stopNotifying = hub.twins.onDesiredChange(deviceId, (patch, version) => {
      const notification = {
        message_annotations: {
          resource: hubAmqp.desiredNotifications,
          version: rhea.types.wrap_long(version),
        },
        body: jsonBody({ ...patch, $version: version }),
      };
      replies?.send(notification, undefined, 'desiredChanged');
    });
    return { status: 200 };
  }

  function operationOf(message: Message): { operation: string; call: () => TwinReply } {
    const annotations = message.message_annotations;
    const operation = stringOf(annotations, 'operation')?.toUpperCase() ?? '';
    const resource = stringOf(annotations, 'resource') ?? '';
    switch (`${operation} ${resource}`) {
      case 'GET ':
        return { operation: 'getTwin', call: getTwin };
      case `PATCH ${hubAmqp.reportedProperties}`:
        return { operation: 'patchReported', call: () => patchReported(message) };
      case `PUT ${hubAmqp.desiredNotifications}`:
        return { operation: 'subscribeDesired', call: () => notifyOfDesired(true) };
      case `DELETE ${hubAmqp.desiredNotifications}`:
        return { operation: 'unsubscribeDesired', call: () => notifyOfDesired(false) };
      default:
        return {
          operation: 'twin',
          call: () => ({
            status: 400,
            body: { errorCode: 400, message: 'The twin has no such operation.' },
            reason: `${operation} ${resource}`.slice(0, 200),
          }),
        };
    }
  }

  function answer(message: Message, operation: string, call: () => TwinReply): void {
    if (!replies) throw new AmqpError('notAllowed', 'Attach a link that receives the answers first.');
    const { status, version, body, reason } = call();
    sendReply(replies, {
      correlation_id: message.correlation_id ?? message.message_id,
      // The SDK for C reads an int and a long, not the smallest types that hold the numbers.
      message_annotations: {
        status: rhea.types.wrap_int(status),
        ...(version === undefined ? {} : { version: rhea.types.wrap_long(version) }),
      },
      // Without a body, rhea would write a null value; the SDK for Java takes data only.
      body: body === undefined ? dataBody(Buffer.alloc(0)) : jsonBody(body),
    });
    report({ operation, status, reason });
  }

  return {
    'from-client': () => ({
      credit,
      receive(message) {
        const { operation, call } = operationOf(message);
        answer(message, operation, call);
      },
      operationOf: (message) => operationOf(message).operation,
      refuse(message, { status, message: reason }) {
        const body = { errorCode: status, message: reason };
        answer(message, operationOf(message).operation, () => ({ status, body, reason }));
      },
    }),
    'to-client': (link) => {
      replies = link;
      return {
        closed() {
          if (replies !== link) return;
          replies = undefined;
          stopNotifying?.();
          stopNotifying = undefined;
        },
      };
    },
  };
};
