/** The commands that read certificates and change their form. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { pemBlocks } from '../../src/pki/containers/pem.js';
import { make, makeChain } from '../support/chains.js';
import { openssl } from '../support/openssl.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { run } from './in-process.js';

const testWithOpenssl = testWith('openssl', test);

const days = (count: number) => new Date(Date.now() + count * 86_400_000);

/** A chain in files of their own, the device's key beside it. */
async function inFiles(folder: string) {
  const { root, intermediate, device } = await makeChain();
  const paths = Object.entries({ root, intermediate, device }).map(([name, { pem }]) => {
    const path = join(folder, `${name}.pem`);
    writeFileSync(path, pem);
    return path;
  });
  const key = join(folder, 'device.key.pem');
  writeFileSync(key, device.privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  return {
    root: paths[0]!,
    intermediate: paths[1]!,
    device: paths[2]!,
    key,
    pem: { root: root.pem, intermediate: intermediate.pem, device: device.pem },
    all: device.pem + intermediate.pem + root.pem,
  };
}

test('bundle puts a chain into order, with and without its root, and refuses what does not belong', () =>
  inTemporaryFolder(async (folder) => {
    const { root, intermediate, device, pem, all } = await inFiles(folder);
    const ordered = await run(['cert', 'bundle', root, device, intermediate, device]);
    assert.equal(ordered.stdout, all);
    const out = join(folder, 'chain.pem');
    await run(['cert', 'bundle', root, device, intermediate, '--without-root', '--out', out]);
    assert.equal(readFileSync(out, 'utf8'), pem.device + pem.intermediate);
    const stranger = join(folder, 'stranger.pem');
    writeFileSync(stranger, (await make('root', 'Stranger')).pem);
    const refused = await run(['cert', 'bundle', device, intermediate, stranger]);
    assert.equal(refused.status, 2);
    assert.ok(refused.stderr.includes(stranger), refused.stderr);
  }));

testWithOpenssl('convert: PEM, DER and PKCS#7 are what openssl reads, and come back as they were', () =>
  inTemporaryFolder(async (folder) => {
    const { root, pem, all } = await inFiles(folder);
    const at = (name: string) => join(folder, name);
    writeFileSync(at('all.pem'), all);
    const der = await run(['cert', 'convert', root, '--to', 'der']);
    assert.deepEqual(der.bytes, pemBlocks(pem.root)[0]!.der);
    writeFileSync(at('root.cer'), der.bytes);
    assert.equal((await run(['cert', 'convert', at('root.cer')])).stdout, pem.root);
    await run(['cert', 'convert', at('all.pem'), '--to', 'pkcs7', '--out', at('all.p7b')]);
    const listed = openssl(['pkcs7', '-inform', 'DER', '-in', at('all.p7b'), '-print_certs', '-noout']);
    assert.equal(listed.match(/subject=/g)?.length, 3);
    const back = await run(['cert', 'convert', at('all.p7b')]);
    assert.deepEqual(back.stdout.split('-----BEGIN').sort(), all.split('-----BEGIN').sort());
    const several = await run(['cert', 'convert', at('all.pem'), '--to', 'der']);
    assert.equal(several.status, 2);
    assert.ok(several.stderr.includes(`${at('all.pem')} contains 3 certificates`), several.stderr);
  }),
);

testWithOpenssl('pfx packs certificate, key and chain; openssl opens it, and so do inspect and convert', () =>
  inTemporaryFolder(async (folder) => {
    const { key, all, pem } = await inFiles(folder);
    const at = (name: string) => join(folder, name);
    writeFileSync(at('chain.pem'), all);
    const env = { ENROLLKIT_PASSPHRASE: 'open sesame' };
    const made = await run(['cert', 'pfx', at('chain.pem'), '--key', key], { env });
    assert.equal(made.status, 0, made.stderr);
    assert.equal(statSync(at('chain.pfx')).mode & 0o777, 0o600);
    const read = openssl(['pkcs12', '-in', at('chain.pfx'), '-passin', 'pass:open sesame', '-nodes']);
    assert.equal(read.match(/BEGIN CERTIFICATE/g)?.length, 3);
    assert.ok(read.includes('friendlyName: device-001'));
    const inspected = JSON.parse((await run(['cert', 'inspect', at('chain.pfx'), '--json'], { env })).stdout);
    assert.equal(inspected.files[0].certificates[0].commonName, 'device-001');
    const parts = await run(
      ['cert', 'convert', at('chain.pfx'), '--out', at('x.pem'), '--key-out', at('x.key')],
      { env },
    );
    assert.equal(parts.status, 0, parts.stderr);
    assert.equal(statSync(at('x.key')).mode & 0o777, 0o600);
    assert.ok(readFileSync(at('x.pem'), 'utf8').startsWith(pem.device));
    assert.equal(openssl(['pkey', '-in', at('x.key'), '-pubout']), openssl(['pkey', '-in', key, '-pubout']));
    for (const [passphrase, status] of [
      [undefined, 8],
      ['wrong', 3],
    ] as const) {
      const wrong: Record<string, string> =
        passphrase === undefined ? {} : { ENROLLKIT_PASSPHRASE: passphrase };
      const answer = await run(['cert', 'inspect', at('chain.pfx')], { env: wrong });
      assert.equal(answer.status, status);
      assert.ok(answer.stderr.includes(at('chain.pfx')), answer.stderr);
    }
    assert.equal((await run(['cert', 'pfx', at('chain.pem'), '--key', key, '--force'])).status, 8);
    assert.equal(
      (
        await run(['cert', 'pfx', at('chain.pem'), '--key', key, '--force'], {
          env: { ENROLLKIT_PASSPHRASE: 'abc' },
        })
      ).status,
      2,
    );
  }),
);

test('inspect shows a folder file by file, and tells of what it cannot read', () =>
  inTemporaryFolder(async (folder) => {
    const { device } = await inFiles(folder);
    mkdirSync(join(folder, 'below'));
    writeFileSync(join(folder, 'below', 'broken.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n');
    const { stdout, status } = await run(['cert', 'inspect', folder]);
    assert.equal(status, 0);
    for (const text of [
      device,
      'CN=device-001',
      'ecdsa-with-SHA256',
      'clientAuth',
      'broken.pem',
      'cut off',
    ]) {
      assert.ok(stdout.includes(text), text);
    }
    assert.ok(!stdout.includes('device.key.pem'), 'a key is no certificate');
    const { files } = JSON.parse((await run(['cert', 'inspect', folder, '--json'])).stdout);
    assert.equal(files.length, 4);
  }));

testWithOpenssl('inspect shows a request as sign would take it; one that was forged is refused', () =>
  inTemporaryFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const made = await run(['cert', 'csr', 'd-1', '--dns', 'd.local', '--ip', '::1', '--out', at('d')]);
    assert.equal(made.status, 0, made.stderr);
    const { stdout, status } = await run(['cert', 'inspect', at('d/request.pem')]);
    assert.equal(status, 0);
    assert.match(stdout, /certificate signing request\nSubject +CN=d-1\nKey +EC P-256\nSignature +valid/);
    assert.match(stdout, /Alternative names +DNS:d\.local, IP Address:/);
    openssl(['req', '-in', at('d/request.pem'), '-outform', 'DER', '-out', at('d.csr')]);
    const { files } = JSON.parse((await run(['cert', 'inspect', folder, '--json'])).stdout);
    assert.deepEqual(
      files.map(({ path, request }: { path: string; request: { commonName: string } }) => [
        path,
        request.commonName,
      ]),
      [
        [at('d/request.pem'), 'd-1'],
        [at('d.csr'), 'd-1'],
      ].sort(),
    );
    const der = readFileSync(at('d.csr'));
    writeFileSync(at('d.csr'), Buffer.from(der.toString('latin1').replace('d-1', 'd-2'), 'latin1'));
    const forged = await run(['cert', 'inspect', at('d.csr')]);
    assert.equal(forged.status, 2);
    assert.ok(
      forged.stderr.includes(`${at('d.csr')}: The signature of the request for CN=d-2`),
      forged.stderr,
    );
  }),
);

