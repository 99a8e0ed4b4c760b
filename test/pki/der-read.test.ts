import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { EnrollkitError } from '../../src/errors.js';
import {
  booleanOf,
  children,
  DerError,
  type Element,
  integerOf,
  objectIdentifierOf,
  readElement,
  readOnly,
  timeOf,
} from '../../src/pki/der/read.js';
import { validateChain } from '../../src/pki/path/validate.js';
import { parseCertificate, parseCertificates } from '../../src/pki/x509/certificate.js';
import { inspectCertificate } from '../../src/pki/x509/inspect.js';
import {
  alternativeNames,
  authority,
  device,
  dns,
  email,
  ip,
  nameConstraints,
  now,
  uri,
} from '../support/raw-certificates.js';

const element = (hex: string) => readOnly(Buffer.from(hex, 'hex'));
const refused = (hex: string, pattern: RegExp, read: (read: Element) => unknown = children) => {
  assert.throws(
    () => read(element(hex)),
    (error: Error) => error instanceof DerError && pattern.test(error.message),
    hex,
  );
};

test('lengths are definite, minimal and within bounds', () => {
  refused('3080', /indefinite/);
  refused('30800000', /indefinite/);
  refused('308100', /not minimal/);
  refused('3082000100', /not minimal/);
  refused('3085000000000100', /too large/);
  refused('30847fffffff', /cut off/);
  refused('3003020101ff', /data follows/);
  refused('30', /ends in the middle/);
  refused('', /ends in the middle/);
  refused('3f8101020304', /more than one byte/);
  assert.equal(readElement(Buffer.from('0403010203ffff', 'hex')).content.toString('hex'), '010203');
});

test('values have one spelling each', () => {
  refused('02020001', /not minimal/, integerOf);
  refused('0202ff80', /not minimal/, integerOf);
  refused('0200', /empty/, integerOf);
  refused('010101', /BOOLEAN/, booleanOf);
  refused('0603808001', /not minimal/, objectIdentifierOf);
  refused('060188', /cut off/, objectIdentifierOf);
  assert.equal(objectIdentifierOf(element('06082a8648ce3d030107')), '1.2.840.10045.3.1.7');
  assert.equal(objectIdentifierOf(element('0603883703')), '2.999.3');
  const uuid = element('0615698384b5c2e7d7a7b8e5a3c4d1b2a3f0a1b2c3d471');
  assert.match(objectIdentifierOf(uuid), /^2\.25\.\d{30,}/);
});

test('dates exist, in UTC and with seconds', () => {
  const time = (tag: string, text: string) =>
    element(tag + Buffer.from([text.length]).toString('hex') + Buffer.from(text).toString('hex'));
  assert.equal(timeOf(time('17', '491231235959Z')).toISOString(), '2049-12-31T23:59:59.000Z');
  assert.equal(timeOf(time('17', '500101000000Z')).toISOString(), '1950-01-01T00:00:00.000Z');
  assert.equal(timeOf(time('18', '99991231235959Z')).toISOString(), '9999-12-31T23:59:59.000Z');
  for (const [tag, text] of [
    ['17', '260229000000Z'],
    ['17', '261301000000Z'],
    ['17', '260101240000Z'],
    ['17', '260101000060Z'],
    ['17', '2601010000Z'],
    ['17', '260101000000+0000'],
    ['18', '20260101000000.5Z'],
    ['18', '260101000000Z'],
    ['04', '260101000000Z'],
  ] as const) {
    assert.throws(() => timeOf(time(tag, text)), DerError, text);
  }
});

const root = authority('Root', undefined, {
  extensions: [
    nameConstraints([dns('example'), email('example'), ip(10, 0, 0, 0, 255, 0, 0, 0)], [uri('evil.example')]),
  ],
});
const leaf = device('device-001', root, {
  extensions: [
    alternativeNames(dns('a.example'), ip(10, 0, 0, 1), email('a@example'), uri('https://a.example/')),
  ],
});

/** Reads, describes and validates; whatever the input, the only exception is ours. */
async function survives(der: Uint8Array): Promise<void> {
  try {
    inspectCertificate(parseCertificate(der));
    parseCertificates(Buffer.from(der).toString('latin1'));
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw error;
    assert.equal(error.code, 'INVALID_CERTIFICATE');
  }
  const at = now;
  const asLeaf = await validateChain({ leaf: der, intermediates: [], trustAnchors: [root.der], at });
  assert.equal(asLeaf.valid, leaf.der.equals(der) || root.der.equals(der), 'a changed leaf is not valid');
  await validateChain({ leaf: leaf.der, intermediates: [der], trustAnchors: [], at });
  await validateChain({ leaf: leaf.der, intermediates: [], trustAnchors: [der], at });
}

test('no octets make the reader or the validator fail in another way', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), survives), { numRuns: 300 });
  const nested = Buffer.concat([...Array(5_000)].map(() => Buffer.from([0x30, 0x82, 0x7f, 0xff])));
  await survives(nested);
});

test('no change to a certificate makes them fail, or makes the certificate valid', async () => {
  const at = fc.nat({ max: leaf.der.length - 1 });
  const changes = fc.array(fc.tuple(at, fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(changes, fc.constantFrom(leaf.der, root.der), async (edits, original) => {
      const der = Buffer.from(original);
      for (const [index, octet] of edits) der[index % der.length] = octet;
      await survives(der);
    }),
    { numRuns: 1_500 },
  );
});

test('no cut, doubling or insertion does either', async () => {
  const position = fc.nat({ max: leaf.der.length });
  await fc.assert(
    fc.asyncProperty(position, position, fc.uint8Array({ maxLength: 8 }), async (from, to, between) => {
      await survives(Buffer.concat([leaf.der.subarray(0, from), between, leaf.der.subarray(to)]));
    }),
    { numRuns: 500 },
  );
});

test.run();
