/** What a bulk request of the service plane takes. Source: Microsoft Learn, Service REST API, "Run Bulk Operation". */
export const maxBulkEnrollments = 10;

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
