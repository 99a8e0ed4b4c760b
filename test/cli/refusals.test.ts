/** Refusals on the command line: the broken link, the line of the emulator's log, and the short explanation. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { emulatorLogFile } from '../../src/cli/target/emulator-log.js';
import { ServicePlane } from '../../src/dps/client/service.js';
import { emulatorTarget, type Target } from '../../src/dps/client/target.js';
import { startEmulator } from '../../src/emulator/start.js';
import { EnrollkitError } from '../../src/errors.js';
import { make } from '../support/chains.js';
import { inWorld, planWith } from '../support/quickstart.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

const refusals = suite('refusals');

/** A folder of a quickstart with its emulator running. */
async function inFolder(
  act: (folder: string, service: ServicePlane, target: Target) => Promise<void>,
): Promise<void> {
  await inTemporaryFolder(async (top) => {
    const folder = join(top, 'certs');
    const { status, stderr } = await run([
      'quickstart',
      '--yes',
      '--dir',
      folder,
      '--device',
      'd-1',
      '--device',
      'd-2',
    ]);
    assert.equal(status, 0, stderr);
    const state = join(folder, '.enrollkit');
    const emulator = await startEmulator({ dir: state, log: emulatorLogFile(state) });
    const target = emulatorTarget(emulator.endpoints, readFileSync(emulator.endpoints.caFile, 'utf8'));
    const service = new ServicePlane(target);
    try {
      await act(folder, service, target);
    } finally {
      service.close();
      await emulator.stop();
    }
  });
}

async function otherCertificate(service: ServicePlane, registrationId: string): Promise<void> {
  const { pem } = await make('device', registrationId);
  const attestation = {
    type: 'x509' as const,
    x509: { clientCertificates: { primary: { certificate: pem } } },
  };
  const { errors } = await service.bulkEnrollments('create', [{ registrationId, attestation }]);
  assert.deepEqual(errors, []);
}

refusals('device register names the link, the code and the line of the log; emulator logs shows it', () =>
  inFolder(async (folder, service) => {
    await otherCertificate(service, 'd-1');
    await otherCertificate(service, 'd-2');
    await run(['device', 'register', 'd-2', '--dir', folder]);
    for (const protocol of ['mqtt', 'https']) {
      const { status, stdout, stderr } = await run([
        'device',
        'register',
        'd-1',
        '--dir',
        folder,
        '--protocol',
        protocol,
        '--json',
      ]);
      assert.equal(status, 4);
      const { error } = JSON.parse(stdout);
      assert.equal(error.code, 'DEVICE_NOT_AUTHORIZED');
      assert.deepEqual(
        error.context.causes.map(({ code }: any) => code),
        ['ANOTHER_CERTIFICATE_ENROLLED'],
      );
      assert.equal(error.next, error.context.causes[0].fix);
      const { code, meaning, causes, next } = error.explanation;
      assert.equal(code, '401002');
      assert.ok(meaning && causes.length > 1 && next);
      assert.ok(stderr.includes('enrollkit explain 401002'), stderr);
      // The line is that of this device, not the last one.
      const { file, line, reason } = error.context.log;
      const lines = readFileSync(file, 'utf8').split('\n');
      assert.match(lines[line - 1]!, new RegExp(`${protocol} .*register d-1 .*401`));
      assert.equal(lines[line]!.trim(), reason);
      assert.ok(stderr.includes(reason) && stderr.includes(`${file}:${line}`), stderr);
      const shown = await run(['emulator', 'logs', '--dir', folder, '--line', String(line), '--json']);
      assert.equal(shown.status, 0, shown.stderr);
      const { log, entries } = JSON.parse(shown.stdout);
      assert.equal(log, file);
      assert.deepEqual(entries, [{ line, text: lines[line - 1], reason }]);
    }
    const all = await run(['emulator', 'logs', '--dir', folder]);
    assert.match(all.stdout, /register d-1[\s\S]*register d-2|register d-2[\s\S]*register d-1/);
    const last = await run(['emulator', 'logs', '--dir', folder, '--limit', '1', '--json']);
    assert.equal(JSON.parse(last.stdout).entries.length, 1);
    const none = await run(['emulator', 'logs', '--dir', folder, '--line', '999999']);
    assert.equal(none.status, 4);
  }),
);

refusals('emulator logs of a folder without a log says so', () =>
  inTemporaryFolder(async (folder) => {
    const { status, stdout } = await run(['emulator', 'logs', '--dir', folder, '--json']);
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(stdout).entries, []);
  }),
);

refusals('entries keep to their lines, also in a log that was cut', () =>
  inFolder(async (folder) => {
    const log = join(folder, '.enrollkit', 'emulator', 'emulator.log');
    writeFileSync(
      log,
      '10:00:00.000 mqtt  device  register x\\n 401\n             a\n\n             b\nrest',
    );
    const { stdout } = await run(['emulator', 'logs', '--dir', folder, '--json']);
    assert.deepEqual(
      JSON.parse(stdout).entries.map(({ line, reason }: any) => [line, reason]),
      [
        [1, 'a b'],
        [5, ''],
      ],
    );
  }),
);

refusals('fleet register has the cause of each failure, and counts by it', () =>
  inFolder(async (folder, service) => {
    const out = join(folder, '..', 'fleet');
    const issued = await run([
      'fleet',
      'issue',
      '--dir',
      folder,
      '--out',
      out,
      '--count',
      '3',
      '--pattern',
      'f-{1..}',
      '--format',
      'ndjson',
    ]);
    assert.equal(issued.status, 0, issued.stderr);
    await otherCertificate(service, 'f-1');
    const group = (await service.getEnrollmentGroup('enrollkit-devices'))!;
    await service.updateEnrollmentGroup({ ...group, provisioningStatus: 'disabled' }, '*');
    const { stdout } = await run(['fleet', 'register', out, '--dir', folder, '--json']);
    const { failures } = JSON.parse(stdout);
    assert.deepEqual(
      failures.map(({ cause, count }: any) => [cause, count]),
      [
        ['ENROLLMENT_DISABLED', 2],
        ['ANOTHER_CERTIFICATE_ENROLLED', 1],
      ],
    );
  }),
);

refusals('the register step of a quickstart names the link', () =>
  inWorld(async ({ run: quickstart, target }) => {
    const service = new ServicePlane(target);
    await otherCertificate(service, 'device-001');
    service.close();
    await assert.rejects(quickstart(planWith()), (error) => {
      assert.ok(error instanceof EnrollkitError);
      assert.equal(error.code, 'DEVICE_NOT_AUTHORIZED');
      assert.deepEqual(
        (error.context.causes as any[]).map(({ code }) => code),
        ['ANOTHER_CERTIFICATE_ENROLLED'],
      );
      return true;
    });
  }),
);

refusals('an error of the service plane has the short explanation of its code', () =>
  inFolder(async (folder) => {
    const { status, stdout, stderr } = await run([
      'group',
      'create',
      'enrollkit-devices',
      '--ca-name',
      'enrollkit-root',
      '--dir',
      folder,
      '--json',
    ]);
    assert.equal(status, 4, stderr);
    const { error } = JSON.parse(stdout);
    assert.equal(error.explanation.code, '409202');
    assert.ok(stderr.includes('enrollkit explain 409202'), stderr);
  }),
);

refusals.run();
