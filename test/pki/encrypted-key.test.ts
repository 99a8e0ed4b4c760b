/** What an encrypted key may ask for, and whose encrypted keys open. */
import assert from 'node:assert/strict';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { openPfx, readPfx } from '../../src/pki/containers/pkcs12-read.js';
import { generateKeyPair, isKeyPair, openPrivateKey, privateKeyFromPem } from '../../src/pki/keys.js';
import {
  encryptedByScrypt,
  encryptedPem,
  pbes2,
  pbkdf2,
  pkcs12,
  pkcs12Encryption,
  scrypt,
  undecipherable,
} from '../support/encrypted-keys.js';
import { fails } from '../support/fails.js';
import { openssl } from '../support/openssl.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';

const key = await generateKeyPair('ec-p256');
const clear = key.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
const passphrase = 'secret';

/** Each is refused before any of it is done: one of them would take hours. */
const tooMuch: Record<string, Buffer> = {
  'scrypt with p=100000': pbes2(scrypt(32_768, 1, 100_000)),
  'scrypt just above the bound': pbes2(scrypt(16_384, 8, 129)),
  'scrypt with a huge N': pbes2(scrypt(2 ** 40, 8, 1)),
  'scrypt with a huge r': pbes2(scrypt(2, 2 ** 30, 1)),
  'scrypt that takes 512 MiB': pbes2(scrypt(2 ** 22, 1, 1)),
  'scrypt that takes 512 MiB by its p': pbes2(scrypt(2, 1, 2 ** 22)),
  'PBKDF2 with 5,000,001 rounds': pbes2(pbkdf2(5_000_001)),
  'PBKDF2 with 2^50 rounds': pbes2(pbkdf2(2 ** 50)),
  'PKCS#12’s way with 1,000,001 rounds': pkcs12Encryption(1_000_001),
};

/** Whether an error says how much was asked for; a wrong passphrase is not in question. */
const refused = (code: string) => fails(code, /requires/);

for (const [name, algorithm] of Object.entries(tooMuch)) {
  test(`${name} is refused in words, whichever way it comes in`, async () => {
    const pem = encryptedPem(undecipherable(algorithm));
    // The words of the older form in front have made OpenSSL read the key, with any number of rounds.
    for (const text of [
      pem,
      `Proc-Type: 4,ENCRYPTED\n${pem}`,
      pem.replace('\n', '\nProc-Type: 4,ENCRYPTED\n\n'),
    ]) {
      assert.throws(() => privateKeyFromPem(text, passphrase), refused('INVALID_KEY'));
      await assert.rejects(openPrivateKey(text, { passphrase }), refused('INVALID_KEY'));
    }
    for (const file of [pkcs12({ key: algorithm }), pkcs12({ certificates: algorithm })]) {
      assert.throws(() => readPfx(file, passphrase), refused('INVALID_PFX'));
      await assert.rejects(openPfx(file, { passphrase }), refused('INVALID_PFX'));
    }
  });
}

test('a PKCS#12 file whose authentication asks for too much is refused in words', () => {
  for (const rounds of [1_000_001, 2 ** 50]) {
    assert.throws(() => readPfx(pkcs12({ mac: rounds }), passphrase), refused('INVALID_PFX'));
  }
});

test('scrypt with parameters that are none is refused', () => {
  for (const parameters of [
    scrypt(3, 8, 1),
    scrypt(0, 8, 1),
    scrypt(1, 8, 1),
    scrypt(16, 0, 1),
    scrypt(16, 8, 0),
    scrypt(65_536, 1, 1),
  ]) {
    const pem = encryptedPem(undecipherable(pbes2(parameters)));
    assert.throws(() => privateKeyFromPem(pem, passphrase), fails('INVALID_KEY', /not possible/));
  }
});

test('a key by scrypt opens, up to more memory than OpenSSL allows itself', async () => {
  const pem = (...parameters: [number, number, number]) =>
    encryptedPem(encryptedByScrypt(key.privateKey, passphrase, parameters));
  await opens(pem(16_384, 8, 1));
  await opens(pem(32_768, 8, 1));
  // In a process of its own.
  const { signal } = new AbortController();
  const opened = await openPrivateKey(pem(2 ** 18, 8, 1), { passphrase, signal });
  assert.ok(isKeyPair(opened, key.publicKey));
});

