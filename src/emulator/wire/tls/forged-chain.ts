/**
 * Clients whose chain has a signature that does not verify. They are to hear so from the application, as those with an
 * unknown chain do; but OpenSSL leaves its finding in its queue of errors, where Node.js takes it for an error of the
 * connection and ends it, mostly before a word is said.
 */
import type { Server, TLSSocket } from 'node:tls';

/** Of Node.js 20 to 26, and internal to them: without it, such a connection ends without an answer. */
interface WithErrors {
  /** Whether an error ends the connection: those that it gives back do. */
  _tlsError?: (error: Error) => Error | null;
  /** After the first one, no other is looked at. */
  _hadError?: boolean;
}

/** Lets the connections of such clients go on. */
export function keepForgedChains<Kind extends Server>(server: Kind): Kind {
  server.on('secureConnection', (socket: TLSSocket) => {
    // The types say that it is an Error; it is the code.
    if (String(socket.authorizationError) !== 'CERT_SIGNATURE_FAILURE') return;
    const connection = socket as WithErrors;
    const original = connection._tlsError;
    if (!original) return;
    connection._tlsError = () => null;
    // It comes in the turn in which the handshake ends. Whatever else was wrong then, the next bytes show again.
    setImmediate(() => {
      connection._tlsError = original;
      connection._hadError = false;
    });
  });
  return server;
}
