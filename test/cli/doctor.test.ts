/** Everything that doctor finds, provoked in the folder of a quickstart and in the emulator that it ran against. */
import assert from 'node:assert/strict';

import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { ControlPlane } from '../../src/dps/client/arm.js';
import { HubService } from '../../src/dps/client/hub-service.js';
import { ServicePlane } from '../../src/dps/client/service.js';
import { emulatorTarget, type Target } from '../../src/dps/client/target.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import type { EnrollmentGroup, IndividualEnrollment } from '../../src/dps/contract/schemas.js';
import { type Emulator, startEmulator } from '../../src/emulator/start.js';
import { privateKeyFromPem, privateKeyToPem } from '../../src/pki/keys.js';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import { type Made, make } from '../support/chains.js';
import { generatedKeys } from '../support/generated-keys.js';
import { device as rawDevice } from '../support/raw-certificates.js';
import { type Answer, run } from './in-process.js';

const doctor = suite('doctor');

/** The folder as the quickstart has left it, copied for each test. */
let pristine: string;
let folder: string;
let emulator: Emulator;
let target: Target;
let control: ControlPlane;
let service: ServicePlane;
/** As the quickstart has made them. */
let group: EnrollmentGroup;
const caName = 'enrollkit-root';
const id = 'device-001';

const place = (...parts: string[]) => join(folder, ...parts);
const read = (...parts: string[]) => readFileSync(place(...parts), 'utf8');
const ca = (role: 'root' | 'intermediate'): Made => ({
  pem: read('ca', role, 'certificate.pem'),
  privateKey: privateKeyFromPem(read('ca', role, 'key.pem')),
});

doctor.before(async () => {
  pristine = mkdtempSync(join(tmpdir(), 'enrollkit-test-'));
  const made = join(pristine, 'certs');
  const { status, stderr } = await run(['quickstart', '--yes', '--dir', made, '--device', id]);
  assert.equal(status, 0, stderr);
});
doctor.after(() => rmSync(pristine, { recursive: true }));

doctor.before.each(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'enrollkit-test-')), 'certs');
  cpSync(join(pristine, 'certs'), folder, { recursive: true });
});
doctor.after.each(() => rmSync(join(folder, '..'), { recursive: true }));

/** Has the emulator of the folder run, and opens clients. */
async function withEmulator(act: () => Promise<void>): Promise<void> {
  emulator = await startEmulator({ dir: place('.enrollkit') });
  target = emulatorTarget(emulator.endpoints, readFileSync(emulator.endpoints.caFile, 'utf8'));
  control = new ControlPlane(target);
  service = new ServicePlane(target);
  group = (await service.getEnrollmentGroup('enrollkit-devices'))!;
  try {
    await act();
  } finally {
    control.close();
    service.close();
    await emulator.stop();
  }
}

interface Finding {
  code: string;
  severity: 'error' | 'warning' | 'info';
  message: string;
  fix: string | null;
}

async function examine(
  options: Parameters<typeof run>[1] = {},
  ...more: string[]
): Promise<Answer & { findings: Finding[] }> {
  const answer = await run(['doctor', '--dir', folder, '--json', ...more], options);
  const { findings } = JSON.parse(answer.stdout) as { findings: Finding[] };
  for (const { severity, message, fix } of findings) {
    assert.ok(message.length > 0);
    assert.equal(fix === null, severity === 'info', message);
  }
  const fails = findings.some(({ severity }) => severity === 'error');
  assert.equal(answer.status, fails ? 11 : 0);
  return { ...answer, findings };
}

/** The codes of what is wrong. */
const wrong = (findings: readonly Finding[]) => [
  ...new Set(findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code)),
];

/** The usual ports of the emulator may be those of another program. */
async function assertFound(...codes: string[]): Promise<Finding[]> {
  const { findings } = await examine();
  assert.deepEqual(
    wrong(findings)
      .filter((code) => code !== 'PORT_IN_USE')
      .sort(),
    [...codes].sort(),
  );
  return findings;
}

