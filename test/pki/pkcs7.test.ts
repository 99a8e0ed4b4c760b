import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import { EnrollkitError } from '../../src/errors.js';
import { pemBlocks, pemEncode } from '../../src/pki/containers/pem.js';
import { createPkcs7, readPkcs7 } from '../../src/pki/containers/pkcs7.js';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import { makeChain } from '../support/chains.js';
import { openssl } from '../support/openssl.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';

const testWithOpenssl = testWith('openssl', test);

const invalid = (pattern: RegExp) => (error: Error & { code?: string }) =>
  error.code === 'INVALID_PKCS7' && pattern.test(error.message);

const chain = await makeChain();
const pems = [chain.device.pem, chain.intermediate.pem, chain.root.pem];
const ders = pems.map((pem) => parseCertificate(pem).der);
const made = createPkcs7(pems);

testWithOpenssl('openssl prints the certificates of what we write, in their order', async () => {
  await inTemporaryFolder((folder) => {
    for (const [form, bytes] of [
      ['DER', made],
      ['PEM', pemEncode('PKCS7', made)],
    ] as const) {
      const path = join(folder, 'made.p7b');
      writeFileSync(path, bytes);
      const printed = openssl(['pkcs7', '-inform', form, '-in', path, '-print_certs']);
      assert.deepEqual(
        pemBlocks(printed).map(({ der }) => der),
        ders,
      );
    }
  });
});

testWithOpenssl('what openssl writes is read, DER and PEM in all its shapes', async () => {
  await inTemporaryFolder((folder) => {
    const path = join(folder, 'chain.pem');
    writeFileSync(path, pems.join(''));
    const pem = openssl(['crl2pkcs7', '-nocrl', '-certfile', path]);
    const der = pemBlocks(pem)[0]!.der;
    assert.deepEqual(der, made, 'and it is what we write, octet by octet');
    const cms = pem.replaceAll('PKCS7', 'CMS');
    for (const input of [pem, der, Buffer.from(pem), `\ufeff${pem.replaceAll('\n', '\r\n')}`, cms]) {
      assert.deepEqual(
        readPkcs7(input).map((certificate) => certificate.der),
        ders,
      );
    }
  });
});

testWithOpenssl('a signed message in BER, as streaming openssl writes it, is read', async () => {
  await inTemporaryFolder((folder) => {
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const key = file('key.pem', chain.root.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string);
    const signer = [
      '-signer',
      file('root.pem', pems[2]!),
      '-inkey',
      key,
      '-certfile',
      file('leaf.pem', pems[0]!),
    ];
    const options = ['-sign', '-in', file('text', 'hello'), '-nodetach', '-stream', '-outform', 'PEM'];
    const pem = openssl(['cms', ...options, ...signer]);
    assert.deepEqual(
      new Set(readPkcs7(pem).map(({ subject }) => subject.text)),
      new Set(['CN=device-001', 'CN=Test Root']),
    );
  });
});

test('what is no PKCS#7 of certificates is refused with the reason', () => {
  assert.throws(() => readPkcs7(''), invalid(/empty/));
  assert.throws(() => readPkcs7('hello'), invalid(/neither a PEM block PKCS7 nor DER/));
  assert.throws(() => readPkcs7(pems[0]!), invalid(/but no PKCS#7/));
  assert.throws(() => readPkcs7(ders[0]!), invalid(/contains a certificate in DER, not a PKCS#7/));
  assert.throws(() => readPkcs7(createPkcs7([])), invalid(/not contain a certificate/));
  assert.throws(() => readPkcs7(made.subarray(0, -5)), invalid(/cut off/));
  assert.throws(() => readPkcs7(Buffer.concat([made, made])), invalid(/data follows/));
  assert.throws(() => readPkcs7(pemEncode('PKCS7', made).repeat(2)), invalid(/contains 2/));
  assert.throws(() => readPkcs7(Buffer.alloc(10_000_000, 0x30)), invalid(/not a PKCS#7 file/));
  assert.throws(() => readPkcs7(Buffer.from('3080'.repeat(5000), 'hex')), invalid(/too many/));
  assert.throws(() => createPkcs7(['hello']), { code: 'INVALID_CERTIFICATE' });
});

test('a thousand certificates are read', () => {
  assert.equal(readPkcs7(createPkcs7(Array(1000).fill(ders[0]))).length, 1000);
});

test('a changed file never crashes', () => {
  fc.assert(
    fc.property(fc.nat(made.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(made);
      changed[at]! ^= change;
      try {
        readPkcs7(changed);
      } catch (error) {
        assert.ok(error instanceof EnrollkitError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

test.run();
