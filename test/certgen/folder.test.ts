/** The folder that certgen leaves: files, modes, issuing again, other names, failures. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { deviceEnvironment } from '../../src/certgen/device-environment.js';
import { isKeyPair, privateKeyFromPem } from '../../src/pki/keys.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import '../support/quick-key-derivation.js';
import { at, authority, certificate, edgeScript, passphrase, read, sdkScript, textOf } from './support.js';

const fails =
  (code: string, pattern = /./) =>
  (error: Error & { code?: string }) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, pattern);
    return true;
  };

/** Every file with its mode, in octal. */
function tree(folder: string): Record<string, string> {
  const files = (readdirSync(folder, { recursive: true }) as string[]).sort();
  return Object.fromEntries(
    files.map((file) => [file, (statSync(join(folder, file)).mode & 0o777).toString(8)]),
  );
}

/** Every file with its contents. */
function contents(folder: string): Record<string, string> {
  const files = Object.keys(tree(folder)).filter((file) => statSync(join(folder, file)).isFile());
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), 'latin1')]));
}

function assertOwnKey(folder: string, prefix: string): void {
  const key = privateKeyFromPem(textOf(folder, `private/${prefix}.key.pem`));
  assert.ok(isKeyPair(key, read(folder, `certs/${prefix}.cert.pem`).publicKey), prefix);
}

const posix = process.platform !== 'win32';

test('the files of the script, keys and folders for their owner alone', async () => {
  await inTemporaryFolder(async (folder) => {
    await authority(folder);
    const { written } = await certificate(folder, 'create_device_certificate', 'mydevice');
    assert.ok(written.includes('certs/new-device.cert.pem'));
    const modes = tree(folder);
    const expected: Record<string, string> = {
      certs: '700',
      'certs/azure-iot-test-only.chain.ca.cert.pem': '444',
      'certs/azure-iot-test-only.intermediate.cert.pem': '444',
      'certs/azure-iot-test-only.root.ca.cert.pem': '444',
      'certs/new-device-full-chain.cert.pem': '444',
      'certs/new-device.cert.pem': '444',
      'certs/new-device.cert.pfx': '600',
      csr: '700',
      'csr/azure-iot-test-only.intermediate.csr.pem': '644',
      'csr/new-device.csr.pem': '644',
      'index.txt': '644',
      'index.txt.attr': '644',
      'index.txt.attr.old': '644',
      'index.txt.old': '644',
      intermediateCerts: '700',
      newcerts: '700',
      'newcerts/01.pem': '644',
      'newcerts/02.pem': '644',
      private: '700',
      'private/azure-iot-test-only.intermediate.key.pem': '400',
      'private/azure-iot-test-only.root.ca.key.pem': '400',
      'private/new-device.key.pem': '600',
      serial: '644',
      'serial.old': '644',
    };
    assert.deepEqual(Object.keys(modes), Object.keys(expected).sort());
    if (posix) assert.deepEqual(modes, expected);
    assert.match(
      textOf(folder, 'private/azure-iot-test-only.root.ca.key.pem'),
      /^-----BEGIN ENCRYPTED PRIVATE KEY/,
    );
    assert.match(textOf(folder, 'private/new-device.key.pem'), /^-----BEGIN PRIVATE KEY/);
  });
});

