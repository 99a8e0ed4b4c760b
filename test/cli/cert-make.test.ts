/** The commands that make certificates, judged by openssl and GnuTLS. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { openssl, run as runProgram } from '../support/openssl.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { isInstalled, testWith } from '../support/tools.js';
import { run } from './in-process.js';

const testWithOpenssl = testWith('openssl', test);

const modeOf = (path: string) => statSync(path).mode & 0o777;

/** Runs a command that must succeed. */
async function done(...argv: string[]) {
  const answer = await run(argv);
  assert.equal(answer.status, 0, `${argv.join(' ')}\n${answer.stderr}`);
  return answer;
}

/** Root and two intermediates, in `root`, `plant` and `line`. */
async function makeCas(folder: string, ...more: string[]) {
  const at = (name: string) => join(folder, name);
  await done('cert', 'root', 'Contoso Root', '--out', at('root'), ...more);
  await done('cert', 'intermediate', 'Plant', ...signedBy(at('root')), '--out', at('plant'), ...more);
  await done('cert', 'intermediate', 'Line', ...signedBy(at('plant')), '--out', at('line'), ...more);
  return { root: at('root'), plant: at('plant'), line: at('line') };
}

const signedBy = (folder: string) => ['--ca', join(folder, 'chain.pem'), '--ca-key', join(folder, 'key.pem')];

/** Throws unless openssl, and certtool where there is one, take the chain. */
function accepted(chain: string, root: string, purpose = 'sslclient') {
  openssl(['verify', '-x509_strict', '-purpose', purpose, '-CAfile', root, '-untrusted', chain, chain]);
  if (isInstalled('certtool')) {
    runProgram('certtool', ['--verify', '--load-ca-certificate', root, '--infile', chain]);
  }
}

for (const algorithm of ['ec-p256', 'ec-p384', 'rsa-2048']) {
  testWithOpenssl(`root, intermediates at two depths and a device of ${algorithm} are accepted`, () =>
    inTemporaryFolder(async (folder) => {
      const { root, line } = await makeCas(folder, '--key-algorithm', algorithm);
      const device = join(folder, 'device-7');
      const made = ['cert', 'device', 'device-7', ...signedBy(line), '--out', device];
      const { stdout } = await done(...made, '--key-algorithm', algorithm, '--days', '30');
      assert.ok(stdout.includes('CN=device-7'), stdout);
      accepted(join(device, 'chain.pem'), join(root, 'certificate.pem'));
      assert.equal(modeOf(join(device, 'key.pem')), 0o600);
      assert.equal(modeOf(device), 0o700);
      assert.deepEqual(readdirSync(device).sort(), ['certificate.pem', 'chain.pem', 'key.pem']);
      const publicOf = openssl(['pkey', '-in', join(device, 'key.pem'), '-pubout']);
      assert.equal(openssl(['x509', '-in', join(device, 'certificate.pem'), '-noout', '-pubkey']), publicOf);
    }),
  );
}

testWithOpenssl('a server has the names given, or its own; an Edge CA leaves room for a workload CA', () =>
  inTemporaryFolder(async (folder) => {
    const { root, plant } = await makeCas(folder);
    const [named, plain, edge] = ['named', 'plain', 'edge'].map((name) => join(folder, name));
    await done(
      'cert',
      'server',
      'hub',
      '--dns',
      '*.hub.local',
      '--ip',
      '::1',
      ...signedBy(plant),
      '--out',
      named!,
    );
    await done('cert', 'server', 'hub.local', ...signedBy(plant), '--out', plain!);
    await done('cert', 'edge', 'gateway-1', ...signedBy(plant), '--out', edge!);
    const text = (path: string) => openssl(['x509', '-in', join(path, 'certificate.pem'), '-noout', '-text']);
    assert.match(text(named!), /DNS:\*\.hub\.local, IP Address:0:0:0:0:0:0:0:1/);
    assert.match(text(plain!), /DNS:hub\.local\n/);
    assert.match(text(edge!), /Subject: CN = gateway-1\.ca[\s\S]*CA:TRUE, pathlen:1/);
    accepted(join(named!, 'chain.pem'), join(root, 'certificate.pem'), 'sslserver');
    const workload = join(folder, 'workload');
    await done('cert', 'intermediate', 'workload', ...signedBy(edge!), '--out', workload);
    assert.match(text(workload), /CA:TRUE, pathlen:0/);
  }),
);