/** Opens it in both ways. */
async function opens(pem: string): Promise<void> {
  for (const opened of [
    privateKeyFromPem(pem, passphrase),
    await openPrivateKey(pem, { passphrase }),
  ] as KeyObject[]) {
    assert.ok(isKeyPair(opened, key.publicKey));
  }
  assert.throws(() => privateKeyFromPem(pem), fails('PASSPHRASE_REQUIRED'));
  assert.throws(() => privateKeyFromPem(pem, 'wrong'), fails('WRONG_PASSPHRASE'));
}

const byOpenssl = (...how: string[]) =>
  openssl(['pkcs8', '-topk8', '-passout', `pass:${passphrase}`, ...how], clear);

test('what openssl encrypts opens: its ciphers, hashes, and ways of PKCS#12', async () => {
  const ciphers = [
    'aes-128-cbc',
    'aes-192-cbc',
    'aes-256-cbc',
    'aes-128-cfb',
    'aes-256-ofb',
    'des3',
    'camellia256',
    'aria128',
  ];
  for (const cipher of ciphers) await opens(byOpenssl('-v2', cipher));
  for (const hash of ['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512', 'SHA512-256']) {
    await opens(byOpenssl('-v2', 'aes256', '-v2prf', `hmacWith${hash}`));
  }
  for (const way of ['PBE-SHA1-3DES', 'PBE-SHA1-2DES']) await opens(byOpenssl('-v1', way));
  await opens(byOpenssl('-scrypt'));
});

test('openssl’s older form opens, between other blocks and with line ends of Windows', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, 'key.pem');
    writeFileSync(path, clear);
    const parameters = openssl(['ecparam', '-name', 'prime256v1']);
    for (const cipher of ['aes128', 'aes256', 'des3', 'camellia256']) {
      const pem = openssl(['ec', '-in', path, `-${cipher}`, '-passout', `pass:${passphrase}`]);
      await opens(pem);
      await opens(parameters + pem.replaceAll('\n', '\r\n'));
    }
  });
});

test('a key encrypted in a way that is not read says so, and is no wrong passphrase', () => {
  const older = (info: string) =>
    `-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n${info}\n\n${'A'.repeat(64)}\n-----END EC PRIVATE KEY-----\n`;
  for (const info of [
    'DEK-Info: DES-CBC,0123456789ABCDEF',
    'DEK-Info: NONE,00',
    'DEK-Info: AES-256-CBC,00',
    'DEK-Info: ',
    'X: y',
  ]) {
    assert.throws(() => privateKeyFromPem(older(info), passphrase), fails('INVALID_KEY'));
  }
  assert.throws(
    () => privateKeyFromPem(older('DEK-Info: DES-CBC,0123456789ABCDEF'), passphrase),
    fails('INVALID_KEY', /DES-CBC/),
  );
});

test('node derives no key of its own accord', () => {
  // What every key in the clear goes through: without a passphrase, this must end before any derivation.
  const slow = undecipherable(pbes2(scrypt(32_768, 1, 100_000)));
  assert.throws(() => createPrivateKey(encryptedPem(slow)));
  assert.throws(() => createPrivateKey({ key: slow, format: 'der', type: 'pkcs8' }));
});

test('a signal ends a derivation at its bound, and leaves the thread free meanwhile', async () => {
  for (const [pem, name] of [
    [encryptedPem(undecipherable(pbes2(pbkdf2(5_000_000, 'sha512')))), 'PBKDF2'],
    [encryptedPem(undecipherable(pbes2(scrypt(16_384, 8, 128)))), 'scrypt'],
    [encryptedPem(undecipherable(pkcs12Encryption(1_000_000))), 'PKCS#12'],
  ] as const) {
    const aborting = new AbortController();
    const opening = openPrivateKey(pem, { passphrase, signal: aborting.signal });
    let turns = 0;
    const ticking = setInterval(() => {
      turns += 1;
      if (turns === 3) aborting.abort(new Error('enough'));
    }, 5);
    await assert.rejects(opening, /enough/, name);
    clearInterval(ticking);
    assert.equal(turns, 3, `${name}: nothing ran after the signal`);
  }
});

test('a signal ends the making of a large RSA key', async () => {
  const aborting = new AbortController();
  const making = generateKeyPair('rsa-4096', aborting.signal);
  setTimeout(() => aborting.abort(new Error('enough')), 20);
  await assert.rejects(making, /enough/);
  await assert.rejects(generateKeyPair('rsa-2048', aborting.signal), /enough/);
});

test.run();
