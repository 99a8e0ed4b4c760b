/** What people hand over by mistake: each is told by file and block, with its exit status, and nothing is written. */
import assert from 'node:assert/strict';
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { pemBlocks, pemEncode } from '../../src/pki/containers/pem.js';
import { integer, objectIdentifier, octetString, sequence } from '../../src/pki/der/write.js';
import { makeChain } from '../support/chains.js';
import { openssl } from '../support/openssl.js';
import { newEcKey } from '../support/openssl-authority.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { run } from './in-process.js';

const testWithOpenssl = testWith('openssl', test);

const made = makeChain();

/** Writes a file, runs `cert` with it as last argument, and gives the answer; no other file may come into being. */
async function withFile(contents: string | Uint8Array, ...command: string[]) {
  return inTemporaryFolder(async (folder) => {
    const path = join(folder, 'given.pem');
    writeFileSync(path, contents);
    const answer = await run(['cert', ...command, path]);
    assert.deepEqual(readdirSync(folder), ['given.pem']);
    return { ...answer, path };
  });
}

test('what is no certificate is told by file and block', async () => {
  const { root, device } = await made;
  const key = device.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
  const { der } = pemBlocks(device.pem)[0]!;
  const cases: [what: string, contents: string | Uint8Array, said: string][] = [
    ['empty', '', 'It is empty'],
    ['text', 'hello', 'neither PEM nor DER'],
    [
      'a block without its end',
      root.pem + device.pem.slice(0, 300),
      `PEM block 2 (CERTIFICATE) at line ${root.pem.split('\n').length} has no line -----END`,
    ],
    [
      'not base64',
      `subject=d\r\n${device.pem.replace(/.(?=\n-----END)/, '?')}`,
      'PEM block 1 (CERTIFICATE) at line 2 is not base64',
    ],
    [
      'a block with nothing in it',
      '\n\n-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n',
      'PEM block 1 (CERTIFICATE) at line 3 is empty',
    ],
    [
      'a certificate cut off within a block',
      root.pem + pemEncode('CERTIFICATE', der.subarray(0, 200)),
      `PEM block 2 (CERTIFICATE) at line ${root.pem.split('\n').length}: `,
    ],
    ['DER cut off', der.subarray(0, 200), 'It begins like DER, but it is cut off'],
    [
      'two DER certificates',
      Buffer.concat([der, der]),
      `ends at byte ${der.length}, but the file has ${2 * der.length} bytes`,
    ],
    ['a key', key, 'PRIVATE KEY'],
    ['DER of something else', Buffer.from('3003020101', 'hex'), 'but no certificate'],
  ];
  for (const [what, contents, said] of cases) {
    const { status, stderr, path } = await withFile(contents, 'inspect');
    assert.equal(status, 2, what);
    assert.ok(stderr.includes(path), `${what}: ${stderr}`);
    assert.ok(stderr.includes(said), `${what}: ${stderr}`);
  }
});

test('line ends, byte order marks, UTF-16, text around and several certificates are no mistake', async () => {
  const { root, device } = await made;
  const chain = device.pem + root.pem;
  for (const contents of [
    chain.replaceAll('\n', '\r\n'),
    `\uFEFF${chain}`,
    Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(chain, 'utf16le')]),
    Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(chain, 'utf16le').swap16()]),
    chain.replaceAll('\n', '\r'),
    // As create_test_cert.js of Azure's SDK for Node.js leaves its chains.
    `${chain}null`,
    `subject=CN=device\n${device.pem}\nissuer\n${root.pem.trimEnd()}`,
  ]) {
    const { status, stdout, stderr } = await withFile(contents, 'inspect', '--json');
    assert.equal(status, 0, stderr);
    assert.equal(JSON.parse(stdout).files[0].certificates.length, 2);
  }
});

test('a key in DER opens as well as one in PEM; a certificate in its place is told', () =>
  inTemporaryFolder(async (folder) => {
    const { intermediate } = await made;
    const at = (name: string) => join(folder, name);
    writeFileSync(at('ca.der'), pemBlocks(intermediate.pem)[0]!.der);
    for (const type of ['pkcs8', 'sec1'] as const) {
      writeFileSync(at('key.der'), intermediate.privateKey.export({ format: 'der', type }));
      const argv = [
        'cert',
        'device',
        'd',
        '--ca',
        at('ca.der'),
        '--ca-key',
        at('key.der'),
        '--out',
        at(type),
      ];
      const { status, stderr } = await run(argv);
      assert.equal(status, 0, stderr);
    }
    const swapped = await run([
      'cert',
      'device',
      'd',
      '--ca',
      at('ca.der'),
      '--ca-key',
      at('ca.der'),
      '--out',
      at('no'),
    ]);
    assert.equal(swapped.status, 2);
    assert.ok(
      swapped.stderr.includes(`${at('ca.der')}: It contains a certificate in DER, not a private key`),
      swapped.stderr,
    );
  }));

