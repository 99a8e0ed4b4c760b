import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { defaultPlan } from '../../src/quickstart/plan/answers.js';
import { contentsOf } from '../support/folders.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { cli } from './run-cli.js';

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
    for (const { status, stderr } of await Promise.all(runs.map((run) => cli(run, { cwd })))) {
      assert.equal(status, 2, stderr);
      assert.match(stderr, /(newer|plan)\.json:2:14: version: .*a newer one wrote this plan, of version 2/s);
      assert.match(stderr, /Update enrollkit/);
    }
    assert.deepEqual(contentsOf(cwd), before);
  }));

test('commands that need the target read the target alone', () =>
  inTemporaryFolder(async (cwd) => {
    const made = await cli(['quickstart', '--yes', '--count', '1'], { cwd });
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
      const { status, stdout, stderr } = await cli(['group', 'list', '--json'], { cwd });
      assert.equal(status, 0, `${what}: ${stderr}`);
      assert.equal(JSON.parse(stdout).enrollmentGroups[0].enrollmentGroupId, 'enrollkit-devices', what);
    }
    const create = await cli(['group', 'create', 'another', '--json'], { cwd });
    assert.equal(create.status, 0, create.stderr);
    assert.equal(JSON.parse(create.stdout).attestation.x509.caReferences.primary, 'enrollkit-root');

    writeFileSync(path, '{\n  "version": 1,\n  "target": { "kind": "moon" }\n}');
    const wrong = await cli(['group', 'list'], { cwd });
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /plan\.json:3:\d+: target/);
    writeFileSync(path, '{\n  "version": 1\n  "target": {}\n}');
    const broken = await cli(['group', 'list'], { cwd });
    assert.equal(broken.status, 2);
    assert.match(broken.stderr, /plan\.json:3:3: a comma/);
    assert.ok(existsSync(join(cwd, 'certs', 'ca')) && readdirSync(cwd).length === 1);
  }));

test.run();
