import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'uvu';
import {
  toChainVerdict,
  type ValidateChainRequest,
  validateChain,
  validatePath,
} from '../../src/pki/path/validate.js';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import {
  alternativeNames,
  authority,
  basicConstraints,
  device,
  dns,
  extendedKeyUsage,
  extension,
  keyUsage,
  now,
  type Raw,
  raw,
} from '../support/raw-certificates.js';

const clientAuth = '1.3.6.1.5.5.7.3.2';
const serverAuth = '1.3.6.1.5.5.7.3.1';

const root = authority('Root');
const intermediate = authority('Intermediate', root, { pathLength: 0 });
const leaf = device('device-001', intermediate, { extensions: [extendedKeyUsage(clientAuth)] });

const fingerprint = ({ der }: Raw) => createHash('sha256').update(der).digest('hex').toUpperCase();
const fingerprints = (...chain: Raw[]) => chain.map(fingerprint);

function validate(chain: Raw[], anchors: Raw[], more: Partial<ValidateChainRequest> = {}) {
  const [first, ...rest] = chain;
  return validateChain({
    leaf: first?.pem ?? '',
    intermediates: rest.map(({ der }) => der),
    trustAnchors: anchors.map(({ pem }) => pem),
    at: now,
    ...more,
  });
}

/** The chain is refused for exactly these reasons, each naming the certificate that is at fault. */
async function refused(
  chain: Raw[],
  anchors: Raw[],
  reasons: [string, Raw][],
  more: Partial<ValidateChainRequest> = {},
) {
  const verdict = await validate(chain, anchors, more);
  assert.equal(verdict.valid, false);
  assert.deepEqual(verdict.path, []);
  assert.deepEqual(
    verdict.failures.map(({ code, certificate }) => [code, certificate]),
    reasons.map(([code, certificate]) => [code, fingerprint(certificate)]),
  );
  for (const [index, { message }] of verdict.failures.entries()) {
    assert.match(message, new RegExp(`CN=${reasons[index]![1].name}\\b.*[.?]$`));
  }
  return verdict.failures.map(({ message }) => message).join('\n');
}

test('a good chain is valid, and its path goes from the leaf to the anchor', async () => {
  const verdict = await validate([leaf, intermediate], [root], { purpose: 'clientAuth' });
  assert.deepEqual(verdict, { valid: true, path: fingerprints(leaf, intermediate, root), failures: [] });
});

test('callers inside get the certificates of the path, as they passed them', async () => {
  const [device, issuer, anchor] = [leaf, intermediate, root].map(({ der }) => parseCertificate(der));
  const request = { leaf: device!, intermediates: [anchor!, issuer!], trustAnchors: [anchor!], at: now };
  const verdict = validatePath(request);
  assert.ok(verdict.valid && verdict.path.every((one, index) => one === [device, issuer, anchor][index]));
  assert.deepEqual(toChainVerdict(verdict), await validateChain(request));
  const refusal = validatePath({ ...request, intermediates: [] });
  assert.equal(refusal.valid, false);
  assert.deepEqual(toChainVerdict(refusal), await validateChain({ ...request, intermediates: [] }));
});

test('intermediates come in any order, as one PEM bundle, with the root and strangers among them', async () => {
  const stranger = authority('Stranger');
  const bundle = [root, stranger, intermediate, leaf].map(({ pem }) => pem).join('\n');
  const verdict = await validate([leaf], [stranger, root], { intermediates: [bundle] });
  assert.deepEqual(verdict.path, fingerprints(leaf, intermediate, root));
});

test('certificates that are parsed already give the same verdict, again and again', async () => {
  const [root_, intermediate_, leaf_] = [root, intermediate, leaf].map(({ der }) => parseCertificate(der));
  const parsed = { leaf: leaf_!, intermediates: [intermediate_!], trustAnchors: [root_!] };
  // The same name and key identifier, another key: what was found out about the one says nothing of the other.
  const namesake = authority('Root');
  for (let round = 0; round < 2; round += 1) {
    assert.deepEqual(await validate([], [], parsed), {
      valid: true,
      path: fingerprints(leaf, intermediate, root),
      failures: [],
    });
    const other = await validate([], [], { ...parsed, trustAnchors: [parseCertificate(namesake.der)] });
    assert.equal(other.valid, false);
    assert.deepEqual(
      other.failures.map(({ code, certificate }) => [code, certificate]),
      [['SIGNATURE_INVALID', fingerprint(intermediate)]],
    );
  }
});

