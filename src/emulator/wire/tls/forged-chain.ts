/**
 * Clients whose chain has a signature that does not verify. They must learn so from the application, as those with an
 * unknown chain do; but OpenSSL leaves its finding in its error queue, where Node.js takes it for an error of the connection
 * and ends it, mostly before anything is sent.
 */
import type { Server, TLSSocket } from 'node:tls';

/** Internals of Node.js 20 to 26; without them, such a connection ends without an answer. */
interface WithErrors {
  /** Returns the errors that end the connection, and null for the others. */
  _tlsError?: (error: Error) => Error | null;
  /** After the first error, no other one is looked at. */
  _hadError?: boolean;
}

/** Keeps the connections of such clients open. */
export function keepForgedChains(server: Server): void {
  server.on('secureConnection', (socket: TLSSocket & WithErrors) => {
    // By its type it is an Error; it is the code.
    if (String(socket.authorizationError) !== 'CERT_SIGNATURE_FAILURE') return;
    const original = socket._tlsError;
    if (!original) return;
    socket._tlsError = () => null;
    // The error comes in the turn in which the handshake ends. If anything else was wrong then, the next bytes show it again.
    setImmediate(() => {
      socket._tlsError = original;
      socket._hadError = false;
    });
  });
}
