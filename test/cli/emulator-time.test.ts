/** The clock of the emulator is the clock of our own clients, and what is refused is explained by it. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type EmulatorProcess, startEmulatorProcess } from '../support/emulator-process.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

const day = 86_400_000;

/** A certificate folder with one registered device, and its emulator; `enrollkit` parses what `--json` prints. */
async function inWorld(
  use: (world: {
    enrollkit: (...words: string[]) => Promise<any>;
    refused: (status: number, ...words: string[]) => Promise<{ code: string; message: string; next: string }>;
    cwd: string;
    emulator: EmulatorProcess;
  }) => Promise<void>,
): Promise<void> {
  await inTemporaryFolder(async (cwd) => {
    const emulator = await startEmulatorProcess(join(cwd, 'certs', '.enrollkit'));
    const answer = async (expected: number, words: string[]) => {
      const { status, stdout, stderr } = await run([...words, '--json'], { cwd });
      assert.equal(status, expected, `${words.join(' ')}: ${stderr}${stdout}`);
      return JSON.parse(stdout);
    };
    const enrollkit = (...words: string[]) => answer(0, words);
    const refused = async (status: number, ...words: string[]) => (await answer(status, words)).error;
    try {
      await enrollkit('quickstart', '--yes', '--count', '1');
      await use({ enrollkit, refused, cwd, emulator });
    } finally {
      await emulator.stop();
    }
  });
}

test('every command works in the emulator’s future, and what is made there begins there', () =>
  inWorld(async ({ enrollkit, cwd }) => {
    await enrollkit('fleet', 'issue', '--count', '3', '--pattern', 'd-{0..}', '--out', 'f.ndjson');
    await enrollkit('emulator', 'clock', '--advance', '30d');
    assert.equal((await enrollkit('group', 'list')).enrollmentGroups.length, 1);
    assert.ok(await enrollkit('group', 'show', 'enrollkit-devices'));
    await enrollkit('ca', 'upload', 'certs/ca/intermediate/certificate.pem', '--ca-name', 'second');
    assert.equal((await enrollkit('ca', 'verify', 'second')).isVerified, true);
    assert.equal((await enrollkit('device', 'register', 'device-001')).status, 'assigned');
    const { message } = await enrollkit('device', 'send', 'device-001');
    assert.ok(Date.parse(message.sentAt) > Date.now() + 29 * day);
    assert.equal((await enrollkit('fleet', 'register', 'f.ndjson')).assigned, 3);
    await enrollkit('fleet', 'deregister', 'f.ndjson', '--hub-devices', '--yes');
    assert.equal((await enrollkit('fleet', 'enroll', 'f.ndjson')).enrolled, 3);
    await enrollkit('fleet', 'deregister', 'f.ndjson', '--enrollments', '--yes');

    const { devices } = await enrollkit('quickstart', '--yes', '--count', '2');
    assert.equal(devices[1].status, 'assigned');
    assert.ok(Date.parse(devices[1].notAfter) > Date.parse(devices[0].notAfter) + 29 * day);
    const { kept } = await enrollkit('clean', '--yes');
    assert.deepEqual(kept, []);

    await enrollkit('quickstart', '--yes', '--count', '1', '--dir', join(cwd, 'certs'));
    await enrollkit('emulator', 'clock', '--advance', '-60d');
    assert.equal((await enrollkit('group', 'list')).enrollmentGroups.length, 1);
  }));

test('what the CA of a folder signs is dated by the clock of the emulator of that folder', () =>
  inWorld(async ({ enrollkit, cwd }) => {
    const { now } = await enrollkit('emulator', 'clock', '--advance', '400d');
    const isOfThen = (date: string) => {
      // Certificates begin somewhat before the time at which they are made.
      assert.ok(Math.abs(Date.parse(date) - Date.parse(now)) < day, date);
    };
    const begins = async (...words: string[]) => (await enrollkit(...words)).certificate.notBefore;
    const inspected = async (path: string) =>
      (await enrollkit('cert', 'inspect', path)).files[0].certificates[0].notBefore;
    isOfThen(await begins('cert', 'device', 'device-007'));
    isOfThen(await begins('cert', 'renew', 'certs/devices/device-001/certificate.pem', '--force'));
    for (const id of ['device-001', 'device-007']) {
      assert.equal((await enrollkit('device', 'register', id)).status, 'assigned', id);
    }
    await enrollkit('cert', 'csr', 'device-008', '--out', 'csr');
    await run(['cert', 'sign', 'csr/request.pem', '--out', 'signed.pem'], { cwd });
    isOfThen(await inspected('signed.pem'));
    await enrollkit('fleet', 'issue', '--count', '2', '--pattern', 'd-{0..}', '--out', 'f.ndjson');
    assert.equal((await enrollkit('fleet', 'register', 'f.ndjson')).assigned, 2);

    await enrollkit('cert', 'rollover', 'intermediate', '--group', 'enrollkit-devices');
    await enrollkit('cert', 'rollover', 'intermediate', '--reissue');
    isOfThen(await inspected('certs/devices/device-001/certificate.pem'));
    assert.equal((await enrollkit('device', 'register', 'device-001')).status, 'assigned');

    // Of no folder, and so of no emulator.
    for (const words of [
      ['cert', 'root', 'Elsewhere', '--out', 'elsewhere'],
      ['cert', 'device', 'device-009', '--ca', 'elsewhere/certificate.pem', '--ca-key', 'elsewhere/key.pem'],
    ]) {
      assert.ok(Date.parse(await begins(...words)) <= Date.now(), words.join(' '));
    }
    const { stderr } = await run(['cert', 'device', 'device-010'], {
      cwd,
      env: { ENROLLKIT_MESSAGE_IDS: '1' },
    });
    assert.match(stderr, /\[emulator\.clock\.used\].*certs\/\.enrollkit/);
    await enrollkit('emulator', 'clock', '--reset');
    const { stderr: silent } = await run(['cert', 'device', 'device-011'], { cwd });
    assert.doesNotMatch(silent, /clock/);
  }));

