import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { readSeedFile } from '../../src/cli/emulator/seed-file.js';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import type { EmulatorEndpoints, EmulatorSeed } from '../../src/emulator/start.js';
import { EnrollkitError } from '../../src/errors.js';
import { cli } from '../cli/run-cli.js';
import { make } from '../support/chains.js';
import { startEmulatorProcess } from '../support/emulator-process.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { clientOf, startTestEmulator } from './support.js';

const root = await make('root', 'Root');
const device = await make('device', 'device-1', root);
const lone = await make('device', 'device-2', root);

const seed: EmulatorSeed = {
  certificates: [{ name: 'root', certificate: root.pem }],
  enrollmentGroups: [
    {
      enrollmentGroupId: 'lines',
      attestation: { type: 'x509', x509: { caReferences: { primary: 'root' } } },
      iotHubs: ['hub-1'],
      allocationPolicy: 'static',
      initialTwin: { tags: { site: 'A' }, properties: { desired: { interval: 30 } } },
    },
    { enrollmentGroupId: 'keys', attestation: { type: 'symmetricKey' } },
  ],
  enrollments: [
    {
      registrationId: 'device-2',
      deviceId: 'another',
      attestation: {
        type: 'x509',
        x509: { clientCertificates: { primary: { certificate: lone.pem } } },
      },
    },
  ],
};

test('an emulator starts with what its seed has, and again after a reset', async () => {
  const emulator = await startTestEmulator({ seed });
  try {
    for (const round of [1, 2]) {
      const certificate = await emulator.arm('GET', '/certificates/root');
      assert.equal(certificate.body.properties.isVerified, true);
      const group = await emulator.service('GET', '/enrollmentGroups/lines');
      assert.deepEqual(group.body.iotHubs, [emulator.endpoints.hubHostName]);
      const registered = await emulator.register('device-1', [device, root]);
      assert.equal(registered.body.registrationState.substatus, 'initialAssignment', `round ${round}`);
      const individual = await emulator.register('device-2', [lone]);
      assert.equal(individual.body.registrationState.deviceId, 'another');
      await emulator.service('DELETE', '/enrollmentGroups/lines');
      await emulator.reset();
    }
  } finally {
    await emulator.stop();
  }
});

test('a seed names hubs, and devices that they have', async () => {
  await inTemporaryFolder(async (dir) => {
    const withDevices: EmulatorSeed = {
      hubs: ['first-hub', 'second-hub'],
      devices: [
        { deviceId: 'plain', tags: { site: 'A' }, desired: { interval: 30 } },
        {
          deviceId: 'printed',
          hub: 'second-hub',
          authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: 'A'.repeat(40) } },
        },
      ],
    };
    const identities: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const emulator = await startTestEmulator({ dir, seed: withDevices });
      try {
        const { hubs } = emulator.endpoints;
        assert.deepEqual(
          hubs.map(({ name }) => name),
          ['first-hub', 'second-hub'],
        );
        const ask = async (hub: number, path: string) => {
          const { hostName, sharedAccessKeyName, sharedAccessKey } = parseConnectionString(
            hubs[hub]!.serviceConnectionString,
          );
          const expiry = Math.floor(Date.now() / 1000) + 3600;
          const authorization = createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, expiry);
          return emulator.call({
            path: `${path}?api-version=2021-04-12`,
            headers: { authorization, host: hostName },
          });
        };
        const twin = await ask(0, '/twins/plain');
        assert.deepEqual(twin.body.tags, { site: 'A' });
        assert.equal(twin.body.properties.desired.interval, 30);
        const printed = await ask(1, '/devices/printed');
        assert.equal(printed.body.authentication.type, 'selfSigned');
        assert.equal((await ask(0, '/devices/printed')).status, 404);
        identities.push(printed.body.generationId);
      } finally {
        await emulator.stop();
      }
    }
    assert.equal(new Set(identities).size, 1, 'a device that is there stays');
  });
});

test('the same seed again changes nothing; another one changes what it has, and deletes nothing', async () => {
  await inTemporaryFolder(async (dir) => {
    const paths = ['/enrollmentGroups/lines', '/enrollmentGroups/keys', '/enrollments/device-2'];
    const etags: string[][] = [];
    const keys: string[] = [];
    const changed = structuredClone(seed);
    changed.enrollmentGroups![0]!.provisioningStatus = 'disabled';
    delete changed.enrollments;
    for (const one of [seed, seed, changed]) {
      const emulator = await startTestEmulator({ dir, seed: one });
      try {
        const read = await Promise.all(paths.map((path) => emulator.service('GET', path)));
        const certificate = await emulator.arm('GET', '/certificates/root');
        etags.push([...read, certificate].map(({ body }) => body.etag));
        const mechanism = await emulator.service('POST', '/enrollmentGroups/keys/attestationmechanism');
        keys.push(mechanism.body.symmetricKey.primaryKey);
        if (one === changed) assert.equal(read[0]!.body.provisioningStatus, 'disabled');
      } finally {
        await emulator.stop();
      }
    }
    const [first, second, third] = etags;
    assert.deepEqual(second, first);
    assert.notEqual(third![0], first![0]);
    assert.deepEqual(third!.slice(1), first!.slice(1));
    assert.equal(new Set(keys).size, 1, 'keys that the seed leaves out are kept');
  });
});

