/** One folder, one meaning: which emulator a command with `--dir` uses. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import { type EmulatorProcess, startEmulatorProcess } from '../support/emulator-process.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

/** A folder with an emulator that was started on it with `emulator start --dir FOLDER`. */
async function inFolder(
  use: (
    enrollkit: (...words: string[]) => Promise<any>,
    emulator: EmulatorProcess,
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  await inTemporaryFolder(async (top) => {
    const folder = join(top, 'c2');
    const emulator = await startEmulatorProcess(folder);
    const enrollkit = async (...words: string[]) => {
      const { status, stdout, stderr } = await run([...words, '--dir', folder, '--json']);
      assert.equal(status, 0, `${words.join(' ')}: ${stderr}${stdout}`);
      return JSON.parse(stdout);
    };
    try {
      await use(enrollkit, emulator, folder);
    } finally {
      await emulator.stop();
    }
  });
}

test('emulator start --dir F keeps its state in F/emulator, and every command with --dir F uses it', () =>
  inFolder(async (enrollkit, { endpoints }, folder) => {
    assert.ok(existsSync(join(folder, 'emulator', 'state.db')));
    assert.deepEqual(await enrollkit('group', 'list'), { enrollmentGroups: [] });
    assert.deepEqual(await enrollkit('ca', 'list'), { certificates: [] });
    const { target, devices } = await enrollkit('quickstart', '--yes', '--count', '1');
    assert.equal(target.idScope, endpoints.idScope);
    assert.equal(devices[0].assignedHub, endpoints.hubHostName);
    assert.equal(existsSync(join(folder, '.enrollkit', 'emulator')), false, 'there is one emulator');

    assert.equal((await enrollkit('device', 'register', 'device-001')).assignedHub, endpoints.hubHostName);
    assert.equal((await enrollkit('device', 'send', 'device-001')).assignedHub, endpoints.hubHostName);
    assert.equal((await enrollkit('group', 'list')).enrollmentGroups.length, 1);
    assert.equal((await enrollkit('emulator', 'status')).idScope, endpoints.idScope);
    assert.equal((await enrollkit('emulator', 'messages')).messages.length, 2);
    assert.ok((await enrollkit('emulator', 'clock')).now);
    assert.equal((await enrollkit('emulator', 'env')).PROVISIONING_IDSCOPE, endpoints.idScope);
    const { kept } = await enrollkit('clean', '--yes');
    assert.deepEqual(kept, []);
    assert.equal((await enrollkit('group', 'list')).enrollmentGroups.length, 0);
    assert.deepEqual(await enrollkit('emulator', 'reset'), { reset: true, dir: folder });
    assert.deepEqual(await enrollkit('emulator', 'stop'), { stopped: true, dir: folder });
  }));

test('a start that fails leaves nothing that was not there before', () =>
  inTemporaryFolder(async (top) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const taken = String((server.address() as AddressInfo).port);
    const seed = join(top, 'seed.json');
    writeFileSync(seed, '{ "x": 1 }');
    const free = ['--port', '0', '--mqtt-port', '0', '--console-port', '0'];
    try {
      for (const [name, words, code] of [
        ['port', [...free, '--port', taken], 'PORT_IN_USE'],
        ['page', [...free, '--console-port', taken], 'PORT_IN_USE'],
        ['seed', [...free, '--seed', seed], 'INVALID_SEED'],
      ] as const) {
        // A background process takes a second.
        for (const detach of name === 'page' ? [[]] : [[], ['--detach']]) {
          const above = join(top, 'new');
          const folder = join(above, name);
          const answer = await run(['emulator', 'start', '--dir', folder, ...words, ...detach, '--json']);
          assert.equal(JSON.parse(answer.stdout).error.code, code, answer.stderr);
          assert.equal(existsSync(above), false, `${name} ${detach}`);
        }
      }
      // What others have there stays, and so does a state.
      const folder = join(top, 'mine');
      mkdirSync(join(folder, 'emulator'), { recursive: true });
      writeFileSync(join(folder, 'emulator', 'notes.txt'), '');
      await run(['emulator', 'start', '--dir', folder, ...free, '--port', taken]);
      assert.deepEqual(readdirSync(join(folder, 'emulator')), ['notes.txt']);
      const { endpoints, stop } = await startEmulatorProcess(folder);
      await stop();
      await run(['emulator', 'start', '--dir', folder, ...free, '--port', taken]);
      const again = await startEmulatorProcess(folder);
      await again.stop();
      assert.equal(again.endpoints.idScope, endpoints.idScope);
    } finally {
      server.close();
    }
  }));

