/** No command loses a private key, writes through a link of a certificate folder, or removes what is not enrollkit's. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { contentsOf } from '../support/folders.js';
import { generatedKeys } from '../support/generated-keys.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

async function done(...argv: string[]): Promise<string> {
  const { status, stdout, stderr } = await run(argv, { env: { ENROLLKIT_PASSPHRASE: 'secret word' } });
  assert.equal(status, 0, `${argv.join(' ')}\n${stderr}`);
  return stdout + stderr;
}

/** Every file with a private key below a folder, whatever its name. */
const keysIn = (folder: string) =>
  (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => join(folder, name))
    .filter((path) => lstatSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .filter((text) => /PRIVATE KEY-----|^0/.test(text));

test('with --force, a key gives way to another one and is kept, and the command says where', () =>
  inTemporaryFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    await done('cert', 'root', 'One', '--out', at('ca'));
    const [first, certificate] = ['key.pem', 'certificate.pem'].map((name) => readFileSync(at(`ca/${name}`)));
    const said = await done('cert', 'root', 'Two', '--out', at('ca'), '--force');
    const [kept] = readdirSync(folder).filter((name) => /^ca\.previous-[0-9A-F]{8}$/.test(name));
    assert.deepEqual(readFileSync(at(`${kept}/key.pem`)), first);
    assert.ok(said.includes(at(`${kept}/key.pem`)), said);
    assert.notDeepEqual(readFileSync(at('ca/certificate.pem')), certificate);

    // Every kind of command that can write over a file, and every kind of file with a key.
    const replaced = async (path: string, ...argv: string[]) => {
      const before = readFileSync(at(path), 'latin1');
      await done(...argv, '--force');
      assert.notEqual(readFileSync(at(path), 'latin1'), before, argv.join(' '));
      assert.ok(keysIn(folder).includes(before), `${argv.join(' ')}: the key is lost`);
    };
    await done(
      'cert',
      'device',
      'd1',
      '--ca',
      at('ca/chain.pem'),
      '--ca-key',
      at('ca/key.pem'),
      '--out',
      at('d1'),
    );
    const signer = ['--ca', at('ca/chain.pem'), '--ca-key', at('ca/key.pem')];
    await replaced('d1/key.pem', 'cert', 'device', 'd1', ...signer, '--out', at('d1'));
    await replaced('d1/key.pem', 'cert', 'renew', at('d1/certificate.pem'), '--new-key', ...signer);
    await replaced('d1/key.pem', 'cert', 'csr', 'd1', '--out', at('d1'));
    await done('cert', 'device', 'd2', ...signer, '--out', at('d2'));
    await done('cert', 'pfx', at('d2/chain.pem'), '--out', at('d2.pfx'));
    await replaced('d2.pfx', 'cert', 'pfx', at('d2/chain.pem'), '--out', at('d2.pfx'));
    await replaced('d2.pfx', 'cert', 'convert', at('d2/chain.pem'), '--to', 'pkcs7', '--out', at('d2.pfx'));
    await replaced('d2/key.pem', 'cert', 'convert', at('ca/certificate.pem'), '--out', at('d2/key.pem'));
    await replaced('ca/key.pem', 'cert', 'bundle', at('ca/certificate.pem'), '--out', at('ca/key.pem'));
    assert.ok(readdirSync(folder).every((name) => !/\.(old|new)$/.test(name)));
  }));

test('a text that was never a key is not kept as one', () =>
  inTemporaryFolder(async (folder) => {
    const { privateKey } = generatedKeys('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    for (const [text, isKept] of [
      ['old notes\n', false],
      ['# A program.\nprint("hello")\n', false],
      [pem.replace('\n', '\n!'), true],
      [pem.split('\n')[1]!, true],
      [JSON.stringify(privateKey.export({ format: 'jwk' })), true],
      ['\0\x01\x02', true],
    ] as const) {
      const out = join(folder, 'out');
      mkdirSync(out);
      writeFileSync(join(out, 'key.pem'), text);
      const { status, stderr } = await run(['cert', 'csr', 'd', '--out', out, '--force'], { env: withCodes });
      assert.equal(status, 0, stderr);
      assert.equal(stderr.includes('[file.key-kept]'), isKept, `${text}: ${stderr}`);
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
    }
  }));

