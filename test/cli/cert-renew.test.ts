/** `enrollkit cert renew`, judged by openssl. */
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { readPfx } from '../../src/pki/containers/pkcs12-read.js';
import { parseCertificates } from '../../src/pki/x509/certificate.js';
import { openssl } from '../support/openssl.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { run } from './in-process.js';

const testWithOpenssl = testWith('openssl', test);

const later = new Date(Date.now() + 20 * 86_400_000);
const show = (path: string, ...what: string[]) => openssl(['x509', '-in', path, '-noout', ...what]);

/** Makes what the commands say, in a certificate folder. */
async function inCertificateFolder(
  use: (at: (...names: string[]) => string, folder: string) => Promise<void>,
) {
  await inTemporaryFolder(async (folder) => {
    const at = (...names: string[]) => join(folder, ...names);
    for (const argv of [
      ['root', 'Root', '--out', at('ca/root')],
      ['intermediate', 'Inter', '--out', at('ca/intermediate')],
      ['device', 'd1', '--days', '30', '--organization', 'Contoso', '--dns', 'd1.local'],
    ]) {
      const { status, stderr } = await run([
        'cert',
        ...argv,
        ...(argv[0] === 'root' ? [] : ['--dir', folder]),
      ]);
      assert.equal(status, 0, stderr);
    }
    await use(at, folder);
  });
}

testWithOpenssl('a device is renewed in its place, for the same key or a new one', () =>
  inCertificateFolder(async (at, folder) => {
    const certificate = at('devices/d1/certificate.pem');
    const before = [
      show(certificate, '-subject', '-ext', 'subjectAltName,keyUsage'),
      show(certificate, '-pubkey'),
    ];
    const serial = show(certificate, '-serial');
    const renew = ['cert', 'renew', certificate, '--dir', folder];
    assert.equal((await run(renew, { now: later })).status, 9, 'not without --force');
    const same = await run([...renew, '--force'], { now: later });
    assert.equal(same.status, 0, same.stderr);
    assert.deepEqual(
      [show(certificate, '-subject', '-ext', 'subjectAltName,keyUsage'), show(certificate, '-pubkey')],
      before,
    );
    assert.notEqual(show(certificate, '-serial'), serial);
    assert.ok(show(certificate, '-enddate') !== '', 'it has an end');
    const seconds = String(Math.round((later.getTime() - Date.now()) / 1000) + 29 * 86_400);
    assert.match(show(certificate, '-checkend', seconds), /will not expire/);

    const fresh = await run([...renew, '--new-key', '--force'], { now: later });
    assert.equal(fresh.status, 0, fresh.stderr);
    assert.notEqual(show(certificate, '-pubkey'), before[1]);
    const key = at('devices/d1/key.pem');
    assert.equal(statSync(key).mode & 0o777, 0o600);
    assert.equal(openssl(['pkey', '-in', key, '-pubout']), show(certificate, '-pubkey'));
    const chain = at('devices/d1/chain.pem');
    const atTime = ['-attime', String(Math.floor(later.getTime() / 1000))];
    openssl([
      'verify',
      '-x509_strict',
      ...atTime,
      '-CAfile',
      at('ca/root/certificate.pem'),
      '-untrusted',
      chain,
      chain,
    ]);
  }),
);

test('a renewed intermediate of the same key leaves its devices valid; a root signs itself', () =>
  inCertificateFolder(async (at, folder) => {
    const inter = await run(
      [
        'cert',
        'renew',
        at('ca/intermediate/certificate.pem'),
        '--dir',
        folder,
        '--out',
        at('new'),
        '--days',
        '900',
      ],
      { now: later },
    );
    assert.equal(inter.status, 0, inter.stderr);
    const verified = await run(
      [
        'cert',
        'verify',
        at('devices/d1/certificate.pem'),
        '--intermediates',
        at('new/certificate.pem'),
        '--trust',
        at('ca/root/certificate.pem'),
      ],
      { now: later },
    );
    assert.equal(verified.status, 0, verified.stdout);
    const root = await run(['cert', 'renew', at('ca/root/certificate.pem'), '--out', at('root2')], {
      now: later,
    });
    assert.equal(root.status, 0, root.stderr);
    const again = await run(
      ['cert', 'verify', at('devices/d1/chain.pem'), '--trust', at('root2/certificate.pem')],
      { now: later },
    );
    assert.equal(again.status, 0, again.stdout);
  }));

test('a CA that did not issue a certificate does not take it over unasked', () =>
  inCertificateFolder(async (at) => {
    assert.equal((await run(['cert', 'root', 'Inter', '--out', at('other')])).status, 0);
    const ca = ['--ca', at('other/certificate.pem'), '--ca-key', at('other/key.pem'), '--out', at('x')];
    const renew = ['cert', 'renew', at('devices/d1/chain.pem'), ...ca];
    const refused = await run(renew, { env: withCodes });
    assert.equal(refused.status, 2);
    assertRefusal(refused.stderr, 'CHAIN_INVALID', at('devices/d1/chain.pem'), 'CN=Inter');
    const taken = await run(['cert', 'renew', at('devices/d1/chain.pem'), ...ca, '--new-issuer']);
    assert.equal(taken.status, 0, taken.stderr);
    assert.equal(readFileSync(at('x/chain.pem'), 'utf8').match(/BEGIN/g)?.length, 2);
  }));

