import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { test } from 'uvu';
import { EnrollkitError } from '../../src/errors.js';
import { type DerivedKeys, KeyDerivationWork } from '../../src/pki/containers/pkcs12/work.js';
import { readPfx, readPfxWith } from '../../src/pki/containers/pkcs12-read.js';
import { createPfx, createPfxWith, derivePfxKeys } from '../../src/pki/containers/pkcs12-write.js';
import { sequence, tlv } from '../../src/pki/der/write.js';
import { isKeyPair, privateKeyToPem } from '../../src/pki/keys.js';
import { make, makeChain } from '../support/chains.js';
import { fails } from '../support/fails.js';
import { openssl } from '../support/openssl.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import '../support/quick-key-derivation.js';

const testWithOpenssl = testWith('openssl', test);

const invalid = (pattern: RegExp) => fails('INVALID_PFX', pattern);
const wrong = fails('WRONG_PASSPHRASE', /passphrase is wrong/);

const { root, intermediate, device } = await makeChain();
const keyPem = await privateKeyToPem(device.privateKey);
const subjects = ['CN=device-001', 'CN=Test Intermediate', 'CN=Test Root'];

/** A PKCS#12 file that openssl makes of the chain; the root stands before the intermediate. */
async function byOpenssl(options: string[], passphrase = '1234'): Promise<Buffer> {
  return inTemporaryFolder((folder) => {
    const file = (name: string, text = '') => {
      if (text) writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const inputs = [
      '-in',
      file('leaf.pem', device.pem),
      '-certfile',
      file('chain.pem', root.pem + intermediate.pem),
    ];
    const key = options.includes('-nokeys') ? [] : ['-inkey', file('key.pem', keyPem)];
    const output = ['-out', file('made.pfx'), '-passout', `pass:${passphrase}`];
    openssl(['pkcs12', '-export', ...inputs, ...key, ...output, ...options]);
    return readFileSync(file('made.pfx'));
  });
}

function assertWhole(bytes: Buffer, passphrase: string): void {
  const { certificates, privateKey } = readPfx(bytes, passphrase);
  assert.deepEqual(
    certificates.map(({ subject }) => subject.text),
    subjects,
  );
  assert.ok(privateKey && isKeyPair(privateKey, certificates[0]!.publicKey));
}

test('files that share passphrase and salts need one derivation of each key; another passphrase is still refused', async () => {
  const derived: DerivedKeys = new Map();
  const keys = await derivePfxKeys('1234');
  const contents = {
    certificate: device.pem,
    privateKey: device.privateKey,
    chain: [intermediate.pem, root.pem],
  };
  for (const friendlyName of ['one', 'two']) {
    const bytes = createPfxWith(keys, { ...contents, friendlyName });
    assertWhole(bytes, '1234');
    assert.equal(readPfxWith(derived, bytes, '1234').certificates.length, 3);
    // One for the MAC; one for the certificates and the private key.
    assert.equal(derived.size, 2);
    assert.throws(() => readPfxWith(new Map(derived), bytes, '1235'), wrong);
  }
});

for (const [title, options] of [
  ['as OpenSSL 3 writes it', []],
  ['as OpenSSL 1.1 wrote it: 3DES, RC2-40, SHA-1', ['-legacy']],
  ['with RC2-128', ['-legacy', '-certpbe', 'PBE-SHA1-RC2-128', '-keypbe', 'PBE-SHA1-RC2-128']],
  ['with 3DES of two keys', ['-certpbe', 'PBE-SHA1-2DES', '-keypbe', 'PBE-SHA1-2DES', '-macalg', 'SHA1']],
  ['with 3DES', ['-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES', '-macalg', 'SHA384']],
  ['with PBES2 of AES-128', ['-certpbe', 'AES-128-CBC', '-keypbe', 'AES-192-CBC', '-macalg', 'SHA512']],
  ['with PBES2 of 3DES', ['-certpbe', 'DES-EDE3-CBC', '-keypbe', 'DES-EDE3-CBC']],
  ['with nothing encrypted', ['-certpbe', 'NONE', '-keypbe', 'NONE']],
] as const) {
  testWithOpenssl(`a file ${title} is read, and not with another passphrase`, async () => {
    const bytes = await byOpenssl([...options]);
    assertWhole(bytes, '1234');
    assert.throws(() => readPfx(bytes, '1235'), wrong);
    assert.throws(() => readPfx(bytes, ''), wrong);
  });
}

testWithOpenssl(
  'without an authentication code, what was encrypted tells whether the passphrase is right',
  async () => {
    for (const options of [['-nomac'], ['-nomac', '-legacy']]) {
      const bytes = await byOpenssl(options);
      assertWhole(bytes, '1234');
      for (let attempt = 0; attempt < 20; attempt += 1) {
        assert.throws(() => readPfx(bytes, `wrong${attempt}`), wrong);
      }
    }
  },
);

testWithOpenssl('an empty passphrase, in both of its forms, and one outside of ASCII', async () => {
  for (const options of [[], ['-legacy'], ['-nomac', '-legacy']]) {
    assertWhole(await byOpenssl(options, ''), '');
  }
  assertWhole(await byOpenssl([], 'pässwörd €'), 'pässwörd €');
});

test('what createPfx writes comes back', async () => {
  for (const passphrase of ['correct horse', '', 'pässwörd 😀']) {
    const bytes = await createPfx({
      certificate: device.pem,
      privateKey: device.privateKey,
      chain: [intermediate.pem, root.pem],
      friendlyName: 'device',
      passphrase,
    });
    assertWhole(bytes, passphrase);
    assert.throws(() => readPfx(bytes, 'other'), wrong);
  }
});

testWithOpenssl(
  'a file without a key gives the certificates, one without certificates or with another key is refused',
  async () => {
    const bytes = await byOpenssl(['-nokeys']);
    const { certificates, privateKey } = readPfx(bytes, '1234');
    assert.deepEqual(
      certificates.map(({ subject }) => subject.text),
      subjects,
    );
    assert.equal(privateKey, undefined);
    const other = await make('device', 'other');
    await inTemporaryFolder(async (folder) => {
      const key = join(folder, 'key.pem');
      writeFileSync(key, await privateKeyToPem(other.privateKey));
      const path = join(folder, 'made.pfx');
      openssl(['pkcs12', '-export', '-nocerts', '-inkey', key, '-out', path, '-passout', 'pass:1234']);
      assert.throws(() => readPfx(readFileSync(path), '1234'), invalid(/not contain a certificate/));
    });
  },
);

testWithOpenssl('a file in BER, with indefinite lengths and strings in pieces, is read', async () => {
  const bytes = await byOpenssl(['-certpbe', 'NONE', '-keypbe', 'NONE', '-nomac']);
  const indefinite = (tag: number, ...content: Buffer[]) =>
    Buffer.concat([Buffer.from([tag, 0x80]), ...content, Buffer.from([0, 0])]);
  // version, ContentInfo { type, [0] { OCTET STRING } }
  const content = bytes.subarray(bytes.indexOf(Buffer.from('06092a864886f70d010701', 'hex')));
  const type = content.subarray(0, 11);
  const string = content.subarray(15);
  const safe = string.subarray(4);
  const pieces = indefinite(0x24, tlv(0x04, safe.subarray(0, 100)), tlv(0x04, safe.subarray(100)));
  const version = Buffer.from([2, 1, 3]);
  assertWhole(indefinite(0x30, version, indefinite(0x30, type, indefinite(0xa0, pieces))), '1234');
  const whole = sequence(version, sequence(type, tlv(0xa0, tlv(0x04, safe))));
  assertWhole(whole, '1234');
});

testWithOpenssl('what is no PKCS#12 file is refused with the reason', async () => {
  assert.throws(() => readPfx(Buffer.alloc(0), ''), invalid(/empty/));
  assert.throws(
    () => readPfx(Buffer.from(device.pem), ''),
    invalid(/contains CERTIFICATE, but no PKCS#12 file/),
  );
  assert.throws(() => readPfx(Buffer.alloc(20_000_000), ''), invalid(/20000000 bytes/));
  assert.throws(() => readPfx(Buffer.alloc(10_000_000, 0x30), ''), invalid(/PKCS#12 file cannot be read/));
  const bytes = await byOpenssl([]);
  assert.throws(() => readPfx(bytes.subarray(0, -10), '1234'), invalid(/cut off/));
  assert.throws(() => readPfx(Buffer.concat([bytes, bytes]), '1234'), invalid(/data follows/));
  const slow = Buffer.from(bytes);
  slow.writeUInt16BE(0x7fff, slow.length - 2);
  assert.throws(() => readPfx(slow, '1234'), wrong);
});

testWithOpenssl(
  'a key with explicit parameters in a file is refused with the way to convert it',
  async () => {
    const data = (name: string) =>
      fileURLToPath(new URL(`../data/pki/explicit-curve/${name}`, import.meta.url));
    const files = ['-inkey', data('k-expl.key'), '-in', data('k-expl.pem')];
    const bytes = execFileSync('openssl', ['pkcs12', '-export', '-passout', 'pass:', ...files]);
    assert.throws(
      () => readPfx(bytes, ''),
      (error: EnrollkitError) => error.code === 'INVALID_PFX' && /named_curve/.test(error.next ?? ''),
    );
  },
);

testWithOpenssl('a change of a file is found, and never crashes or hangs', async () => {
  for (const bytes of [await byOpenssl([]), await byOpenssl(['-legacy'])]) {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(bytes);
        changed[at]! ^= change;
        try {
          assertWhole(changed, '1234');
        } catch (error) {
          assert.ok(error instanceof EnrollkitError, String(error));
        }
      }),
      { numRuns: 150 },
    );
  }
  const open = await byOpenssl(['-certpbe', 'NONE', '-keypbe', 'NONE', '-nomac']);
  fc.assert(
    fc.property(fc.nat(open.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(open);
      changed[at]! ^= change;
      try {
        readPfx(changed, '');
      } catch (error) {
        assert.ok(error instanceof EnrollkitError, String(error));
        const secret = createPrivateKey(keyPem).export({ format: 'jwk' }).d!;
        assert.ok(!`${error.message} ${error.cause}`.includes(secret));
      }
    }),
    { numRuns: 1000 },
  );
});

test('the parts of a file together may not ask for more key derivation than a few seconds take', () => {
  const work = new KeyDerivationWork();
  assert.equal(work.pkcs12(600_000), 600_000);
  assert.equal(work.pbkdf2(600_000), 600_000);
  assert.equal(work.pbkdf2(5_000_000), 5_000_000);
  assert.throws(() => work.pbkdf2(5_000_000), /together require too many rounds/);
  assert.throws(() => new KeyDerivationWork().pbkdf2(5_000_001), /requires 5000001 rounds/);
  assert.throws(() => new KeyDerivationWork().pkcs12(0), /requires 0 rounds/);
});

test('a file authenticated by PBMAC1 (RFC 9579) is read back, and refused when its MAC is wrong', async () => {
  const chain = [root.pem];
  for (const passphrase of ['secret', '']) {
    const contents = {
      certificate: device.pem,
      privateKey: device.privateKey,
      chain,
      friendlyName: 'd',
      passphrase,
    };
    const pfx = await createPfx({ ...contents, mac: 'pbmac1' });
    assert.ok(pfx.includes(Buffer.from('2a864886f70d01050e', 'hex')));
    assert.equal(readPfx(pfx, passphrase).certificates.length, 2);
    assert.throws(() => readPfx(pfx, 'other'), wrong);
    const changed = Buffer.from(pfx);
    // In the MAC, before the unused salt and iterations.
    changed[pfx.length - 12]! ^= 1;
    assert.throws(() => readPfx(changed, passphrase), wrong);
    // A key length of 1 octet (RFC 9579 section 9); lengths of 20 octets and more are accepted.
    const short = Buffer.from(pfx);
    const at = pfx.lastIndexOf(Buffer.from('020120', 'hex'));
    short[at + 2] = 1;
    assert.throws(() => readPfx(short, passphrase), invalid(/key of 1 octets/));
  }
});

test.run();
