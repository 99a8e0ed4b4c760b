/**
 * `twin`: a device asks for its twin, reports properties, and is told when desired ones change.
 *
 * Source: azure-iot-device-amqp 1.14.4, amqp_twin_client: the operation and its resource are message annotations, the
 * status of the answer is one.
 */
import rhea, { type Message } from 'rhea';
import { hubAmqp } from '../../../dps/contract/amqp.js';
import { AmqpError, answerNotTaken } from '../../wire/amqp/amqp-error.js';
import { bodyOf, jsonBody, stringOf } from '../../wire/amqp/message.js';
import type { Link } from '../../wire/amqp/node.js';
import { TwinPatchError } from '../twin-limits.js';
import { parseTwinPatch } from '../twins.js';
import type { DeviceNode } from './device-node.js';

const credit = 10;

interface Answer {
  status: number;
  version?: number | undefined;
  body?: unknown;
  reason?: string;
}

export const twinNode: DeviceNode = ({ deviceId, hub, note }) => {
  let answers: Link | undefined;
  let forgetDesired: (() => void) | undefined;

  function getTwin(): Answer {
    const twin = hub.twins.get(deviceId);
    if (!twin) return { status: 404, body: { errorCode: 404, message: 'There is no such device.' } };
    const { desired, reported } = twin;
    return {
      status: 200,
      body: {
        desired: { ...desired.properties, $version: desired.version },
        reported: { ...reported.properties, $version: reported.version },
      },
    };
  }

  function patchReported(message: Message): Answer {
    try {
      const version = hub.twins.patchReported(deviceId, parseTwinPatch(bodyOf(message)));
      if (version === undefined)
        return { status: 404, body: { errorCode: 404, message: 'There is no such device.' } };
      return { status: 200, version };
    } catch (error) {
      if (!(error instanceof TwinPatchError)) throw error;
      const { message } = error;
      return { status: 400, body: { errorCode: 400, message }, reason: message };
    }
  }

  function notifyOfDesired(wanted: boolean): Answer {
    forgetDesired?.();
    forgetDesired = undefined;
    if (!wanted) return { status: 200 };
    forgetDesired = hub.twins.onDesiredChange(deviceId, (patch, version) => {
      answers?.send({
        message_annotations: {
          resource: hubAmqp.desiredNotifications,
          version: rhea.types.wrap_long(version),
        },
        body: jsonBody({ ...patch, $version: version }),
      } as unknown as Message);
    });
    return { status: 200 };
  }

  function answerTo(message: Message): { operation: string; call: () => Answer } {
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

  return {
    'from-client': () => ({
      credit,
      receive(message) {
        if (!answers) throw new AmqpError('notAllowed', 'Attach a link that receives the answers first.');
        const { operation, call } = answerTo(message);
        const { status, version, body, reason } = call();
        const sent = answers.send({
          correlation_id: message.correlation_id ?? message.message_id,
          // The SDK for C reads an int and a long, not the smallest types that hold the numbers.
          message_annotations: {
            status: rhea.types.wrap_int(status),
            ...(version === undefined ? {} : { version: rhea.types.wrap_long(version) }),
          },
          ...(body === undefined ? {} : { body: jsonBody(body) }),
        } as unknown as Message);
        if (!sent) throw answerNotTaken();
        note(operation, status, reason);
      },
    }),
    'to-client': (link) => {
      answers = link;
      return {
        closed() {
          if (answers !== link) return;
          answers = undefined;
          forgetDesired?.();
          forgetDesired = undefined;
        },
      };
    },
  };
};