test('a trust anchor can be an intermediate, and the path ends there', async () => {
  const verdict = await validate([leaf, root], [intermediate]);
  assert.deepEqual(verdict.path, fingerprints(leaf, intermediate));
});

test('a leaf that signed itself is valid when it is trusted, else not', async () => {
  const own = raw({ name: 'own', extensions: [basicConstraints(false), keyUsage(0)] });
  assert.deepEqual((await validate([own], [own])).path, fingerprints(own));
  await refused([own], [root], [['ISSUER_NOT_FOUND', own]]);
});

test('a trusted leaf that another authority issued needs that authority', async () => {
  await refused([leaf], [leaf], [['ISSUER_NOT_FOUND', leaf]]);
});

test('a missing intermediate is asked for by its name', async () => {
  const message = await refused([leaf], [root], [['ISSUER_NOT_FOUND', leaf]]);
  assert.match(message, /has the subject CN=Intermediate.*Is an intermediate missing/);
});

test('a root that is not trusted is said to be so', async () => {
  const message = await refused(
    [leaf, intermediate, root],
    [authority('Other')],
    [['ISSUER_NOT_FOUND', root]],
  );
  assert.match(message, /CN=Root ends the chain, but is not trusted/);
});

test('without a trust anchor nothing is valid', async () => {
  await refused([leaf, intermediate], [], [['ISSUER_NOT_FOUND', intermediate]]);
});

test('the dates are inclusive, and instants', async () => {
  const notBefore = new Date('2026-05-01T00:00:00Z');
  const notAfter = new Date('2026-05-31T00:00:00Z');
  const short = device('short', intermediate, { notBefore, notAfter });
  const at = (time: string) => ({ at: new Date(time) });
  const chain = [short, intermediate];
  assert.ok((await validate(chain, [root], { at: notBefore })).valid);
  assert.ok((await validate(chain, [root], { at: notAfter })).valid);
  await refused(chain, [root], [['EXPIRED', short]], at('2026-05-31T00:00:00.001Z'));
  const late = await refused(chain, [root], [['EXPIRED', short]], at('2026-05-31T00:00:01Z'));
  assert.match(late, /expired on 2026-05-31T00:00:00Z/);
  await refused(chain, [root], [['NOT_YET_VALID', short]], at('2026-04-30T23:59:59.999Z'));
});

test('an expired anchor counts', async () => {
  const old = authority('Old', undefined, { notAfter: new Date('2026-02-01') });
  await refused([device('device-002', old)], [old], [['EXPIRED', old]]);
});

test('everything that is wrong with the chain is told at once', async () => {
  const old = authority('Old', root, { notAfter: new Date('2026-02-01'), extensions: [] });
  const late = device('late', old, { notAfter: new Date('2026-02-01') });
  await refused(
    [late, old],
    [root],
    [
      ['EXPIRED', late],
      ['EXPIRED', old],
    ],
  );
});

test('an issuer must be a certificate authority that may sign certificates', async () => {
  const plain = raw({ name: 'plain', issuer: root });
  await refused([device('d', plain), plain], [root], [['NOT_A_CA', plain]]);
  const noCa = raw({ name: 'noCa', issuer: root, extensions: [basicConstraints(false), keyUsage(5)] });
  await refused([device('d', noCa), noCa], [root], [['NOT_A_CA', noCa]]);
  const noSigner = raw({ name: 'noSigner', issuer: root, extensions: [basicConstraints(true), keyUsage(6)] });
  await refused([device('d', noSigner), noSigner], [root], [['KEY_USAGE', noSigner]]);
});

test('path lengths count intermediates, not the leaf and not self-issued ones', async () => {
  const below = authority('Below', intermediate);
  const chain = [device('d', below), below, intermediate];
  await refused(chain, [root], [['PATH_LENGTH_EXCEEDED', intermediate]]);
  const subordinate = authority('Subordinate', intermediate);
  assert.ok(
    (await validate([subordinate, intermediate], [root])).valid,
    'a CA at the end is no intermediate',
  );
  const rolled = authority('Intermediate', intermediate);
  assert.ok((await validate([device('d', rolled), rolled, intermediate], [root])).valid);
  const limitedRoot = authority('Limited', undefined, { pathLength: 0 });
  const tooDeep = authority('TooDeep', limitedRoot);
  await refused([device('d', tooDeep), tooDeep], [limitedRoot], [['PATH_LENGTH_EXCEEDED', limitedRoot]]);
});

