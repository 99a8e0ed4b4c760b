/** A client for the device identities of an IoT hub, with the connection string of one of its policies. */

import * as z from 'zod';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { ConnectionString } from '../contract/connection-string.js';
import { type Route, routes } from '../contract/routes.js';
import { sasPolicy } from './auth.js';
import { asReceived } from './http/as-received.js';
import { HttpClient, type RequestOptions } from './http/client.js';
import { undefinedIfMissing } from './http/missing.js';
import { serviceClock, type Target } from './target.js';

const hubDevice = z.object({
  deviceId: z.string(),
  status: z.enum(['enabled', 'disabled']),
  etag: z.string().nullish(),
  capabilities: z.object({ iotEdge: z.boolean().nullish() }).nullish(),
  authentication: z
    .object({
      type: z.string().nullish(),
      x509Thumbprint: z
        .object({ primaryThumbprint: z.string().nullish(), secondaryThumbprint: z.string().nullish() })
        .nullish(),
    })
    .nullish(),
});
export type HubDevice = z.infer<typeof hubDevice>;
/** With all its members: a change sends them back. */
const receivedDevice = asReceived(hubDevice);

/** How often a change is tried again that someone else's change came before. */
const maxTries = 4;

/** A device in the reply to a query: its twin. */
const queriedDevice = z.object({
  deviceId: z.string(),
  tags: z.record(z.string(), z.unknown()).nullish(),
});
export type QueriedDevice = z.infer<typeof queriedDevice>;

/**
 * The device identities of one IoT hub. Source: Microsoft Learn, IoT Hub service REST API, Devices.
 *
 * Each request can throw an EnrollkitError for the response (NO_CREDENTIALS, FORBIDDEN, NOT_FOUND, CONFLICT,
 * PRECONDITION_FAILED, THROTTLED, SERVICE_FAILED, or else REFUSED) or for the connection (NETWORK, SERVER_NOT_TRUSTED).
 */
export class HubService {
  readonly #http: HttpClient;

  /** @param connectionString of a policy of the hub with RegistryRead and RegistryWrite */
  constructor(
    connectionString: ConnectionString,
    target: Pick<Target, 'trust' | 'onRequest' | 'exchange' | 'now' | 'clockOffset'>,
  ) {
    const { trust, onRequest, exchange, now } = target;
    this.#http = new HttpClient({
      plane: 'hub',
      endpoint: `https://${connectionString.hostName}`,
      authorize: sasPolicy(connectionString, serviceClock(target)),
      trust,
      onRequest,
      exchange,
      now,
    });
  }

  /** Returns undefined if it does not exist. */
  async getDevice(deviceId: string, { signal }: RequestOptions = {}): Promise<HubDevice | undefined> {
    const request = { ...deviceRequest(routes.hub.getDevice, deviceId), signal };
    return (await undefinedIfMissing(this.#http.send(request, receivedDevice)))?.body;
  }

  /**
   * The devices that meet a condition of the IoT Hub query language; fetches pages on demand.
   *
   * @param condition for example `is_defined(tags.line)`
   */
  async *devicesWhere(
    condition: string,
    { signal }: RequestOptions = {},
  ): AsyncGenerator<QueriedDevice, void> {
    let continuation: string | undefined;
    do {
      const headers: Record<string, string> = continuation ? { 'x-ms-continuation': continuation } : {};
      const reply = await this.#http.send(
        {
          route: routes.hub.queryDevices,
          parameters: {},
          subject: 'the devices',
          headers,
          body: { query: `SELECT * FROM devices WHERE ${condition}` },
          repeatable: true,
          signal,
        },
        z.array(queriedDevice),
      );
      yield* reply.body;
      continuation = reply.header('x-ms-continuation') || undefined;
    } while (continuation);
  }

  /**
   * Lets a device in, or keeps it out: the hub then ends its connection, too.
   *
   * @returns the device afterwards; undefined if it does not exist
   * @throws EnrollkitError PRECONDITION_FAILED when it keeps being changed by others
   */
  async setStatus(
    deviceId: string,
    status: HubDevice['status'],
    { signal }: RequestOptions = {},
  ): Promise<HubDevice | undefined> {
    for (let tries = 1; ; tries += 1) {
      const found = await this.getDevice(deviceId, { signal });
      if (found === undefined || found.status === status) return found;
      const request = {
        ...deviceRequest(routes.hub.putDevice, deviceId),
        body: { ...found, status },
        headers: { 'if-match': found.etag ? `"${found.etag}"` : '*' },
        repeatable: true,
        signal,
      };
      try {
        return (await undefinedIfMissing(this.#http.send(request, receivedDevice)))?.body;
      } catch (error) {
        const isStale = error instanceof EnrollkitError && error.code === 'PRECONDITION_FAILED';
        if (!isStale || tries === maxTries) throw error;
      }
    }
  }

  /** Deletes the device whatever its state; succeeds if it is already gone. */
  async deleteDevice(deviceId: string, { signal }: RequestOptions = {}): Promise<void> {
    const request = deviceRequest(routes.hub.deleteDevice, deviceId);
    await undefinedIfMissing(this.#http.sendOnly({ ...request, headers: { 'if-match': '*' }, signal }));
  }

  close(): void {
    this.#http.close();
  }
}

function deviceRequest(route: Route, deviceId: string) {
  return { route, parameters: { deviceId }, subject: sentences.dpsClient.device(deviceId) };
}
