/** Every certificate that enrollkit makes, before validators and key stores that we did not write. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test } from 'uvu';
import { keyAlgorithms } from '../../src/pki/keys.js';
import { edgeScript, sdkScript } from '../certgen/support.js';
import { type CertificateSet, certgenSet, enrollkitSet, type SetMember } from '../support/certificate-set.js';
import { openssl, run } from '../support/openssl.js';
import { isInstalled, testWith } from '../support/tools.js';

const testWithOpenssl = testWith('openssl', test);

const execute = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'enrollkit-acceptance-'));
const judges = ['openssl', 'certtool', 'certutil', 'keytool'] as const;
const sets = new Map<string, CertificateSet & { folder: string }>();

test.before(async () => {
  if (!judges.some(isInstalled)) return;
  const makers: [string, (folder: string) => Promise<CertificateSet>][] = [
    ...keyAlgorithms.map(
      (algorithm) => [algorithm, (own: string) => enrollkitSet(own, algorithm)] as [string, never],
    ),
    ['certgen', (own) => certgenSet(own, sdkScript)],
    ['certgen-edge', (own) => certgenSet(own, edgeScript)],
  ];
  await Promise.all(
    makers.map(async ([name, make]) => {
      const own = join(folder, name);
      mkdirSync(own);
      sets.set(name, { ...(await make(own)), folder: own });
    }),
  );
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** Each set, under its name. */
async function eachSet(
  judge: (set: CertificateSet & { folder: string }) => void | Promise<void>,
): Promise<void> {
  await Promise.all(
    [...sets].map(async ([name, set]) => {
      try {
        await judge(set);
      } catch (error) {
        throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
      }
    }),
  );
}

const write = (path: string, pems: readonly string[]) => {
  writeFileSync(path, pems.join(''));
  return path;
};

