/** openssl takes what certgen makes, and goes on with its database. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import { openssl } from '../support/openssl.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { at, authority, certificate, edgeScript, read, textOf } from './support.js';

const testWithOpenssl = testWith('openssl', test);

const now = new Date(Math.floor(Date.now() / 1000) * 1000);
const today = { at: now };

testWithOpenssl(
  'openssl verifies the chains, opens the PFX and the keys, and reads the request',
  async () => {
    await inTemporaryFolder(async (folder) => {
      await authority(folder, undefined, today);
      await certificate(folder, 'create_device_certificate_from_intermediate', 'mydevice', today);
      await certificate(folder, 'create_edge_device_certificate', 'mygateway', today);
      const file = (path: string) => join(folder, path);
      const rootFile = file('certs/azure-iot-test-only.root.ca.cert.pem');
      const chain = file('certs/azure-iot-test-only.chain.ca.cert.pem');
      for (const name of ['new-device', 'new-edge-device']) {
        const leaf = file(`certs/${name}.cert.pem`);
        assert.match(openssl(['verify', '-CAfile', rootFile, '-untrusted', chain, leaf]), /: OK/);
        const pfx = openssl([
          'pkcs12',
          '-in',
          file(`certs/${name}.cert.pfx`),
          '-passin',
          'pass:1234',
          '-nodes',
        ]);
        assert.equal(pfx.match(/BEGIN CERTIFICATE/g)?.length, 3);
        assert.match(pfx, new RegExp(`friendlyName: ${name}`));
        openssl(['req', '-in', file(`csr/${name}.csr.pem`), '-noout', '-verify']);
      }
      const key = file('private/azure-iot-test-only.root.ca.key.pem');
      assert.match(openssl(['pkey', '-in', key, '-passin', 'pass:1234', '-noout', '-text']), /Private-Key/);
    });
  },
);

const sections = {
  v3_intermediate_ca: [
    'subjectKeyIdentifier = hash',
    'authorityKeyIdentifier = keyid:always,issuer:always',
    'basicConstraints = critical, CA:true',
    'keyUsage = critical, digitalSignature, cRLSign, keyCertSign',
  ],
  usr_cert: [
    'basicConstraints = CA:FALSE',
    'nsCertType = client, email',
    'nsComment = "OpenSSL Generated Client Certificate"',
    'subjectKeyIdentifier = hash',
    'authorityKeyIdentifier = keyid:always,issuer:always',
    'keyUsage = critical, nonRepudiation, digitalSignature, keyEncipherment',
    'extendedKeyUsage = clientAuth, emailProtection',
  ],
  server_cert: [
    'basicConstraints = CA:FALSE',
    'nsCertType = server',
    'nsComment = "OpenSSL Generated Server Certificate"',
    'subjectKeyIdentifier = hash',
    'authorityKeyIdentifier = keyid:always,issuer:always',
    'keyUsage = critical, digitalSignature, keyEncipherment',
    'extendedKeyUsage = serverAuth',
  ],
};

function configuration(folder: string): string {
  const authorityLines = [
    `new_certs_dir = ${folder}/newcerts`,
    `database = ${folder}/index.txt`,
    `serial = ${folder}/serial`,
    `private_key = ${folder}/private/azure-iot-test-only.intermediate.key.pem`,
    `certificate = ${folder}/certs/azure-iot-test-only.intermediate.cert.pem`,
    'default_md = sha256',
    'default_days = 1',
    'policy = policy',
  ];
  return [
    '[ ca ]\ndefault_ca = authority',
    `[ authority ]\n${authorityLines.join('\n')}`,
    '[ policy ]\ncommonName = supplied',
    ...Object.entries(sections).map(([name, lines]) => `[ ${name} ]\n${lines.join('\n')}`),
  ].join('\n\n');
}

testWithOpenssl(
  'openssl ca goes on with the database, and makes the same extensions of IoT Edge, byte by byte',
  async () => {
    await inTemporaryFolder(async (folder) => {
      const edge = { script: edgeScript, at: now };
      await authority(folder, edgeScript, today);
      await certificate(folder, 'create_device_certificate', 'one', edge);
      await certificate(folder, 'create_edge_device_certificate', 'one', edge);
      await certificate(folder, 'create_edge_server_certificate', 'two', edge);
      const config = join(folder, 'openssl.cnf');
      writeFileSync(config, configuration(folder));
      const made = [
        ['usr_cert', 'iot-device-one'],
        ['v3_intermediate_ca', 'iot-edge-device-one'],
        ['server_cert', 'iot-edge-server-two'],
      ] as const;
      for (const [section, prefix] of made) {
        const out = join(folder, `${section}.pem`);
        openssl([
          ...['ca', '-batch', '-config', config, '-extensions', section, '-notext', '-passin', 'pass:1234'],
          // The same key with another name: the identifiers are the same then.
          ...['-subj', `/CN=${section}`, '-in', join(folder, `csr/${prefix}.csr.pem`), '-out', out],
        ]);
        const theirs = parseCertificate(readFileSync(out));
        const ours = read(folder, `certs/${prefix}.cert.pem`);
        assert.deepEqual([...ours.extensions.values()], [...theirs.extensions.values()], section);
      }
      assert.equal(textOf(folder, 'serial'), '1007\n');
      await certificate(folder, 'create_device_certificate', 'one', edge);
      assert.equal(read(folder, 'certs/iot-device-one.cert.pem').serialNumber, '1007');
      assert.match(textOf(folder, 'index.txt'), /^R\t\d+Z\t\d+Z,superseded\t1001\tunknown\t\/CN=one$/m);
    });
  },
);

testWithOpenssl(
  'openssl ca reads a line that was superseded, and a list of revoked certificates has it',
  async () => {
    await inTemporaryFolder(async (folder) => {
      await authority(folder, undefined, today);
      await certificate(folder, 'create_device_certificate_from_intermediate', 'one', today);
      await certificate(folder, 'create_device_certificate_from_intermediate', 'one', today);
      const config = join(folder, 'openssl.cnf');
      writeFileSync(config, configuration(folder));
      const list = openssl(['ca', '-gencrl', '-config', config, '-passin', 'pass:1234', '-crldays', '1']);
      const text = openssl(['crl', '-noout', '-text'], list);
      assert.match(text, /Serial Number: 02/);
      assert.match(text, /Superseded/);
    });
  },
);

testWithOpenssl(
  'the root of IoT Edge names itself in its authority key identifier, as openssl req -x509 does',
  async () => {
    await inTemporaryFolder(async (folder) => {
      await authority(folder, edgeScript, { at });
      const text = openssl([
        'x509',
        '-noout',
        '-text',
        '-in',
        join(folder, 'certs/azure-iot-test-only.root.ca.cert.pem'),
      ]);
      const { serialNumber, subjectKeyIdentifier } = read(
        folder,
        'certs/azure-iot-test-only.root.ca.cert.pem',
      );
      const colons = (hex: string) => hex.match(/../g)!.join(':');
      assert.ok(text.includes(`keyid:${colons(subjectKeyIdentifier!)}`));
      assert.ok(
        text.includes('DirName:/CN = Azure_IoT_Hub_CA_Cert_Test_Only') ||
          text.includes('DirName:/CN=Azure_IoT_Hub_CA_Cert_Test_Only'),
      );
      assert.ok(text.includes(`serial:${colons(serialNumber)}`));
    });
  },
);

test.run();