testWithOpenssl(
  'intermediates at any depth: the path lengths are asked for, and never beyond what the issuer leaves',
  () =>
    inTemporaryFolder(async (folder) => {
      const at = (name: string) => join(folder, name);
      await done('cert', 'root', 'R', '--path-length', '5', '--out', at('0'));
      for (const depth of [1, 2, 3, 4, 5]) {
        const above = signedBy(at(String(depth - 1)));
        await done(
          'cert',
          'intermediate',
          `I${depth}`,
          ...above,
          '--path-length',
          String(5 - depth),
          '--out',
          at(String(depth)),
        );
      }
      await done('cert', 'device', 'deep', ...signedBy(at('5')), '--out', at('deep'));
      accepted(at('deep/chain.pem'), at('0/certificate.pem'));
      const room = (name: string) =>
        openssl(['x509', '-in', at(`${name}/certificate.pem`), '-noout', '-ext', 'basicConstraints']);
      assert.match(room('1'), /pathlen:4/);
      const { stderr } = await done(
        'cert',
        'intermediate',
        'Wide',
        ...signedBy(at('4')),
        '--path-length',
        '9',
        '--out',
        at('wide'),
      );
      assert.match(stderr, /path length is 0\b/);
      const below = await run(['cert', 'intermediate', 'X', ...signedBy(at('5')), '--out', at('x')], {
        env: withCodes,
      });
      assert.equal(below.status, 2);
      assertRefusal(below.stderr, 'ISSUER_NOT_ALLOWED', at('5/chain.pem'), 'CN=I5');
      assert.ok(!existsSync(at('x')));
      await done('cert', 'csr', 'd', '--out', at('d'));
      const request = ['cert', 'sign', at('d/request.pem'), ...signedBy(at('4')), '--path-length', '0'];
      assert.equal((await run(request)).status, 2, 'a device has none');
      assert.equal((await run([...request, '--role', 'intermediate'])).status, 0);
    }),
);

testWithOpenssl('an intermediate proves possession, on standard output or into a file', () =>
  inTemporaryFolder(async (folder) => {
    const { root, plant } = await makeCas(folder);
    const code = '106A5SD242AF512B3498BD6098C4941E66R34H268DDB3288';
    const { stdout } = await done('cert', 'verification', code, ...signedBy(plant));
    const out = join(folder, 'verification.pem');
    writeFileSync(out, stdout);
    assert.match(
      openssl(['x509', '-in', out, '-noout', '-subject', '-issuer']),
      new RegExp(`${code}\nissuer=CN = Plant`),
    );
    openssl([
      'verify',
      '-x509_strict',
      '-CAfile',
      join(root, 'certificate.pem'),
      '-untrusted',
      join(plant, 'certificate.pem'),
      out,
    ]);
    assert.equal((await run(['cert', 'verification', code, ...signedBy(plant), '--out', out])).status, 9);
    assert.equal((await run(['cert', 'verification', 'short', ...signedBy(plant)])).status, 2);
  }),
);

testWithOpenssl('a self-signed certificate tells the thumbprints that openssl finds', () =>
  inTemporaryFolder(async (folder) => {
    const out = join(folder, 'device-7');
    const { stdout } = await done('cert', 'self-signed', 'device-7', '--out', out, '--json');
    const { certificate } = JSON.parse(stdout);
    for (const [name, digest] of [
      ['sha1Thumbprint', '-sha1'],
      ['sha256Thumbprint', '-sha256'],
    ] as const) {
      const found = openssl(['x509', '-in', join(out, 'certificate.pem'), '-noout', '-fingerprint', digest]);
      assert.equal(certificate[name], found.split('=')[1]!.trim().replaceAll(':', ''));
    }
    assert.equal(certificate.selfSigned, true);
  }),
);

testWithOpenssl('a request made here or by openssl is signed; the key stays where it is', () =>
  inTemporaryFolder(async (folder) => {
    const { root, line } = await makeCas(folder);
    const own = join(folder, 'own');
    await done('cert', 'csr', 'device-8', '--out', own, '--organization', 'Contoso');
    openssl(['req', '-in', join(own, 'request.pem'), '-noout', '-verify']);
    const foreign = join(folder, 'foreign.csr');
    openssl([
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      join(folder, 'foreign.key'),
      '-subj',
      '/O=Fabrikam/CN=device-9',
      '-outform',
      'DER',
      '-out',
      foreign,
    ]);
    for (const [request, subject] of [
      [join(own, 'request.pem'), 'CN=device-8, O=Contoso'],
      [foreign, 'CN=device-9, O=Fabrikam'],
    ] as const) {
      const out = `${request}.chain.pem`;
      const { stdout } = await done('cert', 'sign', request, ...signedBy(line), '--out', out, '--json');
      assert.equal(JSON.parse(stdout).certificate.subject, subject);
      accepted(out, join(root, 'certificate.pem'));
    }
    assert.equal(modeOf(join(own, 'key.pem')), 0o600);
  }),
);