doctor(
  'the folder of a fresh quickstart is right, with its emulator and without; nothing is changed',
  async () => {
    const listing = () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.parentPath.includes('emulator'))
        .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'utf8')]);
    const before = listing();
    const stopped = await assertFound();
    assert.ok(stopped.some(({ code }) => code === 'EMULATOR_STOPPED'));
    await withEmulator(async () => {
      const { findings } = await examine();
      assert.deepEqual(wrong(findings), []);
      assert.deepEqual(
        findings.map(({ code }) => code),
        [
          'NODE_VERSION',
          'TRUST_ROOTS',
          'NO_PROXY',
          'FOLDER',
          'EMULATOR_RUNNING',
          'DPS',
          'RIGHTS',
          'CLOCK',
          'LINKED_HUBS',
          'CA',
          'GROUP',
          'DEVICE_REGISTERED',
        ],
      );
      const text = await run(['doctor', '--dir', folder]);
      assert.equal(text.status, 0);
      assert.ok(
        text.stdout.split('\n').every((line) => line.length <= 80 || line.includes(folder)),
        text.stdout,
      );
    });
    assert.deepEqual(listing(), before);
  },
);

const anotherRoot = async () => make('root', parseCertificate(ca('root').pem).subject.commonName!);

async function reuploaded(pem: string): Promise<void> {
  await service.deleteEnrollmentGroup(group.enrollmentGroupId);
  await control.deleteCertificate(caName, '*');
  await control.putCertificate(caName, pem);
}

/** Creates the group again, with a CA in itself: a name needs a verified CA. */
async function groupOf(pem: string): Promise<void> {
  const { etag: _, ...rest } = group;
  await service.createEnrollmentGroup({
    ...rest,
    attestation: { type: 'x509', x509: { signingCertificates: { primary: { certificate: pem } } } },
  });
}

const certificateOf = (device: string, ...texts: string[]) => {
  writeFileSync(place('devices', device, 'chain.pem'), texts.join(''));
  writeFileSync(place('devices', device, 'certificate.pem'), texts[0]!);
};
const individual = (attestation: IndividualEnrollment['attestation']) =>
  service.bulkEnrollments('create', [{ registrationId: id, attestation }]);

