/**
 * Opens connections that do nothing to an emulator's ports, some after a TLS handshake and some without, and tells what
 * they cost it, whether it still answers meanwhile, and what is left when they have gone.
 *
 *     ulimit -n 32768; npm run build && npx tsx scripts/idle-connections.ts [COUNT]
 *
 * The emulator runs in a process of its own, and both need as many open files as there are connections.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { controlPaths } from '../src/emulator/control/paths.js';
import { askEmulator } from '../src/emulator/control/running.js';
import type { EmulatorEndpoints } from '../src/emulator/endpoints.js';

const count = Number(process.argv[2] ?? 10_000);
const folder = mkdtempSync(join(tmpdir(), 'enrollkit-idle-'));
const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));

function residentMb({ pid }: ChildProcess): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
}

/** Resolves when it is connected, or with undefined when it is refused. */
function open(make: () => net.Socket, event: string): Promise<net.Socket | undefined> {
  return new Promise((resolve) => {
    const socket = make();
    socket.on('error', () => resolve(undefined)).once(event, () => resolve(socket));
    socket.resume();
  });
}

const child = spawn(
  process.execPath,
  [
    bin,
    'emulator',
    'start',
    '--json',
    '--dir',
    folder,
    '--port',
    '0',
    '--mqtt-port',
    '0',
    '--amqp-port',
    '0',
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
try {
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const endpoints = JSON.parse(line) as EmulatorEndpoints;
  const { https, mqtt, amqp } = endpoints.ports;
  const ca = readFileSync(endpoints.caFile);
  const kinds = [https, mqtt, amqp].flatMap((port) => [
    () => open(() => net.connect(port, '127.0.0.1'), 'connect'),
    () => open(() => tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca }), 'secureConnect'),
  ]);
  const answersIn = async () => {
    const started = performance.now();
    const { status } = await askEmulator(endpoints, 'GET', controlPaths.clock);
    if (status !== 200) throw new Error(`the emulator answers ${status}`);
    return `answers in ${(performance.now() - started).toFixed(0)} ms`;
  };
  const tell = (what: string, more: string) =>
    process.stdout.write(`${what.padEnd(34)}${residentMb(child).toFixed(0).padStart(6)} MB  ${more}\n`);

  async function wave(): Promise<void> {
    const started = performance.now();
    const sockets: net.Socket[] = [];
    let refused = 0;
    let next = 0;
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        while (next < count) {
          const kind = kinds[next % kinds.length]!;
          next += 1;
          const socket = await kind();
          if (socket) sockets.push(socket);
          else refused += 1;
        }
      }),
    );
    const openNow = () => sockets.filter((socket) => !socket.destroyed).length;
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    tell(`${openNow()} open, ${refused} refused`, `${await answersIn()}, after ${seconds} s`);
    // Longer than a handshake, a CONNECT or a request may take.
    for (const until = Date.now() + 90_000; openNow() > 0 && Date.now() < until; ) await setTimeout(1000);
    tell(`${openNow()} open after the time-outs`, await answersIn());
    for (const socket of sockets) socket.destroy();
    await setTimeout(2000);
  }

  tell('before', await answersIn());
  // What the first wave leaves behind is room that the second one finds; what leaks grows.
  for (let index = 0; index < 3; index += 1) await wave();
} finally {
  child.kill();
  await once(child, 'exit');
  rmSync(folder, { recursive: true, force: true });
}
