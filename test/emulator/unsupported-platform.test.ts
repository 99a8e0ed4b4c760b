/** Where no database can be loaded, only the emulator is missing, and the error says why. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { test } from 'uvu';
import { cli } from '../cli/run-cli.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { preloading, withoutNativeCode } from './without-libsql.js';

/** As before version 22.13. */
const noNodeSqlite = `const get = process.getBuiltinModule;
  process.getBuiltinModule = (id) => (id === 'node:sqlite' ? undefined : get(id));`;

/** libsql itself refuses to load on this processor. */
const otherPlatform = `${noNodeSqlite} Object.defineProperty(process, 'arch', { value: 'riscv64' });`;

for (const [name, code, next] of [
  ['without a build of the database', otherPlatform, /^Use Node\.js 22\.13 or later/],
  ['without the package of the database', `${withoutNativeCode} ${noNodeSqlite}`, /npm install.*22\.13/],
] as const) {
  test(`the emulator does not start ${name}, and leaves nothing behind`, async () => {
    await inTemporaryFolder(async (dir) => {
      const env = preloading(code);
      for (const command of [
        ['emulator', 'start', '--port', '0', '--mqtt-port', '0'],
        ['quickstart', '--yes'],
      ]) {
        const { status, stdout, stderr } = await cli([...command, '--dir', `${dir}/new`, '--json'], { env });
        assert.equal(status, 9, stderr);
        const { error } = JSON.parse(stdout);
        assert.equal(error.code, 'EMULATOR_UNSUPPORTED');
        assert.match(error.next, next);
        assert.deepEqual(readdirSync(dir), []);
      }
    });
  });

  test(`everything else works ${name}`, async () => {
    await inTemporaryFolder(async (dir) => {
      const env = preloading(code);
      for (const command of [
        ['--help'],
        ['emulator', 'start', '--help'],
        ['cert', 'root', 'Root', '--out', `${dir}/root`],
        ['emulator', 'status', '--dir', `${dir}/none`],
      ]) {
        const { status, stderr } = await cli(command, { env });
        assert.equal(status, command[1] === 'status' ? 12 : 0, stderr);
      }
      const library = new URL('../../dist/index.js', import.meta.url).href;
      const program = `import { generateKeyPair, startEmulator } from '${library}';
        await generateKeyPair('ec-p256');
        console.log(await startEmulator({ dir: ':memory:' }).catch(({ code }) => code));`;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--input-type=module', '--eval', program],
        { env: { ...process.env, ...env } },
      );
      assert.equal(stdout.trim(), 'EMULATOR_UNSUPPORTED');
    });
  });
}

test.run();
