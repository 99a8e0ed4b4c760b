import assert from 'node:assert/strict';
import { lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { test } from 'uvu';
import { ControlPlane } from '../../src/dps/client/arm.js';
import { ServicePlane } from '../../src/dps/client/service.js';
import { cleanLocal, cleanRemote, planClean } from '../../src/quickstart/clean.js';
import { formatPlan, parsePlan } from '../../src/quickstart/plan/plan.js';
import { previewQuickstart } from '../../src/quickstart/preview.js';
import { withoutTwinMark } from '../../src/quickstart/resource-tags.js';
import { openssl } from '../support/openssl.js';
import { inWorld, planWith, type World } from '../support/quickstart.js';
import { testWith } from '../support/tools.js';
import '../support/quick-key-derivation.js';

const testWithOpenssl = testWith('openssl', test);

const fails =
  (code: string, pattern = /./) =>
  (error: Error & { code?: string; next?: string }) =>
    error.code === code && pattern.test(`${error.message} ${error.next}`);

/**
 * Every file below a folder with its inode, time and mode: what a run that changes nothing leaves as it is. Recordings are
 * left out, since each run adds its own.
 */
function snapshot(folder: string): Record<string, string> {
  const files = (readdirSync(folder, { recursive: true }) as string[]).filter(
    (name) => lstatSync(join(folder, name)).isFile() && !name.startsWith(join('.enrollkit', 'runs')),
  );
  return Object.fromEntries(
    files.sort().map((name) => {
      const { ino, mtimeMs, mode } = lstatSync(join(folder, name));
      return [name, `${ino} ${mtimeMs} ${mode.toString(8)}`];
    }),
  );
}

async function withPlanes(
  world: World,
  act: (control: ControlPlane, service: ServicePlane) => Promise<void>,
) {
  const control = new ControlPlane(world.target);
  const service = new ServicePlane(world.target);
  try {
    await act(control, service);
  } finally {
    control.close();
    service.close();
  }
}

testWithOpenssl('a plan becomes a verified CA, a group, and devices that are registered and connected', () =>
  inWorld(async (world) => {
    const plan = planWith((one) => {
      one.devices.registrationIds = ['device-001', 'Pump:7'];
      one.enrollmentGroup.initialTwin = { tags: { site: 'A' }, properties: { desired: { interval: 30 } } };
    });
    const result = await world.run(plan);
    assert.equal(result.target.idScope, world.emulator.endpoints.idScope);
    assert.equal(result.enrollmentGroup!.enrollmentGroupId, 'enrollkit-devices');
    assert.deepEqual(
      result.devices.map(({ registrationId, status, assignedHub }) => [registrationId, status, assignedHub]),
      [
        ['device-001', 'assigned', world.emulator.endpoints.hubHostName],
        ['Pump:7', 'assigned', world.emulator.endpoints.hubHostName],
      ],
    );
    for (const device of result.devices) {
      for (const path of [device.certificate, device.chain, device.key!, device.pfx!])
        assert.ok(isAbsolute(path), path);
      const chain = readFileSync(device.chain, 'utf8');
      assert.ok(chain.startsWith(readFileSync(device.certificate, 'utf8')), 'leaf first');
      assert.ok(chain.endsWith(readFileSync(result.certificates.root!.certificate, 'utf8')), 'root last');
      const anchors = ['-CAfile', result.certificates.root!.certificate];
      const untrusted = ['-untrusted', result.certificates.intermediate!.certificate];
      assert.match(openssl(['verify', '-x509_strict', ...anchors, ...untrusted, device.certificate]), /: OK/);
      assert.equal(lstatSync(device.key!).mode & 0o777, 0o600);
    }
    await withPlanes(world, async (control, service) => {
      assert.equal((await control.getCertificate('enrollkit-root'))?.properties.isVerified, true);
      const { enrollkit, ...tags } = (await service.getEnrollmentGroup('enrollkit-devices'))!.initialTwin!
        .tags!;
      assert.deepEqual(tags, { site: 'A' });
      assert.deepEqual(Object.keys(enrollkit as object), ['run', 'uploadedCa']);
      const records: unknown[] = [];
      for await (const record of service.listRegistrations('enrollkit-devices')) records.push(record);
      assert.equal(records.length, 2);
    });
    const program = readFileSync(result.program!, 'utf8');
    assert.match(program, /GROUP_ID = "enrollkit-devices"/);
    assert.match(program, /create_with_x509_ca_refs\("enrollkit-root"\)/);
    assert.doesNotMatch(program, /SharedAccessKey=[A-Za-z0-9]|\{\{/);
  }),
);

test('a second run finds everything done, rewrites no file and sends no write', () =>
  inWorld(async (world) => {
    const first = await world.run();
    const before = snapshot(world.folder);
    world.requests.length = 0;
    world.events.length = 0;
    const second = await world.run();
    assert.deepEqual(snapshot(world.folder), before);
    assert.deepEqual(
      world.requests.filter(({ method }) => method !== 'GET').map(({ method, url }) => `${method} ${url}`),
      [],
    );
    assert.deepEqual(
      second.steps.filter(({ already }) => !already).map(({ id }) => id),
      ['prerequisites'],
    );
    const ofEachRun = { elapsedMs: 0, steps: [], recording: '' };
    assert.deepEqual({ ...second, ...ofEachRun }, { ...first, ...ofEachRun });
  }));

test('quickstart replay: a saved plan gives the same outcome in another place', () =>
  inWorld(async (one) => {
    const plan = planWith((changed) => {
      changed.certificates.rootCommonName = 'Workshop Root';
      changed.certificates.intermediateCommonName = 'Workshop Intermediate';
      changed.enrollmentGroup!.id = 'workshop';
      changed.devices.registrationIds = ['seat-01', 'seat-02'];
    });
    const first = await one.run(plan);
    const saved = readFileSync(join(one.folder, '.enrollkit', 'plan.json'), 'utf8');
    assert.equal(saved, formatPlan(plan));
    assert.ok(!saved.includes(one.folder), 'a plan holds no path of a machine');
    await inWorld(async (other) => {
      const second = await other.run(parsePlan(saved, 'plan.json'));
      const outcome = (result: typeof first) => ({
        root: result.certificates.root!.commonName,
        intermediate: result.certificates.intermediate?.commonName,
        group: {
          ...result.enrollmentGroup!,
          initialTwin: withoutTwinMark(result.enrollmentGroup!.initialTwin)?.properties,
          ...{ etag: 0, createdDateTimeUtc: 0, lastUpdatedDateTimeUtc: 0 },
        },
        devices: result.devices.map(({ registrationId, deviceId, status }) => [
          registrationId,
          deviceId,
          status,
        ]),
      });
      assert.deepEqual(outcome(second), outcome(first));
    });
  }));

for (const protocol of ['mqtt', 'https'] as const) {
  test(`a dry run over ${protocol} lists just the requests that a first run sends, and writes nothing`, () =>
    inWorld(async (world) => {
      const plan = planWith((one) => {
        one.devices.protocol = protocol;
      });
      const preview = previewQuickstart(plan, world.folder);
      assert.throws(() => readdirSync(world.folder), /ENOENT/);
      await world.run(plan);
      const { subscriptionId, resourceGroup, dpsName, idScope } = world.emulator.endpoints;
      const shape = (method: string, url: string) =>
        `${method} ${url}`
          .replace(/https:\/\/((localhost|127\.0\.0\.1):(\d+|\{port\})|\{assigned hub\})/, '')
          .replace(/\?.*/, '')
          .replace(subscriptionId, '{subscriptionId}')
          .replace(`/resourceGroups/${resourceGroup}/`, '/resourceGroups/{resourceGroup}/')
          .replace(`/provisioningServices/${dpsName}`, '/provisioningServices/{dpsName}')
          .replace(idScope, '{idScope}')
          .replace(/\/operations\/[^/]+$/, '/operations/{operationId}');
      const http = ({ method }: { method: string }) => method !== 'PUBLISH';
      const listed = preview.steps.flatMap(({ requests }) => requests).filter(http);
      const sent = world.requests.filter(http);
      assert.deepEqual(
        [...new Set(sent.map(({ method, url }) => shape(method, url)))].sort(),
        [...new Set(listed.map(({ method, url }) => shape(method, url)))].sort(),
      );
      const files = preview.steps.flatMap(({ makes }) => makes).filter((what) => isAbsolute(what));
      const written = Object.keys(snapshot(world.folder)).map((name) => join(world.folder, name));
      assert.deepEqual(files.sort(), written.sort());
    }));
}

test('a dry run of what is there keeps every file, and refuses the folder that the run would refuse', () =>
  inWorld(async (world) => {
    await world.run();
    const preview = previewQuickstart(planWith(), world.folder);
    assert.deepEqual(
      preview.steps.flatMap(({ makes }) => makes).filter((what) => isAbsolute(what)),
      [],
    );
    const kept = preview.steps.flatMap(({ keeps }) => keeps).sort();
    assert.deepEqual(
      kept,
      Object.keys(snapshot(world.folder)).map((name) => join(world.folder, name)),
    );
    assert.throws(() => previewQuickstart(planWith(), '/usr'), fails('FOLDER_NOT_EMPTY'));
  }));

testWithOpenssl(
  'every kind of answer works: certificate attestation, an intermediate that is proven, HTTPS, IoT Edge, RSA',
  () =>
    inWorld(async (world) => {
      const plan = planWith((one) => {
        one.certificates.keyAlgorithm = 'rsa-2048';
        one.certificateAuthority.uploaded = 'intermediate';
        one.enrollmentGroup.attestation = 'certificate';
        one.enrollmentGroup.iotEdge = true;
        one.enrollmentGroup.allocationPolicy = 'geoLatency';
        one.enrollmentGroup.iotHubs = [world.emulator.endpoints.hubHostName];
        one.enrollmentGroup.reprovisionPolicy = 'reset';
        one.devices.protocol = 'https';
      });
      const result = await world.run(plan);
      assert.equal(result.devices[0]!.status, 'assigned');
      assert.equal(result.enrollmentGroup!.capabilities?.iotEdge, true);
      const edge = join(world.folder, 'devices', 'device-001', 'edge-ca', 'certificate.pem');
      const { root, intermediate } = result.certificates;
      const verify = [
        'verify',
        '-x509_strict',
        '-CAfile',
        root!.certificate,
        '-untrusted',
        intermediate!.certificate,
        edge,
      ];
      assert.match(openssl(verify), /: OK/);
      const before = snapshot(world.folder);
      await world.run(plan);
      assert.deepEqual(snapshot(world.folder), before);
    }),
);

test('no intermediate, no telemetry, a disabled group: the devices are made and not registered', () =>
  inWorld(async (world) => {
    const result = await world.run(
      planWith((one) => {
        one.certificates.intermediate = false;
        one.enrollmentGroup.provisioningStatus = 'disabled';
      }),
    );
    assert.equal(result.certificates.intermediate, null);
    assert.equal(result.devices[0]!.status, 'unassigned');
    assert.equal(result.enrollmentGroup!.provisioningStatus, 'disabled');
  }));

test('interrupted after any step and run again, it ends as if it had never been interrupted', async () => {
  const steps = [
    'prerequisites',
    'certificate-chain',
    'upload-ca',
    'proof-of-possession',
    'enrollment-group',
    'device-certificates',
    'register-devices',
  ];
  for (const last of steps) {
    await inWorld(async (world) => {
      const controller = new AbortController();
      await assert.rejects(
        world.run(planWith(), {
          signal: controller.signal,
          emit: (event) => {
            if (event.type === 'step-done' && event.step === last) controller.abort();
          },
        }),
        fails('INTERRUPTED'),
      );
      const kept = snapshot(world.folder);
      const result = await world.run();
      assert.equal(result.devices[0]!.status, 'assigned', last);
      const after = snapshot(world.folder);
      for (const name of Object.keys(kept).filter((one) => one.endsWith('.pem')))
        assert.equal(after[name], kept[name], name);
    });
  }
});

test('cleaning removes what the runs made, remote first, and leaves what was there before', () =>
  inWorld(async (world) => {
    await withPlanes(world, async (control, service) => {
      const result = await world.run();
      const own = readFileSync(result.certificates.root!.certificate, 'utf8');
      await control.putCertificate('somebody-elses', own);
      writeFileSync(join(world.folder, 'README.md'), 'mine');
      writeFileSync(join(world.folder, 'ca', 'notes.txt'), 'mine');
      const options = {
        folder: world.folder,
        targetFor: async () => world.target,
        signal: new AbortController().signal,
      };
      assert.throws(() => cleanLocal(world.folder), fails('CONFLICT'));
      const cleaned = await cleanRemote(options);
      assert.deepEqual(cleaned.kept, []);
      assert.equal(await control.getCertificate('enrollkit-root'), undefined);
      assert.equal(await service.getEnrollmentGroup('enrollkit-devices'), undefined);
      assert.equal(await service.getRegistration('device-001'), undefined);
      assert.ok(await control.getCertificate('somebody-elses'));
      assert.deepEqual(planClean(world.folder).remote, []);
      assert.ok(lstatSync(result.certificates.root!.key), 'local files stay until they are asked for');
      assert.deepEqual((await cleanRemote(options)).removed, [], 'nothing is left to remove');
      cleanLocal(world.folder);
      assert.deepEqual(Object.keys(snapshot(world.folder)), ['README.md', 'ca/notes.txt']);
    });
  }));

test('after cleaning, the same plan runs again from what is still there', () =>
  inWorld(async (world) => {
    const first = await world.run();
    await cleanRemote({
      folder: world.folder,
      targetFor: async () => world.target,
      signal: new AbortController().signal,
    });
    const second = await world.run();
    assert.equal(second.certificates.root!.sha256Thumbprint, first.certificates.root!.sha256Thumbprint);
    assert.equal(second.devices[0]!.status, 'assigned');
  }));

test('what somebody else made under the same name is never overwritten', () =>
  inWorld(async (world) => {
    const control = new ControlPlane(world.target);
    const service = new ServicePlane(world.target);
    const result = await world.run();
    rmSync(world.folder, { recursive: true });
    await assert.rejects(world.run(), fails('CONFLICT', /enrollkit-root.*--ca-name/));
    const other = planWith((one) => {
      one.certificateAuthority.name = 'second-root';
      one.enrollmentGroup.allocationPolicy = 'geoLatency';
    });
    await assert.rejects(world.run(other), fails('CONFLICT', /enrollkit-devices.*--group/));
    const group = await service.getEnrollmentGroup('enrollkit-devices');
    assert.equal(group?.etag, result.enrollmentGroup!.etag);
    control.close();
    service.close();
  }));

test('the run’s own group is brought to what a changed plan says', () =>
  inWorld(async (world) => {
    await world.run();
    const changed = await world.run(
      planWith((one) => {
        one.enrollmentGroup.initialTwin = { tags: { site: 'B' } };
        one.devices.registrationIds = ['device-001', 'device-002'];
      }),
    );
    assert.deepEqual(withoutTwinMark(changed.enrollmentGroup!.initialTwin)?.tags, { site: 'B' });
    assert.equal(changed.devices.length, 2);
  }));

test('what the plan has no word on stays in the run’s own group: a second CA, hubs, members of a later api-version', () =>
  inWorld((world) =>
    withPlanes(world, async (_control, service) => {
      const byCertificate = (change: (plan: any) => void = () => {}) =>
        planWith((one) => {
          one.enrollmentGroup.attestation = 'certificate';
          change(one);
        });
      const first = await world.run(byCertificate());
      const [primary, secondary] = [first.certificates.intermediate!, first.certificates.root!].map(
        ({ certificate }) => ({ certificate: readFileSync(certificate, 'utf8') }),
      );
      const signingCertificates = { primary: primary!, secondary: secondary! };
      await service.updateEnrollmentGroup(
        {
          ...first.enrollmentGroup!,
          attestation: { type: 'x509', x509: { signingCertificates } },
          iotHubs: [world.emulator.endpoints.hubHostName],
          credentialPolicyName: 'policy',
        },
        first.enrollmentGroup!.etag!,
      );
      const { enrollmentGroup } = await world.run(
        byCertificate((one) => {
          one.enrollmentGroup.reprovisionPolicy = 'reset';
        }),
      );
      assert.equal(enrollmentGroup!.reprovisionPolicy?.migrateDeviceData, false);
      assert.deepEqual(enrollmentGroup!.iotHubs, [world.emulator.endpoints.hubHostName]);
      assert.equal(enrollmentGroup!.credentialPolicyName, 'policy');
      const thumbprint = enrollmentGroup!.attestation.x509?.signingCertificates?.secondary?.info;
      assert.equal(thumbprint?.sha256Thumbprint, first.certificates.root!.sha256Thumbprint);
    }),
  ));

test('an encrypted chain opens with its passphrase only, before anything is uploaded', () =>
  inWorld(async (world) => {
    const plan = planWith((one) => {
      one.certificates.encryptKeys = true;
    });
    await assert.rejects(world.run(plan), fails('PASSPHRASE_REQUIRED'));
    const result = await world.run(plan, { passphrase: 'correct horse' });
    for (const path of [
      result.certificates.root!.key,
      result.certificates.intermediate!.key,
      result.devices[0]!.key!,
    ]) {
      assert.match(readFileSync(path, 'utf8'), /ENCRYPTED PRIVATE KEY/);
    }
    world.requests.length = 0;
    await assert.rejects(
      world.run(plan, { passphrase: 'wrong' }),
      fails('WRONG_PASSPHRASE', /ca\/root\/key\.pem/),
    );
    assert.ok(world.requests.every(({ method }) => method === 'GET'));
  }));

test('a clock that went back behind the chain’s beginning is told as such, and nothing changes', () =>
  inWorld(async (world) => {
    await world.run();
    const before = snapshot(world.folder);
    const yesterday = () => new Date(Date.now() - 86_400_000);
    await assert.rejects(
      world.run(planWith(), { now: yesterday }),
      fails('CLOCK_SKEW', /not valid before.*clock/),
    );
    assert.deepEqual(snapshot(world.folder), before);
  }));

test('by hand in the portal, unattended: each thing to do has its exit status, and the next run goes on', () =>
  inWorld(async (world) => {
    const plan = planWith((one) => {
      one.certificateAuthority.proofOfPossession = 'portal';
    });
    await assert.rejects(
      world.run(plan),
      fails('PROOF_OF_POSSESSION_PENDING', /ca\/root\/certificate\.pem.*--verification-code/),
    );
    await withPlanes(world, async (control) => {
      const root = readFileSync(join(world.folder, 'ca', 'root', 'certificate.pem'), 'utf8');
      const { etag } = await control.putCertificate('enrollkit-root', root);
      const { code, etag: withCode } = await control.generateVerificationCode('enrollkit-root', etag);
      await assert.rejects(
        world.run(plan, { verificationCode: code.slice(0, 10) }),
        fails('INVALID_VERIFICATION_CODE', /may be missing/),
      );
      await assert.rejects(
        world.run(plan, { verificationCode: code }),
        fails('PROOF_OF_POSSESSION_PENDING', /proof-of-possession\/certificate\.pem/),
      );
      const answer = readFileSync(join(world.folder, 'proof-of-possession', 'certificate.pem'), 'utf8');
      await assert.rejects(world.run(plan), fails('PROOF_OF_POSSESSION_PENDING'), 'not verified yet');
      await control.verifyCertificate('enrollkit-root', withCode, answer);
    });
    const result = await world.run(plan);
    assert.equal(result.devices[0]!.status, 'assigned');
  }));

test('by hand in the portal, attended and without rights on ARM: the person is asked, and believed', () =>
  inWorld(async (world) => {
    const plan = planWith((one) => {
      one.certificateAuthority.proofOfPossession = 'portal';
    });
    const { target: whole } = world;
    const target = {
      ...whole,
      armCredential: { getToken: async () => ({ token: 'nobody', expiresOnTimestamp: 9e15 }) },
    };
    const control = new ControlPlane(whole);
    let etag = '';
    const asked: string[] = [];
    const portal = {
      async askVerificationCode({
        certificatePath,
        certificateName,
      }: {
        certificatePath: string;
        certificateName: string;
      }) {
        asked.push('code');
        const uploaded = await control.putCertificate(certificateName, readFileSync(certificatePath, 'utf8'));
        const challenge = await control.generateVerificationCode(certificateName, uploaded.etag);
        etag = challenge.etag;
        return ` ${challenge.code}\n`;
      },
      async confirmVerified({
        certificateName,
        verificationCertificatePath,
      }: {
        certificateName: string;
        verificationCertificatePath: string;
      }) {
        asked.push('verified');
        await control.verifyCertificate(
          certificateName,
          etag,
          readFileSync(verificationCertificatePath, 'utf8'),
        );
      },
    };
    const result = await world.run(plan, { target, portal });
    assert.deepEqual(asked, ['code', 'verified']);
    assert.equal(result.devices[0]!.status, 'assigned');
    const interactive = world.events.filter((event) => event.type === 'phase' && event.interactive);
    assert.equal(interactive.length, 1);
    control.close();
    await assert.rejects(
      world.run(planWith(), { target }),
      fails('NO_CREDENTIALS', /--proof-of-possession portal/),
    );
  }));

test('on the emulator a plan names its hub with any port, since that changes from run to run', () =>
  inWorld(async (world) => {
    const plan = planWith((one) => {
      one.enrollmentGroup.iotHubs = ['127.0.0.1:1'];
    });
    const result = await world.run(plan);
    assert.deepEqual(result.enrollmentGroup!.iotHubs, [world.emulator.endpoints.hubHostName]);
    assert.ok((await world.run(plan)).steps.slice(1).every(({ already }) => already));
  }));

test('a hub that is not linked and a passphrase that is missing are found before anything is made', () =>
  inWorld(async (world) => {
    const plan = planWith((one) => {
      one.enrollmentGroup.iotHubs = ['other.azure-devices.net'];
    });
    await assert.rejects(world.run(plan), fails('HUB_NOT_LINKED', /other\.azure-devices\.net/));
    assert.ok(!Object.keys(snapshot(world.folder)).some((name) => name.endsWith('.pem')));
    assert.ok(world.requests.every(({ method }) => method === 'GET'));
  }));

test.run();