test('the PKCS#12 file beside a certificate is renewed with it, under the passphrase that it had', () =>
  inCertificateFolder(async (at, folder) => {
    const pfx = at('devices/d1/device.pfx');
    const certificate = at('devices/d1/certificate.pem');
    const withPfx = async (env: Record<string, string>, ...more: string[]) => {
      rmSync(pfx, { force: true });
      const made = await run(['cert', 'pfx', certificate, '--out', pfx, ...more], { env });
      assert.equal(made.status, 0, made.stderr);
    };
    const renew = (env: Record<string, string>, ...more: string[]) =>
      run(['cert', 'renew', certificate, '--dir', folder, '--force', ...more], { env, now: later });
    const secret = { ENROLLKIT_PASSPHRASE: 'correct horse' };
    for (const [env, passphrase] of [
      [{}, ''],
      [secret, 'correct horse'],
    ] as const) {
      for (const more of [[], ['--new-key']]) {
        await withPfx(env, ...(passphrase === '' ? ['--empty-passphrase'] : []));
        const { status, stderr } = await renew(env, ...more);
        assert.equal(status, 0, stderr);
        assert.ok(!stderr.includes('cert pfx'), stderr);
        const reading = readPfx(readFileSync(pfx), passphrase);
        assert.equal(statSync(pfx).mode & 0o777, 0o600);
        const chain = parseCertificates(readFileSync(at('devices/d1/chain.pem'), 'utf8'));
        assert.deepEqual(
          reading.certificates.map(({ der }) => der.toString('hex')),
          chain.map(({ der }) => der.toString('hex')),
        );
        const key = createPrivateKey(readFileSync(at('devices/d1/key.pem')));
        assert.ok(createPublicKey(reading.privateKey!).equals(createPublicKey(key)));
        // The key that was replaced is kept, in key.pem and in the PKCS#12 file; the same key is not kept twice.
        const kept = readdirSync(at('devices/d1')).filter((name) => name.startsWith('device.previous-'));
        assert.equal(kept.length, more.length, `${passphrase} ${more}`);
        for (const name of kept) rmSync(at('devices/d1', name));
      }
    }

    // Of another certificate, or under a passphrase that was not given: it stays, and the command says so.
    await withPfx(secret);
    const closed = readFileSync(pfx);
    const { status, stderr } = await renew({});
    assert.equal(status, 0, stderr);
    assert.deepEqual(readFileSync(pfx), closed);
    assert.match(stderr, /enrollkit cert pfx .*certificate\.pem --out .*device\.pfx --force/);
    assert.equal((await run(['cert', 'device', 'd2', '--days', '30', '--dir', folder])).status, 0);
    const other = ['cert', 'pfx', at('devices/d2/certificate.pem'), '--out', pfx, '--force'];
    assert.equal((await run([...other, '--empty-passphrase'])).status, 0);
    const foreign = readFileSync(pfx);
    assert.equal((await renew({})).status, 0);
    assert.deepEqual(readFileSync(pfx), foreign);
  }));

test('the key of another certificate does not renew a self-signed one', () =>
  inCertificateFolder(async (at) => {
    const answer = await run([
      'cert',
      'renew',
      at('ca/root/certificate.pem'),
      '--key',
      at('devices/d1/key.pem'),
      '--out',
      at('x'),
    ]);
    assert.equal(answer.status, 2);
    assert.ok(answer.stderr.includes(at('devices/d1/key.pem')), answer.stderr);
  }));

test('an issuer renews without the passphrase of the device’s key', () =>
  inCertificateFolder(async (at, folder) => {
    const env = { ENROLLKIT_PASSPHRASE: 'kept secret' };
    const make = ['cert', 'device', 'd2', '--encrypt-key', '--dir', folder];
    assert.equal((await run(make, { env })).status, 0);
    const renew = ['cert', 'renew', at('devices/d2/certificate.pem'), '--key', at('devices/d2/key.pem')];
    for (const [out, passphrase] of [
      ['without', {}],
      ['with another', { ENROLLKIT_PASSPHRASE: 'that of the CA' }],
      ['with its own', env],
    ] as const) {
      const renewed = await run([...renew, '--dir', folder, '--out', at(out)], { env: passphrase });
      assert.equal(renewed.status, 0, `${out}: ${renewed.stderr}`);
    }
    const other = ['cert', 'renew', at('devices/d1/certificate.pem'), '--key', at('devices/d2/key.pem')];
    const refused = await run([...other, '--dir', folder, '--out', at('x'), '--json'], { env });
    assert.equal(JSON.parse(refused.stdout).error.code, 'KEY_MISMATCH', 'where the passphrase opens the key');
  }));

testWithOpenssl('a new key in the place of an encrypted one is encrypted, too', () =>
  inCertificateFolder(async (at, folder) => {
    const env = { ENROLLKIT_PASSPHRASE: 'kept secret' };
    const make = ['cert', 'device', 'd2', '--encrypt-key', '--dir', folder];
    assert.equal((await run(make, { env })).status, 0);
    const key = at('devices/d2/key.pem');
    const renew = [
      'cert',
      'renew',
      at('devices/d2/certificate.pem'),
      '--new-key',
      '--force',
      '--dir',
      folder,
    ];
    const before = readFileSync(key, 'utf8');
    assert.equal((await run(renew)).status, 8, 'without a passphrase');
    assert.equal(readFileSync(key, 'utf8'), before);
    const renewed = await run(renew, { env });
    assert.equal(renewed.status, 0, renewed.stderr);
    assert.notEqual(readFileSync(key, 'utf8'), before);
    assert.match(readFileSync(key, 'utf8'), /BEGIN ENCRYPTED PRIVATE KEY/);
    const opened = openssl(['pkey', '-in', key, '-passin', `pass:${env.ENROLLKIT_PASSPHRASE}`, '-pubout']);
    assert.equal(opened, show(at('devices/d2/certificate.pem'), '-pubkey'));
  }),
);

test.run();
