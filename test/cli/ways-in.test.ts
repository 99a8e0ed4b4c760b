/** The ways in, by flags: what they print, what they refuse, and what later commands do with what was created. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

const individual = ['quickstart', '--yes', '--enrollment', 'individual'];

test('a CSV file gives devices, their IDs and their tags; the same in a dry run, and in a replay', () =>
  inTemporaryFolder(async (cwd) => {
    writeFileSync(`${cwd}/d.csv`, 'registrationId,deviceId,tags.site\npump-1,pump-1-eu,A\npump-2,,\n');
    const argv = [...individual, '--devices', 'd.csv', '--json'];
    const preview = JSON.parse((await run([...argv, '--dry-run'], { cwd })).stdout);
    const details = { 'pump-1': { deviceId: 'pump-1-eu', tags: { site: 'A' } } };
    assert.deepEqual(preview.plan.devices.details, details);
    const result = JSON.parse((await run(argv, { cwd })).stdout);
    assert.deepEqual(
      result.devices.map((one: { deviceId: string; status: string }) => [one.deviceId, one.status]),
      [
        ['pump-1-eu', 'assigned'],
        ['pump-2', 'assigned'],
      ],
    );
    const plan = JSON.parse(readFileSync(`${cwd}/certs/.enrollkit/plan.json`, 'utf8'));
    assert.deepEqual(plan.devices.details, details);
    const replay = ['replay', 'certs', '--check', '--offline', '--name-prefix', 'x-'];
    const { status, stdout, stderr } = await run(replay, { cwd });
    assert.equal(status, 0, stdout + stderr);
  }));

test('device send uses, and renews, the certificate that was issued at registration', () =>
  inTemporaryFolder(async (cwd) => {
    const argv = ['quickstart', '--yes', '--count', '1', '--request-certificates', '--no-telemetry'];
    assert.equal((await run(argv, { cwd })).status, 0);
    const issued = `${cwd}/certs/devices/device-001/operational/certificate.pem`;
    const before = readFileSync(issued, 'utf8');
    const { status, stderr } = await run(['device', 'send', 'device-001'], { cwd });
    assert.equal(status, 0, stderr);
    assert.notEqual(readFileSync(issued, 'utf8'), before);
    const again = await run(['quickstart', '--yes', '--plan', 'certs/.enrollkit/plan.json', '--telemetry'], {
      cwd,
    });
    assert.equal(again.status, 0, again.stderr);
    const { status: cleaned, stderr: why } = await run(['clean', '--certificates', '--yes'], { cwd });
    assert.equal(cleaned, 0, why);
    assert.deepEqual(
      existsSync(`${cwd}/certs`) ? readdirSync(`${cwd}/certs`, { recursive: true }) : [],
      [],
      why,
    );
  }));

test('a folder of requests may have the keys and certificates that belong to them', () =>
  inTemporaryFolder(async (cwd) => {
    for (const id of ['pump-1', 'pump-2']) await run(['cert', 'csr', id, '--out', id], { cwd });
    renameSync(`${cwd}/pump-2/request.pem`, `${cwd}/pump-1/pump-2.csr`);
    const { plan } = JSON.parse(
      (await run(['quickstart', '--yes', '--dry-run', '--json', '--csr', 'pump-1'], { cwd })).stdout,
    );
    assert.deepEqual(plan.devices.registrationIds.sort(), ['pump-1', 'pump-2']);
    const { stderr } = await run(['quickstart', '--yes', '--csr', 'pump-2'], { cwd, env: withCodes });
    assertRefusal(stderr, 'FILE_UNREADABLE');
    writeFileSync(`${cwd}/pump-1/broken.csr`, '-----BEGIN CERTIFICATE REQUEST-----\nMA==\n');
    const broken = await run(['quickstart', '--yes', '--csr', 'pump-1'], { cwd, env: withCodes });
    assertRefusal(broken.stderr, 'INVALID_CERTIFICATE_REQUEST');
  }));

test('what cannot be a way in is refused, and nothing is created', () =>
  inTemporaryFolder(async (cwd) => {
    mkdirSync(`${cwd}/empty`);
    for (const id of ['pump-1', 'pump-2']) await run(['cert', 'csr', id, '--out', id], { cwd });
    writeFileSync(`${cwd}/ids.csv`, 'registrationId,deviceId\npump-1,a/b\n');
    writeFileSync(`${cwd}/d.csv`, 'registrationId,deviceId\npump-1,pump-one\n');
    writeFileSync(`${cwd}/no-ids.csv`, 'id,deviceId\npump-1,pump-one\n');
    const csr = ['--csr', 'pump-1/request.pem'];
    const wrong: [string, string[]][] = [
      ['INVALID_DEVICE_LIST', [...individual, '--devices', 'ids.csv']],
      ['INVALID_DEVICE_LIST', [...individual, '--devices', 'none.csv']],
      ['INVALID_DEVICE_LIST', [...individual, '--devices', 'no-ids.csv']],
      ['USAGE', [...individual, '--devices', 'd.csv', '--count', '3']],
      ['INVALID_PLAN', ['quickstart', '--yes', '--devices', 'd.csv']],
      ['INVALID_PLAN', ['quickstart', '--yes', '--device-certificates', 'selfSigned']],
      ['FILE_UNREADABLE', [...individual, '--csr', 'none.pem']],
      ['FILE_UNREADABLE', [...individual, '--csr', 'empty']],
      ['USAGE', [...individual, ...csr, ...csr]],
      ['USAGE', [...individual, ...csr, '--device', 'pump-2']],
      ['USAGE', [...individual, ...csr, '--device-certificates', 'ca']],
      ['INVALID_CERTIFICATE_REQUEST', [...individual, '--csr', 'd.csv']],
      ['FILE_UNREADABLE', [...individual, '--device-certificates', 'csr', '--count', '1']],
    ];
    for (const [code, argv] of wrong) {
      const { status, stderr } = await run(argv, { cwd, env: withCodes });
      assert.notEqual(status, 0);
      assertRefusal(stderr, code);
      assert.ok(!existsSync(`${cwd}/certs/ca`), argv.join(' '));
    }
  }));

test.run();
