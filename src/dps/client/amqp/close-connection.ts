/** Closes an AMQP connection. */
import type { Duplex } from 'node:stream';
import type { Connection } from 'rhea';

const closeTimeoutMs = 2000;

/**
 * Sends close, and waits for the peer's close, but not for longer than two seconds (OASIS, AMQP 1.0 part 2 section 2.4.3).
 * The peer may leave the TLS connection open: the socket is destroyed.
 *
 * @param isLost whether the peer is gone, so that no close is sent
 */
export async function closeConnection(
  connection: Connection,
  socket: Duplex,
  isLost: boolean,
): Promise<void> {
  if (!isLost) {
    await new Promise<void>((closed) => {
      const timer = setTimeout(closed, closeTimeoutMs);
      const done = () => {
        clearTimeout(timer);
        closed();
      };
      connection.once('connection_close', done);
      connection.once('disconnected', done);
      connection.close();
    });
  }
  socket.destroy();
}
