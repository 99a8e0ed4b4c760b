import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import { askEmulator, patienceMs, settled } from '../../src/emulator/control/running.js';

import { type EmulatorEndpoints, type EmulatorEvent, startEmulator } from '../../src/emulator/start.js';
import { howToPermit, listenEverywhere } from '../../src/emulator/wire/network/listen.js';
import { EnrollkitError } from '../../src/errors.js';
import { takeLock } from '../../src/workspace/lock.js';
import { startEmulatorProcess } from '../support/emulator-process.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';
import { cli, type Ended } from './run-cli.js';

const free = ['--port', '0', '--mqtt-port', '0'];

/** Emulator commands on one folder; whatever still runs there is ended afterwards. */
async function inStateFolder(
  use: (emulator: (...arguments_: string[]) => Promise<Ended>, dir: string) => Promise<void>,
): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const dir = join(folder, 'state');
    // What starts one has a process of its own, as the emulator must outlive it.
    const emulator = (command: string, ...arguments_: string[]) =>
      (command === 'start' ? cli : run)(['emulator', command, '--dir', dir, ...arguments_], {
        env: withCodes,
      });
    try {
      await use(emulator as (...arguments_: string[]) => Promise<Ended>, dir);
    } finally {
      const { pid } = JSON.parse((await emulator('status', '--json')).stdout) as { pid?: number };
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    }
  });
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('start --detach returns when it is ready; status, a second start, stop', () =>
  inStateFolder(async (emulator, dir) => {
    const before = await emulator('status');
    assert.equal(before.status, 12);
    assert.match(before.stdout, /^\[emulator\.not-running\] /);
    assert.equal(existsSync(dir), false);

    const started = await emulator('start', '--detach', ...free, '--json');
    assert.equal(started.status, 0, started.stderr);
    const endpoints = JSON.parse(started.stdout) as EmulatorEndpoints;
    assert.equal((await askEmulator(endpoints, 'GET', '/emulator/clock')).status, 200);

    const status = await emulator('status', '--json');
    assert.equal(status.status, 0, status.stderr);
    const told = JSON.parse(status.stdout);
    assert.deepEqual([told.running, told.idScope, told.ports], [true, endpoints.idScope, endpoints.ports]);
    assert.equal(told.clock.offset, 0);
    assert.ok(lives(told.pid));
    assert.equal(statSync(told.log).mode & 0o777, 0o600);
    for (const secret of [endpoints.armToken, 'SharedAccessKey=']) {
      assert.ok(!status.stdout.includes(secret), 'status tells no secrets');
    }
    const people = await emulator('status');
    for (const text of [endpoints.idScope, String(told.pid), endpoints.hubHostName]) {
      assert.ok(people.stdout.includes(text), text);
    }

    const second = await emulator('start', '--detach', ...free);
    assert.equal(second.status, 9);
    assertRefusal(second.stderr, 'EMULATOR_STATE_IN_USE', dir, String(told.pid), 'emulator stop --dir ');

    const stopped = await emulator('stop', '--json');
    assert.deepEqual([stopped.status, JSON.parse(stopped.stdout).stopped], [0, true]);
    assert.equal(existsSync(join(dir, 'emulator', 'endpoints.json')), false);
    const again = await emulator('stop', '--json');
    assert.deepEqual([again.status, JSON.parse(again.stdout).stopped], [0, false]);
    assert.equal((await emulator('status')).status, 12);
  }));

test('start --detach tells why it cannot, as start does, and leaves no process', () =>
  inStateFolder(async (emulator) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    try {
      const { status, stderr, stdout } = await emulator(
        'start',
        ...['--detach', '--port', String(port), '--mqtt-port', '0', '--json'],
      );
      assert.equal(status, 9);
      assert.equal(JSON.parse(stdout).error.code, 'PORT_IN_USE');
      assert.match(stderr, new RegExp(`Port ${port} .* is in use.\n\nnext: .*--port PORT`));
    } finally {
      taken.close();
    }
    assert.equal((await emulator('status')).status, 12);
  }));

