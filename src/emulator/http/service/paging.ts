/** Queries, page by page. Source: azure-rest-api-specs, deviceprovisioningservices data-plane 2021-10-01. */
import { DpsError } from '../../dps-error.js';
import type { OperationReply, OperationRequest } from '../operation.js';

/** The service's own default is not documented. */
const defaultPageSize = 100;
const maxPageSize = 1000;

/** All rows, of the one table that the path names: no other query is known to be documented. */
const everything = /^\s*(\*|select\s+\*(\s+from\s+\w+)?)\s*$/i;

/** @throws DpsError badRequest when the query is another than all rows */
export function assertQuery(body: unknown, required: boolean): void {
  const query = (body as { query?: unknown } | null | undefined)?.query;
  if (query == null && !required) return;
  if (typeof query !== 'string' || !everything.test(query)) {
    throw new DpsError('badRequest', { message: 'The body must have the field query: "*" or "SELECT *".' });
  }
}

/**
 * Answers one page.
 *
 * @param kind what the C client tells the rows by
 * @param read the rows after a key, in the order of their keys, at most so many
 */
export function answerPage<Row>(
  request: OperationRequest,
  kind: 'EnrollmentGroup' | 'Enrollment' | 'DeviceRegistration',
  read: (after: string, limit: number) => Row[],
  keyOf: (row: Row) => string,
  toJson: (row: Row) => unknown,
): OperationReply {
  const size = pageSize(request.header('x-ms-max-item-count'));
  const token = request.header('x-ms-continuation');
  const rows = read(token === undefined || token === '' ? '' : fromToken(token, kind), size + 1);
  const page = rows.slice(0, size);
  const headers: Record<string, string> = {
    'x-ms-item-type': kind,
    'x-ms-max-item-count': String(size),
  };
  // Left out on the last page: clients go on for as long as it is there.
  if (rows.length > size) headers['x-ms-continuation'] = toToken(keyOf(page.at(-1)!), kind);
  return { status: 200, body: page.map(toJson), headers };
}

function pageSize(header: string | undefined): number {
  if (header === undefined || header === '') return defaultPageSize;
  if (!/^\d{1,9}$/.test(header) || Number(header) === 0) {
    throw new DpsError('badRequest', {
      message: 'The header x-ms-max-item-count must be a number from 1 on.',
    });
  }
  return Math.min(Number(header), maxPageSize);
}

function toToken(key: string, kind: string): string {
  return Buffer.from(JSON.stringify([kind, key])).toString('base64url');
}

function fromToken(token: string, kind: string): string {
  try {
    const [of, key] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[];
    if (of === kind && typeof key === 'string') return key;
  } catch {
    // Not a token of ours: said below.
  }
  throw new DpsError('badRequest', { message: 'The header x-ms-continuation is not a continuation token.' });
}