test('the wrong key for a certificate is told with both files', () =>
  inTemporaryFolder(async (folder) => {
    const { root, device } = await made;
    const at = (name: string) => join(folder, name);
    writeFileSync(at('root.pem'), root.pem);
    writeFileSync(at('key.pem'), device.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    for (const argv of [
      ['device', 'd', '--ca', at('root.pem'), '--ca-key', at('key.pem'), '--out', at('d')],
      ['pfx', at('root.pem'), '--key', at('key.pem')],
    ]) {
      const { status, stderr } = await run(['cert', ...argv], { env: { ENROLLKIT_PASSPHRASE: 'sesame' } });
      assert.equal(status, 2);
      assert.ok(stderr.includes(at('root.pem')) && stderr.includes(at('key.pem')), stderr);
    }
    assert.deepEqual(readdirSync(folder).sort(), ['key.pem', 'root.pem']);
  }));

testWithOpenssl('an encrypted key without a passphrase, and with a wrong one', () =>
  inTemporaryFolder(async (folder) => {
    const { root } = await made;
    const at = (name: string) => join(folder, name);
    writeFileSync(at('root.pem'), root.pem);
    const clear = root.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    const forms = {
      pkcs8: ['pkcs8', '-topk8', '-v2', 'aes128'],
      sec1: ['ec', '-aes128'],
      der: ['pkcs8', '-topk8', '-outform', 'DER'],
    };
    for (const [form, arguments_] of Object.entries(forms)) {
      openssl([...arguments_, '-passout', 'pass:right', '-out', at(form)], clear);
      const sign = ['cert', 'verification', '0123456789ABCDEF', '--ca', at('root.pem'), '--ca-key', at(form)];
      for (const [passphrase, status] of [
        [undefined, 8],
        ['wrong', 3],
        ['right', 0],
      ] as const) {
        const answer = await run(sign, {
          env: passphrase === undefined ? {} : { ENROLLKIT_PASSPHRASE: passphrase },
        });
        assert.equal(answer.status, status, `${form}: ${answer.stderr}`);
        if (status !== 0) assert.ok(answer.stderr.includes(at(form)), answer.stderr);
        assert.ok(!answer.stderr.includes('wrong\n'), 'the passphrase is not told');
      }
    }
  }),
);

test('a passphrase file may have what editors of Windows add', () =>
  inTemporaryFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const file = ['--passphrase-file', at('passphrase')];
    writeFileSync(at('passphrase'), 'Straße 1\n');
    assert.equal((await run(['cert', 'root', 'R', '--encrypt-key', '--out', at('r'), ...file])).status, 0);
    const utf16 = Buffer.from('\uFEFFStraße 1\r\nmore', 'utf16le');
    for (const [form, contents] of [
      ['a byte order mark', '\uFEFFStraße 1\r\n'],
      ['UTF-16', utf16],
      ['UTF-16, the other way round', Buffer.from(utf16).swap16()],
    ] as const) {
      writeFileSync(at('passphrase'), contents);
      const { status, stderr } = await run([
        'cert',
        'renew',
        at('r/chain.pem'),
        '--out',
        at('r2'),
        '--key',
        at('r/key.pem'),
        '--force',
        ...file,
      ]);
      assert.equal(status, 0, `${form}: ${stderr}`);
    }
  }));

test('an encrypted key that would keep the computer busy is refused at once', () =>
  inTemporaryFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const { root } = await made;
    writeFileSync(at('root.pem'), root.pem);
    const rounds = integer(2_000_000_000);
    const bomb = sequence(
      objectIdentifier('1.2.840.113549.1.5.13'),
      sequence(
        sequence(objectIdentifier('1.2.840.113549.1.5.12'), sequence(octetString(Buffer.alloc(16)), rounds)),
        sequence(objectIdentifier('2.16.840.1.101.3.4.1.42'), octetString(Buffer.alloc(16))),
      ),
    );
    const ciphertext = Buffer.alloc(160);
    writeFileSync(
      at('slow.pem'),
      pemEncode('ENCRYPTED PRIVATE KEY', sequence(bomb, octetString(ciphertext))),
    );
    writeFileSync(at('slow.der'), sequence(bomb, octetString(ciphertext)));
    for (const name of ['slow.pem', 'slow.der']) {
      const argv = ['cert', 'device', 'd', '--ca', at('root.pem'), '--ca-key', at(name), '--out', at('d')];
      const { status, stderr } = await run(argv, { env: { ENROLLKIT_PASSPHRASE: 'sesame' } });
      assert.equal(status, 2, stderr);
      assert.ok(stderr.includes(at(name)) && stderr.includes('2000000000 rounds'), stderr);
    }
  }));