test('a certificate that is expired by the emulator’s clock is refused as such, and the log says the same', () =>
  inWorld(async ({ enrollkit, refused, cwd }) => {
    const { now } = await enrollkit('emulator', 'clock', '--advance', '400d');
    const log = join(cwd, 'certs', '.enrollkit', 'emulator', 'emulator.log');
    for (const protocol of ['mqtt', 'https']) {
      const words = ['device', 'register', 'device-001', '--protocol', protocol];
      const { code, message, next } = await refused(4, ...words);
      assert.equal(code, 'DEVICE_NOT_AUTHORIZED');
      assert.match(message, /\bexpired\b/);
      assert.ok(message.includes(now.slice(0, 13)), message);
      assert.ok(message.includes(log), message);
      assert.doesNotMatch(message, /cannot trace/);
      assert.doesNotMatch(next, /verified in DPS/);
    }
    assert.match(readFileSync(log, 'utf8'), /register device-001 401\n +.*expired/);
    assert.equal(statSync(log).mode & 0o777, 0o600);

    const quickstart = await refused(9, 'quickstart', '--yes', '--count', '1');
    assert.match(quickstart.message, /\bexpired\b.*\bemulator\b/);
  }));

test('made in the emulator’s future, then set back: the message names whose clock it is', () =>
  inTemporaryFolder(async (cwd) => {
    const emulator = await startEmulatorProcess(join(cwd, 'certs', '.enrollkit'));
    try {
      await run(['emulator', 'clock', '--advance', '400d'], { cwd });
      const made = await run(['quickstart', '--yes', '--count', '1'], { cwd });
      assert.equal(made.status, 0, made.stderr);
      await run(['emulator', 'clock', '--advance', '-10d'], { cwd });
      const { stdout } = await run(['quickstart', '--yes', '--count', '1', '--json'], { cwd });
      const { error } = JSON.parse(stdout);
      assert.equal(error.code, 'CLOCK_SKEW');
      assert.match(error.message, /\bemulator\b/);
    } finally {
      await emulator.stop();
    }
  }));

test('the log is one file, whether the emulator runs in the background, in the foreground, or for one command', () =>
  inWorld(async ({ enrollkit, refused, cwd, emulator }) => {
    const log = join(cwd, 'certs', '.enrollkit', 'emulator', 'emulator.log');
    const refusals = () => readFileSync(log, 'utf8').match(/register device-001 401\n +\S/g)?.length ?? 0;
    await enrollkit('group', 'delete', 'enrollkit-devices', '--yes');
    const register = () => refused(4, 'device', 'register', 'device-001');
    assert.ok((await register()).message.includes(log));
    assert.equal(refusals(), 1);
    await emulator.stop();
    assert.ok((await register()).message.includes(log));
    assert.equal(refusals(), 2);
    await enrollkit('emulator', 'start', '--detach', '--port', '0', '--mqtt-port', '0');
    try {
      assert.ok((await register()).message.includes(log));
      assert.equal(refusals(), 3, 'no line twice');
      await enrollkit('fleet', 'issue', '--count', '2', '--pattern', 'd-{0..}', '--out', 'f.ndjson');
      const { stderr } = await run(['fleet', 'register', 'f.ndjson'], {
        cwd,
        env: { ENROLLKIT_MESSAGE_IDS: '1' },
      });
      assert.ok(stderr.includes('[emulator.log]'), stderr);
      assert.ok(stderr.includes(log), stderr);
    } finally {
      await enrollkit('emulator', 'stop');
    }
  }));

test.run();
