/** A private key goes with the certificate that it belongs to, and with no other that lies in the same file. */
import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { createPkcs7 } from '../../src/pki/containers/pkcs7.js';
import { readPfx } from '../../src/pki/containers/pkcs12-read.js';
import { createPfx } from '../../src/pki/containers/pkcs12-write.js';
import { make, makeChain } from '../support/chains.js';
import { openssl } from '../support/openssl.js';
import { swappedHalves } from '../support/swapped-halves.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

/** Of a device: its certificate, the intermediate that issued it and the root; their keys. */
const pairing = fileURLToPath(new URL('../data/key-pairing', import.meta.url));

const pemOf = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }) as string;

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const { root, intermediate, device } = await makeChain('d1');
  const other = await make('device', 'd2', intermediate);
  await inTemporaryFolder(async (folder) => {
    const write = (name: string, contents: string | Uint8Array) =>
      writeFileSync(join(folder, name), contents);
    const chain = device.pem + intermediate.pem + root.pem;
    write('d.key', pemOf(device.privateKey));
    write('d2.key', pemOf(other.privateKey));
    write('ca.key', pemOf(intermediate.privateKey));
    write('root.key', pemOf(root.privateKey));
    write('d.pem', device.pem);
    write('root.pem', root.pem);
    write('ca.pem', intermediate.pem + root.pem);
    write('root-first.pem', root.pem + intermediate.pem);
    write('chain.pem', chain);
    write('reversed.pem', root.pem + intermediate.pem + device.pem);
    write('two.pem', device.pem + other.pem);
    write('chain.p7b', createPkcs7([root.pem, device.pem, intermediate.pem]));
    write('chain-with-ca-key.pem', chain + pemOf(intermediate.privateKey));
    write('chain-with-other-key.pem', chain + pemOf(other.privateKey));
    write('chain-with-key.pem', pemOf(device.privateKey) + chain);
    write(
      'd.pfx',
      await createPfx({
        certificate: device.pem,
        privateKey: device.privateKey,
        chain: [intermediate.pem],
        friendlyName: 'd',
        passphrase: '',
      }),
    );
    // The public half of the device's key beside the private half of another.
    write('swapped.key', swappedHalves(device.privateKey, other.privateKey));
    await use(folder);
  });
}

const ca = (file: string, key: string) => [
  'cert',
  'device',
  'd9',
  '--ca',
  file,
  '--ca-key',
  key,
  '--out',
  'out',
];
const pfx = (file: string, ...key: string[]) => [
  'cert',
  'pfx',
  file,
  ...key.flatMap((one) => ['--key', one]),
  '--empty-passphrase',
  '--out',
  'out',
];
const register = (certificates: string[], key: string) => [
  'device',
  'register',
  'd1',
  ...certificates,
  '--key',
  key,
  '--dir',
  'out',
];

const mismatches: [argv: string[], why: string][] = [
  [pfx('chain.pem', 'ca.key'), 'the key is that of the issuer'],
  [pfx('chain.pem', 'root.key'), 'the key is that of the root'],
  [pfx('reversed.pem', 'root.key'), 'the key is that of the root, which is the first in the file'],
  [pfx('reversed.pem', 'ca.key'), 'the key is that of the issuer, in a file that is the other way round'],
  [pfx('chain.p7b', 'ca.key'), 'the key is that of the issuer, in a set'],
  [pfx('two.pem', 'd2.key'), 'the key is that of the second device'],
  [pfx('chain-with-ca-key.pem'), 'the file has the key of the issuer'],
  [pfx('d.pfx', 'd2.key'), 'another key is named than the one in the file'],
  [pfx('d.pem', 'swapped.key'), 'the key is half that of another'],
  [
    ['cert', 'convert', 'chain-with-ca-key.pem', '--out', 'out', '--key-out', 'out.key'],
    'the file has the key of the issuer',
  ],
  [
    ['cert', 'convert', 'chain-with-other-key.pem', '--out', 'out', '--key-out', 'out.key'],
    'the file has the key of another device',
  ],
  [ca('ca.pem', 'root.key'), 'the key is that of the CA above'],
  [ca('ca.pem', 'd.key'), 'the key is that of a device'],
  [ca('chain.pem', 'ca.key'), 'the file is that of a device'],
  [
    ['cert', 'intermediate', 'I', '--ca', 'ca.pem', '--ca-key', 'root.key', '--out', 'out'],
    'the key is that of the CA above',
  ],
  [
    ['cert', 'sign', 'request.pem', '--ca', 'ca.pem', '--ca-key', 'root.key', '--out', 'out'],
    'the key is that of the CA above',
  ],
  [
    ['cert', 'verification', 'A'.repeat(48), '--ca', 'ca.pem', '--ca-key', 'root.key', '--out', 'out'],
    'the key is that of the CA above',
  ],
  [
    ['cert', 'renew', 'd.pem', '--ca', 'ca.pem', '--ca-key', 'root.key', '--out', 'out'],
    'the key is that of the CA above',
  ],
  [
    ['cert', 'renew', 'd.pem', '--key', 'd2.key', '--ca', 'ca.pem', '--ca-key', 'ca.key', '--out', 'out'],
    'the key that is named is that of another device',
  ],
  [['cert', 'renew', 'root.pem', '--key', 'ca.key', '--out', 'out'], 'the key is that of another CA'],
  [['cert', 'self-signed', 'd', '--key', 'swapped.key', '--out', 'out'], 'the key is half that of another'],
  [['cert', 'csr', 'd', '--key', 'swapped.key', '--out', 'out'], 'the key is half that of another'],
  [
    ['fleet', 'issue', '--pattern', 'd-{1..2}', '--ca', 'ca.pem', '--ca-key', 'root.key', '--out', 'out'],
    'the key is that of the CA above',
  ],
  [
    ['certgen', 'install_root_ca_from_files', 'ca.pem', 'root.key', '--edge', '--dir', 'out'],
    'the key is that of the CA above',
  ],
  [register(['--chain', 'chain.pem'], 'ca.key'), 'the key is that of the issuer'],
  [register(['--certificate', 'd.pem', '--chain', 'ca.pem'], 'd2.key'), 'the key is that of another device'],
];