if (process.platform !== 'win32') {
  test('an emulator whose log is a pipe, a folder or a link is not started, and nothing is written', () =>
    inTemporaryFolder(async (top) => {
      const inThePlace: Record<string, (path: string) => void> = {
        pipe: (path) => execFileSync('mkfifo', [path]),
        folder: (path) => mkdirSync(path),
        link: (path) => symlinkSync(join(top, 'outside'), path),
      };
      for (const [what, place] of Object.entries(inThePlace)) {
        for (const [state, ...argv] of [
          ['emulator', 'emulator', 'start', '--detach'],
          ['emulator', 'emulator', 'start'],
          ['.enrollkit/emulator', 'quickstart', '--yes', '--count', '1'],
        ] as [string, ...string[]][]) {
          const folder = join(top, what, argv.join(''));
          const log = join(folder, state, 'emulator.log');
          mkdirSync(join(folder, state), { recursive: true });
          place(log);
          const { status, stdout } = await run([...argv, '--dir', folder, '--json']);
          assert.equal(status, 9, `${what}, ${argv.join(' ')}: ${stdout}`);
          const { code, message } = JSON.parse(stdout).error;
          assert.match(code, /^FILE_(EXISTS|UNWRITABLE)$/);
          assert.ok(message.includes(log), message);
          assert.deepEqual(readdirSync(join(folder, state)), ['emulator.log']);
          // One who reads it is told, too.
          const logs = await run(['emulator', 'logs', '--dir', folder]);
          assert.ok(logs.status === 9 || what === 'link', logs.stderr + logs.stdout);
        }
      }
      assert.ok(!existsSync(join(top, 'outside')));
    }));
}

test('what is stopped is found again: by a quickstart, and by the next emulator start', () =>
  inFolder(async (enrollkit, emulator, folder) => {
    await enrollkit('quickstart', '--yes', '--count', '1', '--no-telemetry');
    await emulator.stop();
    const groups = await enrollkit('group', 'list');
    assert.equal(groups.enrollmentGroups.length, 1, 'started for this command on the state that there is');
    const again = await startEmulatorProcess(folder);
    try {
      assert.equal(again.endpoints.idScope, emulator.endpoints.idScope);
    } finally {
      await again.stop();
    }
    assert.equal(existsSync(join(folder, '.enrollkit', 'emulator')), false);
  }));

test('the emulator of F/.enrollkit is used before that of F, unless only that of F runs', () =>
  inFolder(async (enrollkit, { endpoints, stop }, folder) => {
    const inner = await startEmulatorProcess(join(folder, '.enrollkit'));
    try {
      assert.equal((await enrollkit('emulator', 'status')).idScope, inner.endpoints.idScope);
    } finally {
      await inner.stop();
    }
    assert.equal((await enrollkit('emulator', 'status')).idScope, endpoints.idScope);
    await stop();
    const status = await run(['emulator', 'status', '--dir', folder, '--json']);
    assert.equal(status.status, 12);
    assert.equal(JSON.parse(status.stdout).dir, join(folder, '.enrollkit'));
  }));

test('a folder named emulator that is not an emulator’s state is not ours, and state without an emulator is none', () =>
  inTemporaryFolder(async (folder) => {
    mkdirSync(join(folder, 'emulator'));
    writeFileSync(join(folder, 'emulator', 'notes.txt'), 'mine');
    const quickstart = await run(['quickstart', '--yes', '--dir', folder, '--json']);
    assert.equal(JSON.parse(quickstart.stdout).error.code, 'FOLDER_NOT_EMPTY');
    mkdirSync(join(folder, '.enrollkit'));
    const list = await run(['group', 'list', '--dir', folder, '--json']);
    assert.equal(list.status, 4);
    assert.equal(JSON.parse(list.stdout).error.code, 'NOT_FOUND');
  }));

for (const place of ['F', 'F/.enrollkit']) {
  test(`clean --certificates keeps the emulator that runs in ${place}, and says so`, () =>
    inTemporaryFolder(async (top) => {
      const folder = join(top, 'F');
      const emulator = await startEmulatorProcess(join(top, place));
      try {
        const flags = ['--yes', '--dir', folder];
        assert.equal((await run(['quickstart', '--count', '1', '--no-telemetry', ...flags])).status, 0);
        const clean = await run(['clean', '--certificates', ...flags], {
          env: { ENROLLKIT_MESSAGE_IDS: '1' },
        });
        assert.equal(clean.status, 0, clean.stderr);
        assert.ok(clean.stderr.includes('[clean.emulator]'), clean.stderr);
        assert.equal((await run(['emulator', 'status', '--dir', folder])).status, 0);
        assert.deepEqual(readdirSync(folder), [place === 'F' ? 'emulator' : '.enrollkit']);
      } finally {
        await emulator.stop();
      }
    }));
}

test.run();