/** What a device would be refused for, and what doctor says. */
const causes: [codes: string[], title: string, prepare: () => Promise<void>][] = [
  [
    ['CA_NOT_UPLOADED', 'GROUP_MISSING', 'DEVICE_NOT_REGISTERED'],
    'nothing is left in the service',
    async () => {
      await service.deleteEnrollmentGroup(group.enrollmentGroupId);
      await control.deleteCertificate(caName, '*');
      await service.deleteRegistration(id);
    },
  ],
  [
    ['CA_NOT_VERIFIED', 'GROUP_DIFFERS'],
    'uploaded only',
    async () => {
      await reuploaded(ca('root').pem);
      await groupOf(ca('intermediate').pem);
    },
  ],
  [
    ['ANOTHER_CERTIFICATE_UPLOADED', 'ANOTHER_CA_OF_THE_SAME_NAME', 'GROUP_DIFFERS'],
    'another root of the same name',
    async () => {
      const other = await anotherRoot();
      await reuploaded(other.pem);
      await groupOf(other.pem);
    },
  ],
  [
    ['CA_NOT_ENROLLED', 'GROUP_DIFFERS'],
    'the group has another CA',
    async () => {
      await service.deleteEnrollmentGroup(group.enrollmentGroupId);
      await groupOf((await make('root', 'Elsewhere')).pem);
    },
  ],
  [
    ['NO_ENROLLMENT', 'GROUP_MISSING'],
    'no group',
    async () => service.deleteEnrollmentGroup(group.enrollmentGroupId),
  ],
  [
    ['ENROLLMENT_DISABLED', 'GROUP_DIFFERS'],
    'a disabled group',
    async () => void (await service.updateEnrollmentGroup({ ...group, provisioningStatus: 'disabled' }, '*')),
  ],
  [
    ['DEVICE_NOT_ASSIGNED', 'ENROLLMENT_DISABLED', 'GROUP_DIFFERS'],
    'a device that registered with a disabled group',
    async () => {
      await service.updateEnrollmentGroup({ ...group, provisioningStatus: 'disabled' }, '*');
      assert.equal((await run(['device', 'register', id, '--dir', folder])).status, 4);
    },
  ],
  [
    ['ANOTHER_CERTIFICATE_ENROLLED'],
    'an individual enrollment of another certificate',
    async () => {
      const { pem } = await make('device', id);
      await individual({ type: 'x509', x509: { clientCertificates: { primary: { certificate: pem } } } });
    },
  ],
  [
    ['ENROLLMENT_OF_ANOTHER_KIND'],
    'an individual enrollment of a symmetric key',
    async () =>
      void (await individual({
        type: 'symmetricKey',
        symmetricKey: { primaryKey: Buffer.alloc(32).toString('base64') },
      })),
  ],
  [
    ['INTERMEDIATE_NOT_SENT'],
    'a chain of one certificate',
    async () => writeFileSync(place('devices', id, 'chain.pem'), read('devices', id, 'certificate.pem')),
  ],
  [
    ['INVALID_CERTIFICATE'],
    'a chain that is damaged',
    async () => writeFileSync(place('devices', id, 'chain.pem'), 'x'),
  ],
  [
    ['WRONG_KEY', 'HUB_HAS_ANOTHER_CERTIFICATE'],
    'an intermediate of the same name',
    async () => {
      const own = ca('intermediate');
      const twin = await make('intermediate', parseCertificate(own.pem).subject.commonName!, ca('root'));
      const device = await make('device', id, twin);
      certificateOf(id, device.pem, own.pem, ca('root').pem);
      writeFileSync(place('devices', id, 'key.pem'), await privateKeyToPem(device.privateKey));
    },
  ],
  [
    ['ALGORITHM_NOT_ACCEPTED', 'HUB_HAS_ANOTHER_CERTIFICATE'],
    'a short RSA key',
    async () => {
      const { pem, privateKey } = ca('intermediate');
      const { subject, publicKey } = parseCertificate(pem);
      const keys = generatedKeys('rsa', { modulusLength: 1024 });
      const issuer = { name: subject.commonName!, keys: { publicKey, privateKey } };
      const day = 86_400_000;
      const dates = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 30 * day) };
      const weak = rawDevice(id, issuer as any, { keys, ...dates, issuerName: subject.der });
      certificateOf(id, weak.pem, pem, ca('root').pem);
      writeFileSync(
        place('devices', id, 'key.pem'),
        keys.privateKey.export({ format: 'pem', type: 'pkcs8' }),
      );
    },
  ],
  [
    ['COMMON_NAME_MISMATCH', 'HUB_HAS_ANOTHER_CERTIFICATE'],
    'the certificate of another device',
    async () => {
      const device = await make('device', 'device-777', ca('intermediate'));
      certificateOf(id, device.pem, ca('intermediate').pem, ca('root').pem);
      writeFileSync(place('devices', id, 'key.pem'), await privateKeyToPem(device.privateKey));
    },
  ],
  [
    ['CERTIFICATE_EXPIRES_SOON'],
    'in the last third of the certificate of a device',
    async () => void (await run(['emulator', 'clock', '--advance', '300d', '--dir', folder])),
  ],
  [
    ['CERTIFICATE_EXPIRED'],
    'ten years later',
    async () => void (await run(['emulator', 'clock', '--advance', '9999d', '--dir', folder])),
  ],
  [
    ['CERTIFICATE_NOT_YET_VALID'],
    'a year before',
    async () => {
      const { status, stderr } = await run(['emulator', 'clock', '--at', '2020-01-01', '--dir', folder]);
      assert.equal(status, 0, stderr);
    },
  ],
  [
    ['HUB_HAS_ANOTHER_CERTIFICATE'],
    'a new certificate since the registration',
    async () => {
      const device = await make('device', id, ca('intermediate'));
      certificateOf(id, device.pem, ca('intermediate').pem, ca('root').pem);
      writeFileSync(place('devices', id, 'key.pem'), await privateKeyToPem(device.privateKey));
    },
  ],
  [
    ['DEVICE_NOT_IN_HUB'],
    'the device deleted in the hub',
    async () => {
      const hub = new HubService(target.hubConnectionStrings[0]!, target);
      await hub.deleteDevice(id);
      hub.close();
    },
  ],
  [['DEVICE_DISABLED_IN_HUB'], 'the device disabled in the hub', async () => disableInHub()],
  [['DEVICE_NOT_REGISTERED'], 'no record', async () => service.deleteRegistration(id)],
];

