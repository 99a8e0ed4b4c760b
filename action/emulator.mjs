/** What both halves of the action need. Node.js only: nothing is installed yet when it starts. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));
const program = fileURLToPath(new URL('../dist/bin.js', import.meta.url));

/** An input of the action. */
export function input(name) {
  return process.env[`INPUT_${name.toUpperCase()}`]?.trim() ?? '';
}

/** Builds enrollkit, unless an earlier step has. The lockfile pins every dependency by its hash. */
export function install() {
  if (existsSync(program)) return;
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: repository,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm ci failed: see above.');
}

/** Runs a command and returns its standard output; its messages go to the log of the job. */
export function enrollkit(...argv) {
  const { status, stdout, error } = spawnSync(process.execPath, [program, ...argv], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`enrollkit ${argv.slice(0, 2).join(' ')} ended with ${status}.`);
  return stdout;
}

/** Adds a value to one of the runner's files. The delimiter cannot be in it: a value has no line end. */
export function write(file, name, value) {
  const path = process.env[file];
  if (!path) return;
  if (/[\r\n]/.test(value)) throw new Error(`${name} has several lines.`);
  appendFileSync(path, `${name}=${value}\n`);
}

/** Runs an action, and reports an error as the runner does. */
export function run(act) {
  try {
    act();
  } catch (error) {
    console.log(`::error::${error.message}`);
    process.exitCode = 1;
  }
}
