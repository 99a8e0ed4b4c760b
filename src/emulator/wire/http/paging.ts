/** Pages of a query, by the headers that DPS and IoT Hub have in common: x-ms-max-item-count and x-ms-continuation. */

/** The services' own default is not documented. */
const defaultPageSize = 100;
const maxPageSize = 1000;

/**
 * How many rows a page has.
 *
 * @param header x-ms-max-item-count, which may be left out
 * @returns undefined when it is not a number from 1 on
 */
export function parsePageSize(header: string | undefined): number | undefined {
  if (header === undefined || header === '') return defaultPageSize;
  if (!/^\d{1,9}$/.test(header) || Number(header) === 0) return undefined;
  return Math.min(Number(header), maxPageSize);
}

/**
 * Where the next page of a query begins.
 *
 * @param query what tells it from other queries
 * @param key of the last row that was given out
 */
export function formatContinuationToken(query: string, key: string): string {
  return Buffer.from(JSON.stringify([query, key])).toString('base64url');
}

/**
 * The key after which the page begins.
 *
 * @param header x-ms-continuation, which the first page does not have
 * @returns undefined when it is no token of this query; '' for the first page
 */
export function parseContinuationToken(header: string | undefined, query: string): string | undefined {
  if (header === undefined || header === '') return '';
  try {
    const [of, key] = JSON.parse(Buffer.from(header, 'base64url').toString()) as unknown[];
    return of === query && typeof key === 'string' ? key : undefined;
  } catch {
    return undefined;
  }
}
