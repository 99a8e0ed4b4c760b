import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { bin } from '../support/bin.js';
import { startEmulatorProcess } from '../support/emulator-process.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

const lines = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('fleet: issued, registered with kill -9 in between, shown, refused, taken back', () =>
  inTemporaryFolder(async (cwd) => {
    const enrollkit = async (status: number, ...arguments_: string[]) => {
      const ended = await run(arguments_, { cwd });
      assert.equal(ended.status, status, ended.stderr + ended.stdout);
      return ended;
    };
    await enrollkit(0, 'quickstart', '--yes', '--count', '1');
    const emulator = await startEmulatorProcess(join(cwd, 'certs', '.enrollkit'));
    try {
      const pattern = ['--count', '60', '--pattern', 'd-{00..}', '--format', 'ndjson'];
      await enrollkit(0, 'fleet', 'issue', ...pattern, '--out', 'f.ndjson');
      const results = join(cwd, 'f.ndjson.registrations.ndjson');
      await killedAt(cwd, ['fleet', 'register', 'f.ndjson', '--protocol', 'https'], results, 2000);
      const killed = lines(results).length;
      assert.ok(killed > 0 && killed < 60, String(killed));

      const resumed = await enrollkit(0, 'fleet', 'register', 'f.ndjson', '--protocol', 'https');
      assert.match(resumed.stdout, new RegExp(`^${60 - killed}\\b.*\\b${killed}\\b.*\\b0\\b`));
      // The histogram of latencies.
      assert.match(resumed.stdout, /\n.*\d.* #+\n/);
      assert.ok(resumed.stdout.split('\n').every((line) => line.length <= 80));
      const ids = lines(results).map(({ registrationId }) => registrationId);
      assert.equal(new Set(ids).size, 60);
      assert.equal(ids.length, 60);
      const again = await enrollkit(0, 'fleet', 'register', 'f.ndjson', '--json', '--quiet');
      assert.equal(again.stderr, '');
      assert.equal(JSON.parse(again.stdout).before, 60);

      await enrollkit(8, 'fleet', 'deregister', 'f.ndjson');
      await enrollkit(0, 'fleet', 'deregister', 'f.ndjson', '--hub-devices', '--yes');
      assert.ok(!existsSync(results));
      await enrollkit(0, 'group', 'delete', 'enrollkit-devices', '--yes');
      const refused = await enrollkit(4, 'fleet', 'register', 'f.ndjson');
      assert.match(refused.stdout, /^0\b.*\b60\b/);
      assert.match(refused.stdout, /^60\b.* DEVICE_NOT_AUTHORIZED 401002\n {2}\S/m);
    } finally {
      await emulator.stop();
    }
  }));

test('fleet: what is no fleet, no number, no manifest is refused', () =>
  inTemporaryFolder(async (cwd) => {
    const enrollkit = async (status: number, code: string, fact: string, ...arguments_: string[]) => {
      const ended = await run(['fleet', ...arguments_], { cwd, env: withCodes });
      assert.equal(ended.status, status, ended.stderr);
      assertRefusal(ended.stderr, code, fact);
      assert.equal(ended.stdout, '');
    };
    await enrollkit(9, 'FILE_UNREADABLE', 'nothing.manifest.csv', 'register', 'nothing');
    await enrollkit(2, 'USAGE', '--rate', 'register', 'x', '--rate', 'fast');
    await enrollkit(2, 'USAGE', '--concurrency', 'enroll', 'x', '--concurrency', '0');
    await enrollkit(2, 'USAGE', 'fleet register --help', 'register');
  }));

test('--global-endpoint is where the device goes', () =>
  inTemporaryFolder(async (cwd) => {
    const made = await run(['quickstart', '--yes', '--count', '1'], { cwd });
    assert.equal(made.status, 0, made.stderr);
    for (const protocol of ['https', 'mqtt']) {
      const flags = ['--global-endpoint', '127.0.0.1:9', '--protocol', protocol];
      const { status, stderr } = await run(['device', 'register', 'device-001', ...flags], { cwd });
      assert.equal(status, 5, stderr);
      assert.match(stderr, /127\.0\.0\.1:9/);
    }
  }));

/** Kills the command as soon as a file is that long. */
function killedAt(cwd: string, arguments_: string[], path: string, size: number): Promise<void> {
  return new Promise((ended, failed) => {
    const child = spawn(process.execPath, [bin, ...arguments_], { cwd, stdio: 'ignore' });
    const timer = setInterval(() => {
      if (existsSync(path) && statSync(path).size >= size) child.kill('SIGKILL');
    }, 1);
    child.on('error', failed);
    child.on('close', () => {
      clearInterval(timer);
      ended();
    });
  });
}

test.run();