/** The certificate with one bit of its signature changed: what a judge that looks refuses. */
function forged(pem: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
  der[der.length - 5]! ^= 1;
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

/** What a program says when it fails, which it must. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    const { message, stdout } = error as Error & { stdout: string };
    return message + stdout;
  }
  assert.fail('it was taken');
}

const purposes = { authority: [], client: ['-purpose', 'sslclient'], server: ['-purpose', 'sslserver'] };

testWithOpenssl(
  'openssl verify -x509_strict takes every certificate, and opens every PKCS#12 file',
  async () => {
    await eachSet((set) => {
      for (const { pem, use, issuers } of set.members) {
        const anchor = write(join(set.folder, 'anchor.pem'), [issuers.at(-1) ?? pem]);
        const files = [
          '-CAfile',
          anchor,
          '-untrusted',
          write(join(set.folder, 'untrusted.pem'), [pem, ...issuers]),
        ];
        const verify = (leaf: string) => {
          const options = ['-x509_strict', ...purposes[use], ...files];
          return openssl(['verify', ...options, write(join(set.folder, 'leaf.pem'), [leaf])]);
        };
        assert.match(verify(pem), /: OK/);
        if (issuers.length > 0)
          assert.match(
            refusal(() => verify(forged(pem))),
            /signature failure/,
          );
      }
      const { file, passphrase } = set.pfx;
      const opened = openssl(['pkcs12', '-in', file, '-nodes', '-passin', `pass:${passphrase}`]);
      assert.equal(opened.match(/BEGIN CERTIFICATE/g)?.length, 3);
      assert.equal(opened.match(/BEGIN PRIVATE KEY/g)?.length, 1);
    });
  },
);

const testWithGnuTls = testWith('certtool', test);

testWithGnuTls('GnuTLS takes every chain, and opens every PKCS#12 file', async () => {
  await eachSet((set) => {
    const verify = (pems: readonly string[]) => run('certtool', ['--verify-chain'], pems.join(''));
    for (const [index, { pem, issuers }] of set.members.entries()) {
      // certtool trusts the last of a chain, and only authorities may be trusted: what signed itself can only be pinned.
      if (index > 0 && issuers.length === 0) {
        assert.match(
          refusal(() => verify([pem])),
          /non-CA certificate in the trusted list/,
        );
        continue;
      }
      assert.match(verify([pem, ...issuers]), /Chain verification output: Verified/);
      if (issuers.length > 0)
        assert.match(
          refusal(() => verify([forged(pem), ...issuers])),
          /Not verified.*signature/,
        );
    }
    const { file, passphrase } = set.pfx;
    const opened = run('certtool', ['--p12-info', '--inder', '--infile', file, '--password', passphrase]);
    assert.equal(opened.match(/BEGIN CERTIFICATE/g)?.length, 3);
  });
});

/** NSS's letters of certificate usages. */
const usages = { authority: 'L', client: 'C', server: 'V' };
const testWithNss = testWith('certutil', test);

testWithNss('NSS takes every certificate for its use, and imports every PKCS#12 file', async () => {
  await eachSet((set) => {
    const database = join(set.folder, 'nss');
    mkdirSync(database);
    const certutil = (...options: string[]) => run('certutil', [...options, '-d', `sql:${database}`]);
    const verify = ({ name, use }: SetMember) => certutil('-V', '-n', name, '-u', usages[use]);
    certutil('-N', '--empty-password');
    for (const [index, member] of set.members.entries()) {
      const file = write(join(set.folder, 'nss.pem'), [member.pem]);
      certutil('-A', '-n', member.name, '-t', index === 0 ? 'CT,,' : ',,', '-i', file);
      // NSS too keeps a client's certificate that is its own issuer, and trusts authorities only.
      if (index > 0 && member.issuers.length === 0)
        assert.match(
          refusal(() => verify(member)),
          /certificate is invalid: .*ssuer/,
        );
      else assert.match(verify(member), /certificate is valid/);
    }
    const device = set.members.find(({ use }) => use === 'client')!;
    const asServer = refusal(() => verify({ ...device, use: 'server' }));
    assert.match(asServer, /certificate is invalid: Certificate type not approved/);
    certutil('-M', '-n', set.members[0]!.name, '-t', ',,');
    assert.match(
      refusal(() => verify(device)),
      /certificate is invalid: .*ssuer/,
    );
    const { file, passphrase } = set.pfx;
    const imported = run('pk12util', ['-i', file, '-d', `sql:${database}`, '-W', passphrase]);
    assert.match(imported, /IMPORT SUCCESSFUL/);
    assert.equal(certutil('-K').match(/^<\s*\d+>/gm)?.length, 1, 'with its key');
  });
});

/** Nobody answers its questions. */
async function keytool(...options: string[]): Promise<string> {
  const running = execute('keytool', ['-J-Duser.language=en', ...options], { timeout: 120_000 });
  running.child.stdin!.end();
  const { stdout, stderr } = await running;
  return stdout + stderr;
}

const testWithJava = testWith('keytool', test);

testWithJava('Java reads every certificate, and imports PKCS#12 files', async () => {
  const all = [...sets.values()].flatMap(({ members }) => members.map(({ pem }) => pem));
  const printed = await keytool('-printcert', '-file', write(join(folder, 'all.pem'), all));
  assert.equal(printed.match(/^Owner:/gm)?.length, all.length);
  await eachSet(async (set) => {
    const { file, passphrase } = set.pfx;
    const store = join(set.folder, 'java.p12');
    const from = ['-srckeystore', file, '-srcstoretype', 'PKCS12', '-srcstorepass', passphrase];
    const to = ['-destkeystore', store, '-deststoretype', 'PKCS12', '-deststorepass', 'changeit'];
    const imported = await keytool('-importkeystore', '-noprompt', ...from, ...to);
    assert.match(imported, /1 entries successfully imported/);
  });
});

testWithJava(
  'Java imports what is below a trusted root without asking, and asks about a forgery',
  async () => {
    const set = sets.get('ec-p256')!;
    const options = ['-keystore', join(set.folder, 'trusted.p12'), '-storepass', 'changeit'];
    const importOne = (alias: string, pem: string, ...more: string[]) => {
      const file = write(join(set.folder, `java-${alias}.pem`), [pem]);
      return keytool('-importcert', '-alias', alias, '-file', file, ...options, ...more);
    };
    const [root, intermediate, , device] = set.members;
    await importOne('root', root!.pem, '-noprompt');
    assert.match(await importOne('intermediate', intermediate!.pem), /was added/);
    assert.match(await importOne('device', device!.pem), /was added/);
    assert.match(await importOne('forged', forged(device!.pem)), /Trust this certificate.*was not added/s);
  },
);

test.run();
