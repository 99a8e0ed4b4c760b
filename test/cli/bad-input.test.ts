import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { defaultPlan } from '../../src/quickstart/plan/answers.js';
import { bin } from '../support/bin.js';
import { assertRefusal, errorText, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { type RunOptions, run } from './in-process.js';
import { cli } from './run-cli.js';

/** What a person typed, the exit status, the code of the error, and what it must name. */
async function refuses(
  arguments_: string[],
  status: number,
  [code, ...facts]: [code: string, ...facts: string[]],
  { env, ...options }: RunOptions = {},
): Promise<void> {
  const ended = await run(arguments_, { ...options, env: { ...env, ...withCodes } });
  assert.equal(ended.status, status, `${arguments_.join(' ')}\n${ended.stderr}`);
  assertRefusal(ended.stderr, code, ...facts);
  assert.match(ended.stderr, errorText);
  assert.equal(ended.stdout, '');
}

test('arguments that are none', async () => {
  await Promise.all([
    refuses(['quickstart', '--no-such-flag'], 2, ['USAGE', '--no-such-flag']),
    refuses(['quickstrat'], 2, ['USAGE', '"quickstrat"', 'quickstart']),
    refuses(['group'], 2, ['USAGE', 'group ']),
    refuses(['group', 'show'], 2, ['USAGE', 'id']),
    refuses(['group', 'show', 'a', 'b'], 2, ['USAGE', 'group show', '1', '2']),
    refuses(['quickstart', '--protocol', 'carrier'], 2, ['USAGE', '"carrier"', 'mqtt, https']),
    refuses(['emulator', 'start', '--port', '70000'], 2, ['USAGE', '--port', '65535']),
    refuses(['quickstart', '--yes', '--count', '3', '--device', 'a'], 2, ['USAGE', '--device', '--count']),
    refuses(['quickstart', '--yes', '--dps-name', 'contoso'], 2, ['USAGE', '--target azure']),
    refuses(['quickstart', '--yes', '--target', 'azure'], 2, ['USAGE', '--dps-name', '--subscription']),
    refuses(['device', 'send', 'd1', '--message', '{'], 2, ['USAGE', '--message', 'line 1, column 2']),
  ]);
});

test('names against the rules', () =>
  inTemporaryFolder(async (cwd) => {
    const quickstart = ['quickstart', '--yes'];
    await Promise.all([
      refuses([...quickstart, '--device', 'a b'], 2, ['INVALID_REGISTRATION_ID', '"a b"', '" "'], { cwd }),
      refuses([...quickstart, '--group', 'x.'], 2, ['INVALID_ENROLLMENT_GROUP_ID', '"x."'], { cwd }),
      refuses([...quickstart, '--ca-name', 'a/b'], 2, ['INVALID_CERTIFICATE_NAME', '"a/b"'], { cwd }),
      refuses(
        [...quickstart, '--root-name', 'é'.repeat(65)],
        2,
        ['COMMON_NAME_TOO_LONG', '--root-name', '65'],
        { cwd },
      ),
      refuses(['device', 'register', 'd!'], 2, ['INVALID_REGISTRATION_ID', '"d!"'], { cwd }),
      refuses(['group', 'show', ''], 2, ['INVALID_ENROLLMENT_GROUP_ID'], { cwd }),
    ]);
    assert.deepEqual(readdirSync(cwd), []);
  }));

test('without a terminal nothing is asked, nothing hangs, and the flag is named', () =>
  inTemporaryFolder(async (cwd) => {
    const encrypt = ['quickstart', '--yes', '--encrypt-keys'];
    const passphrase: [string, ...string[]] = [
      'PASSPHRASE_REQUIRED',
      'ENROLLKIT_PASSPHRASE',
      '--passphrase-file',
    ];
    await Promise.all([
      refuses([], 8, ['NEEDS_INPUT', 'quickstart --yes'], { cwd }),
      refuses(['quickstart'], 8, ['NEEDS_INPUT', 'quickstart --yes'], { cwd }),
      refuses(['quickstart', '--count', '2'], 8, ['NEEDS_INPUT', '--yes'], { cwd }),
      refuses(['group', 'delete', 'g'], 8, ['NEEDS_INPUT', '--yes'], { cwd }),
      refuses(encrypt, 8, passphrase, { cwd }),
    ]);
    assert.deepEqual(readdirSync(cwd), []);
  }));

test('a plan file with an unknown field, one that is not JSON, one that is not there', () =>
  inTemporaryFolder(async (cwd) => {
    writeFileSync(join(cwd, 'unknown.json'), JSON.stringify({ ...defaultPlan, colour: 'red' }));
    writeFileSync(join(cwd, 'broken.json'), '{');
    const plan = (file: string) => ['quickstart', '--plan', file];
    await Promise.all([
      refuses(plan('unknown.json'), 2, ['INVALID_PLAN', 'unknown.json:1:', '"colour"'], { cwd }),
      refuses(plan('broken.json'), 2, ['INVALID_PLAN', 'broken.json:1:2: '], { cwd }),
      refuses(plan('none.json'), 9, ['FILE_UNREADABLE', 'none.json'], { cwd }),
    ]);
    assert.ok(!existsSync(join(cwd, 'certs')));
  }));

test('a folder that holds other files is refused, and stays as it is', () =>
  inTemporaryFolder(async (cwd) => {
    writeFileSync(join(cwd, 'thesis.txt'), 'mine');
    writeFileSync(join(cwd, 'README.md'), 'does not count');
    await refuses(['quickstart', '--yes', '--dir', '.'], 9, ['FOLDER_NOT_EMPTY', 'thesis.txt'], { cwd });
    assert.deepEqual(readdirSync(cwd).sort(), ['README.md', 'thesis.txt']);
  }));

test('a certificate that is not one, and none at all', () =>
  inTemporaryFolder(async (cwd) => {
    writeFileSync(join(cwd, 'note.pem'), 'no certificate');
    await Promise.all([
      refuses(['ca', 'upload', 'note.pem'], 2, ['INVALID_CERTIFICATE', 'note.pem: '], { cwd }),
      refuses(['ca', 'upload', 'none.pem'], 9, ['FILE_UNREADABLE', 'none.pem'], { cwd }),
      refuses(['group', 'list'], 4, ['NOT_FOUND', join(cwd, 'certs')], { cwd }),
      refuses(['device', 'register', 'd1'], 9, ['FILE_UNREADABLE', 'd1', 'certs'], { cwd }),
      refuses(['device', 'register', 'd1', '--key', 'k.pem'], 2, ['USAGE', '--certificate', '--key'], {
        cwd,
      }),
    ]);
  }));

test('a wrong connection string is never quoted', () =>
  inTemporaryFolder(async (cwd) => {
    const secret = 'c2VjcmV0c2VjcmV0';
    const arguments_ = ['group', 'list', '--target', 'azure', '--dps-name', 'contoso', '--verbose', '--json'];
    const env = { ENROLLKIT_SERVICE_CONNECTION_STRING: `HostName=contoso;SharedAccessKey=${secret}` };
    const { status, stdout, stderr } = await run(arguments_, { cwd, env });
    assert.equal(status, 2);
    const { code, message } = JSON.parse(stdout).error;
    assert.equal(code, 'INVALID_CONNECTION_STRING');
    assert.ok(message.includes('SharedAccessKeyName'), message);
    assert.ok(!(stdout + stderr).includes(secret));
  }));

test('a connection string of something else is noticed before anything is sent', () =>
  inTemporaryFolder(async (cwd) => {
    const azure = ['--target', 'azure', '--dps-name', 'my-dps', '--id-scope', '0ne00000001'];
    const portal = ['quickstart', '--yes', '--proof-of-possession', 'portal', ...azure];
    const string = (host: string) =>
      `HostName=${host};SharedAccessKeyName=owner;SharedAccessKey=c2VjcmV0a2V5`;
    const given = (host: string) => ({ cwd, env: { ENROLLKIT_SERVICE_CONNECTION_STRING: string(host) } });
    const wrong = 'INVALID_CONNECTION_STRING';
    await refuses(portal, 2, [wrong, 'hub.azure-devices.net'], given('hub.azure-devices.net'));
    const other = given('other.azure-devices-provisioning.net');
    await refuses(portal, 2, [wrong, 'other', 'my-dps'], other);
    const file = join(cwd, 'string.txt');
    writeFileSync(file, 'HostName=x');
    const fromFile = [...portal, '--connection-string-file', file];
    await refuses(fromFile, 2, [wrong, 'string.txt: ', 'SharedAccessKeyName'], { cwd });
  }));

test('a device certificate, or a chain that begins with one, is not uploaded as a CA', () =>
  inTemporaryFolder(async (cwd) => {
    const { status } = await run(['quickstart', '--yes', '--json', '--dir', 'c', '--no-telemetry'], { cwd });
    assert.equal(status, 0);
    for (const file of ['certificate.pem', 'chain.pem']) {
      const leaf = join('c', 'devices', 'device-001', file);
      await refuses(['ca', 'upload', leaf, '--dir', 'c'], 2, ['INVALID_CERTIFICATE', leaf], { cwd });
    }
  }));

if (existsSync('/dev/full')) {
  test('standard output on a full disk is reported, unless the command wrote nothing to it', () => {
    const full = openSync('/dev/full', 'w');
    const end = (...argv: string[]) =>
      spawnSync(process.execPath, [bin, ...argv], { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
    const help = end('--help');
    assert.equal(help.status, 9);
    assert.match(help.stderr, /the disk is full/);
    assert.equal(end('emulator', 'start', '--no-such-flag').status, 2);
    closeSync(full);
  });
}

test('with --json, an error is one object on standard output as well', async () => {
  const { status, stdout, stderr } = await run(['quickstart', '--yes', '--json', '--device', 'a b']);
  assert.equal(status, 2);
  const { error } = JSON.parse(stdout);
  assert.deepEqual(Object.keys(error), ['code', 'message', 'next', 'exitStatus', 'context', 'explanation']);
  assert.equal(error.code, 'INVALID_REGISTRATION_ID');
  assert.equal(error.exitStatus, 2);
  assert.ok(stderr.includes(error.message));
});

test('colours only where they are wanted', async () => {
  const colour = '\u001b[';
  const plain = await cli(['quickstart']);
  assert.ok(!plain.stderr.includes(colour));
  const forced = await cli(['quickstart'], { env: { FORCE_COLOR: '1' } });
  assert.ok(forced.stderr.includes(colour));
  const refused = await cli(['quickstart', '--no-color'], { env: { FORCE_COLOR: '1' } });
  assert.ok(!refused.stderr.includes(colour));
});

test('too few open files are named, with what to do, whenever they run out', () =>
  inTemporaryFolder((cwd) => {
    if (process.platform === 'win32') return;
    for (const limit of [28, 40]) {
      const command = `ulimit -n ${limit}; exec "$0" "$1" quickstart --yes`;
      const { status, stderr } = spawnSync('sh', ['-c', command, process.execPath, bin], {
        cwd,
        encoding: 'utf8',
      });
      assert.equal(status, 9, `${limit}: ${stderr}`);
      assert.match(stderr, /error: .+: .+\n\nnext: .*ulimit -n 1024.*(\n\nLearn more: .+)?\n$/);
    }
  }));

test.run();
