import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { test } from 'uvu';
import { parseCertificates } from '../../src/pki/x509/certificate.js';
import { planSchema } from '../../src/quickstart/plan/schema.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';
import { cli } from './run-cli.js';

/** Every file below a folder but the emulator's own and the recordings, with the time of its last change. */
function filesOf(folder: string): Record<string, number> {
  const files = (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => [name, statSync(join(folder, name))] as const)
    .filter(([name, stat]) => stat.isFile() && !/^\.enrollkit.(emulator|runs)/.test(name));
  return Object.fromEntries(files.map(([name, stat]) => [name, stat.mtimeMs]));
}

test('quickstart --yes --json: the documented object, a second run that writes nothing, clean', () =>
  inTemporaryFolder(async (cwd) => {
    mkdirSync(join(cwd, 'certs'));
    for (const name of ['README.md', '.gitignore']) writeFileSync(join(cwd, 'certs', name), 'does not count');
    const first = await cli(['quickstart', '--yes', '--json'], { cwd });
    assert.equal(first.status, 0, first.stderr);
    const result = JSON.parse(first.stdout);
    for (const key of ['target', 'certificates', 'enrollmentGroup', 'devices', 'elapsedMs', 'recording']) {
      assert.ok(key in result, key);
    }
    assert.ok(isAbsolute(result.recording) && existsSync(result.recording));
    assert.equal(result.target.kind, 'emulator');
    assert.deepEqual(
      result.devices.map(({ registrationId, status }: Record<string, string>) => [registrationId, status]),
      ['device-001', 'device-002', 'device-003'].map((id) => [id, 'assigned']),
    );
    for (const { deviceId, assignedHub, certificate, chain, key } of result.devices) {
      assert.ok(deviceId);
      assert.match(assignedHub, /^127\.0\.0\.1:\d+$/);
      for (const path of [certificate, chain, key]) assert.ok(isAbsolute(path) && existsSync(path), path);
      const links = parseCertificates(readFileSync(chain)).map(({ subject, issuer }) => [
        subject.text,
        issuer.text,
      ]);
      assert.equal(links.length, 3);
      assert.equal(links[0]![1], links[1]![0]);
      assert.equal(links[2]![0], links[2]![1]);
    }
    assert.doesNotMatch(first.stdout, /PRIVATE KEY|SharedAccessKey/);

    const folder = join(cwd, 'certs');
    const written = filesOf(folder);
    const second = await run(['quickstart', '--yes', '--json'], { cwd });
    assert.equal(second.status, 0, second.stderr);
    assert.deepEqual(filesOf(folder), written);
    assert.doesNotMatch(second.stderr, /done {2}(?!Check)/);

    const cleaned = await run(['clean', '--yes', '--json'], { cwd });
    assert.equal(cleaned.status, 0, cleaned.stderr);
    const kinds = JSON.parse(cleaned.stdout).removed.map(({ kind }: { kind: string }) => kind);
    for (const kind of ['enrollment-group', 'ca-certificate', 'registration', 'hub-device']) {
      assert.ok(kinds.includes(kind), kind);
    }
    assert.ok(existsSync(result.devices[0].key), 'keys stay');
    const all = await run(['clean', '--certificates', '--yes'], { cwd });
    assert.equal(all.status, 0, all.stderr);
    assert.deepEqual(readdirSync(folder).sort(), ['.gitignore', 'README.md']);
  }));