test('a file of 10 MB is refused by its size', async () => {
  const { device } = await made;
  for (const contents of [device.pem.padEnd(10_485_760, device.pem), Buffer.alloc(10_485_760, 0x30)]) {
    const { status, stderr, path } = await withFile(contents, 'inspect');
    assert.equal(status, 9);
    assert.ok(stderr.includes(`${path} has 10485760 bytes`), stderr);
  }
});

test('a file that no memory holds is refused without being read', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'given.pem');
    const size = 2 ** 36;
    writeFileSync(path, '');
    // It takes no room: nothing is written into it.
    truncateSync(path, size);
    const { status, stderr } = await run(['cert', 'inspect', path]);
    assert.equal(status, 9);
    assert.ok(stderr.includes(`${path} has ${size} bytes`), stderr);
  }));

test('a chain of 1,000 certificates is shown, and is no chain', () =>
  inTemporaryFolder(async (folder) => {
    const { device, root } = await made;
    const { der } = pemBlocks(root.pem)[0]!;
    // Certificates that differ in their last octet, of the signature.
    const many = Array.from({ length: 1000 }, (_, index) => {
      const copy = Buffer.from(der);
      copy.writeUInt16BE(index + 1, copy.length - 2);
      return pemEncode('CERTIFICATE', copy);
    });
    const path = join(folder, 'many.pem');
    writeFileSync(path, device.pem + many.join(''));
    const shown = await run(['cert', 'fingerprint', path, '--json']);
    assert.equal(JSON.parse(shown.stdout).certificates.length, 1001);
    const bundled = await run(['cert', 'bundle', path]);
    assert.equal(bundled.status, 2);
    assert.ok(
      bundled.stderr.includes(`${path} contains 1001 certificates; a chain has at most 64`),
      bundled.stderr,
    );
    const verified = await run(['cert', 'verify', path, '--trust', path]);
    assert.equal(verified.status, 11, verified.stderr);
    const key = join(folder, 'key.pem');
    writeFileSync(key, device.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const packed = await run(['cert', 'pfx', path, '--key', key, '--empty-passphrase']);
    assert.equal(packed.status, 2);
    assert.ok(packed.stderr.includes(path), packed.stderr);
  }));

testWithOpenssl('a request whose signature is wrong is not signed', () =>
  inTemporaryFolder(async (folder) => {
    const { root } = await made;
    const at = (name: string) => join(folder, name);
    writeFileSync(at('root.pem'), root.pem + root.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    assert.equal((await run(['cert', 'csr', 'd', '--out', at('d')])).status, 0);
    const good = openssl(['req', '-in', at('d/request.pem'), '-outform', 'PEM']);
    const { der } = pemBlocks(good)[0]!;
    const forged = Buffer.from(der.toString('latin1').replace('\x0c\x01d', '\x0c\x01e'), 'latin1');
    for (const [name, contents, said] of [
      ['forged.csr', pemEncode('CERTIFICATE REQUEST', forged), 'signature'],
      ['forged.der', forged, 'signature'],
      ['two.csr', good + good, 'contains 2 certificate signing requests'],
      ['cert.csr', root.pem, 'It contains CERTIFICATE, but no certificate signing request'],
      ['cut.csr', good.slice(0, 200), 'PEM block 1 (CERTIFICATE REQUEST) at line 1'],
    ] as const) {
      writeFileSync(at(name), contents);
      const { status, stderr } = await run([
        'cert',
        'sign',
        at(name),
        '--ca',
        at('root.pem'),
        '--out',
        at('out.pem'),
      ]);
      assert.equal(status, 2, name);
      assert.ok(stderr.includes(at(name)) && stderr.includes(said), stderr);
    }
    openssl([
      'req',
      '-newkey',
      'rsa:1024',
      '-nodes',
      '-keyout',
      at('weak.key'),
      '-subj',
      '/CN=d',
      '-out',
      at('weak.csr'),
    ]);
    const weak = await run(['cert', 'sign', at('weak.csr'), '--ca', at('root.pem'), '--out', at('out.pem')]);
    assert.equal(weak.status, 2);
    assert.ok(weak.stderr.includes('1024 bits'), weak.stderr);
    for (const [subject, curve, said] of [
      ['/CN=d', 'secp256k1', 'EC 1.3.132.0.10'],
      ['/CN=d/CN=e', 'P-256', '2 common names'],
      ['/O=d', 'P-256', 'registration ID is missing'],
    ] as const) {
      openssl(['req', ...newEcKey(at('odd.key'), curve), '-subj', subject, '-out', at('odd.csr')]);
      const odd = await run(['cert', 'sign', at('odd.csr'), '--ca', at('root.pem'), '--out', at('out.pem')]);
      assert.equal(odd.status, 2);
      assert.ok(odd.stderr.includes(at('odd.csr')) && odd.stderr.includes(said), odd.stderr);
    }
    assert.ok(!readdirSync(folder).includes('out.pem'));
  }),
);

test.run();
