/**
 * AMQP 1.0 addresses, properties and error conditions, of DPS and of IoT Hub.
 *
 * Source: azure-iot-provisioning-device-amqp 1.9.1 and azure-iot-device-amqp 1.14.4, for what they send; Azure's SDK
 * for C#, ProvisioningTransportHandlerAmqp, for rejections; Microsoft Learn, "Communicate with your IoT hub by using
 * the AMQP protocol".
 */
import { percentDecoded } from './percent-decoded.js';

/** Properties of messages between a device and DPS. */
export const dpsAmqp = {
  operationType: 'iotdps-operation-type',
  operationId: 'iotdps-operation-id',
  /** Operation types of a device's requests. */
  register: 'iotdps-register',
  getOperation: 'iotdps-get-operationstatus',
  getRegistration: 'iotdps-get-registration',
  /** Seconds, as text: the SDK for Node.js ignores the number 0. It reads the first, the SDK for C# the second. */
  retryAfter: ['retry-after', 'Retry-After'],
} as const;

/** Properties of messages between a device and its hub. */
export const hubAmqp = {
  /** The node for tokens (OASIS, AMQP Claims-based Security 1.0). */
  claimsNode: '$cbs',
  /** Addresses for back ends. */
  serviceNodes: /^(amqps?:\/\/[^/]*)?\/*messages\/(devicebound|servicebound\/[a-z]+)\/?$/i,
  sasTokenType: 'servicebus.windows.net:sastoken',
  reportedProperties: '/properties/reported',
  desiredNotifications: '/notifications/twin/properties/desired',
  /** Microsoft.Azure.Amqp's AmqpConstants.AmqpBatchedMessageFormat: each data section is a separate message. */
  batchedMessageFormat: 0x80013700,
} as const;

/** The attach property with the api-version. */
export const apiVersionProperty = 'com.microsoft:api-version';

/** OASIS, AMQP 1.0 part 2 section 2.8.14 to 2.8.18; those of com.microsoft are in azure-iot-amqp-base. */
export const amqpConditions = {
  argumentError: 'com.microsoft:argument-error',
  argumentOutOfRange: 'com.microsoft:argument-out-of-range',
  connectionForced: 'amqp:connection:forced',
  detachForced: 'amqp:link:detach-forced',
  decodeError: 'amqp:decode-error',
  framingError: 'amqp:connection:framing-error',
  internalError: 'amqp:internal-error',
  invalidField: 'amqp:invalid-field',
  linkRedirect: 'amqp:link:redirect',
  linkStolen: 'amqp:link:stolen',
  messageSizeExceeded: 'amqp:link:message-size-exceeded',
  notAllowed: 'amqp:not-allowed',
  notFound: 'amqp:not-found',
  notImplemented: 'amqp:not-implemented',
  resourceLimitExceeded: 'amqp:resource-limit-exceeded',
  throttled: 'com.microsoft:device-container-throttled',
  transferLimitExceeded: 'amqp:link:transfer-limit-exceeded',
  unauthorizedAccess: 'amqp:unauthorized-access',
} as const;

export type AmqpConditionName = keyof typeof amqpConditions;
export type AmqpCondition = (typeof amqpConditions)[AmqpConditionName];

/** `{idScope}/registrations/{registrationId}`, as a path or URL: the SDKs write it in three ways. */
export function parseRegistrationAddress(
  address: string,
): { idScope: string; registrationId: string } | undefined {
  const match = /^([^/]+)\/registrations\/([^/]+)$/i.exec(pathOf(address));
  const registrationId = match && percentDecoded(match[2]!);
  return match && registrationId ? { idScope: match[1]!, registrationId } : undefined;
}

/**
 * The part after `/devices/{deviceId}/`, such as `messages/events`. Some SDKs percent-encode the ID, some do not, and
 * it can contain a percent sign.
 *
 * @param isDevice whether a device with this ID exists: then it is not decoded
 */
export function parseDeviceAddress(
  address: string,
  isDevice: (deviceId: string) => boolean = () => false,
): { deviceId: string; node: string } | undefined {
  const match = /^devices\/([^/]+)\/(.+)$/i.exec(pathOf(address));
  const deviceId = match && (isDevice(match[1]!) ? match[1]! : percentDecoded(match[1]!));
  return match && deviceId ? { deviceId, node: match[2]!.toLowerCase() } : undefined;
}

function pathOf(address: string): string {
  return address.replace(/^amqps?:\/\/[^/]*/i, '').replace(/^\/+/, '');
}
