/** Certificates, keys, requests, lists and their containers in each form in which people have them. */
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import { readContents } from '../../src/pki/containers/contents.js';
import { pemEncode } from '../../src/pki/containers/pem.js';
import { createPkcs7, readPkcs7 } from '../../src/pki/containers/pkcs7.js';
import { readPfx } from '../../src/pki/containers/pkcs12-read.js';
import { createPfx } from '../../src/pki/containers/pkcs12-write.js';
import { isEncryptedKey, privateKeyFromPem } from '../../src/pki/keys.js';
import { makeCertificateRequest } from '../../src/pki/make/certificate-request.js';
import { parseCertificate, parseCertificates } from '../../src/pki/x509/certificate.js';
import { parseRevocationLists } from '../../src/pki/x509/crl.js';
import { parseCertificateRequest } from '../../src/pki/x509/csr.js';
import { lookAtCertificate } from '../../src/pki/x509/look.js';
import { fails } from '../support/fails.js';
import { authority, device } from '../support/raw-certificates.js';
import { revocationList } from '../support/revocation-lists.js';
import '../support/quick-key-derivation.js';

const root = authority('Root');
const leaf = device('device', root);
const { privateKey, publicKey } = leaf.keys;
const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
const data = (path: string) => readFileSync(new URL(`../data/pki/${path}`, import.meta.url));

const derOf = (pem: string) => Buffer.from(pem.replace(/-----.*-----|\n/g, ''), 'base64');
const utf16 = (text: string) => Buffer.from(text, 'utf16le');
/** Each form of a PEM text, by its name. */
const forms: Record<string, (pem: string) => string | Uint8Array> = {
  PEM: (pem) => pem,
  'a byte order mark': (pem) => Buffer.from(`\ufeff${pem}`),
  'UTF-16 with a mark': (pem) => utf16(`\ufeff${pem}`),
  'UTF-16 without': (pem) => utf16(pem),
  'UTF-16, big-endian': (pem) => utf16(`\ufeff${pem}`).swap16(),
  'line ends of Windows': (pem) => pem.replaceAll('\n', '\r\n'),
  'line ends of an old Macintosh': (pem) => pem.replaceAll('\n', '\r'),
  'text around': (pem) => `Bag Attributes\n    friendlyName: x\n${pem}\n# end\n`,
  indented: (pem) => pem.replace(/^/gm, '    '),
  'one line': (pem) => pem.replaceAll('\n', ' '),
  'line ends written out': (pem) => pem.replaceAll('\n', '\\n'),
  'a JSON string': (pem) => JSON.stringify(pem).replaceAll('+', '\\u002B').replaceAll('/', '\\/'),
  DER: derOf,
  'base64 alone': (pem) => pem.replace(/-----.*-----\n/g, ''),
  'base64 in one line': (pem) => pem.replace(/-----.*-----|\n/g, ''),
  'base64url, as JSON Web Keys have it': (pem) =>
    Buffer.from(pem.replace(/-----.*-----|\n/g, ''), 'base64').toString('base64url'),
  'percent encoding': (pem) => encodeURIComponent(pem),
  'percent encoding of a form': (pem) => new URLSearchParams([['', pem]]).toString().slice(1),
  HTML: (pem) =>
    `<pre>${pem.replaceAll('+', '&#43;').replaceAll('/', '&#x2F;').replaceAll('\n', '<br>\n')}</pre>`,
  'the dashes of a word processor': (pem) => Buffer.from(pem.replaceAll('-----', '\u2014\u2014-')),
  'its dashes, as a string': (pem) => pem.replaceAll('-----', '\u2013\u2013\u2013'),
  'its spaces': (pem) => Buffer.from(pem.replaceAll(' ', '\u00a0').replaceAll('\n', '\u200b\n')),
  'a lost hyphen': (pem) => pem.slice(1, -2),
  'more hyphens': (pem) => pem.replaceAll('-----', '------'),
  'strings of C': (pem) => `const char pem[] =\n${pem.replace(/^(.+)\n/gm, '  "$1\\r\\n"\n')};\n`,
  'a macro of C': (pem) => `#define PEM \\\n${pem.replace(/^(.+)\n/gm, '"$1\\n" \\\n')}\n`,
  'strings of C#': (pem) => `var pem =\n${pem.replace(/^(.+)\n/gm, '    "$1\\n" +\n')}    "";\n`,
  'a continued string': (pem) => `pem = "${pem.replaceAll('\n', '\\n\\\n')}"\n`,
  'a quoted e-mail': (pem) => pem.replace(/^/gm, '> > '),
  'line ends written out twice': (pem) => pem.replaceAll('\n', '\\\\n'),
  'hexadecimal digits': (pem) => derOf(pem).toString('hex'),
  'hexadecimal digits with colons': (pem) =>
    derOf(pem)
      .toString('hex')
      .toUpperCase()
      .replace(/..(?=.)/g, '$&:'),
  'an array of C': (pem) => derOf(pem).toString('hex').replace(/../g, '0x$&, '),
  'a data URL': (pem) => `data:application/x-pem-file;base64,${Buffer.from(pem).toString('base64')}`,
  'headers, which OpenSSL skips': (pem) => pem.replace('\n', '\nComment: x\nLocation: y\n\n'),
  'base64 of PEM': (pem) => Buffer.from(pem).toString('base64'),
  'base64 of base64': (pem) => Buffer.from(pem.replace(/-----.*-----|\n/g, '')).toString('base64'),
};

