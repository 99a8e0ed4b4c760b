/** `enrollkit cert tree`, from outside. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import { treeText } from '../../src/cli/cert/tree/text.js';
import { plainStyles } from '../../src/cli/kernel/output.js';
import { forestOf } from '../../src/cli/pictures/certificate-tree/forest.js';
import { findSigners } from '../../src/cli/pictures/certificate-tree/signers.js';
import { displayWidth } from '../../src/cli/terminal/text.js';
import { privateKeyToPem } from '../../src/pki/keys.js';
import { parseCertificate, sha256Thumbprint } from '../../src/pki/x509/certificate.js';
import { lookAtCertificate } from '../../src/pki/x509/look.js';
import { Journal } from '../../src/workspace/journal.js';
import { layoutOf } from '../../src/workspace/layout.js';
import { make, makeChain } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { assertBalanced } from '../support/xml.js';
import { run } from './in-process.js';

interface Tree {
  complete: boolean;
  certificates: {
    sha256Thumbprint: string;
    subject: string;
    kind: string;
    parent: string | null;
    signedBy: string[];
    state: string;
    usedPercent: number;
    privateKeys: { file: string; state: string }[];
    uploads: { name: string; dpsName: string | null }[];
    files: string[];
    notes: string[];
  }[];
  unreadable: { file: string; message: string }[];
  locked: { file: string; message: string }[];
}

function write(path: string, contents: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}

async function tree(...argv: string[]): Promise<Tree> {
  const { status, stdout, stderr } = await run(['cert', 'tree', ...argv, '--json']);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Tree;
}

const idOf = ({ pem }: { pem: string }) => sha256Thumbprint(parseCertificate(pem));
const day = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * day);

/** Text that no format may take for anything but text. */
const hostile = '<img src=x onerror=alert(1)>"]-->`&amp;#35;';

/** A certificate whose common name cannot be issued; its signature no longer fits. */
function renamed(pem: string, from: string, to: string): Buffer {
  const { der } = parseCertificate(pem);
  const at = der.indexOf(from);
  assert.equal(Buffer.byteLength(to), from.length);
  const changed = Buffer.from(der);
  changed.write(to, changed.lastIndexOf(from) > at ? changed.lastIndexOf(from) : at);
  return changed;
}

