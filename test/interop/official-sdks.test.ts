/** The quickstart by unmodified official SDKs, with certificates by openssl, against an emulator in another process. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'uvu';
import { startEmulatorProcess } from '../support/emulator-process.js';
import { openssl } from '../support/openssl.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';

const testWithOpenssl = testWith('openssl', test);

const clients = fileURLToPath(new URL('./official-clients.ts', import.meta.url));

/** Root, intermediate and two devices, by openssl alone. */
function makeCertificates(folder: string) {
  const at = (name: string) => join(folder, name);
  const newKey = (name: string) =>
    openssl([
      'genpkey',
      '-algorithm',
      'EC',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-out',
      at(`${name}.key`),
    ]);
  const issue = (name: string, issuer: string, extensions: string) => {
    newKey(name);
    openssl(['req', '-new', '-key', at(`${name}.key`), '-subj', `/CN=${name}`, '-out', at(`${name}.csr`)]);
    writeFileSync(at(`${name}.ext`), extensions);
    const signer = ['-CA', at(`${issuer}.pem`), '-CAkey', at(`${issuer}.key`), '-CAcreateserial'];
    const more = ['-days', '30', '-extfile', at(`${name}.ext`), '-out', at(`${name}.pem`)];
    openssl(['x509', '-req', '-in', at(`${name}.csr`), ...signer, ...more]);
  };
  const ca = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n';
  const client =
    'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n';
  newKey('interop-root');
  const subject = [
    '-subj',
    '/CN=interop-root',
    '-days',
    '30',
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
  ];
  openssl([
    'req',
    '-new',
    '-x509',
    '-key',
    at('interop-root.key'),
    ...subject,
    '-out',
    at('interop-root.pem'),
  ]);
  issue('interop-intermediate', 'interop-root', ca);
  for (const device of ['interop-mqtt', 'interop-http']) issue(device, 'interop-intermediate', client);
  const read = (name: string) => readFileSync(at(name), 'utf8');
  return {
    at,
    read,
    chain: (name: string) =>
      read(`${name}.pem`) + read('interop-intermediate.pem') + read('interop-root.pem'),
  };
}

testWithOpenssl(
  'official SDKs go through the quickstart: upload, proof, groups, registration, telemetry, twin, clean-up',
  () =>
    inTemporaryFolder(async (folder) => {
      const { at, read, chain } = makeCertificates(folder);
      const emulator = await startEmulatorProcess(join(folder, 'state'));
      try {
        const signed = [
          '-CA',
          at('interop-root.pem'),
          '-CAkey',
          at('interop-root.key'),
          '-set_serial',
          '77',
          '-days',
          '1',
        ];
        const command = [
          `openssl req -new -key ${at('interop-root.key')} -subj /CN=$CODE`,
          `openssl x509 -req ${signed.join(' ')} 2>/dev/null`,
        ].join(' | ');
        const input = {
          endpoints: emulator.endpoints,
          rootPem: read('interop-root.pem'),
          verificationCertificates: { command },
          groups: {
            'by-reference': {
              enrollmentGroupId: 'by-reference',
              attestation: { type: 'x509', x509: { caReferences: { primary: 'interop-root' } } },
            },
            'by-certificate': {
              enrollmentGroupId: 'by-certificate',
              attestation: {
                type: 'x509',
                x509: { signingCertificates: { primary: { certificate: read('interop-intermediate.pem') } } },
              },
              initialTwin: { tags: { site: 'A' }, properties: { desired: { interval: 30 } } },
              provisioningStatus: 'enabled',
            },
          },
          devices: [
            {
              registrationId: 'interop-mqtt',
              protocol: 'mqtt',
              cert: chain('interop-mqtt'),
              key: read('interop-mqtt.key'),
            },
            {
              registrationId: 'interop-http',
              protocol: 'http',
              cert: chain('interop-http'),
              key: read('interop-http.key'),
            },
          ],
        };
        const running = promisify(execFile)(process.execPath, ['--import', 'tsx', clients], {
          env: { ...process.env, NODE_EXTRA_CA_CERTS: emulator.endpoints.caFile },
          timeout: 60_000,
        });
        running.child.stdin?.end(JSON.stringify(input));
        const result = JSON.parse((await running).stdout);
        assert.equal(result.idScope, emulator.endpoints.idScope);
        assert.deepEqual(result.linkedHubs, [emulator.endpoints.hubHostName]);
        assert.ok(result.policies.includes('provisioningserviceowner'));
        assert.equal(result.uploadedVerified, false);
        assert.equal(result.verified, true);
        assert.equal(result.etagsDiffer, true);
        assert.equal(result.staleEtag, 412);
        assert.deepEqual(result.listed.sort(), ['by-certificate', 'by-reference']);
        assert.equal(
          result.groups['by-certificate'].attestation.x509.signingCertificates.primary.certificate ?? null,
          null,
        );
        assert.equal(result.devices.length, 2);
        for (const device of result.devices) {
          assert.equal(device.assignedHub, emulator.endpoints.hubHostName);
          assert.equal(device.deviceId, device.registrationId);
          assert.equal(device.sent, 'MessageEnqueued');
          assert.equal(
            device.desired.interval,
            30,
            'the CA nearest the device decides, so the second group does',
          );
          assert.equal(device.record.status, 'assigned');
        }
        assert.equal(result.groupGone, 'Error');
        assert.equal(result.certificatesLeft, 0);
      } finally {
        await emulator.stop();
      }
    }),
);

test.run();
