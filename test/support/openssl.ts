/** openssl and certtool, for tests. */
import { execFileSync } from 'node:child_process';

/** Runs a program; gives its stdout, throws with its stderr. */
export function run(program: string, arguments_: string[], input?: string | Uint8Array): string {
  return execFileSync(program, arguments_, {
    ...(input === undefined ? {} : { input }),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

export const openssl = (arguments_: string[], input?: string | Uint8Array) =>
  run('openssl', arguments_, input);
