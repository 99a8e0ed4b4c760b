/** The command line from outside: arguments in; standard output, standard error and exit status out. */
import { type ChildProcess, spawn } from 'node:child_process';
import { bin } from '../support/bin.js';

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Given the process as soon as it runs. */
  started?: (child: ChildProcess) => void;
}

/** What of the environment of the tests would change what a command does. */
const unset = [
  'ENROLLKIT_PASSPHRASE',
  'ENROLLKIT_SERVICE_CONNECTION_STRING',
  'ENROLLKIT_MESSAGE_IDS',
  'ENROLLKIT_LANG',
  'LC_ALL',
  'LC_MESSAGES',
  'LANG',
  'NO_COLOR',
  'FORCE_COLOR',
  'npm_command',
];

export function cli(arguments_: string[], { cwd, env = {}, started }: CliOptions = {}): Promise<Ended> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !unset.includes(name)));
  return new Promise((ended, failed) => {
    const child = spawn(process.execPath, [bin, ...arguments_], {
      cwd,
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A command that hangs fails its test, also one that is deaf to signals; on a busy machine, one that works takes its
      // time.
      timeout: 120_000,
      killSignal: 'SIGKILL',
    });
    const result: Ended = { status: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      result.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      result.stderr += text;
    });
    child.on('error', failed);
    child.on('close', (status) => ended({ ...result, status }));
    started?.(child);
  });
}
