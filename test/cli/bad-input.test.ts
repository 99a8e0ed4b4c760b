import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { defaultPlan } from '../../src/quickstart/plan/answers.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { type CliOptions, cli } from './run-cli.js';

/** What a person typed, the exit status, and what must be said. */
async function refuses(
  arguments_: string[],
  status: number,
  said: RegExp,
  options: CliOptions = {},
): Promise<void> {
  const ended = await cli(arguments_, options);
  assert.equal(ended.status, status, `${arguments_.join(' ')}\n${ended.stderr}`);
  assert.match(ended.stderr, said);
  assert.match(ended.stderr, /^error: .+\n\nnext: .+\n$/s);
  assert.equal(ended.stdout, '');
}

test('arguments that are none', async () => {
  await Promise.all([
    refuses(['quickstart', '--no-such-flag'], 2, /Unknown option '--no-such-flag'/),
    refuses(['quickstrat'], 2, /Unknown command 'quickstrat' \(Did you mean quickstart\?\)/),
    refuses(['group'], 2, /group takes a command/),
    refuses(['group', 'show'], 2, /Missing required argument 'id'/),
    refuses(['group', 'show', 'a', 'b'], 2, /Too many arguments/),
    refuses(['quickstart', '--protocol', 'amqp'], 2, /'amqp' is invalid. Allowed choices are mqtt, https\./),
    refuses(['emulator', 'start', '--port', '70000'], 2, /--port takes a whole number from 0 to 65535/),
    refuses(
      ['quickstart', '--yes', '--count', '3', '--device', 'a'],
      2,
      /either named, with --device, or numbered/,
    ),
    refuses(['quickstart', '--yes', '--dps-name', 'contoso'], 2, /for the emulator/),
    refuses(['quickstart', '--yes', '--target', 'azure'], 2, /name of the provisioning service is missing/),
    refuses(['device', 'send', 'd1', '--message', '{'], 2, /--message, line 1, column 2: /),
  ]);
});

test('names against the rules', () =>
  inTemporaryFolder(async (cwd) => {
    await Promise.all([
      refuses(['quickstart', '--yes', '--device', 'a b'], 2, /registration ID "a b" contains " "/, { cwd }),
      refuses(['quickstart', '--yes', '--group', 'x.'], 2, /"x\." must end with a letter, a digit or -/, {
        cwd,
      }),
      refuses(['quickstart', '--yes', '--ca-name', 'a/b'], 2, /certificate name "a\/b" is not legal/, {
        cwd,
      }),
      refuses(
        ['quickstart', '--yes', '--root-name', 'é'.repeat(65)],
        2,
        /--root-name: The common name has 65/,
        { cwd },
      ),
      refuses(['device', 'register', 'd!'], 2, /registration ID "d!"/, { cwd }),
      refuses(['group', 'show', ''], 2, /enrollment group ID is missing/, { cwd }),
    ]);
    assert.deepEqual(readdirSync(cwd), []);
  }));

test('without a terminal nothing is asked, nothing hangs, and the flag is named', () =>
  inTemporaryFolder(async (cwd) => {
    await Promise.all([
      refuses([], 8, /quickstart --yes/, { cwd }),
      refuses(['quickstart'], 8, /quickstart --yes/, { cwd }),
      refuses(['quickstart', '--count', '2'], 8, /next: Add --yes/, { cwd }),
      refuses(['group', 'delete', 'g'], 8, /next: Add --yes/, { cwd }),
      refuses(
        ['quickstart', '--yes', '--encrypt-keys'],
        8,
        /ENROLLKIT_PASSPHRASE, or give --passphrase-file/,
        { cwd },
      ),
    ]);
    assert.deepEqual(readdirSync(cwd), []);
  }));

test('a plan file with an unknown field, one that is not JSON, one that is not there', () =>
  inTemporaryFolder(async (cwd) => {
    writeFileSync(join(cwd, 'unknown.json'), JSON.stringify({ ...defaultPlan, colour: 'red' }));
    writeFileSync(join(cwd, 'broken.json'), '{');
    await Promise.all([
      refuses(['quickstart', '--plan', 'unknown.json'], 2, /unknown\.json:1:\d+: .*"colour"/, { cwd }),
      refuses(['quickstart', '--plan', 'broken.json'], 2, /broken\.json:1:2: /, { cwd }),
      refuses(['quickstart', '--plan', 'none.json'], 9, /There is no file none\.json/, { cwd }),
    ]);
    assert.ok(!existsSync(join(cwd, 'certs')));
  }));