for (const [argv, why] of mismatches) {
  test(`${argv.join(' ')}: ${why}`, () =>
    inFolder(async (folder) => {
      await run(['cert', 'csr', 'd', '--out', folder, '--key', join(folder, 'd.key')]);
      const before = readdirSync(folder).sort();
      const env: Record<string, string> = argv[0] === 'certgen' ? { ENROLLKIT_PASSPHRASE: 'secret' } : {};
      const inIt = argv.map((word) => (/\.(pem|key|p7b|pfx)$|^out/.test(word) ? join(folder, word) : word));
      const { status, stdout, stderr } = await run([...inIt, '--json'], { env });
      assert.equal(status, 2, stderr);
      assert.equal(JSON.parse(stdout).error.code, 'KEY_MISMATCH', stderr);
      assert.deepEqual(readdirSync(folder).sort(), before);
      // The key itself is damaged: no certificate beside it is to blame.
      if (argv.includes('swapped.key')) assert.ok(stderr.includes(join(folder, 'swapped.key')), stderr);
    }));
}

test('the key of the device’s issuer makes no PKCS#12 file of the device', () =>
  inTemporaryFolder(async (folder) => {
    cpSync(pairing, folder, { recursive: true });
    const at = (name: string) => join(folder, name);
    const packed = (key: string) =>
      run([
        'cert',
        'pfx',
        at('chain.pem'),
        '--key',
        at(key),
        '--empty-passphrase',
        '--out',
        at('device.pfx'),
      ]);
    assert.equal((await packed('issuer.key')).status, 2);
    assert.ok(!existsSync(at('device.pfx')));
    assert.equal((await packed('d1.key')).status, 0);
    const [leaf, ...issuers] = readPfx(readFileSync(at('device.pfx')), '').certificates;
    assert.equal(
      leaf!.subject.text,
      openssl(['x509', '-in', at('chain.pem'), '-noout', '-subject', '-nameopt', 'RFC2253'])
        .trim()
        .replace('subject=', ''),
    );
    assert.ok(issuers.length > 0);
  }));

test('the key that belongs is taken, in whatever order and form the certificates are', () =>
  inFolder(async (folder) => {
    for (const [index, argv] of [
      pfx('chain.pem', 'd.key'),
      pfx('reversed.pem', 'd.key'),
      pfx('chain.p7b', 'd.key'),
      pfx('two.pem', 'd.key'),
      pfx('chain-with-key.pem'),
      pfx('d.pfx'),
      pfx('d.pfx', 'd.key'),
      pfx('ca.pem', 'ca.key'),
      pfx('root.pem', 'root.key'),
      ['cert', 'convert', 'chain-with-key.pem', '--out', 'out', '--key-out', 'out.key'],
      ['cert', 'convert', 'd.pfx', '--out', 'out', '--key-out', 'out.key'],
      ca('ca.pem', 'ca.key'),
      ca('root.pem', 'root.key'),
      ca('root-first.pem', 'root.key'),
      ca('root-first.pem', 'ca.key'),
      ['cert', 'renew', 'd.pem', '--key', 'd.key', '--ca', 'ca.pem', '--ca-key', 'ca.key', '--out', 'out'],
    ].entries()) {
      const inIt = argv.map((word) => (/\.(pem|key|p7b|pfx)$|^out/.test(word) ? join(folder, word) : word));
      const numbered = inIt.map((word) => word.replace(/(?<!-)\bout(?=$|\.key$)/, `out${index}`));
      const { status, stderr } = await run(numbered);
      assert.equal(status, 0, `${argv.join(' ')}: ${stderr}`);
      if (argv[1] !== 'pfx') continue;
      const { certificates, privateKey } = readPfx(readFileSync(join(folder, `out${index}`)), '');
      assert.ok(privateKey);
      const expected =
        argv[2] === 'ca.pem' ? 'CN=Test Intermediate' : argv[2] === 'root.pem' ? 'CN=Test Root' : 'CN=d1';
      assert.equal(certificates[0]!.subject.text, expected, argv.join(' '));
    }
  }));

test.run();