for (const [codes, title, prepare] of causes) {
  doctor(`${codes[0]}: ${title}`, () =>
    withEmulator(async () => {
      await prepare();
      const { findings } = await examine();
      assert.deepEqual(wrong(findings).sort(), [...codes].sort(), JSON.stringify(findings, null, 1));
    }),
  );
}

async function disableInHub(): Promise<void> {
  const { hostName, sharedAccessKeyName, sharedAccessKey } = target.hubConnectionStrings[0]!;
  const expiry = Math.floor(Date.now() / 1000) + 3600;
  const authorization = createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, expiry);
  const address = `https://${hostName}/devices/${id}?api-version=2021-04-12`;
  const call = (method: string, body?: string) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = {
        authorization,
        'content-type': 'application/json',
        ...(body ? { 'if-match': '*' } : {}),
      };
      const sent = request(address, { method, headers, ca: target.trust, agent: false }, async (response) => {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        resolve({ status: response.statusCode!, text });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  const device = JSON.parse((await call('GET')).text);
  const { status, text } = await call('PUT', JSON.stringify({ ...device, status: 'disabled' }));
  assert.equal(status, 200, text);
}

/** What is wrong with the files of a folder. */
const files: [codes: string[], title: string, prepare: () => void | Promise<void>][] = [
  [
    ['KEY_READABLE_BY_OTHERS'],
    'a key for all to read',
    () => chmodSync(place('devices', id, 'key.pem'), 0o644),
  ],
  [
    ['KEY_READABLE_BY_OTHERS'],
    'a PKCS#12 file for a group',
    () => {
      writeFileSync(place('devices', id, 'device.pfx'), 'x');
      chmodSync(place('devices', id, 'device.pfx'), 0o640);
    },
  ],
  [['KEY_MISSING'], 'the key of a device is gone', () => rmSync(place('devices', id, 'key.pem'))],
  [['KEY_MISSING'], 'the key of the root is kept elsewhere', () => rmSync(place('ca', 'root', 'key.pem'))],
  [
    ['KEY_MISMATCH'],
    'the key of another',
    async () =>
      writeFileSync(
        place('devices', id, 'key.pem'),
        await privateKeyToPem((await make('device', 'x')).privateKey),
      ),
  ],
  [
    ['CERTIFICATE_MISSING'],
    'no folder of the device',
    () => rmSync(place('devices', id), { recursive: true }),
  ],
  [
    ['INVALID_CERTIFICATE'],
    'a damaged certificate',
    () => writeFileSync(place('ca', 'intermediate', 'certificate.pem'), 'x'),
  ],
  [['INVALID_KEY'], 'a damaged key', () => writeFileSync(place('devices', id, 'key.pem'), 'x')],
  [
    ['CHANGE_UNFINISHED'],
    'a killed command',
    () => cpSync(place('ca'), place('.enrollkit', 'pending'), { recursive: true }),
  ],
  [
    ['ROLLOVER_UNFINISHED'],
    'a roll-over in progress',
    () => {
      const record = {
        version: 1,
        authority: 'root',
        startedAt: '2026-01-01T00:00:00Z',
        rolled: [{ role: 'root', sha256Thumbprint: 'A'.repeat(64) }],
        groups: [],
      };
      writeFileSync(place('ca', 'rollover.json'), JSON.stringify(record));
    },
  ],
  [
    ['JOURNAL_UNREADABLE'],
    'a damaged record of a roll-over',
    () => writeFileSync(place('ca', 'rollover.json'), '{'),
  ],
  [
    ['JOURNAL_UNREADABLE'],
    'a damaged journal',
    () => writeFileSync(place('.enrollkit', 'journal.ndjson'), 'x\n'),
  ],
  [
    ['JOURNAL_UNREADABLE'],
    'an emptied journal',
    () => writeFileSync(place('.enrollkit', 'journal.ndjson'), ''),
  ],
  [
    ['INVALID_PLAN'],
    'a damaged plan',
    () => writeFileSync(place('.enrollkit', 'plan.json'), '{"version":1,'),
  ],
  [['EMULATOR_MISSING'], 'the state of the emulator is gone', () => {}],
];

for (const [codes, title, prepare] of files) {
  doctor(`${codes[0]}: ${title}`, async () => {
    // Without its state, no emulator is started: files are looked at either way.
    rmSync(place('.enrollkit', 'emulator'), { recursive: true });
    await prepare();
    const hasPlan = !codes.includes('INVALID_PLAN');
    const findings = await assertFound(...new Set([...codes, ...(hasPlan ? ['EMULATOR_MISSING'] : [])]));
    assert.ok(findings.some(({ code, message, fix }) => code === codes[0] && (message + fix).length > 20));
  });
}

doctor('a folder that was named and is not there is an error; the usual one is not', async () => {
  const named = await run(['doctor', '--dir', join(folder, 'nowhere'), '--json']);
  assert.equal(named.status, 11);
  assert.ok(JSON.parse(named.stdout).findings.some(({ code }: Finding) => code === 'NO_EMULATOR'));
  assert.deepEqual(
    JSON.parse(named.stdout)
      .findings.filter(({ severity }: Finding) => severity === 'error')
      .map(({ code }: Finding) => code),
    ['NO_FOLDER'],
  );
});

doctor('a file in place of the folder is a finding', async () => {
  const file = place('file');
  writeFileSync(file, 'x');
  const { status, stdout } = await run(['doctor', '--dir', file, '--json']);
  assert.equal(status, 11, stdout);
});

doctor('ENROLLMENTS, ENROLLMENT_MISSING, ENROLLMENT_DIFFERS: those of a plan without a group', async () => {
  const dir = ['--dir', folder];
  const codes = async () => {
    const { findings } = JSON.parse((await run(['doctor', '--json', ...dir])).stdout);
    return (findings as Finding[]).map(({ code }) => code).filter((code) => code.startsWith('ENROLLMENT'));
  };
  await run(['quickstart', '--yes', '--enrollment', 'individual', '--device', id, ...dir]);
  assert.deepEqual(await codes(), ['ENROLLMENTS']);
  await run(['enrollment', 'create', id, '--update', '--reprovision-policy', 'never', ...dir]);
  assert.deepEqual(await codes(), ['ENROLLMENT_DIFFERS']);
  await run(['enrollment', 'delete', id, '--yes', ...dir]);
  assert.deepEqual(await codes(), ['ENROLLMENT_MISSING']);
});

doctor('encrypted keys are compared with the passphrase only', async () => {
  const device = await make('device', id, ca('intermediate'));
  const pem = await privateKeyToPem(device.privateKey, 'open sesame');
  writeFileSync(place('devices', id, 'key.pem'), pem);
  const locked = await examine();
  assert.ok(locked.findings.some(({ code }) => code === 'KEYS_ENCRYPTED'));
  const opened = await examine({ env: { ENROLLKIT_PASSPHRASE: 'open sesame' } });
  assert.ok(wrong(opened.findings).includes('KEY_MISMATCH'));
  const mistyped = await examine({ env: { ENROLLKIT_PASSPHRASE: 'x' } });
  assert.ok(wrong(mistyped.findings).includes('WRONG_PASSPHRASE'));
});

doctor.run();
