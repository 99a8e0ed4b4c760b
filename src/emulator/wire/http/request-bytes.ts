/** The bytes of a request's body, for all that is spoken over HTTPS. */
import type { IncomingMessage } from 'node:http';

export interface BodyErrors {
  tooLarge: () => Error;
  /** The client went away before its body was complete. */
  gone: () => Error;
}

/** @throws what `errors` makes */
export function readRequestBytes(
  incoming: IncomingMessage,
  maxBytes: number,
  errors: BodyErrors,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const tooLarge = () => reject(errors.tooLarge());
    const gone = () => reject(errors.gone());
    if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) return tooLarge();
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      // The rest of a body that is too large is read and dropped, so that the client gets to read the answer.
      if (length > maxBytes) tooLarge();
      else chunks.push(chunk);
    });
    incoming.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    incoming.once('error', gone);
    incoming.once('close', gone);
  });
}