test('a killed emulator leaves nothing that confuses', () =>
  inStateFolder(async (emulator, dir) => {
    const child = await startEmulatorProcess(dir);
    child.process.kill('SIGKILL');
    await once(child.process, 'exit');
    assert.ok(existsSync(join(dir, 'emulator', 'endpoints.json')));
    assert.equal((await emulator('status')).status, 12);
    assert.equal((await emulator('clock')).status, 4);
    assert.equal((await emulator('reset')).status, 0);
    assert.equal((await emulator('stop')).status, 0);
    assert.equal(existsSync(join(dir, 'emulator', 'endpoints.json')), false);
    const started = await emulator('start', '--detach', ...free, '--json');
    assert.equal(started.status, 0, started.stderr);
    assert.equal(JSON.parse(started.stdout).idScope, child.endpoints.idScope);
    assert.equal((await emulator('stop')).status, 0);
  }));

test('stop ends an emulator in the foreground, too, with status 0', () =>
  inStateFolder(async (emulator, dir) => {
    const child = await startEmulatorProcess(dir);
    const exit = once(child.process, 'exit');
    assert.equal((await emulator('stop')).status, 0);
    assert.deepEqual(await exit, [0, null]);
  }));

test('reset empties a running emulator in place, and one that does not run', () =>
  inStateFolder(async (emulator, dir) => {
    const child = await startEmulatorProcess(dir);
    const put = () => askGroup(child.endpoints, 'PUT', { enrollmentGroupId: 'g', attestation });
    assert.equal(await put(), 200);
    assert.equal(await askGroup(child.endpoints), 200);
    assert.equal((await emulator('clock', '--advance', '2h')).status, 0);
    const running = await emulator('reset', '--json');
    assert.deepEqual([running.status, JSON.parse(running.stdout).reset], [0, true], running.stderr);
    assert.equal(await askGroup(child.endpoints), 404, 'on the same ports, with the same keys');
    assert.equal(JSON.parse((await emulator('clock', '--json')).stdout).offset, 0);

    const refused = await emulator('reset', '--new-identity');
    assert.equal(refused.status, 9);
    assertRefusal(refused.stderr, 'EMULATOR_STATE_IN_USE', 'emulator stop --dir ');
    assert.equal(await put(), 200);
    await child.stop();

    assert.equal((await emulator('reset')).status, 0);
    const second = await startEmulatorProcess(dir);
    assert.equal(second.endpoints.idScope, child.endpoints.idScope);
    const root = readFileSync(second.endpoints.caFile!, 'utf8');
    assert.equal(await askGroup(second.endpoints), 404);
    await second.stop();

    assert.equal((await emulator('reset', '--new-identity')).status, 0);
    assert.deepEqual(
      readdirSync(join(dir, 'emulator')).filter((name) => /^(state|tls)/.test(name)),
      [],
    );
    // A reset that was killed at its end leaves the claim of a process that does not exist any more.
    const lock = join(dir, 'emulator', 'lock');
    mkdirSync(lock, { recursive: true });
    writeFileSync(join(lock, `4194304-${Date.now()}-${'0'.repeat(8)}-${'0'.repeat(8)}`), '');
    utimesSync(join(lock, readdirSync(lock)[0]!), 0, 0);
    assert.equal((await emulator('reset', '--new-identity')).status, 0);
    assert.ok(!existsSync(lock));
    const third = await startEmulatorProcess(dir);
    assert.notEqual(third.endpoints.idScope, child.endpoints.idScope);
    assert.notEqual(readFileSync(third.endpoints.caFile!, 'utf8'), root);
    await third.stop();
  }));

const attestation = { type: 'symmetricKey' };

async function askGroup(endpoints: Record<string, unknown>, method = 'GET', body?: unknown): Promise<number> {
  const path = '/enrollmentGroups/g?api-version=2021-10-01';
  return (await askEmulator(endpoints as unknown as EmulatorEndpoints, method, path, body)).status;
}

