/** Rates. */

/** How many a second, so many at a time. */
export async function rate<Item>(
  items: readonly Item[],
  concurrency: number,
  act: (item: Item) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < items.length) {
        const item = items[next]!;
        next += 1;
        await act(item);
      }
    }),
  );
  return (items.length / (performance.now() - started)) * 1000;
}