testWithOpenssl('fingerprint is that of openssl', () =>
  inTemporaryFolder(async (folder) => {
    const { device } = await inFiles(folder);
    const { stdout } = await run(['cert', 'fingerprint', device, '--algorithm', 'sha256']);
    const found = openssl(['x509', '-in', device, '-noout', '-fingerprint', '-sha256']);
    assert.equal(stdout.trim(), found.split('=')[1]!.trim().replaceAll(':', ''));
    assert.match(
      (await run(['cert', 'fingerprint', device])).stdout,
      /CN=device-001\nSHA-1 +[0-9A-F]{40}\nSHA-256 /,
    );
  }),
);

test('needs-renewal answers by its exit status', () =>
  inTemporaryFolder(async (folder) => {
    const root = await make('root', 'Root', undefined, { validityDays: 100 });
    const device = await make('device', 'd', root, { validityDays: 30 });
    const path = join(folder, 'chain.pem');
    writeFileSync(path, root.pem + device.pem);
    const ask = async (now: Date, ...more: string[]) =>
      (await run(['cert', 'needs-renewal', path, ...more], { now })).status;
    assert.equal(await ask(days(0)), 10);
    assert.equal(await ask(days(60)), 10);
    assert.equal(await ask(days(68)), 0, 'a third of its lifetime is left');
    assert.equal(await ask(days(101)), 0, 'it has ended');
    assert.equal(await ask(days(60), '--within', '39'), 10);
    assert.equal(await ask(days(60), '--within', '41'), 0);
    assert.equal(await ask(days(60), '--within', '41d'), 0);
    assert.equal(await ask(days(99), '--within', '23h'), 10);
    assert.equal(await ask(days(99), '--within', '25h'), 0);
    assert.equal(await ask(days(60), '--within', '39%'), 10);
    assert.equal(await ask(days(60), '--within', '41%'), 0);
    for (const span of ['', '-1', '1.5', '101%', '3w', '9999999']) {
      assert.equal(await ask(days(0), `--within=${span}`), 2, span);
    }
    assert.equal(await ask(days(25)), 10, 'the first counts');
    assert.equal(await ask(days(25), '--bundle'), 0, 'all count');
    assert.equal((await run(['cert', 'needs-renewal', join(folder, 'none.pem')])).status, 9);
    const { stdout } = await run(['cert', 'needs-renewal', path, '--json']);
    assert.equal(JSON.parse(stdout).needsRenewal, false);
  }));