test('a second device leaves the first its files; issued again, a device has one set of them', async () => {
  await inTemporaryFolder(async (folder) => {
    await authority(folder);
    await certificate(folder, 'create_device_certificate', 'one');
    const first = textOf(folder, 'certs/new-device.cert.pem');
    const { moved } = await certificate(folder, 'create_device_certificate_from_intermediate', 'two');
    assert.equal(moved.length, 5);
    assert.equal(textOf(folder, 'certs/new-device.one.cert.pem'), first);
    assertOwnKey(folder, 'new-device.one');
    assertOwnKey(folder, 'new-device');
    assert.equal(textOf(folder, 'certs/new-device-full-chain.cert.pem').match(/BEGIN/g)?.length, 3);

    await certificate(folder, 'create_device_certificate', 'one');
    assertOwnKey(folder, 'new-device');
    assertOwnKey(folder, 'new-device.two');
    assert.equal(read(folder, 'certs/new-device.cert.pem').subject.commonName, 'one');
    assert.ok(!existsSync(join(folder, 'certs/new-device.one.cert.pem')), 'the former one is gone');
    assert.match(
      textOf(folder, 'index.txt'),
      /^R\t261224050000Z\t261124050000Z,superseded\t02\tunknown\t\/CN=one\nV\t261224050000Z\t\t03\tunknown\t\/CN=two\nV\t261224050000Z\t\t04\tunknown\t\/CN=one\n$/m,
    );
    assert.equal(textOf(folder, 'index.txt.attr'), 'unique_subject = yes\n');
    assert.equal(textOf(folder, 'serial'), '05\n');
    assert.equal(textOf(folder, 'serial.old'), '04\n');
  });
});

test('a name is one common name, whatever is in it', async () => {
  await inTemporaryFolder(async (folder) => {
    await authority(folder);
    for (const name of ['a/O=x', '../../escape', 'a+b,OU=y', 'Gerät 5']) {
      await certificate(folder, 'create_device_certificate', name);
      const { subject } = read(folder, 'certs/new-device.cert.pem');
      assert.deepEqual(subject.valuesOf('2.5.4.3'), [name]);
      assert.equal(subject.valuesOf('2.5.4.10').length + subject.valuesOf('2.5.4.11').length, 0);
    }
    assert.match(textOf(folder, 'index.txt'), /\t\/CN=Ger\\xC3\\xA4t 5\n$/);
    assertOwnKey(folder, 'new-device.a%2FO=x');
    assertOwnKey(folder, 'new-device...%2F..%2Fescape');
  });
});

test('what does not do changes nothing', async () => {
  await inTemporaryFolder(async (folder) => {
    const device = (name: string, more = {}) => certificate(folder, 'create_device_certificate', name, more);
    await assert.rejects(device('x'), fails('FILE_UNREADABLE'));
    assert.deepEqual(readdirSync(folder), []);
    await assert.rejects(authority(folder, sdkScript, { passphrase: '123' }), fails('USAGE', /\b4\b/));
    assert.deepEqual(readdirSync(folder), []);
    await authority(folder);
    await device('x');
    const before = contents(folder);
    await assert.rejects(device(''), fails('INVALID_COMMON_NAME', /empty/));
    await assert.rejects(device('a\nb'), fails('INVALID_COMMON_NAME', /control/));
    await assert.rejects(device('x'.repeat(65)), fails('COMMON_NAME_TOO_LONG', /65/));
    // 64 characters are legal in a common name, and 256 octets too many in the name of a file.
    await assert.rejects(device('\u{1F600}'.repeat(64)), fails('COMMON_NAME_TOO_LONG'));
    const edge = certificate(folder, 'create_edge_device_certificate', 'x'.repeat(62));
    await assert.rejects(edge, fails('COMMON_NAME_TOO_LONG', /65/));
    await assert.rejects(device('Azure IoT Hub CA Cert Test Only'), fails('INVALID_COMMON_NAME'));
    await assert.rejects(device('x-full-chain'), fails('INVALID_COMMON_NAME'));
    await assert.rejects(
      device('y', { passphrase: 'wrong' }),
      fails('WRONG_PASSPHRASE', /root\.ca\.key\.pem/),
    );
    const late = new Date('2027-01-01T00:00:00Z');
    await assert.rejects(device('y', { at: late }), fails('ISSUER_NOT_ALLOWED', /expired/));
    await assert.rejects(authority(folder), fails('FILE_EXISTS', /csr, private, certs/));
    assert.deepEqual(contents(folder), before);
  });
});

