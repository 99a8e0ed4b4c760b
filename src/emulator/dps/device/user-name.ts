/** The user names of CONNECT, which tell a DPS session from a hub session. */
import { percentDecoded } from '../../../dps/contract/percent-decoded.js';

export interface DpsUserName {
  idScope: string;
  registrationId: string;
  apiVersion: string;
}

export interface HubUserName {
  hubHostName: string;
  /** As it stands there, and percent-decoded: the SDKs write it as it is, and an ID may have a percent sign. */
  deviceIds: string[];
  /** Undefined when it names none. */
  apiVersion: string | undefined;
}

/** Whether a user name is meant for DPS, well-formed or not. */
export function isDpsUserName(userName: string): boolean {
  return /^[^/]*\/registrations\/[^?]/i.test(userName);
}

/** `{idScope}/registrations/{registrationId}/api-version={version}[&...]` */
export function parseDpsUserName(userName: string): DpsUserName | undefined {
  const match = /^([^/]+)\/registrations\/([^/]+)\/(.+)$/i.exec(userName);
  const apiVersion = match && queryValue(match[3]!, 'api-version');
  const registrationId = match && percentDecoded(match[2]!);
  if (!match || !apiVersion || !registrationId) return undefined;
  return { idScope: match[1]!, registrationId, apiVersion };
}

/**
 * `{hubHostName}/{deviceId}/?api-version={version}[&...]`; some clients leave the question mark out, and some all that
 * follows the device: IoT Hub recommends an api-version, and does not ask for it.
 */
export function parseHubUserName(userName: string): HubUserName | undefined {
  const match = /^([^/]+)\/([^/]+)(?:\/\??(.*))?$/.exec(userName);
  if (!match) return undefined;
  const [, hubHostName = '', deviceId = '', query = ''] = match;
  const deviceIds = [deviceId, percentDecoded(deviceId) ?? deviceId];
  return { hubHostName, deviceIds, apiVersion: queryValue(query, 'api-version') };
}

function queryValue(query: string, name: string): string | undefined {
  return query
    .split('&')
    .find((part) => part.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}
