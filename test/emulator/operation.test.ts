import assert from 'node:assert/strict';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { test } from 'uvu';
import { resetStoppedEmulator } from '../../src/emulator/control/empty-folder.js';
import { controlPaths } from '../../src/emulator/control/paths.js';
import { askEmulator, findEmulator } from '../../src/emulator/control/running.js';
import { runningEmulator, startEmulator } from '../../src/emulator/start.js';
import { make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { groupBody, startTestEmulator, type TestEmulator } from './support.js';

const day = 86_400_000;

test('await using ends an emulator', async () => {
  await inTemporaryFolder(async (dir) => {
    {
      await using emulator = await startEmulator({ dir });
      assert.equal(findEmulator(dir).kind, 'running');
      assert.ok(emulator.endpoints.idScope);
    }
    assert.equal(findEmulator(dir).kind, 'stopped');
  });
});

test('a reset empties the state and keeps the endpoints, in memory and in a folder', async () => {
  await inTemporaryFolder(async (folder) => {
    for (const dir of [':memory:', folder]) {
      const emulator = await startTestEmulator({ dir });
      try {
        const root = await make('root', 'Root');
        const device = await make('device', 'device-1', root);
        await emulator.verifiedCa('root', root);
        await emulator.service('PUT', '/enrollmentGroups/g', groupBody('g', { reference: 'root' }));
        assert.equal((await emulator.register('device-1', [device])).body.status, 'assigned');
        emulator.clock.advance(day);

        await emulator.reset();
        assert.equal(emulator.clock.offset, 0);
        for (const path of ['/enrollmentGroups/g', '/registrations/device-1']) {
          assert.equal((await emulator.service('GET', path)).status, 404, path);
        }
        assert.deepEqual((await emulator.arm('GET', '/certificates')).body.value, []);
        assert.equal((await emulator.register('device-1', [device])).status, 401);

        await emulator.verifiedCa('root', root);
        await emulator.service('PUT', '/enrollmentGroups/g', groupBody('g', { reference: 'root' }));
        const again = await emulator.register('device-1', [device]);
        assert.equal(again.body.registrationState.substatus, 'initialAssignment');
        assert.equal(again.body.registrationState.assignedHub, emulator.endpoints.hubHostName);
      } finally {
        await emulator.stop();
      }
      await assert.rejects(emulator.reset(), /has stopped/);
    }
  });
});

test('a clock that was set stays set after a restart, until it or the emulator is reset', () =>
  inTemporaryFolder(async (dir) => {
    const offsetAfter = async (act: (emulator: TestEmulator) => void | Promise<void>) => {
      const emulator = await startTestEmulator({ dir });
      try {
        await act(emulator);
      } finally {
        await emulator.stop();
      }
      const again = await startTestEmulator({ dir });
      await again.stop();
      return again.clock.offset;
    };
    assert.equal(Math.round((await offsetAfter(({ clock }) => clock.advance(30 * day))) / day), 30);
    assert.equal(Math.round((await offsetAfter(() => {})) / day), 30);
    assert.equal(await offsetAfter(({ clock }) => clock.reset()), 0);
    assert.ok(await offsetAfter(({ clock }) => clock.advance(-day)));
    assert.equal(await offsetAfter((emulator) => emulator.reset()), 0);
    await offsetAfter(({ clock }) => clock.advance(day));
    assert.equal(resetStoppedEmulator(dir, { newIdentity: false }), true);
    assert.equal(await offsetAfter(() => {}), 0);
  }));

test('certificates, tokens and records go by the clock that is set', async () => {
  const emulator = await startTestEmulator();
  try {
    const root = await make('root', 'Root');
    const device = await make('device', 'device-1', root);
    await emulator.verifiedCa('root', root);
    const group = groupBody('g', { reference: 'root' });
    await emulator.service('PUT', '/enrollmentGroups/g', group);

    emulator.clock.advance(30 * day);
    const registered = await emulator.register('device-1', [device]);
    assert.equal(registered.body.status, 'assigned');
    const created = Date.parse(registered.body.registrationState.createdDateTimeUtc);
    assert.ok(Math.abs(created - Date.now() - 30 * day) < 60_000);
    assert.equal((await emulator.service('GET', '/enrollmentGroups/g')).status, 401, 'the token has expired');

    emulator.clock.set(new Date('2090-01-01T00:00:00Z'));
    assert.equal((await emulator.register('device-1', [device])).body.errorCode, 401002);
    await setTimeout(20);
    assert.ok(emulator.clock.now() > new Date('2090-01-01T00:00:00.010Z'), 'it goes on');

    emulator.clock.reset();
    assert.equal((await emulator.service('GET', '/enrollmentGroups/g')).status, 200);
    assert.throws(() => emulator.clock.set(new Date('nonsense')), RangeError);
    assert.throws(() => emulator.clock.advance(Number.NaN), RangeError);
    assert.throws(() => emulator.clock.advance(8000 * 366 * day), RangeError);
    assert.equal(emulator.clock.offset, 0);
  } finally {
    await emulator.stop();
  }
});

test('the clock is set over HTTPS, by whoever has the token', async () => {
  const emulator = await startTestEmulator();
  const { endpoints, clock } = emulator;
  try {
    const put = async (body: unknown) => askEmulator(endpoints, 'PUT', controlPaths.clock, body);
    assert.equal((await put({ advance: day })).status, 200);
    assert.equal(clock.offset, day);
    const at = (await put({ at: '2030-01-01T00:00:00Z' })).body as { now: string };
    assert.match(at.now, /^2030-01-01T00:00:0/);
    assert.deepEqual(
      ((await askEmulator(endpoints, 'GET', controlPaths.clock)).body as { offset: number }).offset,
      clock.offset,
    );
    assert.equal((await put({ reset: true })).status, 200);
    assert.equal(clock.offset, 0);
    for (const body of [
      {},
      [],
      7,
      null,
      { at: 'tomorrow' },
      { at: 3 },
      { advance: '1' },
      { advance: 1e300 },
    ]) {
      assert.equal((await put(body)).status, 400, JSON.stringify(body));
    }
    assert.equal(clock.offset, 0);
    for (const path of Object.values(controlPaths)) {
      for (const method of ['GET', 'PUT', 'POST']) {
        for (const authorization of ['', 'Bearer wrong']) {
          const { status } = await emulator.call({ method, path, headers: { authorization } });
          assert.ok([401, 405].includes(status), `${method} ${path} ${status}`);
        }
      }
    }
    assert.equal((await askEmulator(endpoints, 'POST', controlPaths.stop)).status, 409);
    assert.equal((await emulator.arm('GET', '')).status, 200);
  } finally {
    await emulator.stop();
  }
});

test('whether an emulator has a folder is told by its lock, whatever lies there', async () => {
  await inTemporaryFolder(async (dir) => {
    assert.equal(findEmulator(dir).kind, 'stopped');
    assert.equal(existsSync(join(dir, 'emulator')), false, 'looking makes nothing');
    const emulator = await startEmulator({ dir });
    const found = findEmulator(dir);
    assert.ok(found.kind === 'running');
    assert.equal(found.pid, process.pid);
    assert.deepEqual(found.endpoints, emulator.endpoints);
    assert.deepEqual(await runningEmulator(dir), emulator.endpoints);
    // What says that it runs, and it answers, but on another folder.
    const copy = `${dir}/copy`;
    cpSync(join(dir, 'emulator'), join(copy, 'emulator'), { recursive: true });
    assert.equal(existsSync(join(copy, 'emulator', 'endpoints.json')), true);
    assert.equal(findEmulator(copy).kind, 'stopped');
    assert.equal(await runningEmulator(copy), undefined);
    await emulator.stop();
    assert.equal(await runningEmulator(dir), undefined);
    assert.equal(findEmulator(dir).kind, 'stopped');
  });
});

test.run();
