/** Spares Node.js from reading the whole chain of a server to compare its name: it takes five times as long as its own certificate. */
import { Agent } from 'node:https';
import { TLSSocket } from 'node:tls';

/**
 * A socket of a client that has not shaken hands yet. Node.js passes the server's certificate to `checkServerIdentity`, which
 * reads its names only; OpenSSL has validated the chain by then.
 */
export function readsLeafOnly<Socket>(socket: Socket): Socket {
  if (socket instanceof TLSSocket) {
    const leaf = () => TLSSocket.prototype.getPeerCertificate.call(socket);
    socket.getPeerCertificate = leaf as TLSSocket['getPeerCertificate'];
  }
  return socket;
}

/** For clients with many connections: each device has its own. */
export class LeafOnlyAgent extends Agent {
  override createConnection(...given: Parameters<Agent['createConnection']>) {
    return readsLeafOnly(super.createConnection(...given));
  }
}
