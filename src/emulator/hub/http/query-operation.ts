/**
 * Queries for devices, page by page.
 *
 * Source: Microsoft Learn, IoT Hub service REST API 2021-04-12, Query - Get Twins.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { isJsonObject } from '../../../dps/contract/merge-patch.js';
import { routes } from '../../../dps/contract/routes.js';
import { formatContinuationToken, parseContinuationToken, parsePageSize } from '../../wire/http/paging.js';
import type { Hub } from '../hub.js';
import { HubError } from '../hub-error.js';
import { parseDeviceQuery } from '../query/query-language.js';
import type { HubOperation } from './hub-operation.js';
import { twinJson } from './twin-operations.js';

/** Devices that are looked at before others get their turn. */
const batchSize = 200;

export function queryOperation(hub: Hub): HubOperation {
  return {
    name: 'queryDevices',
    route: routes.hub.queryDevices,
    caller: 'ServiceConnect',
    async handle(request) {
      const body = await request.json();
      const query = isJsonObject(body) ? body.query : undefined;
      if (typeof query !== 'string') {
        throw new HubError('ArgumentInvalid', { message: 'The body must have the field query.' });
      }
      const selects = parseDeviceQuery(query);
      const size = parsePageSize(request.header('x-ms-max-item-count'));
      if (size === undefined) {
        throw new HubError('ArgumentInvalid', {
          message: 'The header x-ms-max-item-count must be a number from 1 on.',
        });
      }
      let after = parseContinuationToken(request.header('x-ms-continuation'), digest(query));
      if (after === undefined) {
        throw new HubError('ArgumentInvalid', {
          message: 'The header x-ms-continuation is not a continuation token of this query.',
        });
      }
      const found: Record<string, unknown>[] = [];
      while (found.length <= size && !request.signal.aborted) {
        const devices = hub.identities.page(after, batchSize);
        for (const device of devices) {
          const twin = twinJson(hub, device);
          if (selects(twin)) found.push(twin);
          if (found.length > size) break;
        }
        if (devices.length < batchSize) break;
        after = devices.at(-1)!.deviceId;
        await setImmediate();
      }
      const page = found.slice(0, size);
      const headers: Record<string, string> = { 'x-ms-item-type': 'Twin' };
      // Left out on the last page: clients go on for as long as it is there.
      if (found.length > size)
        headers['x-ms-continuation'] = formatContinuationToken(
          digest(query),
          page.at(-1)!.deviceId as string,
        );
      return { status: 200, body: page, headers };
    },
  };
}

/** What tells a query from another, in a continuation token. */
function digest(query: string): string {
  return createHash('sha256').update(query).digest('base64url').slice(0, 12);
}
