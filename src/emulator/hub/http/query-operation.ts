/**
 * Queries for devices, page by page.
 *
 * Source: Microsoft Learn, IoT Hub service REST API 2021-04-12, Query - Get Twins.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { isJsonObject } from '../../../dps/contract/merge-patch.js';
import { continuationHeader, readPageRequest } from '../../wire/http/paging.js';
import type { Hub } from '../hub.js';
import { invalidArgument } from '../hub-error.js';
import { type DeviceQuery, parseDeviceQuery } from '../query/query-language.js';
import { hubOperations } from './hub-operation.js';
import { twinJson } from './twin-operations.js';

/** How many devices are looked at before other requests get their turn. */
const batchSize = 100;

export const queryOperation = hubOperations({
  queryDevices: {
    caller: 'ServiceConnect',
    async handle(request, hub) {
      const body = await request.json();
      const query = isJsonObject(body) ? body.query : undefined;
      if (typeof query !== 'string') throw invalidArgument('The body must have the field query.');
      const parsed = parseDeviceQuery(query);
      const { size, after } = readPageRequest(
        request,
        digest(query),
        'The header x-ms-continuation is not a continuation token of this query.',
      );
      // One more than the page has tells whether there is another page.
      const found = await search(hub, parsed, after, size + 1, request.closeSignal());
      const page = found.slice(0, size);
      return {
        status: 200,
        body: page.map(({ twin }) => twin),
        headers: {
          'x-ms-item-type': 'Twin',
          ...(found.length > size ? continuationHeader(digest(query), page.at(-1)!.deviceId) : {}),
        },
      };
    },
  },
});

interface Found {
  deviceId: string;
  twin: Record<string, unknown>;
}

/** The devices after an ID that a query selects, in the order of their IDs, at most `limit` of them. */
async function search(
  hub: Hub,
  { selects, candidates }: DeviceQuery,
  after: string,
  limit: number,
  signal: AbortSignal,
): Promise<Found[]> {
  const found: Found[] = [];
  let last: string | undefined = after;
  while (!signal.aborted) {
    const batch = hub.devices.candidates(candidates, last, batchSize);
    for (const device of batch.devices) {
      const twin = twinJson(hub, device);
      if (selects(twin)) found.push({ deviceId: device.deviceId, twin });
      if (found.length === limit) return found;
    }
    last = batch.last;
    if (last === undefined) break;
    await setImmediate();
  }
  return found;
}

/** Tells one query from another in a continuation token. */
function digest(query: string): string {
  return createHash('sha256').update(query).digest('base64url').slice(0, 12);
}