test('verify says in words what holds and what does not', () =>
  inTemporaryFolder(async (folder) => {
    const { root, all } = await inFiles(folder);
    const chain = join(folder, 'chain.pem');
    writeFileSync(chain, all);
    const holds = await run(['cert', 'verify', chain, '--trust', root, '--purpose', 'clientAuth']);
    assert.equal(holds.status, 0, holds.stderr);
    const late = await run(['cert', 'verify', chain, '--trust', root, '--at', '2050-01-01']);
    assert.equal(late.status, 11);
    assert.match(late.stdout, /expired|ended/);
    const wrongUse = await run([
      'cert',
      'verify',
      chain,
      '--trust',
      root,
      '--purpose',
      'serverAuth',
      '--json',
    ]);
    assert.equal(wrongUse.status, 11);
    assert.equal(JSON.parse(wrongUse.stdout).failures[0].code, 'EXTENDED_KEY_USAGE');
    assert.equal((await run(['cert', 'verify', chain, '--trust', root, '--at', 'tomorrow'])).status, 2);
    const nothing = await run(['cert', 'verify', chain, '--dir', folder]);
    assert.equal(nothing.status, 9);
    assert.ok(nothing.stderr.includes('--trust'), nothing.stderr);
  }));

// Nothing is forbidden to root.
const testAsUser = process.getuid?.() === 0 ? test.skip : test;
testAsUser('a folder that may not be written is told, and nothing of the work is left', () =>
  inTemporaryFolder(async (folder) => {
    chmodSync(folder, 0o500);
    const { status, stderr } = await run(['cert', 'root', 'R', '--out', join(folder, 'root')]);
    chmodSync(folder, 0o700);
    assert.equal(status, 9);
    assert.ok(stderr.includes(folder), stderr);
  }),
);

test.run();
