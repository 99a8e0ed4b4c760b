/** openssl and certtool, for tests. */
import { execFileSync, spawnSync } from 'node:child_process';

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

/**
 * Whether a judge that not every machine has is here. CI installs them all, so there its absence fails the test.
 */
export function isInstalled(program: string): boolean {
  if (process.env.CI) return true;
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/**
 * Adds a test when a program is here; else it is skipped, and what to install is said.
 *
 * @param test uvu's
 */
export function testWith(
  program: string,
  debianPackage: string,
  test: Test,
): (title: string, act: Act) => void {
  if (isInstalled(program)) return (title, act) => test(title, act);
  return (title, act) => {
    test.skip(title, act);
    console.error(`skipped: ${title}: it needs the Debian package ${debianPackage}`);
  };
}

type Act = () => void | Promise<void>;
type Test = ((title: string, act: Act) => void) & { skip(title: string, act: Act): void };
