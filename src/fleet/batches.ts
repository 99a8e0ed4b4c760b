/** Enrollments in a bulk request, at most. Source: Microsoft Learn, Service REST API, "Run Bulk Operation". */
export const maxBulkEnrollments = 10;

/** Groups items into arrays of `size`; only the last may be smaller. */
export async function* batchesOf<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  size: number,
): AsyncGenerator<readonly Item[], void> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
