/** Valid files with bytes changed: no crash, no hang, no forgery taken for good. */
import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import { readMaterial, readPrivateKey } from '../../src/cli/input/material.js';
import { readRequest } from '../../src/cli/input/request-file.js';
import { EnrollkitError } from '../../src/errors.js';
import { pemBlocks, pemEncode } from '../../src/pki/containers/pem.js';
import { createPkcs7 } from '../../src/pki/containers/pkcs7.js';
import { createPfx } from '../../src/pki/containers/pkcs12-write.js';
import { loadProfile } from '../../src/pki/make/profile.js';
import { validateChain } from '../../src/pki/path/validate.js';
import { certificateToPem, parseCertificate } from '../../src/pki/x509/certificate.js';
import { makeChain } from '../support/chains.js';
import { openssl } from '../support/openssl.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { run } from './in-process.js';

const testWithOpenssl = testWith('openssl', test);

const made = makeChain();

/** Some bytes changed, and perhaps the end cut off or something added. */
const mutation = fc.record({
  changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
  cut: fc.option(fc.nat(), { freq: 4 }),
  added: fc.uint8Array({ maxLength: 3 }),
});

function mutate(
  bytes: Uint8Array,
  { changes, cut, added }: ReturnType<typeof fc.sample<any>>[number],
): Buffer {
  const result = Buffer.from(bytes);
  for (const [at, flip] of changes) result[at % result.length]! ^= flip;
  return Buffer.concat([cut === null ? result : result.subarray(0, cut % result.length), added]);
}

/** Reads every mutation; anything but an error of the table is a crash. */
async function readsOrRefuses(bytes: Uint8Array, runs: number, read: (path: string) => unknown) {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, 'mutated');
    await fc.assert(
      fc.asyncProperty(mutation, async (how) => {
        writeFileSync(path, mutate(bytes, how));
        try {
          await read(path);
        } catch (error) {
          assert.ok(error instanceof EnrollkitError, String((error as Error).stack));
          assert.ok(error.message.includes(path), error.message);
        }
      }),
      { numRuns: runs },
    );
  });
}

test('mutated certificates, chains and PKCS#7 are read or refused', async () => {
  const { root, intermediate, device } = await made;
  const chain = device.pem + intermediate.pem + root.pem;
  for (const bytes of [
    parseCertificate(device.pem).der,
    Buffer.from(chain),
    createPkcs7([device.pem, root.pem]),
  ]) {
    await readsOrRefuses(bytes, 300, (path) => readMaterial(path));
  }
});

test('mutated keys and PKCS#12 files are read or refused', async () => {
  const { device } = await made;
  const key = device.privateKey.export({ format: 'der', type: 'pkcs8' });
  await readsOrRefuses(key, 300, (path) => readPrivateKey(path));
  const pfx = await createPfx({
    certificate: device.pem,
    privateKey: device.privateKey,
    chain: [],
    friendlyName: 'd',
    passphrase: '',
  });
  await readsOrRefuses(pfx, 100, (path) => readMaterial(path, { passphrase: '' }));
});

test('a mutated request is refused, or asks for what the valid one asked for', () =>
  inTemporaryFolder(async (folder) => {
    await run(['cert', 'csr', 'device-1', '--out', folder]);
    const path = join(folder, 'request.pem');
    const { der } = readRequest(path);
    await readsOrRefuses(der, 300, (mutated) => {
      const request = readRequest(mutated);
      // What ECDSA signs is all of the request but the signature itself.
      assert.equal(request.subject.commonName, 'device-1', readFileSync(mutated).toString('hex'));
    });
  }));

test('no mutated device certificate is taken for good', async () => {
  const { root, intermediate, device } = await made;
  const { der } = parseCertificate(device.pem);
  await fc.assert(
    fc.asyncProperty(mutation, async (how) => {
      const leaf = mutate(der, how);
      if (leaf.equals(der)) return;
      const verdict = await validateChain({
        leaf,
        intermediates: [intermediate.pem],
        trustAnchors: [root.pem],
      });
      assert.equal(verdict.valid, false, certificateToPem({ der: leaf } as never));
    }),
    { numRuns: 300 },
  );
});

testWithOpenssl('a mutated encrypted key opens as the one that it was, or does not', async () => {
  const { device } = await made;
  const encrypted = openssl(
    ['pkcs8', '-topk8', '-passout', 'pass:sesame', '-outform', 'PEM'],
    device.privateKey.export({ format: 'pem', type: 'pkcs8' }),
  );
  const { der } = pemBlocks(encrypted)[0]!;
  for (const bytes of [der, Buffer.from(encrypted)]) {
    await readsOrRefuses(bytes, 60, async (path) => {
      // AES-CBC does not authenticate: what comes out differently is no key, and never another valid one of P-256.
      const key = await readPrivateKey(path, { passphrase: 'sesame' });
      assert.equal(key.asymmetricKeyType, 'ec');
    });
  }
});

test('no mutated intermediate carries a device', async () => {
  const { root, intermediate, device } = await made;
  const { der } = parseCertificate(intermediate.pem);
  await fc.assert(
    fc.asyncProperty(mutation, async (how) => {
      const between = mutate(der, how);
      if (between.equals(der)) return;
      const { valid } = await validateChain({
        leaf: device.pem,
        intermediates: [between],
        trustAnchors: [root.pem],
      });
      assert.equal(valid, false, between.toString('hex'));
    }),
    { numRuns: 300 },
  );
});

