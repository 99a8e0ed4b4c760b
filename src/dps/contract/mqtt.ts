/**
 * MQTT topics and user names, of DPS and of IoT Hub.
 *
 * Source: Microsoft Learn, "Communicate with your DPS using the MQTT protocol" and "Communicate with IoT Hub using the
 * MQTT protocol".
 */
import { percentDecoded } from './percent-decoded.js';

export const dpsTopics = {
  /** The only topic filter that DPS accepts. */
  responses: '$dps/registrations/res/#',
  register: (requestId: string) => `$dps/registrations/PUT/iotdps-register/?$rid=${requestId}`,
  getOperation: (requestId: string, operationId: string) =>
    `$dps/registrations/GET/iotdps-get-operationstatus/?$rid=${requestId}&operationId=${encodeURIComponent(operationId)}`,
  response: (status: number, requestId: string, retryAfter?: number) =>
    `$dps/registrations/res/${status}/?$rid=${requestId}${retryAfter === undefined ? '' : `&retry-after=${retryAfter}`}`,
};

export const hubTopics = {
  twinResponses: '$iothub/twin/res/#',
  desiredPropertiesChanged: '$iothub/twin/PATCH/properties/desired/#',
  desiredPatch: (version: number) => `$iothub/twin/PATCH/properties/desired/?$version=${version}`,
  getTwin: (requestId: string) => `$iothub/twin/GET/?$rid=${requestId}`,
  patchReported: (requestId: string) => `$iothub/twin/PATCH/properties/reported/?$rid=${requestId}`,
  twinResponse: (status: number, requestId: string, version?: number) =>
    `$iothub/twin/res/${status}/?$rid=${requestId}${version === undefined ? '' : `&$version=${version}`}`,
  credentialResponses: '$iothub/credentials/res/#',
  issueCertificate: (requestId: string) => `$iothub/credentials/POST/issueCertificate/?$rid=${requestId}`,
  credentialResponse: (status: number, requestId: string) =>
    `$iothub/credentials/res/${status}/?$rid=${requestId}`,
  methodCalls: '$iothub/methods/POST/#',
  methodCall: (name: string, requestId: string) => `$iothub/methods/POST/${name}/?$rid=${requestId}`,
  methodResponse: (status: number | string, requestId: string) =>
    `$iothub/methods/res/${status}/?$rid=${requestId}`,
  cloudToDeviceMessages: (deviceId: string) => `devices/${deviceId}/messages/devicebound/#`,
  /** The same as the SDK for embedded C writes it: a device has but one ID. */
  cloudToDeviceMessagesOfAny: 'devices/+/messages/devicebound/#',
  /** To the device; `properties` as for telemetry. */
  cloudToDevice: (deviceId: string, properties: string) =>
    `devices/${deviceId}/messages/devicebound/${properties}`,
  /** Telemetry; `properties` is the percent-encoded property bag, `%24.ct=...&name=value`. */
  telemetry: (deviceId: string, properties = '') => `devices/${deviceId}/messages/events/${properties}`,
};

/** The system properties of a message that is JSON in UTF-8. */
export const jsonContent = { '$.ct': 'application/json', '$.ce': 'utf-8' };

/** The property bag of a message: system properties (`$.ct`) and those of the application. */
export function propertyBag(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}

/** The user name of a device that registers over MQTT. */
export function dpsUserName(idScope: string, registrationId: string, apiVersion: string): string {
  return `${idScope}/registrations/${registrationId}/api-version=${apiVersion}`;
}

/**
 * The user name of a device that connects to its hub over MQTT.
 *
 * @param hubHostName as DPS returned it, including the port
 */
export function hubUserName(hubHostName: string, deviceId: string, apiVersion: string): string {
  return `${hubHostName}/${deviceId}/?api-version=${apiVersion}`;
}

/** What a device's user name says as it registers. */
export interface DpsUserName {
  idScope: string;
  registrationId: string;
  apiVersion: string;
  /** Of the SDK, as it says it; undefined when it does not. */
  clientVersion: string | undefined;
}

/** Whether a user name is meant for DPS, well-formed or not. */
export function isDpsUserName(userName: string): boolean {
  return /^[^/]*\/registrations\/[^?]/i.test(userName);
}

/** Reads `{idScope}/registrations/{registrationId}/api-version={version}[&...]`; undefined when it is malformed. */
export function parseDpsUserName(userName: string): DpsUserName | undefined {
  const match = /^([^/]+)\/registrations\/([^/]+)\/(.+)$/i.exec(userName);
  const apiVersion = match && queryValue(match[3]!, 'api-version');
  const registrationId = match && percentDecoded(match[2]!);
  if (!match || !apiVersion || !registrationId) return undefined;
  return {
    idScope: match[1]!,
    registrationId,
    apiVersion,
    clientVersion: queryValue(match[3]!, 'ClientVersion'),
  };
}

/** What a device's user name says as it connects to its hub. */
export interface HubUserName {
  hubHostName: string;
  /** As written, and percent-decoded: the SDKs do not encode the ID, which may have a percent sign. */
  deviceIds: string[];
  /** Undefined when it names none. */
  apiVersion: string | undefined;
  /** Of a Plug and Play device, percent-decoded. */
  modelId: string | undefined;
}

/**
 * Reads `{hubHostName}/{deviceId}/?api-version={version}[&...]`; undefined when it is malformed. Some clients leave out
 * the question mark, some all that follows the device: IoT Hub recommends an api-version, and does not require it.
 */
export function parseHubUserName(userName: string): HubUserName | undefined {
  const match = /^([^/]+)\/([^/]+)(?:\/\??(.*))?$/.exec(userName);
  if (!match) return undefined;
  const [, hubHostName = '', deviceId = '', query = ''] = match;
  const deviceIds = [deviceId, percentDecoded(deviceId) ?? deviceId];
  const modelId = queryValue(query, 'model-id');
  return {
    hubHostName,
    deviceIds,
    apiVersion: queryValue(query, 'api-version'),
    modelId: modelId === undefined ? undefined : (percentDecoded(modelId) ?? modelId),
  };
}

function queryValue(query: string, name: string): string | undefined {
  return query
    .split('&')
    .find((part) => part.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

/** Splits a topic at its `?` into path and query; query values are percent-decoded. */
export function parseTopic(topic: string): { path: string; query: Map<string, string> } {
  const at = topic.indexOf('?');
  const query = new Map<string, string>();
  if (at >= 0) {
    for (const part of topic.slice(at + 1).split('&')) {
      if (part === '') continue;
      const equals = part.indexOf('=');
      const raw = equals < 0 ? '' : part.slice(equals + 1);
      // Invalid percent-encoding is kept unchanged.
      query.set(equals < 0 ? part : part.slice(0, equals), percentDecoded(raw) ?? raw);
    }
  }
  return { path: at < 0 ? topic : topic.slice(0, at), query };
}
