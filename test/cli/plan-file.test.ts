import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { defaultPlan } from '../../src/quickstart/plan/answers.js';
import { contentsOf } from '../support/folders.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

test('a plan of a newer release is refused, and nothing is made or changed', () =>
  inTemporaryFolder(async (cwd) => {
    const newer = JSON.stringify({ ...defaultPlan, version: 2, colour: 'red' }, null, 2);
    writeFileSync(join(cwd, 'newer.json'), newer);
    mkdirSync(join(cwd, 'certs', '.enrollkit'), { recursive: true });
    writeFileSync(join(cwd, 'certs', '.enrollkit', 'plan.json'), newer);
    writeFileSync(join(cwd, 'certs', '.enrollkit', 'journal.ndjson'), '');
    const before = contentsOf(cwd);
    const runs = [
      ['quickstart', '--plan', 'newer.json', '--dir', 'other'],
      ['quickstart', '--yes'],
      ['quickstart', '--dry-run'],
    ];
    for (const { status, stderr } of await Promise.all(runs.map((argv) => run(argv, { cwd })))) {
      assert.equal(status, 2, stderr);
      assert.match(stderr, /(newer|plan)\.json:2:14: version: .*\b2\b/);
      assert.match(stderr, /Update enrollkit/);
    }
    assert.deepEqual(contentsOf(cwd), before);
  }));

/** A file's octets; where its first problem is; what the sentence must say. */
const wrongPlans: Record<string, [contents: string | Buffer, place: string, facts?: RegExp]> = {
  'empty.json': ['', '1:1', /empty/],
  'blank.json': [' \n ', '1:1', /empty/],
  'binary.json': [Buffer.from([0, 1, 255, 254]), '1:1', /not JSON/],
  'comma.json': ['{\n  "version": 1\n  "target": {}\n}', '3:3', /not JSON.*comma/],
  'comma-mark.json': ['\uFEFF{\n  "version": 1\n  "target": {}\n}', '3:3', /not JSON.*comma/],
  'utf16.json': [Buffer.from('\uFEFF{"version": 1,\n "colour": 1}', 'utf16le'), '2:2', /"colour"/],
  'twice.json': ['{"version": 1,\n "devices": {},\n "devices": {}}', '3:2', /"devices"/],
  'twice-below.json': ['{"devices": {"protocol": "mqtt",\n "protocol": "https"}}', '2:2', /"protocol"/],
  'list.json': ['[]', '1:1', /an object/],
  'unknown.json': ['{"version": 1,\n "colour": "red", "tint": 2}', '2:2', /"colour", "tint"/],
  'type.json': ['{"devices":\n {"registrationIds": "x"}}', '2:22', /devices\.registrationIds: .*a list/],
  'kind.json': ['{"target": {"kind": "moon"}}', '1:21', /target\.kind: .*"emulator", "azure"/],
  'version-0.json': ['{"version": 0}', '1:13', /version: .*a whole number/],
  'version-text.json': ['{"version": "1"}', '1:13', /version: .*a whole number/],
  'version-half.json': ['{"version": 1.5}', '1:13', /version: .*a whole number/],
  'version-2.json': ['{"version": 2}', '1:13', /version: .*2/],
};

test('a plan with one mistake gets one sentence, which names the file and the place once', () =>
  inTemporaryFolder(async (cwd) => {
    for (const [name, [contents]] of Object.entries(wrongPlans)) writeFileSync(join(cwd, name), contents);
    mkdirSync(join(cwd, 'folder'));
    const before = contentsOf(cwd);
    for (const [name, [, place, facts = /./]] of Object.entries(wrongPlans)) {
      const { status, stdout } = await run(['quickstart', '--plan', join(cwd, name), '--json']);
      const { error } = JSON.parse(stdout);
      assert.equal(status, 2, name);
      assert.equal(error.code, 'INVALID_PLAN', name);
      const at = `${join(cwd, name)}:${place}: `;
      assert.ok(error.message.startsWith(at), error.message);
      const sentence = error.message.slice(at.length);
      assert.ok(!sentence.includes(name) && !sentence.includes(place), error.message);
      assert.match(sentence, facts);
      assert.match(sentence, /^[^.\n]*(\.\w[^.\n]*)*\.$/, 'one sentence');
      assert.ok(error.next);
    }
    for (const name of ['none.json', 'folder']) {
      const { status, stdout } = await run(['quickstart', '--plan', join(cwd, name), '--json']);
      const { error } = JSON.parse(stdout);
      assert.equal(status, 9, name);
      assert.equal(error.code, 'FILE_UNREADABLE');
      assert.equal(error.message.split(join(cwd, name)).length, 2, error.message);
    }
    assert.deepEqual(contentsOf(cwd), before);
  }));

test('several mistakes of a plan are one line each, five at most', () =>
  inTemporaryFolder(async (cwd) => {
    const registrationIds = Array.from({ length: 7 }, (_, index) => `a ${index}`);
    const plan = join(cwd, 'plan.json');
    writeFileSync(plan, JSON.stringify({ devices: { registrationIds } }));
    const { status, stdout } = await run(['quickstart', '--plan', plan, '--json']);
    const { error } = JSON.parse(stdout);
    assert.equal(status, 2);
    const lines = error.message.split('\n');
    assert.equal(lines.length, 6);
    for (const [index, line] of lines.slice(0, 5).entries()) {
      assert.ok(line.startsWith(`${plan}:1:`) && line.includes(`devices.registrationIds.${index}`), line);
    }
    assert.match(lines[5], /\b2\b/);
    assert.equal(error.context.problems.length, 7);
  }));

test('commands that need the target read the target alone', () =>
  inTemporaryFolder(async (cwd) => {
    const made = await run(['quickstart', '--yes', '--count', '1'], { cwd });
    assert.equal(made.status, 0, made.stderr);
    const path = join(cwd, 'certs', '.enrollkit', 'plan.json');
    const plan = JSON.parse(readFileSync(path, 'utf8'));
    const { sendTelemetry: _left, ...devices } = plan.devices;
    const changed = {
      'a field of an older release is missing': { ...plan, devices },
      'a group of an older release is missing': { ...plan, devices: undefined },
      'a field of a newer release': {
        ...plan,
        colour: 'red',
        certificates: { ...plan.certificates, tpm: true },
      },
      'a mistake elsewhere': { ...plan, enrollmentGroup: { id: 7 } },
    };
    for (const [what, text] of Object.entries(changed)) {
      writeFileSync(path, JSON.stringify(text));
      const { status, stdout, stderr } = await run(['group', 'list', '--json'], { cwd });
      assert.equal(status, 0, `${what}: ${stderr}`);
      assert.equal(JSON.parse(stdout).enrollmentGroups[0].enrollmentGroupId, 'enrollkit-devices', what);
    }
    const create = await run(['group', 'create', 'another', '--json'], { cwd });
    assert.equal(create.status, 0, create.stderr);
    assert.equal(JSON.parse(create.stdout).attestation.x509.caReferences.primary, 'enrollkit-root');

    writeFileSync(path, '{\n  "version": 1,\n  "target": { "kind": "moon" }\n}');
    const wrong = await run(['group', 'list'], { cwd });
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /plan\.json:3:\d+: target/);
    writeFileSync(path, '{\n  "version": 1\n  "target": {}\n}');
    const broken = await run(['group', 'list'], { cwd });
    assert.equal(broken.status, 2);
    assert.match(broken.stderr, /plan\.json:3:3: .*comma/);
    assert.ok(existsSync(join(cwd, 'certs', 'ca')) && readdirSync(cwd).length === 1);
  }));

test.run();