test('every command that reads a mutated file answers with a status of its own, names it, and writes all or nothing', () =>
  inTemporaryFolder(async (folder) => {
    const { root, intermediate, device } = await made;
    const at = (name: string) => join(folder, name);
    const keyOf = ({ privateKey }: { privateKey: KeyObject }) =>
      privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    writeFileSync(at('root.pem'), root.pem);
    writeFileSync(at('ca.key'), keyOf(intermediate));
    writeFileSync(at('ca.pem'), intermediate.pem + root.pem);
    writeFileSync(at('device.key'), keyOf(device));
    await run(['cert', 'csr', 'device-2', '--out', at('requested')]);
    const chain = device.pem + intermediate.pem + root.pem;
    const pfx = await createPfx({
      certificate: device.pem,
      privateKey: device.privateKey,
      chain: [intermediate.pem],
      friendlyName: 'd',
      passphrase: '',
    });
    const [given, out] = [at('given'), at('out')];
    const ca = ['--ca', at('ca.pem'), '--ca-key', at('ca.key')];
    const profile = JSON.stringify(loadProfile('device'), null, 2);
    const cases: [contents: string | Uint8Array, argv: string[]][] = [
      [chain, ['inspect', given]],
      [chain, ['fingerprint', given]],
      [chain, ['needs-renewal', given, '--bundle']],
      [chain, ['verify', given, '--trust', at('root.pem')]],
      [device.pem, ['verify', given, '--trust', at('root.pem'), '--intermediates', at('ca.pem')]],
      [chain, ['bundle', given, '--out', out]],
      [chain, ['convert', given, '--to', 'pkcs7', '--out', out]],
      [chain, ['pfx', given, '--key', at('device.key'), '--empty-passphrase', '--out', out]],
      [chain, ['renew', given, ...ca, '--out', out]],
      [intermediate.pem, ['device', 'd', '--ca', given, '--ca-key', at('ca.key'), '--out', out]],
      [keyOf(intermediate), ['device', 'd', '--ca', at('ca.pem'), '--ca-key', given, '--out', out]],
      [keyOf(device), ['self-signed', 'd', '--key', given, '--out', out]],
      [profile, ['device', 'd', ...ca, '--profile', given, '--out', out]],
      [readFileSync(at('requested/request.pem')), ['sign', given, ...ca, '--out', out]],
      [pfx, ['convert', given, '--out', out, '--key-out', at('out.key')]],
      [createPkcs7([device.pem, root.pem]), ['inspect', given]],
    ];
    const before = readdirSync(folder).sort();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...cases), mutation, async ([contents, argv], how) => {
        writeFileSync(given, mutate(Buffer.from(contents), how));
        const { status, stderr } = await run(['cert', ...argv]);
        // Documented: 0, bad input, passphrase wrong or missing, this computer, not due, does not hold.
        assert.ok([0, 2, 3, 8, 9, 10, 11].includes(status), `${argv[0]}: ${status} ${stderr}`);
        if (status !== 0 && status < 10) assert.ok(stderr.includes(given), `${argv[0]}: ${stderr}`);
        const left = readdirSync(folder).filter((name) => !before.includes(name) && name !== 'given');
        if (status === 0 && argv[0] === 'sign') {
          assert.equal(
            parseCertificate(readFileSync(out, 'utf8').split(/(?<=END CERTIFICATE-----\n)/)[0]!).subject
              .commonName,
            'device-2',
          );
        }
        if (status !== 0) assert.deepEqual(left, [], `${argv[0]}: ${stderr}`);
        for (const name of left) rmSync(at(name), { recursive: true });
      }),
      { numRuns: 400 },
    );
  }));

test('a CA whose name holds what no name holds is refused by its file, and so is one with an unknown key', () =>
  inTemporaryFolder(async (folder) => {
    const { intermediate } = await made;
    const at = (name: string) => join(folder, name);
    writeFileSync(at('ca.key'), intermediate.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const { der, subject } = parseCertificate(intermediate.pem);
    const odd = Buffer.from(der);
    // The tag of the common name's value, from UTF8String to a private one.
    odd[odd.indexOf(subject.der) + subject.der.indexOf('Test Intermediate') - 2] = 0xfc;
    writeFileSync(at('name.pem'), pemEncode('CERTIFICATE', odd));
    const unknown = Buffer.from(der);
    const curve = Buffer.from('2a8648ce3d030107', 'hex');
    unknown[unknown.indexOf(curve) + curve.length - 1] = 8;
    writeFileSync(at('key.pem'), pemEncode('CERTIFICATE', unknown));
    for (const name of ['name.pem', 'key.pem']) {
      const { status, stderr } = await run([
        'cert',
        'device',
        'd',
        '--ca',
        at(name),
        '--ca-key',
        at('ca.key'),
        '--out',
        at('d'),
      ]);
      assert.equal(status, 2, stderr);
      assert.ok(stderr.includes(at(name)), stderr);
    }
  }));

test.run();
