/** Where certificates may go and may not: folders, disks, names. What fails leaves nothing behind. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { folderNameOf } from '../../src/cli/cert/make-certificate.js';
import { writeFiles } from '../../src/cli/input/write-files.js';
import { EnrollkitError } from '../../src/errors.js';
import { writeFileAtomically } from '../../src/workspace/files.js';
import { bin } from '../support/bin.js';
import { generatedKeys } from '../support/generated-keys.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

test('a place that cannot be is told, without a trace', () =>
  inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'file'), 'mine');
    mkdirSync(join(folder, 'taken', 'key.pem'), { recursive: true });
    const before = readdirSync(folder, { recursive: true });
    for (const [out, status, said] of [
      [join(folder, 'file', 'below'), 9, 'part of the path is a file'],
      [join(folder, 'file'), 9, 'file'],
      [join(folder, 'taken'), 9, 'is a folder'],
      [join(folder, 'x'.repeat(300)), 9, 'x'.repeat(300)],
    ] as const) {
      const answer = await run(['cert', 'root', 'R', '--out', out, '--force']);
      assert.equal(answer.status, status, answer.stderr);
      assert.ok(answer.stderr.includes(said), answer.stderr);
      assert.doesNotMatch(answer.stderr, /\.(new|tmp)\b/, 'names of our own files help nobody');
      assert.deepEqual(readdirSync(folder, { recursive: true }), before);
      assert.equal(readFileSync(join(folder, 'file'), 'utf8'), 'mine');
    }
  }));

test('where no folder can be made, it ends', async () => {
  if (!existsSync('/proc/self')) return;
  const { status, stderr } = await run(['cert', 'root', 'R', '--out', '/proc/enrollkit/ca']);
  assert.equal(status, 9, stderr);
  assert.ok(stderr.includes('/proc/enrollkit/ca'), stderr);
});

test('a disk that takes no more: the file that was meant is named, and nothing of any of them is left', () =>
  inTemporaryFolder(async (folder) => {
    if (process.platform === 'win32') return;
    // Files of at most 1024 bytes are as near to a full disk as one comes without being root.
    const argv = [
      'cert',
      'root',
      'R'.repeat(64),
      '--key-algorithm',
      'rsa-4096',
      '--out',
      join(folder, 'a', 'b'),
    ];
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', 'ulimit -f 1; exec "$@"', 'bash', process.execPath, bin, ...argv],
      { encoding: 'utf8', env: { ...process.env, ...withCodes } },
    );
    assert.equal(status, 9, stderr);
    assertRefusal(stderr, 'FILE_UNWRITABLE', join(folder, 'a', 'b', 'key.pem'));
    assert.deepEqual(readdirSync(folder), []);
  }));

test('of several files, all come or none; folders that were made for them go again', () =>
  inTemporaryFolder((folder) => {
    writeFileSync(join(folder, 'file'), '');
    const good = join(folder, 'new', 'deep', 'key.pem');
    const bad = join(folder, 'file', 'certificate.pem');
    const { privateKey } = generatedKeys('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
    const files = [good, bad].map((path) => ({ path, contents: pem as string, mode: 0o600 }));
    assert.throws(
      () => writeFiles(files, false),
      (error) => {
        assert.ok(
          error instanceof EnrollkitError && error.message.includes(join(folder, 'file')),
          String(error),
        );
        return true;
      },
    );
    assert.deepEqual(readdirSync(folder), ['file']);
    writeFileAtomically(good, 'x', 0o600);
    assert.equal(readFileSync(good, 'utf8'), 'x');
  }));

test('a folder for a name: legal on every system, and never elsewhere', () => {
  for (const [name, folder] of [
    ['Contoso Root CA', 'Contoso-Root-CA'],
    ['../../etc', 'etc'],
    ['..', 'certificate'],
    ['a/b\\c:d%e', 'a-b-c-d-e'],
    ['-x', 'x'],
    ['Größe 5', 'Größe-5'],
    ['CON', 'certificate-CON'],
    ['nul.txt', 'certificate-nul.txt'],
    ['com1.', 'certificate-com1'],
    ['console', 'console'],
    ['ends.', 'ends'],
  ] as const) {
    assert.equal(folderNameOf(name), folder);
  }
});

test.run();
