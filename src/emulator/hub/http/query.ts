/**
 * Queries for devices, page by page.
 *
 * Source: Microsoft Learn, IoT Hub service REST API 2021-04-12, Query - Get Twins.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { routes } from '../../../dps/contract/routes.js';
import type { Hub } from '../hub.js';
import { isJsonObject } from '../merge-patch.js';
import { parseDeviceQuery } from '../query-language.js';
import { HubError } from '../wire-error.js';
import type { HubOperation } from './operation.js';
import { twinJson } from './twins.js';

const defaultPageSize = 100;
const maxPageSize = 1000;
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
      const size = pageSize(request.header('x-ms-max-item-count'));
      let after = fromToken(request.header('x-ms-continuation'), query);
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
      if (found.length > size) headers['x-ms-continuation'] = toToken(page.at(-1)!.deviceId as string, query);
      return { status: 200, body: page, headers };
    },
  };
}

function pageSize(header: string | undefined): number {
  if (header === undefined || header === '') return defaultPageSize;
  if (!/^\d{1,9}$/.test(header) || Number(header) === 0) {
    throw new HubError('ArgumentInvalid', {
      message: 'The header x-ms-max-item-count must be a number from 1 on.',
    });
  }
  return Math.min(Number(header), maxPageSize);
}

/** Where the next page begins, for this query and no other. */
function toToken(deviceId: string, query: string): string {
  return Buffer.from(JSON.stringify([digest(query), deviceId])).toString('base64url');
}

function fromToken(token: string | undefined, query: string): string {
  if (token === undefined || token === '') return '';
  try {
    const [of, deviceId] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[];
    if (of === digest(query) && typeof deviceId === 'string') return deviceId;
  } catch {
    // Not a token of ours: said below.
  }
  throw new HubError('ArgumentInvalid', {
    message: 'The header x-ms-continuation is not a continuation token of this query.',
  });
}

function digest(query: string): string {
  return createHash('sha256').update(query).digest('base64url').slice(0, 12);
}
