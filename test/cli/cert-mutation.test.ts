/** Valid files with bytes changed: no crash, no hang, no forgery taken for good. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import { readMaterial, readPrivateKey } from '../../src/cli/cert/material.js';
import { readRequest } from '../../src/cli/cert/request-file.js';
import { EnrollkitError } from '../../src/errors.js';
import { certificateToPem, parseCertificate } from '../../src/pki/certificate.js';
import { createPfx } from '../../src/pki/pfx.js';
import { createPkcs7 } from '../../src/pki/pkcs7.js';
import { validateChain } from '../../src/pki/validate.js';
import { makeChain } from '../support/chains.js';
import { inTemporaryFolder } from '../support/openssl.js';
import { run } from './in-process.js';

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
  await inTemporaryFolder((folder) => {
    const path = join(folder, 'mutated');
    fc.assert(
      fc.property(mutation, (how) => {
        writeFileSync(path, mutate(bytes, how));
        try {
          read(path);
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
  await readsOrRefuses(pfx, 100, (path) => readMaterial(path, ''));
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

test.run();
