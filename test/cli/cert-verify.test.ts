/** `enrollkit cert verify`: every circumstance that a chain can be held against. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { make } from '../support/chains.js';
import { openssl } from '../support/openssl.js';
import { newEcKey } from '../support/openssl-authority.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { run } from './in-process.js';

const testWithOpenssl = testWith('openssl', test);

const names = { dns: ['gateway.local', '*.line5.local'], ip: ['192.0.2.7'], email: ['ops@example.com'] };

/** A root, two intermediates and a server, in files. */
async function chainIn(folder: string) {
  const root = await make('root', 'Root');
  const upper = await make('intermediate', 'Upper', root);
  const lower = await make('intermediate', 'Lower', upper);
  const server = await make('server', 'gateway.local', lower, { subjectAlternativeNames: names });
  const at = (name: string) => join(folder, name);
  writeFileSync(at('root.pem'), root.pem);
  writeFileSync(at('chain.pem'), server.pem + lower.pem + upper.pem);
  const verify = (...more: string[]) =>
    run(['cert', 'verify', at('chain.pem'), '--trust', at('root.pem'), ...more], { env: withCodes });
  return { root, upper, lower, server, at, verify };
}

test('a peer’s name, the depth and strictness decide; a failure has its code', () =>
  inTemporaryFolder(async (folder) => {
    const { verify } = await chainIn(folder);
    const cases: [flags: string[], status: number, code?: string][] = [
      [['--dns', 'gateway.local'], 0],
      [['--dns', 'pump.line5.local', '--purpose', 'serverAuth'], 0],
      [['--dns', 'a.pump.line5.local'], 11, '(PEER_NAME_MISMATCH)'],
      [['--dns', 'other.local'], 11, '(PEER_NAME_MISMATCH)'],
      [['--ip', '192.0.2.7'], 0],
      [['--ip', '192.0.2.8'], 11, '(PEER_NAME_MISMATCH)'],
      [['--email', 'ops@example.com'], 0],
      [['--email', 'dev@example.com'], 11, '(PEER_NAME_MISMATCH)'],
      [['--max-depth', '2'], 0],
      [['--max-depth', '1'], 11, 'DEPTH'],
      [['--strict'], 0],
    ];
    for (const [flags, status, code] of cases) {
      const { status: got, stdout, stderr } = await verify(...flags);
      assert.equal(got, status, `${flags.join(' ')}: ${stdout}${stderr}`);
      assert.ok(
        stdout.includes(code === undefined ? '[cert.verify.valid]' : '[cert.verify.invalid]'),
        stdout,
      );
      assert.ok(stdout.includes(code ?? ''), stdout);
    }
    for (const [flags, ...facts] of [
      [['--dns', 'a', '--ip', '192.0.2.7'], '--dns', '--ip'],
      [['--dns', '*.line5.local'], '--dns'],
      [['--dns', ''], '--dns'],
      [['--ip', 'gateway.local'], '--ip', 'gateway.local'],
      [['--email', 'ops'], '--email', 'ops'],
      [['--max-depth', '-1'], '--max-depth'],
    ] as const) {
      const { status, stderr, stdout } = await verify(...flags);
      assert.equal(status, 2, stderr);
      assertRefusal(stderr, 'USAGE', ...facts);
      assert.equal(stdout, '');
    }
  }));

testWithOpenssl('--strict refuses what only a careful issuer leaves out', () =>
  inTemporaryFolder((folder) => {
    const at = (name: string) => join(folder, name);
    // A CA without key usage, as create_test_cert.js of Azure's SDK for Node.js makes it.
    openssl([
      'req',
      '-x509',
      ...newEcKey(at('key')),
      '-subj',
      '/CN=Loose',
      '-days',
      '10',
      '-out',
      at('ca.pem'),
    ]);
    const verify = (...more: string[]) =>
      run(['cert', 'verify', at('ca.pem'), '--trust', at('ca.pem'), ...more]);
    return Promise.all([verify(), verify('--strict')]).then(([lenient, strict]) => {
      assert.equal(lenient.status, 0, lenient.stdout);
      assert.equal(strict.status, 11, strict.stdout);
    });
  }),
);

testWithOpenssl(
  'a revocation list of openssl: the revoked is refused, one that is no list is told by its file',
  () =>
    inTemporaryFolder(async (folder) => {
      const { lower, server, at, verify } = await chainIn(folder);
      writeFileSync(at('lower.pem'), lower.pem);
      writeFileSync(at('lower.key'), lower.privateKey.export({ format: 'pem', type: 'pkcs8' }));
      writeFileSync(at('server.pem'), server.pem);
      writeFileSync(at('index.txt'), '');
      writeFileSync(at('crlnumber'), '01\n');
      writeFileSync(
        at('ca.cnf'),
        `[ca]\ndefault_ca=d\n[d]\ndatabase=${at('index.txt')}\ncrlnumber=${at('crlnumber')}\ndefault_md=sha256\ncrl_extensions=c\n[c]\nauthorityKeyIdentifier=keyid\n`,
      );
      const ca = ['ca', '-config', at('ca.cnf'), '-cert', at('lower.pem'), '-keyfile', at('lower.key')];
      openssl([...ca, '-gencrl', '-crldays', '5', '-out', at('empty.crl')]);
      openssl([...ca, '-revoke', at('server.pem')]);
      openssl([...ca, '-gencrl', '-crldays', '5', '-out', at('full.crl')]);
      openssl(['crl', '-in', at('full.crl'), '-outform', 'DER', '-out', at('full.der')]);

      const good = await verify('--crl', at('empty.crl'));
      assert.equal(good.status, 0, good.stdout + good.stderr);
      for (const list of ['full.crl', 'full.der']) {
        const revoked = await verify('--crl', at(list), '--json');
        assert.equal(revoked.status, 11, revoked.stderr);
        assert.match(JSON.parse(revoked.stdout).failures[0].code, /REVOKED/);
      }
      const late = await verify(
        '--crl',
        at('empty.crl'),
        '--at',
        new Date(Date.now() + 6 * 86_400_000).toISOString(),
      );
      assert.equal(late.status, 11);
      for (const [list, status] of [
        ['root.pem', 2],
        ['index.txt', 2],
        ['none.crl', 9],
      ] as const) {
        const { status: got, stderr } = await verify('--crl', at(list));
        assert.equal(got, status, stderr);
        assert.ok(stderr.includes(at(list)), stderr);
      }
    }),
);

test.run();