test('in the current folder and above it, a key is kept beside the new one', () =>
  inTemporaryFolder(async (cwd) => {
    mkdirSync(join(cwd, 'here'));
    const options = { cwd: join(cwd, 'here') };
    assert.equal((await run(['cert', 'root', 'One', '--out', '.'], options)).status, 0);
    const key = readFileSync(join(cwd, 'here/key.pem'));
    assert.equal((await run(['cert', 'root', 'Two', '--out', '.', '--force'], options)).status, 0);
    assert.deepEqual(readdirSync(cwd), ['here']);
    const [kept] = readdirSync(join(cwd, 'here')).filter((name) => name.startsWith('key.previous-'));
    assert.deepEqual(readFileSync(join(cwd, 'here', kept!)), key);
  }));

test('what cannot be kept is not replaced, and everything is as it was', () =>
  inTemporaryFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    await done('cert', 'root', 'One', '--out', at('ca'));
    await done('cert', 'root', 'Two', '--out', at('ca'), '--force');
    const [kept] = readdirSync(folder).filter((name) => name.startsWith('ca.previous-'));
    // The key of Two goes where a file is.
    const before = contentsOf(at('ca'));
    const digits = Object.values(before)[2]!.slice(0, 8).toUpperCase();
    writeFileSync(at(`ca.previous-${digits}`), 'in the way');
    const { status, stderr } = await run(['cert', 'root', 'Three', '--out', at('ca'), '--force']);
    assert.equal(status, 9, stderr);
    assert.deepEqual(contentsOf(at('ca')), before);
    assert.deepEqual(readdirSync(folder).sort(), ['ca', `ca.previous-${digits}`, kept!].sort());
  }));

test('rm certificate.pem; quickstart: it is restored; without chain.pem, exit 9 and the next step', () =>
  inTemporaryFolder(async (cwd) => {
    const quickstart = (...more: string[]) =>
      run(['quickstart', '--yes', '--count', '1', '--no-telemetry', ...more], { cwd, env: withCodes });
    assert.equal((await quickstart()).status, 0);
    const at = (name: string) => join(cwd, 'certs', name);
    const certificates = () => {
      const all = contentsOf(join(cwd, 'certs'));
      return Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith('.enrollkit')));
    };
    const whole = certificates();
    for (const place of ['ca/root', 'ca/intermediate', 'devices/device-001']) {
      rmSync(at(`${place}/certificate.pem`));
      const restored = await quickstart();
      assert.equal(restored.status, 0, restored.stderr);
      assert.deepEqual(certificates(), whole, place);

      const files = ['certificate.pem', 'chain.pem'].map(
        (name) => [name, readFileSync(at(`${place}/${name}`))] as const,
      );
      for (const [name] of files) rmSync(at(`${place}/${name}`));
      const left = certificates();
      const refused = await quickstart();
      assert.equal(refused.status, 9, refused.stderr);
      assertRefusal(refused.stderr, 'FILE_EXISTS', at(`${place}/key.pem`), 'certificate.pem');
      assert.deepEqual(certificates(), left, place);
      for (const [name, contents] of files) writeFileSync(at(`${place}/${name}`), contents);
    }
  }));