testWithOpenssl('--key: a key that there is, encrypted or not, gets a certificate and stays as it is', () =>
  inTemporaryFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384', '-out', at('own.key')]);
    openssl(['pkcs8', '-topk8', '-in', at('own.key'), '-passout', 'pass:sesame', '-out', at('own.enc.key')]);
    const before = readFileSync(at('own.key'), 'utf8');
    const { stdout } = await done('cert', 'root', 'R', '--key', at('own.key'), '--out', at('r'));
    assert.ok(stdout.includes(at('own.key')), stdout);
    assert.deepEqual(readdirSync(at('r')).sort(), ['certificate.pem', 'chain.pem']);
    assert.equal(readFileSync(at('own.key'), 'utf8'), before);
    const publicKey = openssl(['pkey', '-in', at('own.key'), '-pubout']);
    assert.equal(openssl(['x509', '-in', at('r/certificate.pem'), '-noout', '-pubkey']), publicKey);
    const signer = ['--ca', at('r/chain.pem'), '--ca-key', at('own.key')];
    const device = ['cert', 'device', 'd', ...signer, '--key', at('own.enc.key'), '--out', at('d')];
    assert.equal((await run(device)).status, 8);
    const made = await run(device, { env: { ENROLLKIT_PASSPHRASE: 'sesame' } });
    assert.equal(made.status, 0, made.stderr);
    accepted(at('d/chain.pem'), at('r/certificate.pem'));
    for (const [algorithm, option, said] of [
      ['RSA', 'rsa_keygen_bits:1024', '1024 bits'],
      ['EC', 'ec_paramgen_curve:secp256k1', 'cannot be issued for this type of key'],
    ] as const) {
      openssl(['genpkey', '-algorithm', algorithm, '-pkeyopt', option, '-out', at('poor.key')]);
      for (const words of [
        ['device', 'd', ...signer],
        ['csr', 'd'],
      ]) {
        const refused = await run(['cert', ...words, '--key', at('poor.key'), '--out', at('x')]);
        assert.equal(refused.status, 2);
        assert.ok(
          refused.stderr.includes(`${at('poor.key')}: `) && refused.stderr.includes(said),
          refused.stderr,
        );
      }
    }
    const both = await run(['cert', 'root', 'R', '--key', at('own.key'), '--encrypt-key', '--out', at('x')]);
    assert.equal(both.status, 2);
    const none = await run(['cert', 'root', 'R', '--key', at('r/chain.pem'), '--out', at('x')], {
      env: withCodes,
    });
    assert.equal(none.status, 2);
    assertRefusal(none.stderr, 'INVALID_KEY', at('r/chain.pem'), 'CERTIFICATE');
    assert.ok(!existsSync(at('x')));
  }),
);

testWithOpenssl('an encrypted company CA signs, from PEM and from PKCS#12', () =>
  inTemporaryFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const env = { ENROLLKIT_PASSPHRASE: 'open sesame' };
    const made = await run(['cert', 'root', 'Company', '--encrypt-key', '--out', at('company')], { env });
    assert.equal(made.status, 0, made.stderr);
    assert.ok(readFileSync(at('company/key.pem'), 'utf8').includes('ENCRYPTED PRIVATE KEY'));
    const pem = ['cert', 'device', 'd1', ...signedBy(at('company')), '--out', at('d1')];
    assert.equal((await run(pem)).status, 8, 'without a passphrase and nobody to ask');
    assert.equal((await run(pem, { env: { ENROLLKIT_PASSPHRASE: 'wrong' } })).status, 3);
    assert.equal(existsSync(at('d1')), false, 'a failure leaves nothing');
    assert.equal((await run(pem, { env })).status, 0);

    openssl([
      'pkcs12',
      '-export',
      '-in',
      at('company/certificate.pem'),
      '-inkey',
      at('company/key.pem'),
      '-passin',
      'pass:open sesame',
      '-passout',
      'pass:open sesame',
      '-out',
      at('company.pfx'),
    ]);
    writeFileSync(at('secret.txt'), 'open sesame\n');
    const pfx = [
      'cert',
      'device',
      'd2',
      '--ca',
      at('company.pfx'),
      '--passphrase-file',
      at('secret.txt'),
      '--out',
      at('d2'),
    ];
    const { status, stderr } = await run(pfx);
    assert.equal(status, 0, stderr);
    for (const id of ['d1', 'd2']) accepted(at(`${id}/chain.pem`), at('company/certificate.pem'));
  }),
);

test('nothing is overwritten without --force, and a refusal comes before the work', () =>
  inTemporaryFolder(async (folder) => {
    const out = join(folder, 'root');
    await done('cert', 'root', 'One', '--out', out);
    const before = readFileSync(join(out, 'key.pem'), 'utf8');
    const again = await run(['cert', 'root', 'Two', '--out', out]);
    assert.equal(again.status, 9);
    assert.ok(again.stderr.includes(join(out, 'key.pem')), again.stderr);
    assert.equal(readFileSync(join(out, 'key.pem'), 'utf8'), before);
    await done('cert', 'root', 'Two', '--out', out, '--force');
    assert.notEqual(readFileSync(join(out, 'key.pem'), 'utf8'), before);
    assert.deepEqual(readdirSync(out).sort(), ['certificate.pem', 'chain.pem', 'key.pem']);
  }));