test('a seed that is refused names the place, and leaves the state as it was', async () => {
  const group = seed.enrollmentGroups![0]!;
  const cases: [EmulatorSeed, RegExp][] = [
    [{ certificates: [{ name: 'a b', certificate: root.pem }] }, /^certificates\[0\]\.name: /],
    [{ certificates: [{ name: 'r', certificate: 'nonsense' }] }, /^certificates\[0\]\.certificate: /],
    [
      { certificates: [{ name: 'r', certificate: device.pem }] },
      /^certificates\[0\]\.certificate: .*CA certificate/,
    ],
    [
      {
        certificates: [
          { name: 'r', certificate: root.pem },
          { name: 'R', certificate: root.pem },
        ],
      },
      /^certificates\[1\]\.name: .*twice/,
    ],
    [{ enrollmentGroups: [group] }, /^enrollmentGroups\[0\]: There is no CA certificate "root"/],
    [
      { certificates: [{ name: 'root', certificate: root.pem, verified: false }], enrollmentGroups: [group] },
      /is not verified/,
    ],
    [{ ...seed, enrollmentGroups: [group, { ...group, iotHubs: ['elsewhere'] }] }, /\[1\].*twice/],
    [{ ...seed, enrollmentGroups: [{ ...group, iotHubs: ['elsewhere'] }] }, /"elsewhere" is not linked/],
    [{ ...seed, enrollments: [{ registrationId: '-' } as never] }, /^enrollments\[0\]\.attestation: /],
    [{ enrolments: [] } as EmulatorSeed, /enrolments/],
    [{ devices: [{ deviceId: 'a b' }] }, /^devices\[0\]: A device ID has/],
    [{ devices: [{ deviceId: 'a', hub: 'none' }] }, /^devices\[0\]: there is no hub "none"/],
  ];
  await inTemporaryFolder(async (dir) => {
    for (const [bad, message] of cases) {
      await assert.rejects(startTestEmulator({ dir, seed: bad }), (error: unknown) => {
        assert.ok(error instanceof EnrollkitError, String(error));
        assert.equal(error.code, 'INVALID_SEED');
        assert.match(error.message, message);
        return true;
      });
    }
    const emulator = await startTestEmulator({ dir });
    try {
      assert.deepEqual((await emulator.arm('GET', '/certificates')).body.value, []);
      const groups = await emulator.service('POST', '/enrollmentGroups/query', { query: '*' });
      assert.deepEqual(groups.body, []);
    } finally {
      await emulator.stop();
    }
  });
});

test('emulator start --seed: certificates from files beside it, problems at line and column', () =>
  inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'root.pem'), root.pem);
    const path = join(folder, 'seed.json');
    const good = {
      $schema: 'https://example.com/emulator-seed.schema.json',
      certificates: [{ name: 'root', certificateFile: 'root.pem' }],
      enrollmentGroups: [
        {
          enrollmentGroupId: 'lines',
          attestation: {
            type: 'x509',
            x509: { signingCertificates: { primary: { certificateFile: 'root.pem' } } },
          },
        },
      ],
    };
    writeFileSync(path, `\uFEFF${JSON.stringify(good, null, 2)}`);
    const dir = join(folder, 'state');
    const emulator = await startEmulatorProcess(dir, ['--seed', path]);
    try {
      const { service } = clientOf(emulator.endpoints as unknown as EmulatorEndpoints);
      const group = await service('GET', '/enrollmentGroups/lines');
      const { subjectName } = group.body.attestation.x509.signingCertificates.primary.info;
      assert.equal(subjectName, 'CN=Root');
    } finally {
      await emulator.stop();
    }

    const refused = async (text: string, message: RegExp) => {
      writeFileSync(path, text);
      const start = ['emulator', 'start', '--dir', dir, '--port', '0', '--mqtt-port', '0', '--json'];
      for (const more of [[], ['--detach']]) {
        const { status, stdout, stderr } = await cli([...start, '--seed', path, ...more]);
        assert.equal(status, 2, stderr);
        const { error } = JSON.parse(stdout);
        assert.equal(error.code, 'INVALID_SEED');
        assert.match(error.message, message);
        assert.ok(error.message.startsWith(`${path}:`), error.message);
      }
    };
    const certificates = (fields: string) => `{\n  "certificates": [\n    {"name": "r", ${fields}}\n  ]\n}`;
    await refused('{\n  "certificates": [,]\n}', /:2:20: this is not JSON/);
    await refused(certificates('"certificat": "x"'), /:3:\d+: .*certificat/);
    await refused(certificates('"certificateFile": "missing.pem"'), /:3:38: There is no file .*missing\.pem/);
    await refused(certificates('"certificate": "", "certificateFile": "root.pem"'), /:3:\d+: .*certificate/);
    await refused(certificates('"certificateFile": 7'), /:3:38: .*the name of a file/);
    await refused(certificates('"certificate": "nonsense"'), /:3:34: /);
  }));

test('a seed file names what is wrong with a hub or a further service, by line and column', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'seed.json');
    const refused = (text: string, message: RegExp) => {
      writeFileSync(path, text);
      assert.throws(() => readSeedFile(path), { code: 'INVALID_SEED', message });
    };
    const hub = (value: string) => `{\n  "hubs": [\n    ${value}\n  ]\n}`;
    refused(hub('{"name": "hub-1", "latency": "low"}'), /:3:34: hubs\.0\.latency: .*a number/);
    refused(hub('{"latency": 7}'), /:3:5: hubs\.0\.name: it is missing/);
    refused(hub('{"name": "hub-1", "latencie": 7}'), /:3:\d+: hubs\.0: unknown field "latencie"/);
    refused(hub('"a hub"'), /:3:5: hubs\.0: The hub name "a hub" is invalid/);
    refused(hub('7'), /:3:5: hubs\.0: .*none of the allowed forms/);
    const service =
      '{"services": [{"name": "b", "certificates": [{"name": "r", "certificateFile": "no.pem"}]}]}';
    refused(service, /:1:79: There is no file .*no\.pem/);
  }));

test.run();
