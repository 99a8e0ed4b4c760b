/** What the trust stores need of this computer. */
import { execFile } from 'node:child_process';
import { homedir } from 'node:os';

export interface CommandResult {
  /** The exit status; undefined if the program is not installed. */
  status: number | undefined;
  stdout: string;
  stderr: string;
}

export interface TrustSystem {
  platform: NodeJS.Platform;
  /** The root of the file system, in which the system's folders are looked up. */
  root: string;
  /** The home folder of the user. */
  home: string;
  env: NodeJS.ProcessEnv;
  /** Whether the process has the rights of root; always true on Windows, where the user's own store is used. */
  isAdministrator: boolean;
  run(program: string, args: readonly string[]): Promise<CommandResult>;
}

/** How long a program may take, in milliseconds. */
const timeout = 120_000;

export function thisSystem(env: NodeJS.ProcessEnv): TrustSystem {
  return {
    platform: process.platform,
    root: '/',
    home: env.HOME ?? env.USERPROFILE ?? homedir(),
    env,
    isAdministrator: process.getuid === undefined || process.getuid() === 0,
    run: (program, args) =>
      new Promise((resolve) => {
        execFile(program, [...args], { env, timeout, windowsHide: true }, (error, stdout, stderr) => {
          const isMissing = error?.code === 'ENOENT';
          const status = isMissing ? undefined : error === null ? 0 : Number(error.code ?? 1);
          resolve({ status, stdout, stderr });
        }).stdin?.end();
      }),
  };
}
