/**
 * Processor time of commands that a person waits for, as a multiple of that of an empty node: user and system, children
 * included, in alternating pairs.
 *
 *     npm run bench:start-up
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './median.js';
import { BenchReport } from './report.js';

const pairs = 15;
const report = new BenchReport('start-up', 'npm run bench:start-up');
const enrollkit = fileURLToPath(new URL('../dist/enrollkit.cjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'enrollkit-bench-'));

/** Each with the ratio that it should not exceed; `number` makes names that are new. */
const commands: [name: string, most: number, argv: (number: number) => string[]][] = [
  ['--help', 1.3, () => ['--help']],
  ['cert inspect', 2.5, () => ['cert', 'inspect', join('certs', 'ca', 'intermediate', 'certificate.pem')]],
  ['cert device, below an existing CA', 4.5, (number) => ['cert', 'device', `device-${number}`]],
  ['quickstart --yes, three devices', 12, (number) => ['quickstart', '--yes', '--dir', `run-${number}`]],
];

/** Seconds of user and system time of a process and its children, as Bash counts them, which prints milliseconds. */
function seconds(argv: string[]): number {
  const script = 'TIMEFORMAT=\'@ %U %S\'; time "$@" > output 2>&1';
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', process.execPath, ...argv], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${argv.join(' ')}: status ${status}`);
  const [, user, system] = /^@ (\S+) (\S+)$/m.exec(stderr)!;
  return Number(user) + Number(system);
}

try {
  const started = ['quickstart', '--yes', '--count', '1'];
  execFileSync(process.execPath, [enrollkit, ...started], { cwd: folder, stdio: 'ignore' });
  const empty: number[] = [];
  for (const [name, most, argv] of commands) {
    const measured = Array.from({ length: pairs }, (_, number) => {
      const both = [
        ['-e', '0'],
        [enrollkit, ...argv(number)],
      ];
      const [node, command] = number % 2 === 0 ? both.map(seconds) : both.reverse().map(seconds).reverse();
      empty.push(node!);
      return { seconds: command!, ratio: command! / node! };
    });
    report.line(
      `enrollkit ${name}`,
      `${median(measured.map((one) => one.seconds)).toFixed(3)} s`,
      `${median(measured.map(({ ratio }) => ratio)).toFixed(2)} x node -e 0; at most ${most}`,
    );
  }
  report.line('node -e 0', `${median(empty).toFixed(3)} s`);
  report.write();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
