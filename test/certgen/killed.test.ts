/** create_root_and_intermediate, killed while it writes: the same command, run again, finishes it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { isKeyPair, privateKeyFromPem } from '../../src/pki/keys.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { at, authority, passphrase, read, textOf } from './support.js';

const build = (path: string) => JSON.stringify(new URL(`../../build/${path}`, import.meta.url).href);
const preload = fileURLToPath(new URL('../support/kill-preload.mjs', import.meta.url));

/** The request of `authority`, in another process. */
const program = (folder: string) => `
  const { createAuthority } = await import(${build('certgen/create-authority.js')});
  const { sdkScript } = await import(${build('certgen/scripts.js')});
  await createAuthority({
    script: sdkScript, folder: ${JSON.stringify(folder)}, passphrase: '${passphrase}',
    at: new Date('${at.toISOString()}'), replace: false, keyAlgorithm: 'ec-p256',
  });`;

function inOtherProcess(folder: string, env: Record<string, string>): NodeJS.Signals | null {
  const argv = ['--import', preload, '--input-type=module', '-e', program(folder)];
  return spawnSync(process.execPath, argv, { env: { ...process.env, ...env } }).signal;
}

if (process.platform !== 'win32') {
  test('killed at any step of putting its files in place, it ends complete', () =>
    inTemporaryFolder(async (outside) => {
      const count = join(outside, 'count');
      inOtherProcess(join(outside, 'whole'), { KILL_COUNT: count });
      const calls = readFileSync(count, 'utf8').split('\n').length;
      const names = (readdirSync(join(outside, 'whole'), { recursive: true }) as string[]).sort();
      assert.ok(calls > 60, `${calls} calls`);
      for (const before of [2, 8, 15, 25, 40]) {
        const folder = join(outside, `killed-${before}`);
        mkdirSync(folder);
        assert.equal(inOtherProcess(folder, { KILL_AT: String(calls - before) }), 'SIGKILL');
        const again = await authority(folder).catch((error) => error as { code: string });
        // It may have been done already.
        if ('code' in again) assert.equal(again.code, 'FILE_EXISTS');
        else assert.equal(again.certificates.length, 2);
        assert.deepEqual((readdirSync(folder, { recursive: true }) as string[]).sort(), names);
        for (const which of ['root.ca', 'intermediate']) {
          const pem = textOf(folder, `private/azure-iot-test-only.${which}.key.pem`);
          const { publicKey } = read(folder, `certs/azure-iot-test-only.${which}.cert.pem`);
          assert.ok(isKeyPair(privateKeyFromPem(pem, passphrase), publicKey), which);
        }
      }
    }));
}

test.run();
