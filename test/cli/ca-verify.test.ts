/** `ca verify` with files that are named, and are in no certificate folder. */
import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

const pemOf = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }) as string;

test('ca verify: what is wrong with a file is told with its name, and no folder is to be moved', () =>
  inTemporaryFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const [ca, other] = [await make('root', 'Wanted'), await make('root', 'Other')];
    writeFileSync(at('ca.pem'), ca.pem);
    writeFileSync(at('ca.key'), pemOf(ca.privateKey));
    writeFileSync(at('other.pem'), other.pem);
    writeFileSync(at('other.key'), pemOf(other.privateKey));
    writeFileSync(at('empty'), '');
    const target = ['--dir', at('certs'), '--json'];
    const upload = await run(['ca', 'upload', at('ca.pem'), '--ca-name', 'ca', ...target]);
    assert.equal(upload.status, 0, upload.stdout);
    const verify = (certificate: string, key: string) =>
      run(['ca', 'verify', 'ca', '--certificate', at(certificate), '--key', at(key), ...target]);

    for (const [certificate, key, code, status, named] of [
      ['ca.pem', 'other.key', 'KEY_MISMATCH', 2, 'other.key'],
      ['ca.pem', 'none.key', 'FILE_UNREADABLE', 9, 'none.key'],
      ['ca.pem', 'ca.pem', 'INVALID_KEY', 2, 'ca.pem'],
      ['none.pem', 'ca.key', 'FILE_UNREADABLE', 9, 'none.pem'],
      ['empty', 'ca.key', 'INVALID_CERTIFICATE', 2, 'empty'],
      ['other.pem', 'other.key', 'FILE_UNREADABLE', 9, 'other.pem'],
    ] as const) {
      const ended = await verify(certificate, key);
      const { error } = JSON.parse(ended.stdout);
      const what = `${certificate}, ${key}: ${error.message} ${error.next}`;
      assert.equal(error.code, code, what);
      assert.equal(ended.status, status, what);
      assert.ok(error.message.includes(at(named)), what);
      assert.doesNotMatch(error.next, /\bmove\b| {2}/, what);
    }

    const verified = await verify('ca.pem', 'ca.key');
    assert.equal(verified.status, 0, verified.stdout);
    assert.equal(JSON.parse(verified.stdout).isVerified, true);
  }));

test.run();
