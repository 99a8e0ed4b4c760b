/** The devices of a run: certificates that are filled in are those that are issued one by one, and nothing is half done. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { keyPairSource } from '../../src/fleet/issue/key-pairs.js';
import { privateKeyFromPem } from '../../src/pki/keys.js';
import { loadProfile } from '../../src/pki/make/profile.js';
import { type Certificate, parseCertificates } from '../../src/pki/x509/certificate.js';
import { extensionTypes } from '../../src/pki/x509/extensions.js';
import { deviceSigner } from '../../src/quickstart/device-signer.js';
import { layoutOf } from '../../src/workspace/layout.js';
import { fails } from '../support/fails.js';
import { authorityExtensions, certify } from '../support/openssl-authority.js';
import { inWorld, planWith } from '../support/quickstart.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';

const ids = Array.from({ length: 7 }, (_, index) => `device-${index + 1}`);
const severalDevices = planWith((plan) => {
  plan.devices.registrationIds = ids;
});

/** Everything but names, key, serial number and signature. */
function common(certificate: Certificate) {
  const { version, issuer, notBefore, notAfter, signatureAlgorithm, extensions } = certificate;
  const others = [...extensions].filter(([type]) => type !== extensionTypes.subjectKeyIdentifier);
  return [version, issuer.der, notBefore, notAfter, signatureAlgorithm.der, others];
}

test('all devices of a run have what the first one has, and keys and numbers of their own', () =>
  inWorld(async (world) => {
    await world.run(severalDevices);
    const layout = layoutOf(world.folder);
    const certificates = ids.map((id) => {
      const { certificate, chain, key } = layout.device(id);
      const pem = readFileSync(certificate, 'utf8');
      assert.ok(readFileSync(chain, 'utf8').startsWith(pem));
      assert.ok(new X509Certificate(pem).checkPrivateKey(privateKeyFromPem(readFileSync(key))));
      return parseCertificates(pem)[0]!;
    });
    for (const [index, one] of certificates.entries()) {
      assert.equal(one.subject.text, `CN=${ids[index]}`);
      assert.deepEqual(common(one), common(certificates[0]!));
    }
    assert.equal(new Set(certificates.map(({ serialNumber }) => serialNumber)).size, ids.length);
    assert.equal(new Set(certificates.map(({ subjectKeyIdentifier: id }) => id)).size, ids.length);
  }));

test('a device that cannot be written leaves none of its batch, and the next run makes all', () =>
  inWorld(async (world) => {
    const layout = layoutOf(world.folder);
    const devices = join(layout.folder, 'devices');
    // Something that comes after the folder was looked at.
    const inTheWay = layout.device('device-5').pfx;
    const beforeStep = async ({ id }: { id: string }) => {
      if (id !== 'device-certificates') return;
      mkdirSync(join(devices, 'device-5'), { recursive: true });
      writeFileSync(inTheWay, 'mine');
    };
    await assert.rejects(world.run(severalDevices, { beforeStep }), fails('FILE_EXISTS', /device-5/));
    assert.deepEqual(readdirSync(devices), ['device-5']);
    assert.equal(readFileSync(inTheWay, 'utf8'), 'mine');
    assert.ok(!existsSync(layout.pending));
    rmSync(inTheWay);
    await world.run(severalDevices);
    assert.deepEqual(readdirSync(devices).sort(), ids);
  }));

testWith('openssl', test)('below a CA with name constraints, each name is checked', () =>
  inTemporaryFolder(async (folder) => {
    const extensions = [
      ...authorityExtensions,
      'nameConstraints = critical, excluded;dirName:excluded',
      '[excluded]',
      'CN = m-3',
    ];
    certify(folder, { name: 'root', extensions });
    const certificate = readFileSync(join(folder, 'root.pem'), 'utf8');
    const sign = deviceSigner({
      profile: loadProfile('device'),
      issuer: {
        certificate,
        privateKey: privateKeyFromPem(readFileSync(join(folder, 'root.key'))),
        chainPem: certificate,
      },
      at: new Date(),
      validityDays: 1,
    });
    const key = keyPairSource('ec-p256')();
    await sign('m-1', key);
    await sign('m-2', key);
    await assert.rejects(sign('m-3', key), fails('ISSUER_NOT_ALLOWED', /m-3/));
  }),
);

test.run();