test('each certificate is below its signer, with its kind, state, key, files and upload', () =>
  inTemporaryFolder(async (folder) => {
    const at = daysAgo(400);
    const root = await make('root', 'R', undefined, { at });
    const intermediate = await make('intermediate', 'I', root, { at });
    const expired = await make('device', 'd-expired', intermediate, { at });
    const soon = await make('device', 'd-soon', intermediate, { at: daysAgo(300) });
    const edge = await make('edge-ca', 'gateway.ca', intermediate);
    const server = await make('server', 's', intermediate, {
      subjectAlternativeNames: { dns: ['s.example'] },
    });
    const code = await make('verification', '0123456789ABCDEF'.repeat(3), root);
    const alone = await make('device', 'alone');
    const path = (name: string) => join(folder, name);
    write(path('ca/root/certificate.pem'), root.pem);
    write(path('ca/root/chain.pem'), root.pem);
    write(path('ca/intermediate/certificate.pem'), intermediate.pem);
    write(path('ca/intermediate/key.pem'), await privateKeyToPem(intermediate.privateKey));
    write(path('devices/d-expired/certificate.pem'), expired.pem);
    write(path('devices/d-soon/chain.pem'), soon.pem + intermediate.pem + root.pem);
    write(path('devices/d-soon/key.pem'), await privateKeyToPem(soon.privateKey, 'a long passphrase'));
    for (const [name, made] of Object.entries({ edge, server, code, alone })) {
      write(path(`${name}.pem`), made.pem);
    }
    const { sha1Thumbprint } = await import('../../src/pki/x509/certificate.js');
    const journal = Journal.open(layoutOf(folder).journal, () => new Date());
    const target = { kind: 'azure', dpsName: 'my-dps' } as const;
    journal.made({
      kind: 'ca-certificate',
      target,
      name: 'my-ca',
      sha1Thumbprint: sha1Thumbprint(parseCertificate(root.pem)),
    });

    const { certificates, complete } = await tree(folder);
    assert.ok(complete);
    const of = (made: { pem: string }) =>
      certificates.find(({ sha256Thumbprint: found }) => found === idOf(made))!;
    assert.deepEqual(
      [root, intermediate, expired, soon, edge, server, code, alone].map((made) => {
        const { kind, state, parent } = of(made);
        return [kind, state, parent];
      }),
      [
        ['root', 'valid', null],
        ['intermediate', 'valid', idOf(root)],
        ['device', 'expired', idOf(intermediate)],
        ['device', 'ends-soon', idOf(intermediate)],
        ['edge', 'valid', idOf(intermediate)],
        ['server', 'valid', idOf(intermediate)],
        ['verification', 'valid', idOf(root)],
        ['self-signed', 'valid', null],
      ],
    );
    assert.equal(certificates.length, 8);
    assert.deepEqual(of(root).files, [
      path('ca/root/certificate.pem'),
      path('ca/root/chain.pem'),
      path('devices/d-soon/chain.pem'),
    ]);
    assert.deepEqual(of(intermediate).privateKeys, [
      { file: path('ca/intermediate/key.pem'), state: 'matches' },
    ]);
    assert.deepEqual(of(soon).privateKeys, [{ file: path('devices/d-soon/key.pem'), state: 'encrypted' }]);
    assert.deepEqual(of(expired).privateKeys, []);
    assert.deepEqual(of(root).uploads, [{ name: 'my-ca', dpsName: 'my-dps' }]);
    assert.equal(of(expired).usedPercent, 100);
    assert.ok(of(soon).usedPercent > 75 && of(soon).usedPercent < 90);

    const { stdout } = await run(['cert', 'tree', folder]);
    assert.match(stdout, /^[\n\x20-\x7e]*$/);
    assert.match(stdout, /^R {2,}root CA .*\[#-{9}\]/m);
    assert.match(stdout, /^\|-- I .*intermediate CA/m);
    assert.match(stdout, /^\| {3}\|-- d-expired .*\[#{10}\] 100% {2}expired \d{4}-\d\d-\d\d/m);
    assert.match(stdout, /d-soon .*ends soon, \d{4}-\d\d-\d\d/);

    const later = await run(['cert', 'tree', path('edge.pem'), '--at', '2000-01-01', '--json']);
    assert.equal((JSON.parse(later.stdout) as Tree).certificates[0]!.state, 'not-yet-valid');
    const within = await tree(path('edge.pem'), '--within', '400d');
    assert.equal(within.certificates[0]!.state, 'ends-soon');
  }));

test('the signature decides between CAs of one name, and a certificate without its CA says so', () =>
  inTemporaryFolder(async (folder) => {
    const [one, other] = [await make('root', 'Same'), await make('root', 'Same')];
    const device = await make('device', 'd', other);
    const orphan = await make('device', 'o', await make('root', 'Same'));
    const not = await make('device', 'not-a-ca');
    for (const [name, made] of Object.entries({ one, other, device, orphan, not })) {
      write(join(folder, `${name}.pem`), made.pem);
    }
    const { certificates } = await tree(folder);
    const of = (made: { pem: string }) =>
      certificates.find(({ sha256Thumbprint: found }) => found === idOf(made))!;
    assert.deepEqual(of(device).signedBy, [idOf(other)]);
    assert.deepEqual(of(orphan).signedBy, []);
    assert.equal(of(orphan).parent, null);
    assert.match(of(orphan).notes.join(), /CN=Same/);
    assert.deepEqual(of(one).notes, []);
  }));

test('CAs that signed each other are drawn once each, with both signatures', () =>
  inTemporaryFolder(async (folder) => {
    const [a, b] = [await make('root', 'A'), await make('root', 'B')];
    const cross = async (subject: typeof a, name: string, issuer: typeof a) => {
      const { issue } = await import('../../src/pki/make/issue.js');
      const { loadProfile } = await import('../../src/pki/make/profile.js');
      const { createPublicKey } = await import('node:crypto');
      const { pem } = await issue({
        profile: loadProfile('root'),
        subject: { commonName: name },
        publicKey: createPublicKey(subject.privateKey),
        issuer: { certificate: issuer.pem, privateKey: issuer.privateKey },
        at: new Date(),
      });
      return { pem, privateKey: subject.privateKey };
    };
    const [aByB, bByA] = [await cross(a, 'A', b), await cross(b, 'B', a)];
    const device = await make('device', 'd', a);
    const files = { aByB, bByA, device };
    for (const [name, made] of Object.entries(files)) write(join(folder, `${name}.pem`), made.pem);
    const circle = await tree(folder);
    assert.equal(circle.certificates.length, 3);
    const of = (made: { pem: string }, from = circle) =>
      from.certificates.find(({ sha256Thumbprint: found }) => found === idOf(made))!;
    assert.deepEqual(of(aByB).signedBy, [idOf(bByA)]);
    assert.deepEqual(of(bByA).signedBy, [idOf(aByB)]);
    assert.deepEqual(of(device).signedBy, [idOf(aByB)]);
    assert.equal(circle.certificates.filter(({ parent }) => parent === null).length, 1);
    const { stdout: mermaid } = await run(['cert', 'tree', folder, '--mermaid']);
    assert.equal(mermaid.match(/-->/g)!.length, 3);

    // With the roots themselves there is no circle: each cross-signed certificate is below the other root.
    write(join(folder, 'a.pem'), a.pem);
    write(join(folder, 'b.pem'), b.pem);
    const whole = await tree(folder);
    assert.deepEqual(
      [of(aByB, whole).parent, of(bByA, whole).parent, of(device, whole).parent],
      [idOf(b), idOf(a), idOf(a)],
    );
    assert.deepEqual(of(device, whole).signedBy, [idOf(a), idOf(aByB)]);
  }));

test('hostile subjects are text in every format', () =>
  inTemporaryFolder(async (folder) => {
    const { root, intermediate } = await makeChain();
    const device = await make('device', hostile, intermediate);
    const steering = '\u001b]0;x\u0007\n\u202e\u0085';
    const placeholder = 'Z'.repeat(Buffer.byteLength(steering));
    write(join(folder, 'chain.pem'), device.pem + intermediate.pem + root.pem);
    write(
      join(folder, 'steering.der'),
      renamed((await make('device', placeholder, root)).pem, placeholder, steering),
    );
    const steers = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/u;
    for (const format of [[], ['--json'], ['--mermaid'], ['--svg'], ['--html']]) {
      const { status, stdout, stderr } = await run(['cert', 'tree', folder, ...format]);
      assert.equal(status, 0, stderr);
      assert.doesNotMatch(stdout, steers);
      assert.doesNotMatch(stderr, steers);
      if (format[0] === '--svg' || format[0] === '--html') {
        assert.doesNotMatch(stdout, /<(img|script)|<[^>]*\s(href|src|on\w+)=|url\((?!#)/i);
        assert.match(stdout, /&lt;img src=x/);
      }
      if (format[0] === '--svg') assertBalanced(stdout);
      if (format[0] === '--mermaid') {
        const labels = stdout.split('\n').filter((line) => /^ {2}c\d+\[/.test(line));
        assert.equal(labels.length, 4);
        for (const line of labels) assert.match(line, /^ {2}c\d+\["([^"<>`&[\]]|<br\/>)*"\]:::[a-z-]+$/);
      }
    }
  }));

test('the tree fits its terminal, with wide characters and deep chains', async () => {
  const { root, intermediate } = await makeChain();
  const names = ['设备-上海-控制服务器-很长的名称', '🏭'.repeat(12), 'x'.repeat(60), 'short'];
  const made = await Promise.all(names.map((name) => make('device', name, intermediate)));
  const real = [root, intermediate, ...made].map(({ pem }) => lookAtCertificate(parseCertificate(pem).der));
  const nothing = new Map();
  const signers = findSigners(real);
  const forest = forestOf(real, { signers, files: nothing, keys: nothing, uploads: nothing }, new Date());
  // As if each had signed the next.
  const [first] = real;
  const deep = Array.from({ length: 200 }, () => ({
    ...first!,
    subject: first!.subject,
    issuer: first!.issuer,
  }));
  const chain = forestOf(
    deep,
    {
      signers: {
        of: new Map(deep.map((one, index) => [one, index > 0 ? [deep[index - 1]!] : []])),
        selfSigned: new Set(),
        complete: true,
      },
      files: nothing,
      keys: nothing,
      uploads: nothing,
    },
    new Date(),
  );
  for (const drawn of [forest, chain]) {
    for (const width of [60, 80, 120]) {
      for (const unicode of [true, false]) {
        const lines = treeText(drawn, { width, unicode, style: plainStyles }).split('\n');
        assert.ok(lines.length >= drawn.nodes.length);
        for (const line of lines) assert.ok(displayWidth(line) <= width, line);
      }
    }
    const piped = treeText(drawn, { width: undefined, unicode: false, style: plainStyles });
    for (const { name } of drawn.nodes) assert.ok(piped.includes(name));
  }
  const wide = treeText(forest, { width: 120, unicode: true, style: plainStyles }).split('\n');
  const columns = wide.map((line) => displayWidth(line.slice(0, line.search(/[█░]/))));
  assert.equal(new Set(columns).size, 1, wide.join('\n'));
});

test('bad input: what cannot be read is named, and in a folder the others are shown', () =>
  inTemporaryFolder(async (folder) => {
    const { device, intermediate, root } = await makeChain();
    const path = (name: string) => join(folder, name);
    const fails = async (...argv: string[]) => {
      const { status, stdout, stderr } = await run(['cert', 'tree', ...argv], {
        env: { ENROLLKIT_MESSAGE_IDS: '1' },
      });
      assert.equal(stdout, '');
      return [status, /\[([A-Z_]+)\]/.exec(stderr)?.[1], stderr] as const;
    };
    mkdirSync(path('empty'));
    for (const missing of ['empty', 'none']) {
      const [status, code, stderr] = await fails(path(missing));
      assert.deepEqual([status, code], [9, 'FILE_UNREADABLE']);
      assert.ok(stderr.includes(path(missing)));
    }
    write(path('some/device.pem'), device.pem);
    write(path('some/broken.pem'), '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');
    write(path('some/key.pem'), await privateKeyToPem(device.privateKey));
    const { certificates, unreadable } = await tree(path('some'));
    assert.equal(certificates.length, 1);
    assert.deepEqual(
      unreadable.map(({ file }) => file),
      [path('some/broken.pem')],
    );
    const text = await run(['cert', 'tree', path('some')]);
    assert.ok(text.stderr.includes(path('some/broken.pem')));
    assert.match(text.stdout, /device-001/);
    assert.equal((await fails(path('some/device.pem'), path('some/broken.pem')))[1], 'INVALID_CERTIFICATE');

    // A key among certificates is the key of one of them; alone, it is no certificate.
    const withKey = await tree(path('some/device.pem'), path('some/key.pem'), path('some/device.pem'));
    assert.deepEqual(withKey.certificates[0]!.privateKeys, [
      { file: path('some/key.pem'), state: 'matches' },
    ]);
    assert.deepEqual(withKey.certificates[0]!.files, [path('some/device.pem')]);
    assert.equal((await fails(path('some/key.pem')))[1], 'INVALID_CERTIFICATE');
    assert.equal((await fails(path('some'), '--svg', '--html'))[1], 'USAGE');

    // A journal that cannot be read hides nothing.
    write(layoutOf(path('some')).journal, 'not a journal\nnot a journal\n');
    write(path('some/more.pem'), intermediate.pem + root.pem);
    assert.equal((await tree(path('some'))).certificates.length, 3);
  }));

test('without a path, the certificate folder is shown', () =>
  inTemporaryFolder(async (folder) => {
    write(join(folder, 'certs/root.pem'), (await make('root', 'R')).pem);
    const { status, stdout } = await run(['cert', 'tree'], { cwd: folder });
    assert.equal(status, 0);
    assert.match(stdout, /^R +root CA/);
  }));

test.run();
