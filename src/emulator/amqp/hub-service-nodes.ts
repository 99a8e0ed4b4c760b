/**
 * The service side of the hub over AMQP: `/messages/devicebound`, to which a back end sends what is meant for devices,
 * and `/messages/servicebound/feedback`, from which it learns what became of that.
 *
 * Source: Microsoft Learn, "Communicate with your IoT hub by using the AMQP protocol", service client; azure-iothub
 * 1.16.6.
 */
import type { Message } from 'rhea';
import { hubAmqp, parseDeviceAddress } from '../../dps/contract/amqp.js';
import type { NewCloudToDeviceMessage } from '../hub/cloud-to-device.js';
import type { Hub } from '../hub/hub.js';
import { parseAcknowledgement } from '../hub/message-feedback.js';
import { HubError } from '../hub/wire-error.js';
import { sasProblem } from '../sas-check.js';
import type { Policy } from '../state/identity.js';
import { AmqpError } from './amqp-error.js';
import { feedbackLink } from './hub-feedback.js';
import { acknowledgementProperty, toHubMessage } from './hub-message.js';
import type { AmqpClient, Attached, AttachRequest } from './node.js';

export interface ServiceNodesOptions {
  hub: Hub;
  hubId: string;
  /** The hub's shared access policies. */
  policies: () => readonly Policy[];
  /** The hub's names, in lower case, with and without port. */
  hostNames: () => readonly string[];
  now: () => Date;
}

export interface ServiceNodes {
  /** Takes a token that is for no device. @returns why not, or undefined when it does */
  take(authorization: string): string | undefined;
  /** @throws AmqpError which refuses the link */
  attach(request: AttachRequest): Attached;
}

const credit = 100;
/** Of older SDKs, `{policy}@sas.root.{hub name}`: their password is a token. */
const plainUser = /^[^@]+@sas\.root\.[^@]+$/;

/** The conditions under which azure-iothub throws the errors of these names. */
const conditions = {
  ArgumentInvalid: 'argumentError',
  DeviceMaximumQueueDepthExceeded: 'resourceLimitExceeded',
  DeviceNotFound: 'notFound',
  MessageTooLarge: 'messageSizeExceeded',
} as const;

export function isServiceAddress(address: string): boolean {
  return hubAmqp.serviceNodes.test(address);
}

/** @param note for the log: the device that a message is for, and what came of it */
export function serviceNodes(
  client: AmqpClient,
  { hub, hubId, policies, hostNames, now }: ServiceNodesOptions,
  note: (id: string, operation: string, status: number, reason?: string) => void,
): ServiceNodes {
  let token: string | undefined;

  function problemOf(authorization: string): string | undefined {
    return sasProblem(
      { authorization, path: '/messages/devicebound', host: undefined },
      {
        policies: policies(),
        hostNames: hostNames(),
        right: 'ServiceConnect',
        now: now(),
      },
    );
  }

  /** A token is good until it expires, and so are the links that it opened. @throws AmqpError */
  function assertAuthorized(): void {
    const { userName = '', password } = client.plain ?? {};
    const given = token ?? (plainUser.test(userName) ? password : undefined);
    const problem = given === undefined ? 'no token was put' : problemOf(given);
    if (problem !== undefined) throw new AmqpError('unauthorizedAccess', 'Unauthorized', { reason: problem });
  }

  function send(message: Message): void {
    const { deviceId, node } = parseDeviceAddress(String(message.to ?? '')) ?? {};
    try {
      assertAuthorized();
      if (deviceId === undefined || node !== 'messages/devicebound') {
        throw new AmqpError(
          'argumentError',
          'A message must be to /devices/{deviceId}/messages/devicebound.',
        );
      }
      hub.cloudToDevice.send(deviceId, toCloudToDeviceMessage(message));
      note(deviceId, 'sendToDevice', 200);
    } catch (cause) {
      const error = refusal(cause);
      note(deviceId ?? '', 'sendToDevice', error.status, error.reason);
      throw error;
    }
  }

  return {
    take(authorization) {
      const problem = problemOf(authorization);
      if (problem === undefined) token = authorization;
      return problem;
    },
    attach({ address, direction, link }) {
      assertAuthorized();
      const [, name = ''] = /\/(devicebound|servicebound\/feedback)\/?$/i.exec(address) ?? [];
      if (name === '') {
        throw new AmqpError(
          'notImplemented',
          'Not implemented in this emulator: notifications of uploaded files.',
        );
      }
      const toClient = name.toLowerCase() !== 'devicebound';
      if (toClient !== (direction === 'to-client')) {
        throw new AmqpError('notAllowed', 'Messages go the other way here.');
      }
      if (!toClient) return { credit, receive: send };
      return feedbackLink(link, { feedback: hub.feedback, hubId, assertAuthorized, note });
    },
  };
}

/** @throws HubError ArgumentInvalid; AmqpError when the body is of another kind than the hub takes */
function toCloudToDeviceMessage(message: Message): NewCloudToDeviceMessage {
  const { properties: all, ...others } = toHubMessage(message);
  const { [acknowledgementProperty]: acknowledgement, ...properties } = all;
  return {
    ...others,
    properties,
    acknowledgement: parseAcknowledgement(acknowledgement),
    expiry: expiryOf(message),
  };
}

/** Some clients send text in place of a timestamp. */
function expiryOf({ absolute_expiry_time: expiry }: Message): Date | undefined {
  return expiry === undefined || expiry === null ? undefined : new Date(expiry);
}

function refusal(cause: unknown): AmqpError {
  if (cause instanceof AmqpError) return cause;
  if (cause instanceof HubError && Object.hasOwn(conditions, cause.kind)) {
    const condition = conditions[cause.kind as keyof typeof conditions];
    return new AmqpError(condition, `ErrorCode:${cause.kind};${cause.message}`, { reason: cause.reason });
  }
  return new AmqpError('internalError', 'Internal server error', { reason: (cause as Error).message });
}
