/** Chains made by openssl, judged by openssl and by us: the verdicts agree. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Purpose, validateChain } from '../../src/pki/path/validate.js';
import { authorityExtensions, certify, ecKey, opensslVerdict, rsaKey } from '../support/openssl-authority.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';

const testWithOpenssl = testWith('openssl', test);

const leafExtensions = ['basicConstraints = critical, CA:FALSE', 'keyUsage = critical, digitalSignature'];
const client = 'extendedKeyUsage = clientAuth';
const dayMs = 86_400_000;
const purposes: Record<Purpose, string[]> = {
  any: [],
  clientAuth: ['-purpose', 'sslclient'],
  serverAuth: ['-purpose', 'sslserver'],
};

interface Case {
  chain: string[];
  anchors: string[];
  purpose?: Purpose;
  /** Days from now. */
  days?: number;
}

/** Both verdicts on certificates of a folder, by name; they must be the same. @returns it, with our first code */
async function bothSay(folder: string, { chain, anchors, purpose = 'any', days = 0 }: Case): Promise<string> {
  const pems = (names: string[]) => names.map((name) => readFileSync(join(folder, `${name}.pem`), 'utf8'));
  const at = new Date(Date.now() + days * dayMs);
  const [leaf, ...intermediates] = pems(chain);
  const ours = await validateChain({ leaf: leaf!, intermediates, trustAnchors: pems(anchors), at, purpose });
  const time = ['-attime', String(Math.floor(at.getTime() / 1000))];
  const theirs = opensslVerdict(folder, pems(chain), pems(anchors), [
    '-partial_chain',
    ...time,
    ...purposes[purpose],
  ]);
  assert.equal(ours.valid, theirs.valid, `${chain.join()} under ${anchors.join()}: ${theirs.says}`);
  return ours.valid ? 'valid' : ours.failures[0]!.code;
}

