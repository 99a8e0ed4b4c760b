/** The limit: a TLS server that asks for the client's certificate, answers a line, and knows nothing else. */

import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';

const [certFile, keyFile] = process.argv.slice(2);
const server = createServer(
  {
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    requestCert: true,
    rejectUnauthorized: false,
    // As in the emulator: every connection is a full handshake.
    secureOptions: constants.SSL_OP_NO_TICKET,
    noDelay: true,
  },
  (socket) => {
    socket.on('error', () => {}).on('data', () => socket.end('done\n'));
  },
);
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`),
);