test('cert csr, then quickstart: the key stays; with its request signed, the run goes on with it', () =>
  inTemporaryFolder(async (cwd) => {
    const enrollkit = (...argv: string[]) => run(argv, { cwd });
    assert.equal((await enrollkit('quickstart', '--yes', '--count', '1', '--no-telemetry')).status, 0);
    const folder = 'certs/devices/device-002';
    assert.equal((await enrollkit('cert', 'csr', 'device-002', '--out', folder)).status, 0);
    const key = readFileSync(join(cwd, folder, 'key.pem'));
    const two = ['quickstart', '--yes', '--count', '2', '--no-telemetry'];
    const refused = await enrollkit(...two, '--json');
    assert.equal(refused.status, 9);
    const { error } = JSON.parse(refused.stdout || refused.stderr);
    assert.equal(error.code, 'FILE_EXISTS');
    assert.deepEqual(readFileSync(join(cwd, folder, 'key.pem')), key);
    // The next step, as it is told.
    const [, line] = /enrollkit (cert sign \S+ --out \S+)/.exec(error.next)!;
    const signed = await enrollkit(...line!.split(' '));
    assert.equal(signed.status, 0, signed.stderr);
    const resumed = await enrollkit(...two);
    assert.equal(resumed.status, 0, resumed.stderr);
    assert.deepEqual(readFileSync(join(cwd, folder, 'key.pem')), key);
    // What the user made is not the run's to remove.
    const cleaned = await enrollkit('clean', '--certificates', '--yes');
    assert.equal(cleaned.status, 0, cleaned.stderr);
    assert.deepEqual(readdirSync(join(cwd, folder)).sort(), ['certificate.pem', 'key.pem', 'request.pem']);
  }));

test('clean knows the files that a command wrote in the place of a run’s', () =>
  inTemporaryFolder(async (cwd) => {
    const enrollkit = async (...argv: string[]) => {
      const ended = await run(argv, { cwd });
      assert.equal(ended.status, 0, `${argv.join(' ')}\n${ended.stderr}`);
    };
    await enrollkit('quickstart', '--yes', '--count', '2', '--no-telemetry');
    await enrollkit('cert', 'renew', 'certs/devices/device-001/certificate.pem', '--force');
    await enrollkit('cert', 'renew', 'certs/devices/device-002/chain.pem', '--new-key', '--force');
    await enrollkit(
      'cert',
      'pfx',
      'certs/devices/device-002/chain.pem',
      '--out',
      'certs/devices/device-002/device.pfx',
      '--empty-passphrase',
      '--force',
    );
    await enrollkit('clean', '--certificates', '--yes');
    assert.deepEqual(
      existsSync(join(cwd, 'certs')) ? readdirSync(join(cwd, 'certs'), { recursive: true }) : [],
      [],
    );
  }));

test('clean --certificates: a journal that leads out of the folder, exit 9; a file that was changed, exit 7', () =>
  inTemporaryFolder(async (cwd) => {
    const enrollkit = (...argv: string[]) => run(argv, { cwd, env: withCodes });
    assert.equal((await enrollkit('quickstart', '--yes', '--count', '1', '--no-telemetry')).status, 0);
    writeFileSync(join(cwd, 'victim.txt'), 'mine');
    const journal = join(cwd, 'certs/.enrollkit/journal.ndjson');
    const before = readFileSync(journal, 'utf8');
    const thing = { kind: 'file', path: '../victim.txt' };
    appendFileSync(journal, `${JSON.stringify({ at: '2026-01-01T00:00:00Z', event: 'made', thing })}\n`);
    const refused = await enrollkit('clean', '--certificates', '--yes');
    assert.equal(refused.status, 9);
    assertRefusal(refused.stderr, 'JOURNAL_UNREADABLE', 'journal', String(before.split('\n').length));
    assert.equal(readFileSync(join(cwd, 'victim.txt'), 'utf8'), 'mine');
    assert.ok(existsSync(join(cwd, 'certs/ca/root/key.pem')), 'nothing was removed');

    writeFileSync(journal, before);
    appendFileSync(join(cwd, 'certs/EnrollmentGroup.py'), '# mine\n');
    const partial = await enrollkit('clean', '--certificates', '--yes');
    assert.equal(partial.status, 7);
    assert.match(partial.stderr, /^.*\bEnrollmentGroup\.py\b/m);
    const left = Object.keys(contentsOf(join(cwd, 'certs'))).filter((name) => !name.startsWith('.enrollkit'));
    assert.deepEqual(left, ['EnrollmentGroup.py']);
    rmSync(join(cwd, 'certs/EnrollmentGroup.py'));
    assert.equal((await enrollkit('clean', '--certificates', '--yes')).status, 0);
    assert.ok(!existsSync(journal));
  }));

