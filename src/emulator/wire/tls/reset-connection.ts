import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** Internals of Node.js 20 to 26: the TCP socket below a TLS socket. */
interface WithParent {
  _parent?: Socket;
}

/** Resets a connection (TCP RST), without an end of TLS. Where Node.js does not give access to TCP, it is closed. */
export function resetConnection(socket: TLSSocket): void {
  const parent = (socket as TLSSocket & WithParent)._parent;
  if (parent?.resetAndDestroy) parent.resetAndDestroy();
  socket.destroy();
}