const algorithms: [title: string, key: string[], options: string[]][] = [
  ['EC P-256', ecKey(), []],
  ['EC P-384 with SHA-384', ecKey('P-384'), ['-sha384']],
  ['EC P-521 with SHA-512', ecKey('P-521'), ['-sha512']],
  ['RSA 2048', rsaKey(), []],
  ['RSA with SHA-512', rsaKey(), ['-sha512']],
  ['RSA-PSS', rsaKey(), ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest']],
  [
    'RSA-PSS with another salt',
    rsaKey(),
    ['-sha384', '-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:20'],
  ],
  ['a key for RSA-PSS only', ['-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'], []],
  ['Ed25519', ['-algorithm', 'ED25519'], []],
];

for (const [title, key, options] of algorithms) {
  testWithOpenssl(`a chain with ${title} is valid, and a forged one is not`, async () => {
    await inTemporaryFolder(async (folder) => {
      const pss = title.includes('only')
        ? ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest']
        : options;
      certify(folder, { name: 'root', key, options: pss, extensions: authorityExtensions });
      certify(folder, {
        name: 'leaf',
        issuer: 'root',
        options: pss,
        extensions: [...leafExtensions, client],
      });
      assert.equal(
        await bothSay(folder, { chain: ['leaf'], anchors: ['root'], purpose: 'clientAuth' }),
        'valid',
      );
      certify(folder, {
        name: 'other',
        subject: 'CN = root',
        key,
        options: pss,
        extensions: authorityExtensions,
      });
      const forged = await validateChain({
        leaf: readFileSync(join(folder, 'leaf.pem')),
        intermediates: [],
        trustAnchors: [readFileSync(join(folder, 'other.pem'))],
      });
      assert.deepEqual(
        forged.failures.map(({ code }) => code),
        ['SIGNATURE_INVALID'],
      );
    });
  });
}

const refusedAlgorithms: [title: string, code: string, key: string[], options: string[]][] = [
  ['SHA-1', 'SIGNATURE_ALGORITHM', ecKey(), ['-sha1']],
  ['RSA 1024', 'PUBLIC_KEY', rsaKey(1024), []],
  ['EC P-224', 'PUBLIC_KEY', ecKey('P-224'), []],
  ['EC with its parameters spelled out', 'PUBLIC_KEY', [...ecKey(), '-pkeyopt', 'ec_param_enc:explicit'], []],
  [
    'RSA-PSS with SHA-1 as its mask',
    'SIGNATURE_ALGORITHM',
    rsaKey(),
    ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_mgf1_md:sha1'],
  ],
];

for (const [title, code, key, options] of refusedAlgorithms) {
  testWithOpenssl(`a chain with ${title} is refused, whatever openssl says`, async () => {
    await inTemporaryFolder(async (folder) => {
      const root = certify(folder, { name: 'root', key, extensions: authorityExtensions });
      const leaf = certify(folder, { name: 'leaf', issuer: 'root', options, extensions: leafExtensions });
      const verdict = await validateChain({ leaf, intermediates: [], trustAnchors: [root] });
      assert.equal(verdict.failures[0]?.code, code);
    });
  });
}

testWithOpenssl('openssl agrees about good and bad chains', async () => {
  await inTemporaryFolder(async (folder) => {
    const make = (name: string, issuer: string | undefined, extensions: string[], more = {}) =>
      certify(folder, { name, extensions, ...(issuer ? { issuer } : {}), ...more });
    const limited = (pathLength: number) => [
      `basicConstraints = critical, CA:TRUE, pathlen:${pathLength}`,
      authorityExtensions[1]!,
    ];
    make('root', undefined, authorityExtensions);
    make('intermediate', 'root', limited(0));
    make('leaf', 'intermediate', [...leafExtensions, client]);
    make('below', 'intermediate', authorityExtensions);
    make('too-deep', 'below', leafExtensions);
    make('no-ca', 'root', leafExtensions);
    make('under-no-ca', 'no-ca', leafExtensions);
    make('no-signer', 'root', ['basicConstraints = critical, CA:TRUE', 'keyUsage = critical, cRLSign']);
    make('under-no-signer', 'no-signer', leafExtensions);
    make('short', 'root', authorityExtensions, { options: ['-days', '30'] });
    make('under-short', 'short', leafExtensions);
    make('strange', 'root', [...leafExtensions, '1.3.6.1.4.1.311.999 = critical, DER:0500']);
    make('servers', 'root', [...authorityExtensions, 'extendedKeyUsage = serverAuth']);
    make('under-servers', 'servers', leafExtensions);
    make('narrow', 'root', [
      ...authorityExtensions,
      'nameConstraints = critical, permitted;DNS:a.example, excluded;IP:10.0.0.0/255.0.0.0',
    ]);
    make('inside', 'narrow', [...leafExtensions, 'subjectAltName = DNS:x.a.example, IP:192.0.2.1']);
    make('outside', 'narrow', [...leafExtensions, 'subjectAltName = DNS:b.example']);
    make('excluded', 'narrow', [...leafExtensions, 'subjectAltName = IP:10.1.1.1']);
    make('elsewhere', undefined, authorityExtensions);

    const cases: [expected: string, test: Case][] = [
      ['valid', { chain: ['leaf', 'intermediate'], anchors: ['root'], purpose: 'clientAuth' }],
      ['valid', { chain: ['leaf', 'elsewhere', 'root', 'intermediate'], anchors: ['elsewhere', 'root'] }],
      ['valid', { chain: ['leaf'], anchors: ['intermediate'] }],
      ['EXTENDED_KEY_USAGE', { chain: ['leaf', 'intermediate'], anchors: ['root'], purpose: 'serverAuth' }],
      ['ISSUER_NOT_FOUND', { chain: ['leaf'], anchors: ['root'] }],
      ['ISSUER_NOT_FOUND', { chain: ['leaf', 'intermediate', 'root'], anchors: ['elsewhere'] }],
      ['EXPIRED', { chain: ['leaf', 'intermediate'], anchors: ['root'], days: 366 }],
      ['NOT_YET_VALID', { chain: ['leaf', 'intermediate'], anchors: ['root'], days: -1 }],
      ['valid', { chain: ['under-short', 'short'], anchors: ['root'], days: 29 }],
      ['EXPIRED', { chain: ['under-short', 'short'], anchors: ['root'], days: 31 }],
      ['PATH_LENGTH_EXCEEDED', { chain: ['too-deep', 'below', 'intermediate'], anchors: ['root'] }],
      ['valid', { chain: ['below', 'intermediate'], anchors: ['root'] }],
      ['NOT_A_CA', { chain: ['under-no-ca', 'no-ca'], anchors: ['root'] }],
      ['KEY_USAGE', { chain: ['under-no-signer', 'no-signer'], anchors: ['root'] }],
      ['UNKNOWN_CRITICAL_EXTENSION', { chain: ['strange'], anchors: ['root'] }],
      [
        'EXTENDED_KEY_USAGE',
        { chain: ['under-servers', 'servers'], anchors: ['root'], purpose: 'clientAuth' },
      ],
      ['valid', { chain: ['under-servers', 'servers'], anchors: ['root'], purpose: 'serverAuth' }],
      ['valid', { chain: ['inside', 'narrow'], anchors: ['root'] }],
      ['NAME_CONSTRAINTS', { chain: ['outside', 'narrow'], anchors: ['root'] }],
      ['NAME_CONSTRAINTS', { chain: ['excluded', 'narrow'], anchors: ['root'] }],
    ];
    for (const [expected, test] of cases)
      assert.equal(await bothSay(folder, test), expected, JSON.stringify(test));
  });
});

testWithOpenssl('a signature of another kind than the issuer’s key makes is refused', async () => {
  await inTemporaryFolder(async (folder) => {
    certify(folder, { name: 'root', key: rsaKey(), extensions: authorityExtensions });
    const leaf = certify(folder, { name: 'leaf', issuer: 'root', extensions: leafExtensions });
    const impostor = certify(folder, { name: 'ec', subject: 'CN = root', extensions: authorityExtensions });
    const verdict = await validateChain({ leaf, intermediates: [], trustAnchors: [impostor] });
    assert.deepEqual(
      verdict.failures.map(({ code }) => code),
      ['SIGNATURE_INVALID'],
    );
  });
});

test.run();