test('a folder that holds other files is refused, and stays as it is', () =>
  inTemporaryFolder(async (cwd) => {
    writeFileSync(join(cwd, 'thesis.txt'), 'mine');
    writeFileSync(join(cwd, 'README.md'), 'does not count');
    await refuses(
      ['quickstart', '--yes', '--dir', '.'],
      9,
      /holds files that enrollkit did not make: thesis\.txt/,
      { cwd },
    );
    assert.deepEqual(readdirSync(cwd).sort(), ['README.md', 'thesis.txt']);
  }));

test('a certificate that is not one, and none at all', () =>
  inTemporaryFolder(async (cwd) => {
    writeFileSync(join(cwd, 'note.pem'), 'no certificate');
    await Promise.all([
      refuses(['ca', 'upload', 'note.pem'], 2, /note\.pem: /, { cwd }),
      refuses(['ca', 'upload', 'none.pem'], 9, /There is no file none\.pem/, { cwd }),
      refuses(['group', 'list'], 4, /There is no emulator in /, { cwd }),
      refuses(['device', 'register', 'd1'], 9, /There is no certificate of d1 in /, { cwd }),
      refuses(
        ['device', 'register', 'd1', '--key', 'k.pem'],
        2,
        /A certificate and its key belong together/,
        { cwd },
      ),
    ]);
  }));

test('a wrong connection string is never quoted', () =>
  inTemporaryFolder(async (cwd) => {
    const secret = 'c2VjcmV0c2VjcmV0';
    const arguments_ = ['group', 'list', '--target', 'azure', '--dps-name', 'contoso', '--verbose', '--json'];
    const env = { ENROLLKIT_SERVICE_CONNECTION_STRING: `HostName=contoso;SharedAccessKey=${secret}` };
    const { status, stdout, stderr } = await cli(arguments_, { cwd, env });
    assert.equal(status, 2);
    assert.match(stderr, /The connection string is not one: SharedAccessKeyName is missing/);
    assert.ok(!(stdout + stderr).includes(secret));
  }));

test('a connection string of something else is noticed before anything is sent', () =>
  inTemporaryFolder(async (cwd) => {
    const azure = ['--target', 'azure', '--dps-name', 'my-dps', '--id-scope', '0ne00000001'];
    const portal = ['quickstart', '--yes', '--proof-of-possession', 'portal', ...azure];
    const string = (host: string) =>
      `HostName=${host};SharedAccessKeyName=owner;SharedAccessKey=c2VjcmV0a2V5`;
    const given = (host: string) => ({ cwd, env: { ENROLLKIT_SERVICE_CONNECTION_STRING: string(host) } });
    await refuses(portal, 2, /is the connection string of an IoT hub/, given('hub.azure-devices.net'));
    const other = given('other.azure-devices-provisioning.net');
    await refuses(portal, 2, /of the provisioning service other, not of my-dps/, other);
    const file = join(cwd, 'string.txt');
    writeFileSync(file, 'HostName=x');
    await refuses(
      [...portal, '--connection-string-file', file],
      2,
      /string\.txt: .*SharedAccessKeyName is missing/,
      { cwd },
    );
  }));

test('a device certificate, or a chain that begins with one, is not uploaded as a CA', () =>
  inTemporaryFolder(async (cwd) => {
    const { status } = await cli(['quickstart', '--yes', '--json', '--dir', 'c', '--no-telemetry'], { cwd });
    assert.equal(status, 0);
    for (const file of ['certificate.pem', 'chain.pem']) {
      const leaf = join('c', 'devices', 'device-001', file);
      await refuses(['ca', 'upload', leaf, '--dir', 'c'], 2, /is not a CA certificate/, { cwd });
    }
  }));

test('with --json, an error is one object on standard output as well', async () => {
  const { status, stdout, stderr } = await cli(['quickstart', '--yes', '--json', '--device', 'a b']);
  assert.equal(status, 2);
  const { error } = JSON.parse(stdout);
  assert.deepEqual(Object.keys(error), ['code', 'message', 'next', 'exitStatus', 'context']);
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

test.run();