test('every answer has a flag, and the flags go before the plan file', () =>
  inTemporaryFolder(async (cwd) => {
    writeFileSync(join(cwd, 'twin.json'), '{"tags":{"site":"A"}}');
    const flags = [
      ...[
        '--target',
        'azure',
        '--dps-name',
        'contoso',
        '--id-scope',
        '0ne0000ABCD',
        '--resource-group',
        'rg',
      ],
      ...['--subscription', '11111111-2222-3333-4444-555555555555', '--key-algorithm', 'rsa-2048'],
      ...[
        '--root-name',
        'Root',
        '--intermediate-name',
        'Line 5',
        '--device-validity-days',
        '30',
        '--encrypt-keys',
      ],
      ...['--upload', 'intermediate', '--ca-name', 'line-5', '--proof-of-possession', 'portal'],
      ...[
        '--group',
        'line-5',
        '--attestation',
        'certificate',
        '--allocation-policy',
        'static',
        '--hub',
        'hub1',
      ],
      ...[
        '--initial-twin',
        'twin.json',
        '--reprovision-policy',
        'never',
        '--iot-edge',
        '--provisioning-status',
        'disabled',
      ],
      ...['--device', 'a', '--device', 'b', '--protocol', 'https', '--no-telemetry'],
    ];
    const { status, stdout, stderr } = await run(['quickstart', '--dry-run', '--json', ...flags], { cwd });
    assert.equal(status, 0, stderr);
    const { plan } = JSON.parse(stdout);
    assert.deepEqual(plan, {
      version: 1,
      target: {
        kind: 'azure',
        dpsName: 'contoso',
        idScope: '0ne0000ABCD',
        resourceGroup: 'rg',
        subscriptionId: '11111111-2222-3333-4444-555555555555',
      },
      certificates: {
        keyAlgorithm: 'rsa-2048',
        rootCommonName: 'Root',
        intermediate: true,
        intermediateCommonName: 'Line 5',
        deviceValidityDays: 30,
        encryptKeys: true,
        deviceCertificates: 'ca',
        existingCa: 'none',
      },
      certificateAuthority: { uploaded: 'intermediate', name: 'line-5', proofOfPossession: 'portal' },
      enrollmentGroup: {
        id: 'line-5',
        attestation: 'certificate',
        allocationPolicy: 'static',
        iotHubs: ['hub1'],
        initialTwin: { tags: { site: 'A' } },
        reprovisionPolicy: 'never',
        iotEdge: true,
        provisioningStatus: 'disabled',
      },
      devices: {
        enrollment: 'group',
        registrationIds: ['a', 'b'],
        details: null,
        requestCertificates: false,
        credentialPolicy: null,
        protocol: 'https',
        sendTelemetry: false,
      },
    });
    assert.deepEqual(
      Object.keys(plan).sort(),
      Object.keys(planSchema.shape)
        .filter((key) => key !== '$schema')
        .sort(),
    );

    writeFileSync(join(cwd, 'plan.json'), JSON.stringify(plan));
    const overridden = await run(
      [
        'quickstart',
        '--dry-run',
        '--json',
        '--plan',
        'plan.json',
        '--no-iot-edge',
        '--count',
        '2',
        '--root-name',
        '',
      ],
      { cwd },
    );
    assert.deepEqual(JSON.parse(overridden.stdout).plan, {
      ...plan,
      certificates: { ...plan.certificates, rootCommonName: null },
      enrollmentGroup: { ...plan.enrollmentGroup, iotEdge: false },
      devices: { ...plan.devices, registrationIds: ['device-001', 'device-002'] },
    });
  }));

test('a dry run lists what would be made and sent, and makes nothing', () =>
  inTemporaryFolder(async (cwd) => {
    const { status, stdout } = await run(['quickstart', '--dry-run'], { cwd });
    assert.equal(status, 0);
    assert.match(stdout, /creates {2}certs\/devices\/device-003\/key\.pem/);
    assert.match(stdout, /sends {4}PUT https:\/\/.*\/certificates\/enrollkit-root\?api-version=/);
    assert.match(stdout, /sends {4}PUT https:\/\/.*\/enrollmentGroups\/enrollkit-devices\?api-version=/);
    assert.deepEqual(readdirSync(cwd), []);
  }));

test('Ctrl-C ends with 130, keeps what is done, and the next run goes on', () =>
  inTemporaryFolder(async (cwd) => {
    const interrupted = await cli(['quickstart', '--yes', '--count', '40', '--no-telemetry'], {
      cwd,
      env: withCodes,
      started: (child) => {
        let seen = '';
        child.stderr!.on('data', (text: string) => {
          seen += text;
          if (seen.includes('Verify the')) child.kill('SIGINT');
        });
      },
    });
    assert.equal(interrupted.status, 130, interrupted.stderr);
    assertRefusal(interrupted.stderr, 'INTERRUPTED');
    assert.match(interrupted.stderr, /^\[interrupting\] /m);
    const root = join(cwd, 'certs', 'ca', 'root', 'certificate.pem');
    const made = readFileSync(root, 'utf8');
    const resumed = await run(['quickstart', '--yes', '--count', '40', '--no-telemetry'], { cwd });
    assert.equal(resumed.status, 0, resumed.stderr);
    assert.match(resumed.stderr, /ok {2}Create the root CA and the intermediate CA/);
    assert.equal(readFileSync(root, 'utf8'), made);
  }));