test('a process that has the folder and does not start an emulator is named, with its time', () =>
  inTemporaryFolder(async (dir) => {
    const release = takeLock(join(dir, 'emulator', 'lock'));
    const { now } = Date;
    let skipped = 0;
    // Instead of waiting.
    Date.now = () => {
      skipped += patienceMs / 2;
      return now() + skipped;
    };
    try {
      await assert.rejects(settled(dir), (error: unknown) => {
        assert.ok(error instanceof EnrollkitError);
        assert.deepEqual([error.code, error.context.pid], ['EMULATOR_STATE_IN_USE', process.pid]);
        assert.ok(Date.parse(String(error.context.since)) <= now());
        return true;
      });
    } finally {
      Date.now = now;
      release();
    }
  }));

test('clock shows and sets the clock of the running emulator', () =>
  inStateFolder(async (emulator, dir) => {
    const child = await startEmulatorProcess(dir);
    try {
      const shown = await emulator('clock');
      assert.ok(Math.abs(Date.parse(shown.stdout.trim()) - Date.now()) < 60_000);
      assert.match((await emulator('clock', '--at', '2031-05-06')).stdout, /^2031-05-06T00:00:0/);
      assert.match((await emulator('clock', '--advance', '-1d')).stdout, /^2031-05-05T00:00:0/);
      const reset = await emulator('clock', '--reset', '--json');
      assert.equal(JSON.parse(reset.stdout).offset, 0);
      for (const [step, told] of [
        ['30d', '30d ahead of'],
        ['-721h', '1h behind'],
      ] as const) {
        await emulator('clock', '--advance', step);
        assert.match((await emulator('status')).stdout, new RegExp(`Clock .*Z, ${told} this computer`));
      }
      for (const bad of [
        ['--at', 'tomorrow'],
        ['--advance', '3 weeks'],
        ['--advance', '999999999d'],
        ['--reset', '--at', '2031-01-01'],
      ]) {
        assert.equal((await emulator('clock', ...bad)).status, 2, bad.join(' '));
      }
    } finally {
      await child.stop();
    }
  }));

test('a port that the user may not open, and what permits it on each system', async () => {
  const refusing = () => {
    const server = createServer();
    server.listen = () => {
      const error = Object.assign(new Error('listen EACCES'), { code: 'EACCES' });
      queueMicrotask(() => server.emit('error', error));
      return server;
    };
    return server;
  };
  await assert.rejects(
    listenEverywhere({
      createServer: refusing,
      ...{ addresses: ['127.0.0.1'], port: 443, protocol: 'HTTPS', flag: '--port' },
    }),
    (error: EnrollkitError) => {
      assert.ok(error instanceof EnrollkitError);
      assert.equal(error.code, 'PORT_NOT_PERMITTED');
      assert.match(error.message, /\b443\b.*127\.0\.0\.1.*HTTPS/);
      assert.ok(error.next.includes(howToPermit(process.platform, process.execPath)));
      assert.match(error.next, /--port PORT/);
      return true;
    },
  );
  assert.match(howToPermit('linux', '/usr/bin/node'), /setcap cap_net_bind_service=\+ep "\/usr\/bin\/node"/);
  assert.match(howToPermit('darwin', 'node'), /sudo/);
  assert.match(howToPermit('win32', 'node'), /excludedportrange/);
});

test('a command asks a running emulator for its clock, and for nothing else but what it is about', () =>
  inTemporaryFolder(async (dir) => {
    const events: EmulatorEvent[] = [];
    await using _emulator = await startEmulator({ dir, log: (event) => events.push(event) });
    const { status, stdout } = await run(['group', 'list', '--dir', dir, '--json']);
    assert.equal(status, 0, stdout);
    assert.deepEqual(JSON.parse(stdout).enrollmentGroups, []);
    const asked = events.filter(({ operation }) => !operation.includes('clock'));
    assert.deepEqual(
      asked.map(({ plane }) => plane),
      ['service'],
    );
    assert.ok(events.length <= 2, JSON.stringify(events));
  }));

test.run();
