/**
 * What no device can do without, for each device of a fleet: a secure context of its own, handshakes, and a line each way.
 *
 *     node bare-client.mjs FLEET.ndjson TRUST.pem PORT CONCURRENCY [HANDSHAKES]
 */
import { readFileSync } from 'node:fs';
import { connect, createSecureContext } from 'node:tls';

const [fleet, trust, port, concurrency, handshakes = '1'] = process.argv.slice(2);
const ca = readFileSync(trust, 'utf8');
const lines = readFileSync(fleet, 'utf8').trimEnd().split('\n');

function shakeHands(secureContext) {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { port: Number(port), host: '127.0.0.1', servername: 'localhost', secureContext },
      () => socket.write('go\n'),
    );
    socket.setNoDelay(true).once('error', reject);
    socket.once('data', () => socket.destroy()).once('close', resolve);
  });
}

// Without the start of Node.js.
const before = process.cpuUsage();
let next = 0;
await Promise.all(
  Array.from({ length: Number(concurrency) }, async () => {
    while (next < lines.length) {
      const { chain, privateKey } = JSON.parse(lines[next++]);
      const context = createSecureContext({ cert: chain, key: privateKey, ca });
      for (let count = 0; count < Number(handshakes); count += 1) await shakeHands(context);
    }
  }),
);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6 }));
