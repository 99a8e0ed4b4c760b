/** What certgen makes beside what the real certGen.sh wrote (test/data/certgen), extension by extension. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { pemBlocks } from '../../src/pki/containers/pem.js';
import { readOnly, sequenceOf } from '../../src/pki/der/read.js';
import type { Certificate } from '../../src/pki/x509/certificate.js';
import { authority, certificate, read, reference, referenceNames, textOf } from './support.js';

const extensionNames: Record<string, string> = {
  '2.5.29.14': 'subjectKeyIdentifier',
  '2.5.29.15': 'keyUsage',
  '2.5.29.19': 'basicConstraints',
  '2.5.29.35': 'authorityKeyIdentifier',
  '2.5.29.37': 'extendedKeyUsage',
  '2.16.840.1.113730.1.1': 'nsCertType',
  '2.16.840.1.113730.1.13': 'nsComment',
};

/** Our file, and the reference's. */
const roles = [
  ['root', 'azure-iot-test-only.root.ca.cert.pem', 'azure-iot-test-only.root.ca.cert.pem'],
  ['intermediate', 'azure-iot-test-only.intermediate.cert.pem', 'azure-iot-test-only.intermediate.cert.pem'],
  ['verification code', 'verification-code.cert.pem', 'verification-code.cert.pem'],
  ['device, by the root', 'new-device.mydevice.cert.pem', 'new-device.cert.pem'],
  ['device, by the intermediate', 'new-device.cert.pem', 'new-device.from-intermediate.cert.pem'],
  ['IoT Edge device', 'new-edge-device.cert.pem', 'new-edge-device.cert.pem'],
] as const;

interface Row {
  extension: string;
  critical: boolean;
  /** With a key's identifier replaced by whose it is. */
  value: string;
}

function rowsOf(subject: Certificate, issuer: Certificate): Row[] {
  return [...subject.extensions.values()].map(({ type, critical, value }) => ({
    extension: extensionNames[type] ?? type,
    critical,
    value: value
      .toString('hex')
      .replace(subject.subjectKeyIdentifier!.toLowerCase(), '<own key>')
      .replace(issuer.subjectKeyIdentifier!.toLowerCase(), '<issuer’s key>'),
  }));
}

const document = new URL('../../docs/certgen.md', import.meta.url);
const [begin, end] = ['<!-- parity: written by test/certgen/parity.test.ts -->\n', '<!-- end of parity -->'];

const folder = mkdtempSync(join(tmpdir(), 'enrollkit-certgen-'));
test.before(async () => {
  await authority(folder);
  for (const [command, name] of referenceNames) await certificate(folder, command, name);
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

test('every role has the extensions of the reference, in its order; the document shows them', async () => {
  const lines = [
    '| role | extension | critical | certGen.sh (DER) | certgen (DER) |',
    '| --- | --- | --- | --- | --- |',
  ];
  const issuers = (of: string, from: 'ours' | 'theirs') => {
    const isByRoot = !['device, by the intermediate', 'IoT Edge device'].includes(of);
    const file = `azure-iot-test-only.${isByRoot ? 'root.ca' : 'intermediate'}.cert.pem`;
    return from === 'ours' ? read(folder, `certs/${file}`) : read(reference, file);
  };
  for (const [role, our, their] of roles) {
    const [ours, theirs] = [read(folder, `certs/${our}`), read(reference, their)];
    const [ourRows, theirRows] = [
      rowsOf(ours, issuers(role, 'ours')),
      rowsOf(theirs, issuers(role, 'theirs')),
    ];
    assert.deepEqual(ourRows, theirRows, role);
    assert.ok(theirRows.length >= 4);
    assert.deepEqual(ours.subject.der, theirs.subject.der, role);
    assert.deepEqual(ours.issuer.der, theirs.issuer.der, role);
    assert.equal(ours.version, theirs.version);
    const lifetime = ({ notBefore, notAfter }: Certificate) => notAfter.getTime() - notBefore.getTime();
    assert.equal(lifetime(ours), lifetime(theirs), role);
    if (role === 'root') assert.equal(ours.serialNumber.length, theirs.serialNumber.length);
    else assert.equal(ours.serialNumber, theirs.serialNumber, role);
    for (const [index, { extension, critical, value }] of theirRows.entries()) {
      const cells = [
        index === 0 ? role : '',
        extension,
        critical ? 'yes' : 'no',
        value,
        ourRows[index]!.value,
      ];
      lines.push(`| ${cells.join(' | ').replaceAll('<', '‹').replaceAll('>', '›')} |`);
    }
  }
  const table = `${lines.join('\n')}\n`;
  const text = readFileSync(document, 'utf8');
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (process.env.UPDATE_DOCS) writeFileSync(document, text.slice(0, from) + table + text.slice(to));
  else
    assert.equal(
      text.slice(from, to),
      table,
      'run: UPDATE_DOCS=1 node --import tsx test/certgen/parity.test.ts',
    );
});

test('index.txt, its attributes and serial are those of the reference, dates apart', async () => {
  const withoutDates = (text: string) => text.replace(/\t\d{12}Z\t/g, '\tdate\t');
  assert.match(textOf(folder, 'index.txt'), /^V\t261224050000Z\t\t01\tunknown\t\/CN=Azure IoT Hub Inter/);
  assert.equal(withoutDates(textOf(folder, 'index.txt')), withoutDates(textOf(reference, 'index.txt')));
  assert.equal(textOf(folder, 'index.txt.attr'), textOf(reference, 'index.txt.attr'));
  assert.equal(textOf(folder, 'serial'), textOf(reference, 'serial'));
  for (const serial of ['01', '02', '03', '04', '05']) {
    assert.equal(read(folder, `newcerts/${serial}.pem`).serialNumber, serial);
  }
});

test('a request has the common name and an empty list of attributes, as the reference', async () => {
  const partsOf = (text: string) => {
    const info = sequenceOf(readOnly(pemBlocks(text)[0]!.der))[0];
    const [version, subject, , attributes] = sequenceOf(info);
    return [version, subject, attributes].map((part) => part!.raw.toString('hex'));
  };
  for (const [name, our] of [
    ['new-device', 'new-device.mydevice'],
    ['azure-iot-test-only.intermediate', 'azure-iot-test-only.intermediate'],
  ]) {
    const ours = partsOf(textOf(folder, `csr/${our}.csr.pem`));
    assert.deepEqual(ours, partsOf(textOf(reference, `${name}.csr.pem`)));
    assert.equal(ours[2], 'a000');
  }
});

test.run();
