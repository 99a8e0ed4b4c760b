/** `enrollkit clean` on a folder in which another command is at work. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { KnownHubs } from '../../src/dps/client/known-hubs.js';
import { layoutOf } from '../../src/workspace/layout.js';
import { takeLock } from '../../src/workspace/lock.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';
import { inCommandWorld } from './running-emulator.js';

test('clean refuses a folder in use, with the process and the time, also while its journal is still empty', () =>
  inTemporaryFolder(async (folder) => {
    const release = takeLock(layoutOf(folder).lock);
    for (const more of [[], ['--certificates']]) {
      const ended = await run(['clean', '--yes', '--json', '--dir', folder, ...more]);
      assert.equal(ended.status, 9, ended.stdout);
      const { error } = JSON.parse(ended.stdout);
      assert.equal(error.code, 'FOLDER_IN_USE');
      assert.equal(error.context.pid, process.pid);
      assert.ok(Date.parse(error.context.since) <= Date.now());
    }
    release();
    assert.equal((await run(['clean', '--yes', '--dir', folder])).status, 0);
    assert.deepEqual(readdirSync(folder), []);
  }));

test('clean removes the temporary files of a killed command, though nothing else is there', () =>
  inTemporaryFolder(async (folder) => {
    const staged = join(layoutOf(folder).pending, 'staged');
    mkdirSync(staged, { recursive: true });
    writeFileSync(join(staged, '0'), 'a private key');
    assert.equal((await run(['clean', '--yes', '--dir', folder])).status, 0);
    assert.deepEqual(readdirSync(folder), []);
  }));

test('clean --dry-run lists what would be deleted, asks nothing and deletes nothing', () =>
  inCommandWorld(async ({ folder, json, enrollkit }) => {
    await json(['quickstart', '--yes', '--count', '1']);
    const files = () => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
    const before = files();
    const { wouldRemove } = await json(['clean', '--dry-run']);
    assert.deepEqual(
      wouldRemove.map(({ kind }: any) => kind),
      ['hub-device', 'registration', 'enrollment-group', 'ca-certificate'],
    );
    assert.match((await enrollkit('clean', '--dry-run')).stdout, /enrollment group enrollkit-devices/);
    const all = await json(['clean', '--dry-run', '--certificates']);
    assert.ok(all.wouldRemove.some(({ kind, path }: any) => kind === 'file' && path === 'ca/root/key.pem'));
    assert.deepEqual(files(), before);
    assert.equal((await json(['group', 'list'])).enrollmentGroups.length, 1);
    await json(['clean', '--yes']);
    assert.deepEqual(await json(['clean', '--dry-run']), { wouldRemove: [] });
    assert.equal((await enrollkit('clean', '--dry-run')).status, 0);
  }));

/** All that a quickstart writes, apart from the emulator. */
function loseFolder(folder: string): void {
  for (const name of readdirSync(folder))
    if (name !== '.enrollkit') rmSync(join(folder, name), { recursive: true });
  for (const name of ['journal.ndjson', 'plan.json', 'runs']) {
    rmSync(join(folder, '.enrollkit', name), { recursive: true, force: true });
  }
}

test('clean --find finds what lost folders created by its marks, and nothing else', () =>
  inCommandWorld(async ({ folder, json, enrollkit, target }) => {
    const kinds = (things: any[]) => things.map(({ kind }) => kind);
    const everything = async () => ({
      cas: (await json(['ca', 'list'])).certificates.map(({ name }: any) => name).sort(),
      groups: (await json(['group', 'list'])).enrollmentGroups
        .map((one: any) => one.enrollmentGroupId)
        .sort(),
    });
    await json(['quickstart', '--yes', '--count', '1']);
    assert.deepEqual((await json(['clean', '--find', '--dry-run'])).runs, [], 'the folder knows its own run');
    loseFolder(folder);
    const second = [
      '--group',
      'second',
      '--ca-name',
      'second',
      '--root-name',
      'Contoso Root',
      '--device',
      'd-2',
    ];
    await json(['quickstart', '--yes', ...second, '--no-telemetry']);
    loseFolder(folder);
    // Others, with names and certificates like those of runs.
    const foreign = join(folder, '..', 'other');
    await run(['cert', 'root', 'Enrollkit Root CA 0A1B2C3D', '--out', foreign]);
    await json(['ca', 'upload', join(foreign, 'certificate.pem'), '--ca-name', 'enrollkit-root-2']);
    const keys = ['--certificate', join(foreign, 'certificate.pem'), '--key', join(foreign, 'key.pem')];
    await json(['ca', 'verify', 'enrollkit-root-2', ...keys]);
    await json(['group', 'create', 'enrollkit-devices-2', '--ca-name', 'enrollkit-root-2']);
    const hub = new KnownHubs(target).of(target.hubConnectionStrings[0]!.hostName)!;
    assert.deepEqual(await everything(), {
      cas: ['enrollkit-root', 'enrollkit-root-2', 'second'],
      groups: ['enrollkit-devices', 'enrollkit-devices-2', 'second'],
    });

    const { runs, notSearched } = await json(['clean', '--find', '--dry-run']);
    assert.deepEqual(notSearched, []);
    const marked = runs.filter(({ toldBy }: any) => toldBy === 'tag');
    assert.equal(marked.length, 2);
    const named = runs.filter(({ toldBy }: any) => toldBy === 'name');
    assert.deepEqual(
      named.flatMap(({ things }: any) => things.map(({ name }: any) => name)),
      ['enrollkit-root-2'],
    );
    for (const { run, createdAt, things } of marked) {
      assert.match(run, /^[0-9a-f]{16}$/);
      assert.ok(Date.parse(createdAt) <= Date.now());
      assert.deepEqual(kinds(things), ['hub-device', 'registration', 'enrollment-group', 'ca-certificate']);
    }
    const shown = (await enrollkit('clean', '--find', '--dry-run')).stdout;
    for (const { run } of runs) assert.ok(shown.includes(run), shown);

    const unknown = await json(['clean', '--find', '--yes', '--run', '0123456789abcdef'], 4);
    assert.equal(unknown.code, 'NOT_FOUND');
    const unasked = await json(['clean', '--find'], 8);
    assert.equal(unasked.code, 'NEEDS_INPUT');
    const older = await json(['clean', '--find', '--yes', '--run', marked[0].run]);
    assert.equal(older.removed.length, 4);
    assert.deepEqual(await everything(), {
      cas: ['enrollkit-root-2', 'second'],
      groups: ['enrollkit-devices-2', 'second'],
    });
    assert.equal(await hub.getDevice('device-001'), undefined);
    assert.ok(await hub.getDevice('d-2'));
    await json(['clean', '--find', '--yes']);
    assert.deepEqual(await everything(), { cas: ['enrollkit-root-2'], groups: ['enrollkit-devices-2'] });
    // A name tells less than a tag: such a CA has to be named.
    assert.equal((await json(['clean', '--find', '--yes'])).runs.length, 1);
    assert.equal((await everything()).cas.length, 1);
    hub.close();
  }));

test('clean refuses the flags of --find without it, and --certificates with it', () =>
  inTemporaryFolder(async (folder) => {
    for (const argv of [
      ['--run', 'a'],
      ['--target', 'azure'],
      ['--find', '--certificates'],
    ]) {
      const ended = await run(['clean', '--json', '--yes', '--dir', folder, ...argv]);
      assert.equal(JSON.parse(ended.stdout).error.code, 'USAGE', ended.stdout);
    }
  }));

test.run();
