/** What a command loads before it does anything: files, and their megabytes. Each is most of the time of its command. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';
import { cli } from './run-cli.js';

interface Loaded {
  files: number;
  megabytes: number;
}

/** The files that a command loads, with those of packages. */
async function loadedBy(folder: string, argv: string[]): Promise<Loaded> {
  const coverage = join(folder, `coverage-${argv.join('-').replace(/\W+/g, '-')}`);
  mkdirSync(coverage);
  const { status, stderr } = await cli(argv, { cwd: folder, env: { NODE_V8_COVERAGE: coverage } });
  assert.equal(status, 0, stderr);
  const [report] = readdirSync(coverage);
  const { result } = JSON.parse(readFileSync(join(coverage, report!), 'utf8')) as {
    result: { url: string }[];
  };
  const files = result.filter(({ url }) => url.startsWith('file:')).map(({ url }) => fileURLToPath(url));
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  return { files: files.length, megabytes: bytes / 1e6 };
}

/** Commands by what they load at most. Above it, ask whether the command needs all of that when it starts. */
const limits: [argv: string[], most: Loaded][] = [
  [['--help'], { files: 3, megabytes: 0.02 }],
  [['--version'], { files: 3, megabytes: 0.02 }],
  [['cert', 'inspect', 'certs/devices/device-001/certificate.pem'], { files: 19, megabytes: 0.56 }],
  [['cert', 'device', 'device-2'], { files: 30, megabytes: 0.84 }],
  [['quickstart', '--yes', '--dir', 'other'], { files: 53, megabytes: 1.7 }],
];

test('a command loads few files', () =>
  inTemporaryFolder(async (folder) => {
    const ready = await run(['quickstart', '--yes', '--count', '1'], { cwd: folder });
    assert.equal(ready.status, 0, ready.stderr);
    const loaded = await Promise.all(limits.map(([argv]) => loadedBy(folder, argv)));
    for (const [index, [argv, most]] of limits.entries()) {
      const { files, megabytes } = loaded[index]!;
      const found = `${argv.join(' ')}: ${files} files, ${megabytes.toFixed(2)} MB`;
      assert.ok(files <= most.files && megabytes <= most.megabytes, found);
    }
  }));

test.run();