test('a failure while the files are put in their places takes everything back', async () => {
  await inTemporaryFolder(async (folder) => {
    await authority(folder);
    await certificate(folder, 'create_device_certificate', 'one');
    // A file where a folder is needed: the new certificate cannot be copied.
    rmSync(join(folder, 'newcerts'), { recursive: true });
    writeFileSync(join(folder, 'newcerts'), '');
    const before = contents(folder);
    await assert.rejects(
      certificate(folder, 'create_device_certificate', 'two'),
      fails('FILE_UNWRITABLE', /newcerts/),
    );
    assert.deepEqual(contents(folder), before);
    assertOwnKey(folder, 'new-device');
  });
});

test('what a killed command left is finished by the next', async () => {
  await inTemporaryFolder(async (folder) => {
    await authority(folder);
    await certificate(folder, 'create_device_certificate', 'one');
    const work = join(folder, '.certgen');
    mkdirSync(join(work, 'staged'), { recursive: true });
    writeFileSync(join(work, 'staged', '1'), '40\n');
    const changes = [
      { kind: 'move', path: 'csr/new-device.csr.pem', to: 'csr/moved.csr.pem' },
      { kind: 'write', path: 'serial' },
    ];
    writeFileSync(join(work, 'changes.json'), JSON.stringify(changes));
    await certificate(folder, 'create_device_certificate', 'two');
    assert.equal(read(folder, 'certs/new-device.cert.pem').serialNumber, '40');
    assert.ok(existsSync(join(folder, 'csr/moved.csr.pem')));
    assert.ok(!existsSync(work));
  });
});

test('of two commands at once, one is refused, and the folder is sound', async () => {
  await inTemporaryFolder(async (folder) => {
    await authority(folder);
    const outcomes = await Promise.allSettled([
      certificate(folder, 'create_device_certificate', 'one'),
      certificate(folder, 'create_device_certificate', 'two'),
    ]);
    const refused = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    assert.deepEqual(
      refused.map(({ reason }) => reason.code),
      ['FOLDER_IN_USE'],
    );
    assertOwnKey(folder, 'new-device');
    assert.equal(textOf(folder, 'serial'), '03\n');
  });
});

test('a new CA leaves the old one in a folder of its own', async () => {
  await inTemporaryFolder(async (folder) => {
    await authority(folder);
    await certificate(folder, 'create_device_certificate', 'one');
    writeFileSync(join(folder, 'certs', 'mine.txt'), 'not enrollkit’s');
    const before = contents(folder);
    await authority(folder, sdkScript, { replace: true });
    const [aside] = readdirSync(folder).filter((name) => name.startsWith('replaced-'));
    assert.equal(aside, 'replaced-261124050000Z');
    assert.deepEqual(contents(join(folder, aside!)), before);
    assert.equal(textOf(folder, 'serial'), '02\n');
    assert.ok(!existsSync(join(folder, 'certs/new-device.cert.pem')));
  });
});

test('a certificate ends with its issuer, and serials are never given twice', async () => {
  await inTemporaryFolder(async (folder) => {
    await authority(folder);
    const later = new Date(at.getTime() + 5 * 86_400_000);
    writeFileSync(join(folder, 'serial'), '01\n');
    await certificate(folder, 'create_device_certificate', 'late', { at: later });
    const made = read(folder, 'certs/new-device.cert.pem');
    assert.deepEqual(made.notBefore, later);
    assert.deepEqual(made.notAfter, read(folder, 'certs/azure-iot-test-only.root.ca.cert.pem').notAfter);
    assert.equal(made.serialNumber, '02');
    chmodSync(join(folder, 'index.txt'), 0o644);
    writeFileSync(join(folder, 'index.txt'), 'rubbish\n');
    await assert.rejects(
      certificate(folder, 'create_device_certificate', 'other'),
      fails('FILE_UNREADABLE', /Line 1 of .*index\.txt/),
    );
  });
});

