/** What a bulk request of the service plane takes. Source: Microsoft Learn, Service REST API, "Run Bulk Operation". */
const maxBulkEnrollments = 10;

/** How many requests of ten stay within a rate of devices; undefined for no limit. */
export function bulksPerMinute(devicesPerMinute: number | undefined): number | undefined {
  return devicesPerMinute === undefined ? undefined : devicesPerMinute / maxBulkEnrollments;
}

export type Ten<Item> = readonly Item[];

/** Items in groups of ten; the last may be smaller. */
export async function* inTens<Item>(items: AsyncIterable<Item>): AsyncGenerator<Ten<Item>, void> {
  let ten: Item[] = [];
  for await (const item of items) {
    ten.push(item);
    if (ten.length < maxBulkEnrollments) continue;
    yield ten;
    ten = [];
  }
  if (ten.length > 0) yield ten;
}
