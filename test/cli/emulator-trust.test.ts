/** `emulator trust` and `untrust`: the databases of browsers for real, the stores of each system with its programs played. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import type { StoreKind } from '../../src/cli/emulator/store-kinds.js';
import { changeTrust, planTrust } from '../../src/cli/emulator/trust-stores/change-trust.js';
import { type EmulatorRoot, readRoot } from '../../src/cli/emulator/trust-stores/trust-store.js';
import type { TrustSystem } from '../../src/cli/emulator/trust-stores/trust-system.js';
import { make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { run } from './in-process.js';

/** A folder as `emulator start --dir FOLDER` leaves it, as far as trust needs it. */
async function withRoot(act: (folder: string, root: EmulatorRoot) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const emulator = join(folder, 'emulator');
    mkdirSync(emulator);
    writeFileSync(join(emulator, 'tls-root.pem'), (await make('root', 'enrollkit emulator TLS root')).pem);
    await act(folder, readRoot(emulator, ''));
  });
}

interface Played extends TrustSystem {
  commands: string[];
}

/** A computer whose file system is a folder; its programs are functions. */
function computer(
  root: string,
  platform: NodeJS.Platform,
  programs: (words: string[]) => { status?: number; stdout?: string } | undefined,
  isAdministrator = true,
): Played {
  const commands: string[] = [];
  return {
    platform,
    root,
    home: join(root, 'home'),
    env: {},
    isAdministrator,
    commands,
    async run(program, args) {
      const words = [program, ...args];
      commands.push(words.join(' '));
      const { status = 0, stdout = '' } = programs(words) ?? {};
      return { status, stdout, stderr: status === 0 ? '' : 'it failed' };
    },
  };
}

async function act(
  system: TrustSystem,
  root: EmulatorRoot,
  action: 'trust' | 'untrust',
  kinds: StoreKind[] = ['system'],
) {
  const planned = await planTrust(system, root, kinds, action);
  for (const { store, plan } of planned) if (plan === 'change') await changeTrust(store, action);
  return planned.map(({ plan }) => plan);
}

const distributions = [
  [
    'Debian',
    'usr/local/share/ca-certificates',
    'etc/ssl/certs/ca-certificates.crt',
    /^update-ca-certificates/,
  ],
  [
    'Fedora',
    'etc/pki/ca-trust/source/anchors',
    'etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
    /^update-ca-trust extract$/,
  ],
  [
    'Arch',
    'etc/ca-certificates/trust-source/anchors',
    'etc/ca-certificates/extracted/tls-ca-bundle.pem',
    /^trust extract-compat$/,
  ],
  [
    'openSUSE',
    'usr/share/pki/trust/anchors',
    'var/lib/ca-certificates/ca-bundle.pem',
    /^update-ca-certificates/,
  ],
] as const;

for (const [name, anchors, bundle, command] of distributions) {
  test(`${name}: the root is added and removed, once, and nothing else changes`, () =>
    withRoot(async (folder, root) => {
      const disk = join(folder, 'disk');
      mkdirSync(join(disk, anchors), { recursive: true });
      mkdirSync(join(disk, dirname(bundle)), { recursive: true });
      const other = (await make('root', 'another root')).pem;
      writeFileSync(join(disk, anchors, 'other.crt'), other);
      const update = () => {
        const files = readdirSync(join(disk, anchors));
        const texts = files.map((file) => readFileSync(join(disk, anchors, file), 'utf8'));
        writeFileSync(join(disk, bundle), texts.join(''));
      };
      update();
      const system = computer(disk, 'linux', () => update() as undefined);
      assert.deepEqual(await act(system, root, 'untrust'), ['unchanged']);
      assert.deepEqual(await act(system, root, 'trust'), ['change']);
      assert.deepEqual(await act(system, root, 'trust'), ['unchanged']);
      assert.ok(readFileSync(join(disk, bundle), 'utf8').includes(root.pem));
      assert.equal(readdirSync(join(disk, anchors)).length, 2);
      assert.deepEqual(await act(system, root, 'untrust'), ['change']);
      assert.deepEqual(readdirSync(join(disk, anchors)), ['other.crt']);
      assert.equal(readFileSync(join(disk, bundle), 'utf8'), other);
      assert.equal(system.commands.length, 2);
      for (const one of system.commands) assert.match(one, command);

      // Killed between the file and the update: the next command completes it.
      const stop = { ...system, run: () => Promise.reject(new Error('killed')) };
      await assert.rejects(act(stop, root, 'trust'), /killed/);
      assert.equal(readdirSync(join(disk, anchors)).length, 2);
      assert.deepEqual(await act(system, root, 'trust'), ['change']);
      assert.deepEqual(await act(system, root, 'untrust'), ['change']);
      const user = computer(disk, 'linux', () => undefined, false);
      assert.deepEqual(await act(user, root, 'trust'), ['not-permitted']);
      assert.deepEqual(user.commands, []);
    }));
}

