/** `enrollkit certgen` from outside. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { run } from '../cli/in-process.js';
import { cli } from '../cli/run-cli.js';
import { openssl } from '../support/openssl.js';
import { newEcKey } from '../support/openssl-authority.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { authority, certificate, edgeScript, read, textOf } from './support.js';

const testWithOpenssl = testWith('openssl', test);

const env = { ENROLLKIT_PASSPHRASE: '1234', TERM: '' };

testWithOpenssl('the documentation’s commands, in the current folder, without a terminal', async () => {
  await inTemporaryFolder(async (folder) => {
    const made = await cli(['certgen', 'create_root_and_intermediate'], {
      cwd: folder,
      env: { ...env, ...withCodes },
    });
    assert.equal(made.status, 0, made.stderr);
    assert.match(made.stdout, /^certs\/azure-iot-test-only\.root\.ca\.cert\.pem$/m);
    assert.match(made.stderr, /\[certgen\.for-tests\]/);
    assert.doesNotMatch(made.stdout + made.stderr, /1234/);
    const root = read(folder, 'certs/azure-iot-test-only.root.ca.cert.pem');
    assert.equal(root.publicKey.asymmetricKeyDetails?.modulusLength, 4096);

    const again = await run(['certgen', 'create_root_and_intermediate'], { cwd: folder, env });
    assert.equal(again.status, 9);
    assert.match(again.stderr, /--force/);

    const device = await run(['certgen', 'create_device_certificate', 'myDevice', '--json'], {
      cwd: folder,
      env,
    });
    assert.equal(device.status, 0, device.stderr);
    const answer = JSON.parse(device.stdout);
    assert.equal(answer.certificates[0].subject, 'CN=myDevice');
    assert.ok(answer.written.includes('certs/new-device.cert.pem'));
    const leaf = join(folder, 'certs/new-device.cert.pem');
    const rootFile = join(folder, 'certs/azure-iot-test-only.root.ca.cert.pem');
    assert.match(openssl(['verify', '-x509_strict', '-CAfile', rootFile, leaf]), /: OK/);
  });
});

test('what is wrong is told, with the exit status of its kind', async () => {
  await inTemporaryFolder(async (folder) => {
    const certgen = (...words: string[]) =>
      run(['certgen', ...words], { cwd: folder, env: { ...env, ...withCodes } });
    const cases: [words: string[], status: number, code: string, ...facts: string[]][] = [
      [['create_nothing'], 2, 'USAGE', '"create_nothing"'],
      [['constructor'], 2, 'USAGE', '"constructor"'],
      [['create_device_certificate'], 2, 'USAGE', 'create_device_certificate'],
      [['create_device_certificate', 'a', 'b'], 2, 'USAGE', 'create_device_certificate'],
      [['create_root_and_intermediate', 'name'], 2, 'USAGE', 'create_root_and_intermediate'],
      [['create_edge_server_certificate', 'name'], 2, 'USAGE', '--edge'],
      [['install_root_ca_from_files', 'a', 'b'], 2, 'USAGE', '--edge'],
      [['install_root_ca_from_files', 'a', 'b', 'secret', '--edge'], 2, 'USAGE', 'ENROLLKIT_PASSPHRASE'],
      [['install_root_ca_from_files', 'a', 'b', '--edge'], 9, 'FILE_UNREADABLE', ' a'],
      [['create_device_certificate', 'a'], 9, 'FILE_UNREADABLE', 'create_root_and_intermediate'],
      [['create_device_certificate', 'a'.repeat(65)], 2, 'COMMON_NAME_TOO_LONG', '65'],
      [['env', 'a'], 2, 'USAGE', '--hub'],
      [['create_device_certificate', '-a'], 2, 'USAGE', '-a'],
      [['create_device_certificate', '--', '-a'], 9, 'FILE_UNREADABLE', 'create_root_and_intermediate'],
      [['create_device_certificate', 'a', '--nothing'], 2, 'USAGE', '--nothing'],
      [['--nothing'], 2, 'USAGE', '--nothing'],
      [[], 2, 'USAGE'],
    ];
    const ended = await Promise.all(cases.map(([words]) => certgen(...words)));
    for (const [index, [words, status, code, ...facts]] of cases.entries()) {
      const { status: got, stdout, stderr } = ended[index]!;
      assert.equal(got, status, `${words.join(' ')}: ${stderr}`);
      assertRefusal(stderr, code, ...facts);
      assert.equal(stdout, '');
    }
    const [none, short, days] = await Promise.all([
      run(['certgen', 'create_device_certificate', 'a'], { cwd: folder }),
      run(['certgen', 'create_root_and_intermediate'], { cwd: folder, env: { ENROLLKIT_PASSPHRASE: '123' } }),
      run(['certgen', 'create_root_and_intermediate', '--edge'], {
        cwd: folder,
        env: { ...env, DEFAULT_VALIDITY_DAYS: 'many' },
      }),
    ]);
    assert.equal(none.status, 8, none.stderr);
    assert.equal(short.status, 2, short.stderr);
    assert.equal(days.status, 2);
    assert.match(days.stderr, /DEFAULT_VALIDITY_DAYS/);
    assert.deepEqual(readdirSync(folder), []);
  });
});

test('a second device, a note on a name that DPS does not take, and the environment of a device', async () => {
  await inTemporaryFolder(async (folder) => {
    await authority(folder, edgeScript, { at: new Date() });
    await certificate(folder, 'create_edge_server_certificate', 'gateway', {
      script: edgeScript,
      at: new Date(),
    });
    const passphraseFile = join(folder, 'passphrase');
    writeFileSync(passphraseFile, '1234\n');
    const words = ['create_device_certificate', 'my device', '--edge', '--passphrase-file', passphraseFile];
    const device = await run(['certgen', ...words, '--dir', folder], { env: withCodes });
    assert.equal(device.status, 0, device.stderr);
    assert.match(device.stderr, /\[certgen\.not-a-registration-id\]/);
    assert.equal(read(folder, 'certs/iot-device-my device.cert.pem').subject.commonName, 'my device');

    const variables = ['env', 'my device', '--edge', '--hub', 'contoso.azure-devices.net'];
    const [json, shell, powershell] = await Promise.all(
      ['json', 'shell', 'powershell'].map((format) =>
        run(['certgen', ...variables, '--dir', folder, '--format', format]),
      ),
    );
    assert.equal(json!.status, 0, json!.stderr);
    assert.equal(JSON.parse(json!.stdout).IOTHUB_CA_USE_ECC, '0');
    assert.match(shell!.stdout, /^export IOTHUB_CA_X509_PUBLIC='-----BEGIN CERTIFICATE-----\r$/m);
    assert.match(powershell!.stdout, /^\$env:IOTHUB_CA_USE_ECC = '0'$/m);
  });
});

testWithOpenssl('a root that is brought: no secret among the arguments', async () => {
  await inTemporaryFolder(async (folder) => {
    const theirs = join(folder, 'theirs');
    const ours = join(folder, 'ours');
    mkdirSync(ours);
    await authority(theirs, edgeScript, { at: new Date(), passphrase: 'theirs' });
    writeFileSync(join(folder, 'root-passphrase'), 'theirs\n');
    const keyName = 'private/azure-iot-test-only.root.ca.key.pem';
    const key = join(theirs, keyName);
    const root = join(theirs, 'certs/azure-iot-test-only.root.ca.cert.pem');
    const rootPassphrase = ['--root-passphrase-file', join(folder, 'root-passphrase')];
    const installed = await run(
      ['certgen', 'install_root_ca_from_files', root, key, '--edge', ...rootPassphrase],
      { cwd: ours, env },
    );
    assert.equal(installed.status, 0, installed.stderr);
    const rootOurs = 'certs/azure-iot-test-only.root.ca.cert.pem';
    assert.equal(textOf(ours, rootOurs), textOf(theirs, rootOurs));
    openssl([
      'pkey',
      '-noout',
      '-passin',
      'pass:1234',
      '-in',
      join(ours, 'private/azure-iot-test-only.root.ca.key.pem'),
    ]);
    // Refused: by the file that is at fault, and without a trace.
    const der = join(folder, 'root.der');
    openssl(['x509', '-in', root, '-outform', 'DER', '-out', der]);
    const leaf = join(folder, 'leaf.pem');
    const leafKey = join(folder, 'leaf.key');
    openssl([
      'req',
      '-x509',
      ...newEcKey(leafKey),
      '-subj',
      '/CN=leaf',
      '-addext',
      'basicConstraints=critical,CA:FALSE',
      '-out',
      leaf,
    ]);
    for (const [certificateFile, keyFile, passphrase, status, code, ...facts] of [
      [root, key, 'wrong', 3, 'WRONG_PASSPHRASE', key],
      [key, key, 'theirs', 2, 'INVALID_CERTIFICATE', key, 'ENCRYPTED PRIVATE KEY'],
      [der, leafKey, 'theirs', 2, 'KEY_MISMATCH', leafKey],
      [leaf, leafKey, 'theirs', 2, 'ISSUER_NOT_ALLOWED', 'CN=leaf'],
    ] as const) {
      const words = [
        'install_root_ca_from_files',
        certificateFile,
        keyFile,
        '--edge',
        '--dir',
        join(folder, 'none'),
      ];
      const ended = await run(['certgen', ...words], {
        env: { ENROLLKIT_PASSPHRASE: passphrase, ...withCodes },
      });
      assert.equal(ended.status, status, ended.stderr);
      assertRefusal(ended.stderr, code, ...facts);
      assert.ok(!existsSync(join(folder, 'none')));
    }

    const bare = openssl(['pkey', '-in', key, '-passin', 'pass:theirs']);
    const refused = await run(
      ['certgen', 'install_root_ca_from_cli', textOf(theirs, rootOurs), bare, '--edge', '--force'],
      { cwd: ours, env: { ...env, ...withCodes } },
    );
    assert.equal(refused.status, 2, refused.stderr);
    assertRefusal(refused.stderr, 'USAGE');
    assert.doesNotMatch(refused.stderr, /BEGIN/);
    const taken = await run(
      [
        'certgen',
        'install_root_ca_from_cli',
        textOf(theirs, rootOurs),
        textOf(theirs, keyName),
        '--edge',
        '--force',
      ],
      { cwd: ours, env: { ENROLLKIT_PASSPHRASE: 'theirs', ...withCodes } },
    );
    assert.equal(taken.status, 0, taken.stderr);
    assert.match(taken.stderr, /\[certgen\.moved-aside\]/);
    assert.ok(existsSync(join(ours, rootOurs)));
  });
});

test.run();