for (const [name, inForm] of Object.entries(forms)) {
  test(`everything is read from ${name}`, async () => {
    assert.deepEqual(parseCertificate(inForm(leaf.pem)).der, leaf.der);
    const p7b = pemEncode('PKCS7', createPkcs7([leaf.der, root.der]));
    assert.deepEqual(
      parseCertificates(inForm(p7b)).map(({ der }) => der),
      [leaf.der, root.der],
    );
    const key = privateKeyFromPem(inForm(pemEncode('PRIVATE KEY', pkcs8)));
    assert.ok(createPublicKey(key).equals(publicKey));
    const ec = privateKey.export({ format: 'pem', type: 'sec1' }) as string;
    assert.ok(createPublicKey(privateKeyFromPem(inForm(ec))).equals(publicKey));
    const encrypted = privateKey.export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    }) as string;
    assert.ok(isEncryptedKey(inForm(encrypted)));
    assert.ok(createPublicKey(privateKeyFromPem(inForm(encrypted), 'secret')).equals(publicKey));
    const { pem } = await makeCertificateRequest({ subject: { commonName: 'd' }, privateKey, publicKey });
    assert.equal(parseCertificateRequest(inForm(pem)).subject.commonName, 'd');
    assert.equal(
      parseRevocationLists(inForm(pemEncode('X509 CRL', revocationList({ issuer: root }))))[0]!.issuer.text,
      'CN=Root',
    );
    const pfx = await createPfx({
      certificate: leaf.der,
      privateKey,
      chain: [],
      friendlyName: 'd',
      passphrase: '',
    });
    assert.deepEqual(
      readPfx(inForm(pemEncode('PKCS12', pfx)) as Uint8Array, '').certificates[0]!.der,
      leaf.der,
    );
  });
}

test('an encrypted key of old OpenSSL is read from one line, and indented', () => {
  const rsa = data('obsolete-ciphers/pkcs1-des.pem').toString();
  for (const text of [rsa, rsa.replaceAll('\n', ' '), rsa.replace(/^/gm, '  '), rsa.replaceAll('\n', '\\n')])
    assert.throws(() => privateKeyFromPem(text, 'secret'), fails('INVALID_KEY', /DES-CBC/));
});

test('files of Azure Key Vault and of environment variables are read', () => {
  assert.ok(readPfx(data('encodings/kv-b64.pfx'), 'secret').privateKey);
  for (const name of ['c-b64.cer', 'c-b64-1line.txt', 'c-escaped.txt'])
    assert.ok(parseCertificate(data(`encodings/${name}`)).subject.commonName, name);
  assert.equal(privateKeyFromPem(data('encodings/p8-escaped.txt')).type, 'private');
});

test('of OpenSSL’s TRUSTED CERTIFICATE, the certificate is read', () => {
  assert.ok(parseCertificate(data('trusted-certificate/c-trusted2.pem')).subject.text);
});

