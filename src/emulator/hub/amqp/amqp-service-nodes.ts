/**
 * The service side of a hub over AMQP: a back end sends messages for devices to `/messages/devicebound`, and receives
 * feedback on them from `/messages/servicebound/feedback`.
 *
 * Source: Microsoft Learn, "Communicate with your IoT hub by using the AMQP protocol", service client; azure-iothub
 * 1.16.6.
 */
import type { Message } from 'rhea';
import { type AmqpConditionName, hubAmqp, parseDeviceAddress } from '../../../dps/contract/amqp.js';
import { parseSasToken } from '../../../dps/contract/sas.js';
import { sasProblem } from '../../access/sas-check.js';
import { AmqpError, asAmqpError } from '../../wire/amqp/amqp-error.js';
import type { AmqpClient, Attached, AttachRequest } from '../../wire/amqp/node.js';
import type { Report } from '../../wire/events.js';
import type { NewCloudToDeviceMessage } from '../cloud-to-device.js';
import type { HostedHub, HubRight } from '../hub.js';
import { HubError, type HubErrorName } from '../hub-error.js';
import { parseAcknowledgement } from '../message-feedback.js';
import { feedbackLink } from './amqp-feedback.js';
import { acknowledgementProperty, toHubMessage } from './amqp-message.js';

export interface ServiceNodesOptions {
  hub: HostedHub;
  now: () => Date;
  /** Reports an operation: `id` is the device that a message is for. */
  report: Report;
}

export interface ServiceNodes {
  /** Takes a token of one of the hub's policies. @returns why it is refused, or undefined when it is good */
  take(authorization: string): string | undefined;
  /** A token that the client has put and that grants a right on a path. */
  tokenFor(right: HubRight, path: string): string | undefined;
  /** @throws AmqpError which refuses the link */
  attach(request: AttachRequest): Attached;
}

const credit = 100;
/** Older SDKs connect as `{policy}@sas.root.{hub name}`, with a token as password. */
const plainUser = /^[^@]+@sas\.root\.[^@]+$/;

/** The paths that tokens are for. */
const paths = { devicebound: '/messages/devicebound', feedback: '/messages/servicebound/feedback' } as const;

/** The conditions that azure-iothub maps to errors of these names. */
const conditions: Partial<Record<HubErrorName, AmqpConditionName>> = {
  ArgumentInvalid: 'argumentError',
  DeviceMaximumQueueDepthExceeded: 'resourceLimitExceeded',
  DeviceNotFound: 'notFound',
  MessageTooLarge: 'messageSizeExceeded',
};

/** Whether an address is on the service side of a hub. */
export function isServiceAddress(address: string): boolean {
  return hubAmqp.serviceNodes.test(address);
}

/** The service side of a hub on one connection. */
export function serviceNodes(
  client: AmqpClient,
  { hub: { hub, hubId, policies, names }, now, report }: ServiceNodesOptions,
): ServiceNodes {
  /** The tokens that the client has put, by their resource: a later one replaces an earlier one. */
  const tokens = new Map<string, string>();

  function problemOf(authorization: string, right: HubRight, path: string): string | undefined {
    return sasProblem(
      { authorization, path, host: undefined },
      { policies, hostNames: names.aliases, right, now: now() },
    );
  }

  function tokensOfClient(): string[] {
    const { userName = '', password } = client.plain ?? {};
    return [...tokens.values(), ...(plainUser.test(userName) && password !== undefined ? [password] : [])];
  }

  function tokenFor(right: HubRight, path: string): string | undefined {
    return tokensOfClient().find((one) => problemOf(one, right, path) === undefined);
  }

  /**
   * A token is good until it expires, and so are the links that it opened.
   *
   * @throws AmqpError unauthorizedAccess
   */
  function assertAuthorized(path: string): void {
    if (tokenFor('ServiceConnect', path) !== undefined) return;
    const [first] = tokensOfClient();
    const reason = first === undefined ? 'no token was put' : problemOf(first, 'ServiceConnect', path);
    throw new AmqpError('unauthorizedAccess', 'Unauthorized', { reason });
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
      report({ operation: 'sendToDevice', id: deviceId, status: 200 });
    } catch (cause) {
      const error = refusal(cause);
      const { status, reason } = error;
      report({ operation: 'sendToDevice', id: deviceId ?? '', status, reason });
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
      if (!toClient) return { credit, receive: send, operationOf: () => 'sendToDevice' };
      return feedbackLink(link, {
        feedback: hub.feedback,
        hubId,
        assertAuthorized: () => assertAuthorized(path),
        report,
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

/** The path of the device that a token is for; that of all devices when it names none. */
function devicePathOf(authorization: string): string {
  const path = parseSasToken(authorization)?.resource.replace(/^[^/]*/, '') ?? '';
  return /^\/devices\//i.test(path) ? path : '/devices';
}

/** Some clients send text in place of a timestamp. */
function expiryOf({ absolute_expiry_time: expiry }: Message): Date | undefined {
  return expiry === undefined || expiry === null ? undefined : new Date(expiry);
}

function refusal(cause: unknown): AmqpError {
  const condition = cause instanceof HubError ? conditions[cause.kind] : undefined;
  if (!(cause instanceof HubError) || condition === undefined) return asAmqpError(cause);
  return new AmqpError(condition, `ErrorCode:${cause.kind};${cause.message}`, { reason: cause.reason });
}