test('a changed certificate is told as forged, wherever it stands', async () => {
  const forge = (certificate: Raw): Raw => {
    const der = Buffer.from(certificate.der);
    der[der.length - 1]! ^= 1;
    return { ...certificate, der, pem: der as unknown as string };
  };
  const forgedLeaf = forge(leaf);
  await refused([forgedLeaf, intermediate], [root], [['SIGNATURE_INVALID', forgedLeaf]]);
  const forgedIntermediate = forge(intermediate);
  await refused([leaf, forgedIntermediate], [root], [['SIGNATURE_INVALID', forgedIntermediate]]);
});

test('the purpose is asked of every certificate that names purposes', async () => {
  const chain = [leaf, intermediate];
  assert.ok((await validate(chain, [root])).valid);
  await refused(chain, [root], [['EXTENDED_KEY_USAGE', leaf]], { purpose: 'serverAuth' });
  const servers = authority('Servers', root, { extensions: [extendedKeyUsage(serverAuth)] });
  await refused([device('d', servers), servers], [root], [['EXTENDED_KEY_USAGE', servers]], {
    purpose: 'clientAuth',
  });
  const any = device('any', intermediate, { extensions: [extendedKeyUsage('2.5.29.37.0')] });
  assert.ok((await validate([any, intermediate], [root], { purpose: 'serverAuth' })).valid);
  const enciphers = raw({ name: 'enciphers', issuer: intermediate, extensions: [keyUsage(2)] });
  await refused([enciphers, intermediate], [root], [['KEY_USAGE', enciphers]], { purpose: 'clientAuth' });
  assert.ok((await validate([enciphers, intermediate], [root], { purpose: 'serverAuth' })).valid);
});

test('an unknown extension may be ignored unless it is critical', async () => {
  const unknown = (critical: boolean) => extension('1.3.6.1.4.1.311.999', critical, Buffer.from([5, 0]));
  const harmless = device('harmless', intermediate, { extensions: [unknown(false)] });
  assert.ok((await validate([harmless, intermediate], [root])).valid);
  const strange = device('strange', intermediate, { extensions: [unknown(true)] });
  await refused([strange, intermediate], [root], [['UNKNOWN_CRITICAL_EXTENSION', strange]]);
  const strangeRoot = authority('StrangeRoot', undefined, { extensions: [unknown(true)] });
  await refused([device('d', strangeRoot)], [strangeRoot], [['UNKNOWN_CRITICAL_EXTENSION', strangeRoot]]);
});

test('what cannot be read is a failure, never an exception', async () => {
  for (const bad of [
    '',
    'no certificate',
    leaf.pem + intermediate.pem,
    leaf.pem.slice(0, 300),
    Buffer.alloc(40, 0x30),
  ]) {
    const verdict = await validate([leaf], [root], { leaf: bad });
    assert.deepEqual([verdict.valid, verdict.failures.map(({ code }) => code)], [false, ['MALFORMED']]);
  }
  const twice = device('twice', intermediate, {
    extensions: [alternativeNames(dns('a')), alternativeNames(dns('b'))],
  });
  assert.match(
    (await validate([twice], [root])).failures[0]!.message,
    /has the extension 2\.5\.29\.17 twice/,
  );
  const good = await validate([leaf, intermediate], [root], { intermediates: ['rubbish', intermediate.der] });
  assert.equal(good.valid, true);
  const missing = await validate([leaf], [root], { intermediates: ['rubbish', root.der] });
  assert.deepEqual(
    missing.failures.map(({ code }) => code),
    ['ISSUER_NOT_FOUND', 'MALFORMED'],
  );
  assert.match(missing.failures[1]!.message, /^The intermediate certificate number 1 cannot be read\./);
});

test('a date that is none is the caller’s mistake', async () => {
  await assert.rejects(validate([leaf], [root], { at: new Date(Number.NaN) }), { code: 'USAGE' });
});

test.run();
