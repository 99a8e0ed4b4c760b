/** Calls of a hub's service side, with a token of its owner. */
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import type { Answer, TestEmulator } from './support.js';

/** @param hubConnectionString that of the first hub, unless told otherwise */
export function hubService(
  { endpoints, call }: TestEmulator,
  hubConnectionString = endpoints.hubServiceConnectionString,
): (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer> {
  const { hostName, sharedAccessKeyName, sharedAccessKey } = parseConnectionString(hubConnectionString);
  const expiry = Math.floor(Date.now() / 1000) + 3600;
  const authorization = createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, expiry);
  return (method, path, body, headers = {}) =>
    call({
      method,
      path: `${path}?api-version=2021-04-12`,
      body,
      headers: { authorization, host: hostName, ...headers },
    });
}
