/** Dates that a certificate can have, and what is made of those that it cannot (RFC 5280 section 4.1.2.5). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { test } from 'uvu';
import { generateKeyPair, privateKeyFromPem } from '../../src/pki/keys.js';
import { issue } from '../../src/pki/make/issue.js';
import { loadProfile } from '../../src/pki/make/profile.js';
import { renewCertificate } from '../../src/pki/make/renew.js';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import { make } from '../support/chains.js';
import { fails } from '../support/fails.js';
import { openssl } from '../support/openssl.js';

const data = (name: string) =>
  readFileSync(new URL(`../data/no-expiration/${name}`, import.meta.url), 'utf8');
const endless = { pem: data('certificate.pem'), privateKey: privateKeyFromPem(data('key.pem')) };
const noExpiration = new Date('9999-12-31T23:59:59Z');
const dayMs = 86_400_000;
const keys = await generateKeyPair('ec-p256');

/** A root that signs itself. */
async function root(at: Date, validityDays?: number): Promise<Buffer> {
  const { der } = await issue({
    profile: loadProfile('root'),
    subject: { commonName: 'Root' },
    publicKey: keys.publicKey,
    issuer: { privateKey: keys.privateKey },
    at,
    ...(validityDays === undefined ? {} : { validityDays }),
  });
  return der;
}

const renewed = async (
  request: { pem: string; privateKey: typeof keys.privateKey },
  at: Date,
  days?: number,
) =>
  parseCertificate(
    (
      await renewCertificate({
        certificate: request.pem,
        publicKey: parseCertificate(request.pem).publicKey,
        issuer: { privateKey: request.privateKey },
        at,
        ...(days === undefined ? {} : { validityDays: days }),
      })
    ).der,
  );

test('what has no well-defined expiration date is renewed without one', async () => {
  for (const at of [
    new Date(),
    new Date('2100-01-01'),
    new Date('9990-01-01'),
    parseCertificate(endless.pem).notBefore,
  ]) {
    assert.deepEqual((await renewed(endless, at)).notAfter, noExpiration, at.toISOString());
  }
  const { notAfter } = await renewed(endless, new Date('2030-01-01'), 10);
  assert.deepEqual(notAfter, new Date('2030-01-11'), 'unless days are given');
});

test('what it issues ends by its own days', async () => {
  const issuer = { certificate: endless.pem, privateKey: endless.privateKey };
  const { publicKey } = keys;
  const subject = { commonName: 'd' };
  const at = new Date('2049-06-01');
  const { der } = await issue({ profile: loadProfile('device'), subject, publicKey, issuer, at });
  assert.deepEqual(parseCertificate(der).notAfter, new Date(at.getTime() + 365 * dayMs));
});

test('an end that no certificate can have becomes the one that means none', async () => {
  for (const [at, days] of [
    ['2026-01-01', 99_999_999],
    ['2026-01-01', 2_912_443],
    ['2026-01-01', Number.POSITIVE_INFINITY],
    ['9995-01-01', undefined],
    ['9999-12-31T23:59:59Z', undefined],
  ] as const) {
    const { notAfter } = parseCertificate(await root(new Date(at), days));
    assert.deepEqual(notAfter, noExpiration, `${at} ${days}`);
  }
});

test('dates that no certificate can have are refused', async () => {
  for (const [at, days] of [
    ['1949-12-31T23:59:59Z', undefined],
    ['0001-01-01', undefined],
    ['-000001-01-01', undefined],
    ['+010000-01-01', undefined],
    ['9999-12-31T23:59:59.001Z', undefined],
    ['+275760-09-13', undefined],
    ['no date', undefined],
    ['2026-01-01', Number.NaN],
    ['2026-01-01', -1],
    ['2026-01-01', Number.NEGATIVE_INFINITY],
  ] as const) {
    await assert.rejects(root(new Date(at), days), fails('INVALID_VALIDITY'), `${at} ${days}`);
  }
});

