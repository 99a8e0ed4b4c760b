/** Queries, page by page. Source: azure-rest-api-specs, deviceprovisioningservices data-plane 2021-10-01. */

import type { OperationReply, OperationRequest } from '../../wire/http/operation.js';
import { formatContinuationToken, parseContinuationToken, parsePageSize } from '../../wire/http/paging.js';
import { DpsError } from '../dps-error.js';

/**
 * What is taken for a query. The path names the table; conditions are passed over, as the service does by reports
 * (Azure/azure-iot-sdk-csharp#794 and #3478, azure-iot-sdk-node#814).
 */
const query = /^\s*(\*|select\s.*)?\s*$/is;

/** @throws DpsError badRequest when the body has no query */
export function assertQuery(body: unknown, required: boolean): void {
  const given = (body as { query?: unknown } | null | undefined)?.query;
  if (given == null && !required) return;
  if (typeof given !== 'string' || !query.test(given)) {
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
