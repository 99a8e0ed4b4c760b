/** The limit of what registers and connects devices: the same mutual TLS handshakes, in Node.js, and nothing else. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuSecondsOf, runNode } from './cpu.js';
import { startProcess, stopProcesses } from './emulator/emulator-process.js';

const file = (name: string) => fileURLToPath(new URL(`emulator/${name}`, import.meta.url));

/**
 * Returns a function that shakes hands as each device of a fleet, with one secure context a device, and returns the
 * processor seconds of client and server.
 *
 * @param tls the folder with the certificates of an emulator
 */
export async function bareHandshakes(tls: string) {
  const server = await startProcess([
    file('bare-server.mjs'),
    join(tls, 'tls-server.pem'),
    join(tls, 'tls-server.key.pem'),
  ]);
  const { port } = server.said as { port: number };
  return {
    /** @param fleet its output, NDJSON */
    async run(fleet: string, handshakes: number): Promise<number> {
      const before = cpuSecondsOf(server.child);
      const of = [fleet, join(tls, 'tls-root.pem'), port, 16, handshakes].map(String);
      const client = await runNode([file('bare-client.mjs'), ...of]);
      const { cpuSeconds } = JSON.parse(client.stdout) as { cpuSeconds: number };
      return cpuSeconds + cpuSecondsOf(server.child) - before;
    },
    stop: () => stopProcesses([server.child]),
  };
}
