/**
 * Messages over HTTPS, in both directions: a device sends and fetches its own, the service sends to a device.
 *
 * Source: Microsoft Learn, IoT Hub device REST API 2020-03-13 (Send Device Event, Receive, Complete and Abandon Device
 * Bound Notification), service REST API 2021-04-12 (Cloud To Device Messages - Purge). Microsoft documents no HTTPS
 * request that sends to a device; that one has the address and the headers of its AMQP and device counterparts.
 */
import { percentDecoded } from '../../../dps/contract/percent-decoded.js';
import { routes } from '../../../dps/contract/routes.js';
import {
  type CloudToDeviceMessage,
  lockMilliseconds,
  maxCloudToDeviceBytes,
  type NewCloudToDeviceMessage,
} from '../cloud-to-device.js';
import type { Hub } from '../hub.js';
import { HubError } from '../hub-error.js';
import { parseAcknowledgement } from '../message-feedback.js';
import { maxMessageBytes, messageSize } from '../messages.js';
import type { HubOperation, HubRequest } from './hub-operation.js';
import { isBatch, parseBatch } from './message-batch.js';
import { propertiesOf, propertyPrefix, systemPropertyHeaders } from './message-headers.js';

export function messageOperations(hub: Hub): HubOperation[] {
  const settle = (
    name: 'completeMessage' | 'abandonMessage',
    how: (request: HubRequest, deviceId: string, lockToken: string) => boolean,
  ): HubOperation => ({
    name,
    route: routes.hub[name],
    caller: 'device',
    handle(request) {
      const { deviceId, lockToken } = request.parameters;
      if (!how(request, deviceId!, lockToken!)) throw new HubError('DeviceMessageLockLost');
      return { status: 204 };
    },
  });
  return [
    {
      name: 'sendMessage',
      route: routes.hub.sendMessage,
      caller: 'device',
      async handle(request) {
        const deviceId = request.parameters.deviceId!;
        const body = await request.bytes(maxMessageBytes);
        // The device may have been deleted while its message arrived.
        hub.identities.find(deviceId);
        const messages = isBatch(request.header('content-type'))
          ? parseBatch(body)
          : [{ ...propertiesOf(request.headers), body }];
        if (messages.some((message) => messageSize(message) > maxMessageBytes)) {
          throw new HubError('MessageTooLarge');
        }
        for (const message of messages) hub.messages.append(deviceId, message);
        return { status: 204 };
      },
    },
    {
      name: 'receiveMessage',
      route: routes.hub.receiveMessage,
      caller: 'device',
      handle({ parameters }) {
        const next = hub.cloudToDevice.receive(parameters.deviceId!, lockMilliseconds);
        if (next === undefined) return { status: 204 };
        return {
          status: 200,
          body: next.message.body,
          headers: { ...headersOf(parameters.deviceId!, next.message), etag: `"${next.lockToken}"` },
        };
      },
    },
    settle('completeMessage', ({ query }, deviceId, lockToken) =>
      query('reject') === undefined
        ? hub.cloudToDevice.complete(deviceId, lockToken)
        : hub.cloudToDevice.reject(deviceId, lockToken),
    ),
    settle('abandonMessage', (_request, deviceId, lockToken) =>
      hub.cloudToDevice.abandon(deviceId, lockToken),
    ),
    {
      name: 'sendToDevice',
      route: routes.hub.sendToDevice,
      caller: 'ServiceConnect',
      async handle(request) {
        const deviceId = addressee(request.header('iothub-to'));
        const body = await request.bytes(maxCloudToDeviceBytes);
        const acknowledgement = parseAcknowledgement(request.header('iothub-ack'));
        hub.cloudToDevice.send(deviceId, {
          ...propertiesOf(request.headers),
          ...expiryOf(request),
          acknowledgement,
          body,
        });
        return { status: 204 };
      },
    },
    {
      name: 'purgeMessages',
      route: routes.hub.purgeMessages,
      caller: 'ServiceConnect',
      handle({ parameters }) {
        const { deviceId } = hub.identities.find(parameters.deviceId!);
        const totalMessagesPurged = hub.cloudToDevice.purge(deviceId);
        return { status: 200, body: { totalMessagesPurged, deviceId, moduleId: null } };
      },
    },
  ];
}

/** `/devices/{id}/messages/devicebound` */
function addressee(to: string | undefined): string {
  const match = /^\/devices\/([^/]+)\/messages\/devicebound\/?$/i.exec(to ?? '');
  const deviceId = match ? percentDecoded(match[1]!) : undefined;
  if (deviceId !== undefined) return deviceId;
  throw new HubError('ArgumentInvalid', {
    message: 'The header iothub-to must be /devices/{deviceId}/messages/devicebound.',
  });
}

function expiryOf({ header }: HubRequest): Pick<NewCloudToDeviceMessage, 'expiry'> {
  const expiry = header('iothub-expiry');
  return expiry === undefined || expiry === '' ? {} : { expiry: new Date(expiry) };
}

/** What no header may hold is left out: properties that came over AMQP may be any text. */
function headersOf(deviceId: string, message: CloudToDeviceMessage): Record<string, string> {
  const { systemProperties, properties } = message;
  const all: [string, string][] = [
    ['content-type', 'application/octet-stream'],
    ['iothub-sequencenumber', String(message.sequenceNumber)],
    ['iothub-enqueuedtime', message.enqueued],
    ['iothub-expiry', message.expiry],
    ['iothub-deliverycount', String(message.deliveryCount)],
    ['iothub-ack', message.acknowledgement ?? 'none'],
    ['iothub-to', `/devices/${encodeURIComponent(deviceId)}/messages/deviceBound`],
    ...Object.entries(systemPropertyHeaders).flatMap(([header, name]): [string, string][] =>
      systemProperties[name] === undefined ? [] : [[header, systemProperties[name]]],
    ),
    ...Object.entries(properties).map(([name, value]): [string, string] => [
      `${propertyPrefix}${name}`,
      value,
    ]),
  ];
  return Object.fromEntries(
    all.filter(([name, value]) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\x20-\x7e]*$/.test(value)),
  );
}
