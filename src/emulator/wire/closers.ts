/** What was opened, to be closed again. */

export type Closer = () => void | Promise<void>;

/**
 * Closes all, in the reverse order of opening, and forgets them; one that fails does not keep the others from closing.
 *
 * @throws what the first one threw that failed
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