test('a run whose terminal closes ends like one that Ctrl-C ends: with a recording, and without an emulator', () =>
  inTemporaryFolder(async (cwd) => {
    await cli(['quickstart', '--yes', '--count', '40', '--no-telemetry'], {
      cwd,
      started: (child) => {
        child.stderr!.once('data', () => {
          // What is written from now on fails.
          for (const stream of [child.stdout, child.stderr]) stream!.destroy();
          for (const signal of ['SIGHUP', 'SIGHUP'] as const) child.kill(signal);
        });
      },
    });
    const { stdout } = await run(['runs', '--json'], { cwd });
    assert.deepEqual(
      JSON.parse(stdout).runs.map(({ outcome }: { outcome: string }) => outcome),
      ['interrupted'],
    );
    assert.ok(!existsSync(join(cwd, 'certs', '.enrollkit', 'emulator', 'endpoints.json')));
  }));

test('a passphrase encrypts the keys; without it, or with a wrong one, nothing is lost', () =>
  inTemporaryFolder(async (cwd) => {
    writeFileSync(join(cwd, 'passphrase'), 'correct horse\n');
    const flags = ['quickstart', '--yes', '--count', '1', '--no-telemetry', '--no-intermediate'];
    const made = await run([...flags, '--passphrase-file', 'passphrase'], { cwd });
    assert.equal(made.status, 0, made.stderr);
    const key = join(cwd, 'certs', 'devices', 'device-001', 'key.pem');
    const text = readFileSync(key, 'utf8');
    assert.match(text, /BEGIN ENCRYPTED PRIVATE KEY/);
    const send = ['device', 'send', 'device-001'];
    const [none, wrong, right] = await Promise.all([
      run(send, { cwd, env: withCodes }),
      run(send, { cwd, env: { ENROLLKIT_PASSPHRASE: 'battery staple', ...withCodes } }),
      run([...send, '--json', '--message', '{"n":1}'], {
        cwd,
        env: { ENROLLKIT_PASSPHRASE: 'correct horse' },
      }),
    ]);
    assert.equal(none.status, 8);
    assertRefusal(none.stderr, 'PASSPHRASE_REQUIRED', 'ENROLLKIT_PASSPHRASE', '--passphrase-file');
    assert.equal(wrong.status, 3);
    assertRefusal(wrong.stderr, 'WRONG_PASSPHRASE', join('device-001', 'key.pem'));
    assert.equal(right.status, 0, right.stderr);
    assert.deepEqual(JSON.parse(right.stdout).message, { n: 1 });
    assert.equal(readFileSync(key, 'utf8'), text);
  }));

test('groups and CAs one by one, on the emulator of the folder', () =>
  inTemporaryFolder(async (cwd) => {
    const enrollkit = async (...arguments_: string[]) => {
      const ended = await run(arguments_, { cwd });
      assert.equal(ended.status, 0, `${arguments_.join(' ')}\n${ended.stderr}`);
      return ended.stdout;
    };
    await enrollkit('quickstart', '--yes', '--count', '1', '--no-telemetry');
    const signer = join('certs', 'ca', 'intermediate', 'certificate.pem');
    await enrollkit('group', 'create', 'line-5', '--certificate', signer, '--reprovision-policy', 'reset');
    const group = JSON.parse(await enrollkit('group', 'show', 'line-5', '--json'));
    assert.deepEqual(group.reprovisionPolicy, { updateHubAssignment: true, migrateDeviceData: false });
    assert.equal((await run(['group', 'create', 'line-5'], { cwd })).status, 4);
    await enrollkit('group', 'delete', 'line-5', '--yes');
    assert.match(await enrollkit('group', 'list'), /^ID .*\nenrollkit-devices .*\n$/);

    await enrollkit('ca', 'upload', signer, '--ca-name', 'line');
    const authorities = async () =>
      JSON.parse(await enrollkit('ca', 'list', '--json')).certificates.map(
        ({ name, isVerified }: Record<string, unknown>) => [name, isVerified],
      );
    assert.match(await enrollkit('ca', 'verify', 'line'), /Status +verified/);
    assert.deepEqual(await authorities(), [
      ['enrollkit-root', true],
      ['line', true],
    ]);
    await enrollkit('ca', 'delete', 'line', '--yes');
    assert.equal((await run(['ca', 'delete', 'line', '--yes'], { cwd })).status, 4);
  }));

test.run();