test('dates up to 2049 are UTCTime, later ones GeneralizedTime, as openssl reads them', async () => {
  for (const [at, days, kinds, dates] of [
    // A beginning is 15 minutes earlier, where there is such a time.
    ['1950-01-01T00:00:00Z', 1, 'UTCTIME UTCTIME', 'Jan  1 00:00:00 1950 to Jan  2 00:00:00 1950'],
    ['1969-12-31T12:00:00Z', 1, 'UTCTIME UTCTIME', 'Dec 31 11:45:00 1969 to Jan  1 12:00:00 1970'],
    ['1970-01-01T00:00:00Z', 1, 'UTCTIME UTCTIME', 'Dec 31 23:45:00 1969 to Jan  2 00:00:00 1970'],
    ['2049-12-30T23:59:59Z', 1, 'UTCTIME UTCTIME', 'Dec 30 23:44:59 2049 to Dec 31 23:59:59 2049'],
    ['2049-12-31T00:00:00Z', 1, 'UTCTIME GENERALIZEDTIME', 'Dec 30 23:45:00 2049 to Jan  1 00:00:00 2050'],
    ['2050-01-01T00:10:00Z', 1, 'UTCTIME GENERALIZEDTIME', 'Dec 31 23:55:00 2049 to Jan  2 00:10:00 2050'],
    [
      '2050-01-01T00:15:00Z',
      1,
      'GENERALIZEDTIME GENERALIZEDTIME',
      'Jan  1 00:00:00 2050 to Jan  2 00:15:00 2050',
    ],
    [
      '9999-12-31T23:59:59Z',
      1,
      'GENERALIZEDTIME GENERALIZEDTIME',
      'Dec 31 23:44:59 9999 to Dec 31 23:59:59 9999',
    ],
  ] as const) {
    const der = await root(new Date(at), days);
    const written = [
      ...openssl(['asn1parse', '-inform', 'DER'], der).matchAll(/prim: (UTCTIME|GENERALIZEDTIME)/g),
    ];
    assert.equal(written.map(([, kind]) => kind).join(' '), kinds, at);
    const [, from, to] = /notBefore=(.*) GMT\nnotAfter=(.*) GMT/.exec(
      openssl(['x509', '-inform', 'DER', '-noout', '-dates'], der),
    )!;
    assert.equal(`${from} to ${to}`, dates, at);
    const { notBefore, notAfter } = parseCertificate(der);
    assert.deepEqual([notBefore, notAfter], [new Date(`${from} GMT`), new Date(`${to} GMT`)]);
  }
});

test('whatever the dates, a certificate can be read, and says them; or there is none', async () => {
  const time = fc.integer({ min: -70_000_000_000_000, max: 260_000_000_000_000 });
  await fc.assert(
    fc.asyncProperty(time, fc.integer({ min: -1000, max: 4_000_000 }), async (ms, days) => {
      const at = new Date(ms);
      let der: Buffer;
      try {
        der = await root(at, days);
      } catch (error) {
        return assert.ok(fails('INVALID_VALIDITY')(error as Error), String(error));
      }
      const { notBefore, notAfter } = parseCertificate(der);
      const seconds = (date: Date) => Math.floor(date.getTime() / 1000);
      assert.ok(notBefore <= notAfter);
      assert.equal(seconds(notBefore), Math.max(seconds(at) - 900, Date.UTC(1950, 0, 1) / 1000));
      assert.equal(
        seconds(notAfter),
        Math.min(Math.floor((ms + days * dayMs) / 1000), seconds(noExpiration)),
      );
    }),
    { numRuns: 300 },
  );
});

test('a certificate of minutes has not ended when it is renewed', async () => {
  const at = new Date('2026-05-05T12:00:00Z');
  const profile = { ...loadProfile('device'), backdateMinutes: 0 };
  for (const minutes of [1, 10, 15, 20]) {
    const short = await make('device', 'd', undefined, { profile, at, validityDays: minutes / 1440 });
    assert.ok((await renewed(short, at)).notAfter > at, `${minutes}`);
  }
});

test.run();
