/**
 * The service side of the hub over AMQP: `/messages/devicebound`, to which a back end sends what is meant for devices,
 * and `/messages/servicebound/feedback`, from which it learns what became of that.
 *
 * Source: Microsoft Learn, "Communicate with your IoT hub by using the AMQP protocol", service client; azure-iothub
 * 1.16.6.
 */
import type { Message } from 'rhea';
import { hubAmqp, parseDeviceAddress } from '../../../dps/contract/amqp.js';
import { parseSasToken } from '../../../dps/contract/sas.js';
import { sasProblem } from '../../access/sas-check.js';
import type { Policy } from '../../state/identity.js';
import { AmqpError } from '../../wire/amqp/amqp-error.js';
import type { AmqpClient, Attached, AttachRequest } from '../../wire/amqp/node.js';
import type { NewCloudToDeviceMessage } from '../cloud-to-device.js';
import type { HubRight } from '../http/hub-operation.js';
import type { Hub } from '../hub.js';
import { HubError } from '../hub-error.js';
import { parseAcknowledgement } from '../message-feedback.js';
import { feedbackLink } from './amqp-feedback.js';
import { acknowledgementProperty, toHubMessage } from './amqp-message.js';

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
  /** Takes a token of one of the hub's policies. @returns why not, or undefined when it does */
  take(authorization: string): string | undefined;
  /** What was put that opens a path. */
  tokenFor(right: HubRight, path: string): string | undefined;
  /** @throws AmqpError which refuses the link */
  attach(request: AttachRequest): Attached;
}

const credit = 100;
/** Of older SDKs, `{policy}@sas.root.{hub name}`: their password is a token. */
const plainUser = /^[^@]+@sas\.root\.[^@]+$/;

/** What tokens open. */
const paths = { devicebound: '/messages/devicebound', feedback: '/messages/servicebound/feedback' } as const;

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
  /** What was put, by what it opens: a later one takes the place of an earlier one. */
  const tokens = new Map<string, string>();

  function problemOf(authorization: string, right: HubRight, path: string): string | undefined {
    return sasProblem(
      { authorization, path, host: undefined },
      { policies: policies(), hostNames: hostNames(), right, now: now() },
    );
  }

  function given(): string[] {
    const { userName = '', password } = client.plain ?? {};
    return [...tokens.values(), ...(plainUser.test(userName) && password !== undefined ? [password] : [])];
  }

  function tokenFor(right: HubRight, path: string): string | undefined {
    return given().find((one) => problemOf(one, right, path) === undefined);
  }

  /** A token is good until it expires, and so are the links that it opened. @throws AmqpError */
  function assertAuthorized(path: string): void {
    if (tokenFor('ServiceConnect', path) !== undefined) return;
    const [first] = given();
    const reason = first === undefined ? 'no token was put' : problemOf(first, 'ServiceConnect', path);
    throw new AmqpError('unauthorizedAccess', 'Unauthorized', reason === undefined ? {} : { reason });
  }

  function send(message: Message): void {
    const { deviceId, node } = parseDeviceAddress(String(message.to ?? '')) ?? {};
    try {
      assertAuthorized(paths.devicebound);
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
      const problems = [
        problemOf(authorization, 'ServiceConnect', paths.devicebound),
        problemOf(authorization, 'ServiceConnect', paths.feedback),
        problemOf(authorization, 'DeviceConnect', devicePathOf(authorization)),
      ];
      if (!problems.includes(undefined)) return problems[0];
      tokens.set(parseSasToken(authorization)!.resource.toLowerCase(), authorization);
      return undefined;
    },
    tokenFor,
    attach({ address, direction, link }) {
      const [, name = ''] = /\/(devicebound|servicebound\/feedback)\/?$/i.exec(address) ?? [];
      const toClient = name.toLowerCase() !== 'devicebound';
      const path = toClient ? paths.feedback : paths.devicebound;
      assertAuthorized(path);
      if (name === '') {
        throw new AmqpError(
          'notImplemented',
          'Not implemented in this emulator: notifications of uploaded files.',
        );
      }
      if (toClient !== (direction === 'to-client')) {
        throw new AmqpError('notAllowed', 'Messages go the other way here.');
      }
      if (!toClient) return { credit, receive: send };
      return feedbackLink(link, {
        feedback: hub.feedback,
        hubId,
        assertAuthorized: () => assertAuthorized(path),
        note,
      });
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

/** Which devices a token is for, if it is for any: one, or all. */
function devicePathOf(authorization: string): string {
  const path = parseSasToken(authorization)?.resource.replace(/^[^/]*/, '') ?? '';
  return /^\/devices\//i.test(path) ? path : '/devices';
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
