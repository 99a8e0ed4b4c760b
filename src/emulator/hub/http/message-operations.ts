/**
 * Messages over HTTPS, in both directions: devices send messages and fetch their own, the service sends to devices.
 *
 * Source: Microsoft Learn, IoT Hub device REST API 2020-03-13 (Send Device Event, Receive, Complete and Abandon Device
 * Bound Notification), service REST API 2021-04-12 (Cloud To Device Messages - Purge). Microsoft documents no HTTPS
 * request that sends to a device; this one has the address and the headers of its AMQP and device counterparts.
 */
import { percentDecoded } from '../../../dps/contract/percent-decoded.js';
import type { HttpRequest } from '../../wire/http/request.js';
import { authMethodOf } from '../authorize.js';
import {
  type CloudToDeviceMessage,
  lockMilliseconds,
  maxCloudToDeviceBytes,
  type NewCloudToDeviceMessage,
} from '../cloud-to-device.js';
import { HubError, invalidArgument } from '../hub-error.js';
import { parseAcknowledgement } from '../message-feedback.js';
import { maxMessageBytes, messageSize } from '../messages.js';
import { hubOperations } from './hub-operation.js';
import { isBatch, parseBatch } from './message-batch.js';
import { propertiesOf, propertyPrefix, systemPropertyHeaders } from './message-headers.js';

export const messageOperations = hubOperations({
  sendMessage: {
    caller: 'device',
    async handle(request, hub) {
      const deviceId = request.parameters.deviceId!;
      const body = await request.bytes(maxMessageBytes, messageTooLarge);
      // The device may have been deleted while its message arrived.
      const device = hub.identities.find(deviceId);
      const messages = isBatch(request.header('content-type'))
        ? parseBatch(body)
        : [{ ...propertiesOf(request.headers), body }];
      if (messages.some((message) => messageSize(message) > maxMessageBytes)) throw messageTooLarge();
      const authMethod = authMethodOf(device, request.header('authorization'));
      for (const message of messages) hub.messages.append(deviceId, message, { authMethod });
      return { status: 204 };
    },
  },
  receiveMessage: {
    caller: 'device',
    handle({ parameters }, hub) {
      const deviceId = parameters.deviceId!;
      const next = hub.cloudToDevice.receive(deviceId, lockMilliseconds);
      if (next === undefined) return { status: 204 };
      return {
        status: 200,
        body: next.message.body,
        headers: { ...headersOf(deviceId, next.message), etag: `"${next.lockToken}"` },
      };
    },
  },
  completeMessage: {
    caller: 'device',
    handle(request, { cloudToDevice }) {
      const { deviceId, lockToken } = request.parameters;
      const isRejected = request.query('reject') !== undefined;
      assertLocked(cloudToDevice[isRejected ? 'reject' : 'complete'](deviceId!, lockToken!));
      return { status: 204 };
    },
  },
  abandonMessage: {
    caller: 'device',
    handle({ parameters: { deviceId, lockToken } }, { cloudToDevice }) {
      assertLocked(cloudToDevice.abandon(deviceId!, lockToken!));
      return { status: 204 };
    },
  },
  sendToDevice: {
    caller: 'ServiceConnect',
    async handle(request, hub) {
      const deviceId = addressee(request.header('iothub-to'));
      const body = await request.bytes(maxCloudToDeviceBytes, messageTooLarge);
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
  purgeMessages: {
    caller: 'ServiceConnect',
    handle({ parameters }, hub) {
      const { deviceId } = hub.identities.find(parameters.deviceId!);
      const totalMessagesPurged = hub.cloudToDevice.purge(deviceId);
      return { status: 200, body: { totalMessagesPurged, deviceId, moduleId: null } };
    },
  },
});

function messageTooLarge(): HubError {
  return new HubError('MessageTooLarge');
}

/** @throws HubError DeviceMessageLockLost */
function assertLocked(wasLocked: boolean): void {
  if (!wasLocked) throw new HubError('DeviceMessageLockLost');
}

/**
 * The device that a message is for.
 *
 * @param to `/devices/{id}/messages/devicebound`
 * @throws HubError ArgumentInvalid
 */
function addressee(to: string | undefined): string {
  const match = /^\/devices\/([^/]+)\/messages\/devicebound\/?$/i.exec(to ?? '');
  const deviceId = match ? percentDecoded(match[1]!) : undefined;
  if (deviceId !== undefined) return deviceId;
  throw invalidArgument('The header iothub-to must be /devices/{deviceId}/messages/devicebound.');
}

function expiryOf(request: HttpRequest): Pick<NewCloudToDeviceMessage, 'expiry'> {
  const expiry = request.header('iothub-expiry');
  return expiry === undefined || expiry === '' ? {} : { expiry: new Date(expiry) };
}

/** What a header cannot hold is left out: properties that came over AMQP may be any text. */
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
