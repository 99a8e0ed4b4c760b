/** Queries, page by page. Source: azure-rest-api-specs, deviceprovisioningservices data-plane 2021-10-01. */
import { DpsError } from '../../dps-error.js';
import { formatContinuationToken, parseContinuationToken, parsePageSize } from '../../paging.js';
import type { OperationReply, OperationRequest } from '../operation.js';

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
  const size = parsePageSize(request.header('x-ms-max-item-count'));
  if (size === undefined) {
    throw new DpsError('badRequest', {
      message: 'The header x-ms-max-item-count must be a number from 1 on.',
    });
  }
  const after = parseContinuationToken(request.header('x-ms-continuation'), kind);
  if (after === undefined) {
    throw new DpsError('badRequest', {
      message: 'The header x-ms-continuation is not a continuation token.',
    });
  }
  const rows = read(after, size + 1);
  const page = rows.slice(0, size);
  const headers: Record<string, string> = {
    'x-ms-item-type': kind,
    'x-ms-max-item-count': String(size),
  };
  // Left out on the last page: clients go on for as long as it is there.
  if (rows.length > size) headers['x-ms-continuation'] = formatContinuationToken(kind, keyOf(page.at(-1)!));
  return { status: 200, body: page.map(toJson), headers };
}
