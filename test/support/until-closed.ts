interface Closable {
  readonly closed?: boolean;
  once(event: 'close', listener: () => void): unknown;
}

/** Waits until a connection has closed, however it ended: `once` would reject when it was reset. */
export async function untilClosed(connection: Closable): Promise<void> {
  if (!connection.closed) await new Promise<void>((resolve) => connection.once('close', () => resolve()));
}