test('with --edge: files by name; a device and a server of one name stand side by side', async () => {
  await inTemporaryFolder(async (folder) => {
    const edge = { script: edgeScript };
    await authority(folder, edgeScript);
    assert.ok(existsSync(join(folder, 'certs/azure-iot-test-only.intermediate.cert.pfx')));
    await certificate(folder, 'create_edge_device_identity_certificate', 'gateway', edge);
    await certificate(folder, 'create_edge_server_certificate', 'gateway', edge);
    await certificate(folder, 'create_edge_device_ca_certificate', 'gateway', edge);
    for (const prefix of [
      'iot-edge-device-identity-gateway',
      'iot-edge-server-gateway',
      'iot-edge-device-ca-gateway',
    ]) {
      assertOwnKey(folder, prefix);
      assert.ok(existsSync(join(folder, `certs/${prefix}-full-chain.cert.pem`)));
    }
    assert.equal(read(folder, 'certs/iot-edge-device-ca-gateway.cert.pem').subject.commonName, 'gateway.ca');
    assert.equal(textOf(folder, 'index.txt.attr'), 'unique_subject = no\n');
    await certificate(folder, 'create_edge_server_certificate', 'gateway', edge);
    assert.deepEqual(
      textOf(folder, 'index.txt')
        .split('\n')
        .map((line) => line[0] ?? ''),
      ['V', 'V', 'R', 'V', 'V', ''],
    );
    assert.equal(textOf(folder, 'serial'), '1005\n');
    await assert.rejects(
      certificate(folder, 'create_device_certificate', 'verification-code', edge),
      fails('INVALID_COMMON_NAME'),
    );
  });
});

test('the environment of a device, as ca-certs.ps1 sets it', async () => {
  await inTemporaryFolder(async (folder) => {
    await authority(folder);
    await certificate(folder, 'create_device_certificate_from_intermediate', 'one');
    await certificate(folder, 'create_device_certificate', 'two');
    const one = deviceEnvironment(folder, sdkScript, 'one', 'contoso.azure-devices.net');
    assert.equal(
      one.IOTHUB_CA_CONNECTION_STRING_TO_DEVICE,
      'HostName=contoso.azure-devices.net;DeviceId=one;x509=true',
    );
    assert.equal(one.IOTHUB_CA_USE_ECC, '1');
    const chain = textOf(folder, 'certs/new-device.one-full-chain.cert.pem');
    assert.equal(one.IOTHUB_CA_X509_PUBLIC, chain.replaceAll('\n', '\r\n'));
    const two = deviceEnvironment(folder, sdkScript, 'two', 'contoso.azure-devices.net');
    assert.equal(two.IOTHUB_CA_X509_PUBLIC!.match(/BEGIN/g)?.length, 2);
    assert.equal(
      two.IOTHUB_CA_X509_PRIVATE_KEY,
      textOf(folder, 'private/new-device.key.pem').replaceAll('\n', '\r\n'),
    );
    assert.throws(() => deviceEnvironment(folder, sdkScript, 'three', 'h'), fails('NOT_FOUND', /three/));
  });
});

test('a root that is brought signs the intermediate; its key is kept under the passphrase', async () => {
  await inTemporaryFolder(async (folder) => {
    const other = join(folder, 'other');
    const mine = join(folder, 'mine');
    await authority(other, edgeScript);
    const privateKey = privateKeyFromPem(
      textOf(other, 'private/azure-iot-test-only.root.ca.key.pem'),
      passphrase,
    );
    const rootPem = textOf(other, 'certs/azure-iot-test-only.root.ca.cert.pem');
    await authority(mine, edgeScript, { root: { certificate: rootPem, privateKey }, passphrase: 'another' });
    assert.equal(textOf(mine, 'certs/azure-iot-test-only.root.ca.cert.pem'), rootPem);
    await certificate(mine, 'create_verification_certificate', 'CODE', {
      script: edgeScript,
      passphrase: 'another',
    });
    const wrong = {
      certificate: read(mine, 'certs/azure-iot-test-only.intermediate.cert.pem').der,
      privateKey,
    };
    await assert.rejects(
      authority(join(folder, 'third'), edgeScript, { root: wrong }),
      fails('KEY_MISMATCH', /Intermediate/),
    );
    assert.ok(!existsSync(join(folder, 'third')));
  });
});

test.run();
