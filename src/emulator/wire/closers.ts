/** Closes what was opened. */

export type Closer = () => void | Promise<void>;

/**
 * Closes all of them, in the reverse order of opening, and empties the list. All are closed, even if one fails.
 *
 * @throws the error of the first one that failed
 */
export async function closeAll(closers: Closer[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closers.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