test('a foreign file under the name of the root is left as it is, and so is a link', () =>
  withRoot(async (folder, root) => {
    const disk = join(folder, 'disk');
    const anchors = join(disk, 'usr/local/share/ca-certificates');
    mkdirSync(anchors, { recursive: true });
    const file = join(anchors, `${root.name}.crt`);
    const system = computer(disk, 'linux', () => undefined);
    writeFileSync(file, 'mine');
    for (const action of ['trust', 'untrust'] as const)
      assert.deepEqual(await act(system, root, action), ['unusable']);
    assert.equal(readFileSync(file, 'utf8'), 'mine');
    rmSync(file);
    writeFileSync(join(folder, 'target'), root.pem);
    symlinkSync(join(folder, 'target'), file);
    assert.deepEqual(await act(system, root, 'untrust'), ['unusable']);
    assert.deepEqual(system.commands, []);
  }));

test('a failed update, and one that changes nothing, are errors', () =>
  withRoot(async (folder, root) => {
    const disk = join(folder, 'disk');
    mkdirSync(join(disk, 'usr/local/share/ca-certificates'), { recursive: true });
    for (const status of [1, 0]) {
      await assert.rejects(
        act(
          computer(disk, 'linux', () => ({ status })),
          root,
          'trust',
        ),
        { code: 'TRUST_FAILED' },
      );
    }
    assert.deepEqual(
      await act(
        computer(folder, 'linux', () => undefined),
        root,
        'trust',
      ),
      ['unusable'],
    );
  }));

test('macOS: the keychain of the system', () =>
  withRoot(async (folder, root) => {
    const keychain = new Set<string>();
    const system = computer(folder, 'darwin', ([, command, ...rest]) => {
      if (command === 'find-certificate')
        return { stdout: [...keychain].map((hash) => `SHA-256 hash: ${hash}\n`).join('') };
      if (command === 'add-trusted-cert') keychain.add(root.sha256);
      if (command === 'delete-certificate') {
        assert.equal(rest[1], root.sha1);
        keychain.delete(root.sha256);
      }
      return undefined;
    });
    keychain.add('AB'.repeat(32));
    assert.deepEqual(await act(system, root, 'trust'), ['change']);
    assert.deepEqual(await act(system, root, 'trust'), ['unchanged']);
    assert.deepEqual(await act(system, root, 'untrust'), ['change']);
    assert.deepEqual([...keychain], ['AB'.repeat(32)]);
    assert.ok(
      system.commands.some((one) => one.includes('-r trustRoot -k /Library/Keychains/System.keychain')),
    );
  }));

test('Windows: the root store of the user, by thumbprint', () =>
  withRoot(async (folder, root) => {
    const store = new Set<string>();
    const system = computer(folder, 'win32', ([program, user, command, name, what]) => {
      assert.deepEqual([program, user, name], ['C:\\Windows\\System32\\certutil.exe', '-user', 'Root']);
      if (command === '-addstore') store.add(root.sha1);
      else if (command === '-delstore') store.delete(what!);
      else return { status: store.has(what!) ? 0 : 1 };
      return undefined;
    });
    assert.deepEqual(await act(system, root, 'trust', ['system', 'browsers']), ['change']);
    assert.deepEqual([...store], [root.sha1]);
    assert.deepEqual(await act(system, root, 'untrust'), ['change']);
    assert.deepEqual(await act(system, root, 'untrust'), ['unchanged']);
  }));

test('Java: the keystore of the runtime', () =>
  withRoot(async (folder, root) => {
    const aliases = new Map<string, string>();
    const system = computer(folder, 'linux', ([, command, ...rest]) => {
      const alias = rest[rest.indexOf('-alias') + 1]!;
      if (command === '-exportcert') {
        const found = aliases.get(alias);
        return found === undefined ? { status: 1 } : { stdout: found };
      }
      if (command === '-importcert') aliases.set(alias, root.pem);
      else aliases.delete(alias);
      return undefined;
    });
    assert.deepEqual(await act(system, root, 'trust', ['java']), ['change']);
    assert.deepEqual([...aliases.keys()], [root.name]);
    assert.deepEqual(await act(system, root, 'untrust', ['java']), ['change']);
    aliases.set(root.name, (await make('root', 'another')).pem);
    assert.deepEqual(await act(system, root, 'untrust', ['java']), ['unusable']);
  }));