if (process.platform !== 'win32') {
  test('commands write through no link of a certificate folder, and over no link at all', () =>
    inTemporaryFolder(async (folder) => {
      const at = (name: string) => join(folder, name);
      await done('cert', 'root', 'Root', '--out', at('certs/ca/root'));
      mkdirSync(at('outside'));
      mkdirSync(at('certs/devices'));
      symlinkSync(at('outside'), at('certs/devices/d1'));
      const placed = await run(['cert', 'device', 'd1', '--dir', at('certs')], { env: withCodes });
      assert.equal(placed.status, 9);
      assertRefusal(placed.stderr, 'FILE_UNWRITABLE', at('certs/devices/d1'));
      // With a journal, the folder is known by it, whatever path is typed.
      mkdirSync(at('certs/.enrollkit'));
      writeFileSync(at('certs/.enrollkit/journal.ndjson'), '');
      for (const argv of [
        ['csr', 'd1', '--out', at('certs/devices/d1')],
        ['device', 'd1', '--dir', at('certs'), '--out', at('certs/devices/d1')],
        ['verification', 'ABCDEF0123456789', '--dir', at('certs'), '--out', at('certs/devices/d1/v.pem')],
      ]) {
        const { status, stderr } = await run(['cert', ...argv, '--force'], { env: withCodes });
        assert.equal(status, 9, argv.join(' '));
        assertRefusal(stderr, 'FILE_UNWRITABLE', at('certs/devices/d1'));
      }
      assert.deepEqual(readdirSync(at('outside')), []);

      writeFileSync(at('outside/victim.pem'), 'mine');
      symlinkSync(at('outside/victim.pem'), at('link.pem'));
      symlinkSync(at('outside/nothing.pem'), at('dangling.pem'));
      for (const name of ['link.pem', 'dangling.pem']) {
        for (const force of [[], ['--force']]) {
          const convert = [
            'cert',
            'convert',
            at('certs/ca/root/certificate.pem'),
            '--out',
            at(name),
            ...force,
          ];
          const { status, stderr } = await run(convert, { env: withCodes });
          assert.equal(status, 9, name);
          assertRefusal(stderr, 'FILE_EXISTS', at(name));
        }
      }
      assert.deepEqual(readdirSync(at('outside')), ['victim.pem']);
      assert.equal(readFileSync(at('outside/victim.pem'), 'utf8'), 'mine');
    }));

  test('an emulator does not keep its state behind a link of a certificate folder', () =>
    inTemporaryFolder(async (cwd) => {
      mkdirSync(join(cwd, 'outside'));
      mkdirSync(join(cwd, 'certs'));
      symlinkSync(join(cwd, 'outside'), join(cwd, 'certs/.enrollkit'));
      for (const argv of [
        ['quickstart', '--yes'],
        ['emulator', 'start', '--detach'],
        ['emulator', 'start', '--dir', 'certs', '--detach'],
        ['group', 'list'],
        ['clean', '--certificates', '--yes'],
        ['cert', 'rollover', 'root'],
      ]) {
        const { status, stderr } = await run(argv, { cwd, env: withCodes });
        assert.equal(status, 9, `${argv.join(' ')}\n${stderr}`);
        assertRefusal(stderr, 'FILE_UNWRITABLE', '.enrollkit');
      }
      assert.deepEqual(readdirSync(join(cwd, 'outside')), []);
    }));
}

test.run();
