/** A fleet below a CA with name constraints: each name counts, not only those of the first device. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { run } from '../cli/in-process.js';
import { authorityExtensions, certify } from '../support/openssl-authority.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';

const testWithOpenssl = testWith('openssl', test);

testWithOpenssl('a list and a pattern with names that the CA, or the CA above it, does not allow', () =>
  inTemporaryFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const constraints = (value: string) => [...authorityExtensions, `nameConstraints = critical, ${value}`];
    certify(folder, {
      name: 'root',
      extensions: [...constraints('excluded;dirName:excluded'), '[excluded]', 'CN = m-3'],
    });
    certify(folder, { name: 'line', issuer: 'root', extensions: constraints('permitted;DNS:plant.example') });
    const ca = ['--ca', at('line.chain'), '--ca-key', at('line.key')];
    writeFileSync(
      at('line.chain'),
      readFileSync(at('line.pem'), 'utf8') + readFileSync(at('root.pem'), 'utf8'),
    );
    const list = [
      'registrationId,dns,ip',
      'm-1,m-1.plant.example,',
      'm-2,m-2.other.example,',
      'm-3,,',
      'm-4,,10.0.0.1',
    ];
    writeFileSync(at('list.csv'), `${list.join('\n')}\n`);
    const before = readdirSync(folder);
    const issue = (...argv: string[]) =>
      run(['fleet', 'issue', ...ca, '--format', 'ndjson', '--days', '30', '--quiet', ...argv], {
        env: withCodes,
      });
    const refused = async (names: string[], ...argv: string[]) => {
      const { status, stderr } = await issue(...argv, '--out', at('out.ndjson'));
      assert.equal(status, 2, stderr);
      assertRefusal(stderr, 'ISSUER_NOT_ALLOWED', ...names);
      assert.deepEqual(readdirSync(folder), before);
      return stderr;
    };
    const told = await refused(['m-2', 'm-2.other.example', 'm-3'], '--from', at('list.csv'));
    assert.equal(/m-1\b|m-4\b/.test(told), false, told);
    await refused(['m-3'], '--pattern', 'm-{1..5}');
    for (const [out, ...argv] of [
      ['shard.ndjson', '--pattern', 'm-{1..4}', '--shard', '1/2'],
      ['forced.ndjson', '--from', at('list.csv'), '--force'],
    ] as const) {
      const { status, stderr } = await issue(...argv, '--out', at(out));
      assert.equal(status, 0, stderr);
      assert.ok(existsSync(at(out)));
    }
  }),
);

test.run();
