/** Pages of a query, by the headers that DPS and IoT Hub share: x-ms-max-item-count and x-ms-continuation. */
import { HttpRefusal } from './refusal.js';
import type { HttpRequest } from './request.js';

/** The services' own default is not documented. */
const defaultPageSize = 100;
const maxPageSize = 1000;

export interface PageRequest {
  /** How many rows the page has at most. */
  size: number;
  /** The key after which the page begins; empty for the first page. */
  after: string;
}

/**
 * Which page a request asks for.
 *
 * @param query what tells this query from others: a token of another one is refused
 * @param notAToken the sentence for a token that is none of this query
 * @throws HttpRefusal badRequest
 */
export function readPageRequest(request: HttpRequest, query: string, notAToken: string): PageRequest {
  const size = parsePageSize(request.header('x-ms-max-item-count'));
  if (size === undefined) {
    throw new HttpRefusal('badRequest', 'The header x-ms-max-item-count must be a number from 1 on.');
  }
  const after = parseContinuationToken(request.header('x-ms-continuation'), query);
  if (after === undefined) throw new HttpRefusal('badRequest', notAToken);
  return { size, after };
}

/**
 * The header by which a client asks for the next page. The last page comes without it: clients go on while it is there.
 *
 * @param key of the last row of this page
 */
export function continuationHeader(query: string, key: string): Record<string, string> {
  const token = Buffer.from(JSON.stringify([query, key])).toString('base64url');
  return { 'x-ms-continuation': token };
}

function parsePageSize(header: string | undefined): number | undefined {
  if (header === undefined || header === '') return defaultPageSize;
  if (!/^\d{1,9}$/.test(header) || Number(header) === 0) return undefined;
  return Math.min(Number(header), maxPageSize);
}

function parseContinuationToken(header: string | undefined, query: string): string | undefined {
  if (header === undefined || header === '') return '';
  try {
    const parsed: unknown = JSON.parse(Buffer.from(header, 'base64url').toString());
    if (!Array.isArray(parsed)) return undefined;
    const [of, key] = parsed;
    return of === query && typeof key === 'string' ? key : undefined;
  } catch {
    return undefined;
  }
}