testWith('certutil', test)('the databases of Firefox and Chromium, with the command itself', () =>
  withRoot(async (folder, root) => {
    const home = join(folder, 'home');
    const databases = ['.pki/nssdb', '.mozilla/firefox/abc.default-esr'].map((path) => join(home, path));
    for (const database of databases) {
      mkdirSync(database, { recursive: true });
      execFileSync('certutil', ['-N', '-d', `sql:${database}`, '--empty-password']);
    }
    mkdirSync(join(home, '.mozilla/firefox/Crash Reports'));
    const env = { PATH: process.env.PATH!, HOME: home };
    const command = (action: string, ...more: string[]) =>
      run(['emulator', action, '--dir', folder, '--store', 'browsers', ...more], { env });
    const outcomes = async (action: string) => {
      const { status, stdout } = await command(action, '--yes', '--json');
      assert.equal(status, 0);
      return JSON.parse(stdout).stores.map(({ outcome }: { outcome: string }) => outcome);
    };
    const listed = (database: string) =>
      execFileSync('certutil', ['-L', '-d', `sql:${database}`], { encoding: 'utf8' });

    const unanswered = await command('trust');
    assert.equal(unanswered.status, 8);
    assert.doesNotMatch(listed(databases[0]!), /enrollkit/);
    assert.deepEqual(await outcomes('trust'), ['changed', 'changed']);
    for (const database of databases) assert.match(listed(database), new RegExp(`${root.name} +C,,`));
    assert.deepEqual(await outcomes('trust'), ['unchanged', 'unchanged']);
    // The user has taken the trust away: it is given again.
    execFileSync('certutil', ['-M', '-d', `sql:${databases[0]}`, '-n', root.name, '-t', ',,']);
    assert.deepEqual(await outcomes('trust'), ['changed', 'unchanged']);
    assert.deepEqual(await outcomes('untrust'), ['changed', 'changed']);
    for (const database of databases) assert.doesNotMatch(listed(database), /enrollkit/);
    assert.deepEqual(await outcomes('untrust'), ['unchanged', 'unchanged']);

    const withoutCertutil = await run(['emulator', 'trust', '--dir', folder, '--store', 'browsers'], {
      env: { PATH: folder, HOME: home },
    });
    assert.equal(withoutCertutil.status, 9);
    assert.match(withoutCertutil.stderr, /libnss3-tools/);
  }),
);

test('without the rights, the command names what to run with sudo, and exits with status 9', () =>
  withRoot(async (folder) => {
    if (process.platform !== 'linux') return;
    const { getuid } = process;
    process.getuid = () => 1000;
    try {
      const env = { PATH: process.env.PATH!, HOME: folder, ENROLLKIT_MESSAGE_IDS: '1' };
      const words = ['emulator', 'trust', '--dir', folder];
      const { status, stderr } = await run(words, { env });
      assert.equal(status, 9);
      assert.match(stderr, /\[TRUST_NOT_PERMITTED\]/);
      assert.match(stderr, /sudo \S+ \S+bin\.js emulator trust --dir \S+ --store system --yes/);
      const json = await run([...words, '--json'], { env });
      assert.match(JSON.parse(json.stdout).error.context.command, /^sudo /);
    } finally {
      process.getuid = getuid!;
    }
  }));

test('a folder without an emulator has nothing to trust', () =>
  inTemporaryFolder(async (folder) => {
    const { status } = await run(['emulator', 'untrust', '--dir', folder, '--yes'], { env: {} });
    assert.equal(status, 4);
  }));

test('untrust takes the root from a copy when the folder is gone, and no other certificate', () =>
  inTemporaryFolder(async (folder) => {
    const untrust = async (...flags: string[]) => {
      const argv = ['emulator', 'untrust', '--store', 'browsers', '--yes', '--json', ...flags];
      const { status, stdout } = await run(argv, { cwd: folder, env: { HOME: folder } });
      return { status, value: JSON.parse(stdout) };
    };
    const gone = await untrust();
    assert.equal(gone.status, 4);
    assert.match(gone.value.error.next, /--root/);
    writeFileSync(join(folder, 'other.pem'), (await make('root', 'another root')).pem);
    const other = await untrust('--root', 'other.pem');
    assert.equal(other.value.error.code, 'INVALID_CERTIFICATE');
    writeFileSync(join(folder, 'copy.pem'), (await make('root', 'enrollkit emulator TLS root')).pem);
    // There is no database of a browser in this home folder.
    const { value } = await untrust('--root', 'copy.pem');
    assert.equal(value.error.code, 'TRUST_FAILED');
  }));

test.run();