testWithOpenssl('the CA of a certificate folder signs, and the device finds its place there', () =>
  inTemporaryFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    await done('cert', 'root', 'Root', '--out', at('ca/root'));
    await done('cert', 'intermediate', 'Inter', '--dir', folder, '--out', at('ca/intermediate'));
    await done('cert', 'device', 'device-7', '--dir', folder);
    accepted(at('devices/device-7/chain.pem'), at('ca/root/certificate.pem'));
    const { status, stdout } = await run([
      'cert',
      'verify',
      at('devices/device-7/chain.pem'),
      '--dir',
      folder,
    ]);
    assert.equal(status, 0);
    assert.ok(stdout.includes('CN=Inter'), stdout);
    const missing = await run(['cert', 'device', 'device-8', '--dir', at('nowhere')]);
    assert.equal(missing.status, 9);
    assert.ok(missing.stderr.includes(at('nowhere')), missing.stderr);
  }),
);

test('what DPS would refuse is refused before it is made', () =>
  inTemporaryFolder(async (folder) => {
    const { root, line } = await makeCas(folder);
    const out = ['--out', join(folder, 'x')];
    for (const [argv, part] of [
      [['device', 'a device', ...signedBy(line)], 'contains " "'],
      [['device', 'd', ...signedBy(line), '--country', 'Germany'], 'country'],
      [['device', 'd', ...signedBy(line), '--dns', 'a b'], 'a b'],
      [['device', 'd', ...signedBy(line), '--days', '0'], '--days'],
      [['device', 'd', '--ca-key', join(line, 'key.pem')], '--ca-key'],
      [['device', 'd', '--ca', join(line, 'chain.pem')], 'not its private key'],
      [
        ['device', 'd', '--ca', join(line, 'chain.pem'), '--ca-key', join(root, 'certificate.pem')],
        join(root, 'certificate.pem'),
      ],
      [['server', 'not a host', ...signedBy(line)], 'neither a DNS name'],
    ] as const) {
      const { status, stderr } = await run(['cert', ...argv, ...out]);
      assert.equal(status, 2, argv.join(' '));
      assert.ok(stderr.includes(part), stderr);
    }
    assert.equal(existsSync(join(folder, 'x')), false);
  }));

testWithOpenssl('a profile of one’s own is used, and its mistakes are named by line and column', () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, 'profile.json');
    const make = (text: string) => {
      writeFileSync(file, text);
      return run(['cert', 'root', 'Own', '--profile', file, '--out', join(folder, 'own'), '--force']);
    };
    const good = `{
  "role": "root",
  "summary": "Ours.",
  "validityDays": 100,
  "basicConstraints": { "certificateAuthority": true, "pathLength": 7 },
  "keyUsage": ["keyCertSign"]
}`;
    const { status, stderr } = await make(`\uFEFF${good.replaceAll('\n', '\r\n')}`);
    assert.equal(status, 0, stderr);
    const text = openssl(['x509', '-in', join(folder, 'own/certificate.pem'), '-noout', '-text']);
    assert.match(text, /CA:TRUE, pathlen:7[\s\S]*Certificate Sign\n/);
    for (const [from, to, place] of [
      ['100', '"100"', '4:19: validityDays'],
      ['"summary"', '"sumary"', '3:3: unknown field "sumary"'],
      ['pathLength": 7', 'pathLength": 99', '5:69: basicConstraints.pathLength'],
      ['["keyCertSign"]', '["keyCertSing"]', '6:16: keyUsage.0'],
      ['"root"', '"device"', '2:11: '],
      ['"Ours.",', '"Ours."', '4:3: this is not JSON: a comma'],
      ['\n}', '', '6:30: this is not JSON: the text ends'],
    ] as const) {
      const answer = await make(good.replace(from, to));
      assert.equal(answer.status, 2);
      assert.ok(answer.stderr.includes(`${file}:${place}`), `${place}\n${answer.stderr}`);
    }
  }),
);

test('a folder in the way of a file leaves nothing half-written', () =>
  inTemporaryFolder(async (folder) => {
    const out = join(folder, 'root');
    mkdirSync(join(out, 'certificate.pem'), { recursive: true });
    const { status } = await run(['cert', 'root', 'R', '--out', out, '--force']);
    assert.equal(status, 9);
    assert.deepEqual(readdirSync(out), ['certificate.pem']);
  }));

test.run();