test('an obsolete cipher is named, with the command that converts the key, before a passphrase is asked for', () => {
  for (const [file, cipher] of [
    ['p8-md5des.pem', 'pbeWithMD5AndDES-CBC'],
    ['pkcs1-des.pem', 'DES-CBC'],
  ] as const) {
    for (const passphrase of ['secret', undefined]) {
      assert.throws(
        () => privateKeyFromPem(data(`obsolete-ciphers/${file}`), passphrase),
        (error: Error & { next?: string }) =>
          fails('INVALID_KEY', new RegExp(cipher))(error) && /openssl pkcs8 .*legacy/.test(error.next!),
      );
    }
  }
});

test('an EC key with explicit parameters is refused as such', () => {
  assert.throws(
    () => privateKeyFromPem(data('explicit-curve/k-expl.key')),
    fails('INVALID_KEY', /explicit parameters/),
  );
});

test('a hyphen lost in one line of a bundle loses no certificate', () => {
  const bundle = `${leaf.pem}${root.pem.replace('-----BEGIN', '----BEGIN')}`;
  assert.equal(parseCertificates(bundle).length, 2);
});

test('a PKCS#12 file in PEM, as GnuTLS writes it, has a certificate and a key', async () => {
  const pfx = await createPfx({
    certificate: leaf.der,
    privateKey,
    chain: [],
    friendlyName: 'd',
    passphrase: 'secret',
  });
  const contents = readContents(pemEncode('PKCS12', pfx));
  assert.equal(contents.form === 'der' && contents.kind, 'PKCS#12 file');
});

test('an odd certificate is looked at in PKCS#7, too', () => {
  const p7b = createPkcs7([leaf.der]);
  const at = p7b.indexOf(Buffer.from('020102', 'hex'));
  assert.ok(at > 0);
  p7b[at + 2] = 9;
  assert.throws(() => readPkcs7(p7b), fails('INVALID_PKCS7', /version/));
  assert.equal(readPkcs7(p7b, lookAtCertificate)[0]!.subject.commonName, 'device');
});

test('large inputs of what might be armour are refused in little time', () => {
  for (const text of ['-', '"', '> ', '&#', '<', '%20', '----BEGIN A', '-----BEGIN ', '0x', '"+']) {
    const before = process.cpuUsage();
    const input = `-----BEGIN+X-----${text.repeat(200_000 / text.length)}x\n`;
    assert.throws(() => readContents(input), fails('INVALID_CERTIFICATE'));
    assert.ok(process.cpuUsage(before).user < 2_000_000, text);
  }
});

test('what is something else is told what it is', () => {
  const cases: [input: string | Uint8Array, is: RegExp][] = [
    [Buffer.from('feedfeed00000002', 'hex'), /Java keystore/],
    ['PuTTY-User-Key-File-3: ecdsa', /PuTTY/],
    ['ssh-ed25519 AAAAC3Nz user@host', /SSH/],
    ['{"value": "x"}', /JSON/],
    ['<!DOCTYPE html>', /web page/],
    [Buffer.from('504b0304aaaa', 'hex'), /ZIP/],
    ['hello', /neither PEM nor DER/],
    [leaf.pem.slice(leaf.pem.indexOf('\n')), /END CERTIFICATE.*not the first/],
  ];
  for (const [input, is] of cases) assert.throws(() => readContents(input), fails('INVALID_CERTIFICATE', is));
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  for (const read of [parseCertificate, parseCertificateRequest, parseRevocationLists, privateKeyFromPem]) {
    assert.throws(() => read(spki), /a public key in DER/);
    assert.throws(() => read(pemEncode('PUBLIC KEY', spki)), /contains PUBLIC KEY, but no/);
    assert.throws(() => read('{"value": "x"}'), /JSON/);
  }
  assert.throws(
    () => parseCertificate(revocationList({ issuer: root })),
    /a revocation list in DER, not a certificate/,
  );
  assert.throws(
    () => privateKeyFromPem(pemEncode('OPENSSH PRIVATE KEY', Buffer.from('openssh-key-v1'))),
    fails('INVALID_KEY', /OpenSSH/),
  );
});

test.run();
