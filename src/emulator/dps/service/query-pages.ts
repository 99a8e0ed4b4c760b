/** Queries, page by page. Source: azure-rest-api-specs, deviceprovisioningservices data-plane 2021-10-01. */
import * as z from 'zod';
import type { HttpReply } from '../../wire/http/operation.js';
import { continuationHeader, readPageRequest } from '../../wire/http/paging.js';
import type { HttpRequest } from '../../wire/http/request.js';
import { badRequest } from '../dps-error.js';
import type { Positioned } from '../state/enrollment-settings.js';

/**
 * The queries that are accepted. The path names the table; conditions are ignored, as reports say the service does
 * (Azure/azure-iot-sdk-csharp#794 and #3478, azure-iot-sdk-node#814). The azure-iot extension of the az CLI (0.22) sends its
 * own query object as text, as Python prints it: `{'additional_properties': {}, 'query': 'SELECT *'}`.
 */
const legalQuery = z
  .string()
  .regex(/^\s*(\*|select\s.*)?\s*$|^\s*\{.*'query': '(\*|select\s[^']*)'.*\}\s*$/is);
const bodyWithQuery = z.object({ query: z.unknown() }).catch({ query: undefined });

/** @throws DpsError badRequest when the body has no query */
export function assertQuery(body: unknown, { isRequired }: { isRequired: boolean }): void {
  const { query } = bodyWithQuery.parse(body);
  if (legalQuery.safeParse(query).success || (!isRequired && query == null)) return;
  throw badRequest('The body must have the field query: "*" or "SELECT *".');
}

const notAToken = 'The header x-ms-continuation is not a continuation token.';

/** What a query reads, and how it is answered. */
export interface Query<Stored> {
  /** The value of `x-ms-item-type`, by which the C client tells rows apart. */
  itemType: 'EnrollmentGroup' | 'Enrollment' | 'DeviceRegistration';
  /** The rows after a position, at most `limit` of them. */
  read(after: number, limit: number): Positioned<Stored>[];
  toJson(stored: Stored): unknown;
}

/**
 * Answers with the page that a request asks for.
 *
 * @throws HttpRefusal badRequest
 */
export function answerPage<Stored>(
  request: HttpRequest,
  { itemType, read, toJson }: Query<Stored>,
): HttpReply {
  const { size, after } = readPageRequest(request, itemType, notAToken);
  if (!/^\d*$/.test(after)) throw badRequest(notAToken);
  // One more than the page has tells whether there is another page.
  const rows = read(Number(after), size + 1);
  const page = rows.slice(0, size);
  return {
    status: 200,
    body: page.map(({ stored }) => toJson(stored)),
    headers: {
      'x-ms-item-type': itemType,
      ...(request.header('x-ms-max-item-count') ? { 'x-ms-max-item-count': String(size) } : {}),
      ...(rows.length > size ? continuationHeader(itemType, String(page.at(-1)!.position)) : {}),
    },
  };
}
