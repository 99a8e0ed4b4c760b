/** An emulator in a process of its own, as a user starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { bin } from './bin.js';

export interface EmulatorProcess {
  endpoints: Record<string, string> & { ports: { https: number; mqtt: number; amqp: number } };
  process: ChildProcess;
  /** What it has written to standard error. */
  complaints(): string;
  stop(): Promise<void>;
}

/**
 * `enrollkit emulator start --json` on free ports, until it says that it is ready.
 *
 * @param nodeFlags flags of Node.js
 */
export async function startEmulatorProcess(
  dir: string,
  flags: string[] = [],
  { nodeFlags = [] }: { nodeFlags?: string[] } = {},
): Promise<EmulatorProcess> {
  const ports = ['--port', '0', '--mqtt-port', '0'];
  const arguments_ = ['emulator', 'start', '--json', '--dir', dir, ...ports, ...flags];
  // uvu sets FORCE_COLOR for the tests, and what they start would inherit it.
  const { FORCE_COLOR: _, ...env } = process.env;
  const child = spawn(process.execPath, [...nodeFlags, bin, ...arguments_], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk;
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => {
      throw new Error(`the emulator did not start: ${complaint}`);
    }),
  ])) as [string];
  return {
    endpoints: JSON.parse(line),
    process: child,
    complaints: () => complaint,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
