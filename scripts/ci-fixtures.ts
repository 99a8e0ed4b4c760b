/**
 * Runs the fixtures of examples/ci/fixtures for Vitest and Jest, which are too large to be dependencies: installs them in
 * a temporary folder, from the npm registry. Those for node:test and pytest are run by test/ci/recipes.test.ts.
 *
 *     npx tsx scripts/ci-fixtures.ts
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'enrollkit-fixtures-'));

function run(cwd: string, program: string, ...argv: string[]): void {
  console.log(`$ ${program} ${argv.join(' ')}`);
  const { status } = spawnSync(program, argv, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}

try {
  cpSync(join(project, 'examples/ci/fixtures'), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}');
  // Vitest 5 needs Node.js 22.
  run(
    folder,
    'npm',
    'install',
    '--silent',
    '--no-audit',
    '--no-fund',
    'vite@8.3.8',
    'vitest@4.1.12',
    'jest@30.5.2',
  );
  symlinkSync(project, join(folder, 'node_modules/enrollkit'));
  run(join(folder, 'vitest'), process.execPath, '../node_modules/vitest/vitest.mjs', 'run');
  run(
    join(folder, 'jest'),
    process.execPath,
    '--experimental-vm-modules',
    '../node_modules/jest/bin/jest.js',
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
