/** Processor time of processes, user and system: a busy machine changes it less than the time that passes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const cpuTime = new URL('fleet/cpu-time.mjs', import.meta.url).href;

/** Processor seconds of a running process and all its threads, from Linux's /proc. */
export function cpuSecondsOf({ pid }: { pid?: number | undefined }): number {
  // The second field, a name in parentheses, may contain spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const [user, system] = [fields[11], fields[12]].map(Number) as [number, number];
  // USER_HZ is 100 on every architecture.
  return (user + system) / 100;
}

export interface NodeRun {
  stdout: string;
  stderr: string;
  cpuSeconds: number;
  seconds: number;
}

/**
 * Runs a program in Node.js.
 *
 * @throws Error, with what it wrote, when it fails
 */
export async function runNode(arguments_: readonly string[], cwd?: string): Promise<NodeRun> {
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', cpuTime, ...arguments_], { cwd });
  const [out, err]: Buffer[][] = [[], []];
  child.stdout.on('data', (chunk) => out!.push(chunk));
  child.stderr.on('data', (chunk) => err!.push(chunk));
  const [status] = await once(child, 'close');
  const [stdout, stderr] = [out, err].map((chunks) => Buffer.concat(chunks!).toString()) as [string, string];
  if (status !== 0) throw new Error(`node ${arguments_.join(' ')}\n${stderr}`);
  const cpuSeconds = (JSON.parse(/@cpu (.*)/.exec(stderr)![1]!) as { seconds: number }).seconds;
  return { stdout, stderr, cpuSeconds, seconds: (performance.now() - started) / 1000 };
}
