import assert from 'node:assert/strict';
import { test } from 'uvu';
import * as z from 'zod';
import { commands } from '../../src/cli/command-table.js';
import { answerFlags } from '../../src/cli/input/plan-flags.js';
import { camelCase, type Flag } from '../../src/cli/kernel/flags.js';
import { planSchema } from '../../src/quickstart/plan/schema.js';
import { run } from './in-process.js';
import { cli } from './run-cli.js';

test('the help of every command has its flags and its examples', async () => {
  for (const entry of commands) {
    const command = await entry.load();
    const { status, stdout, stderr } = await run([...entry.name.split(' '), '--help']);
    assert.equal(status, 0, entry.name);
    assert.equal(stderr, '');
    assert.ok(command.examples.length >= 2, `${entry.name} has too few examples`);
    for (const { line } of command.examples) {
      // As a shell reads lines that end in a backslash.
      const read = stdout.replaceAll(/ \\\n +/g, ' ');
      assert.ok(read.includes(`  enrollkit ${line}\n`), `the help of ${entry.name} lacks: ${line}`);
      assert.ok(line.startsWith(entry.name), `this is no example of ${entry.name}: ${line}`);
    }
    for (const name of Object.keys(command.flags))
      assert.ok(stdout.includes(`--${name}`), `${entry.name} --${name}`);
  }
});

test('every example uses flags that there are', async () => {
  for (const entry of commands) {
    const command = await entry.load();
    for (const { line } of command.examples) {
      for (const [, flag] of line.matchAll(/ --([a-z-]+)/g)) {
        assert.ok(flag! in command.flags, `${line}: there is no --${flag}`);
      }
    }
  }
});

test('enrollkit --help, help and help of a topic', async () => {
  const [flag, word, environment, codes, command, unknown] = await Promise.all([
    run(['--help']),
    cli(['help']),
    run(['help', 'environment']),
    run(['help', 'exit-codes']),
    run(['help', 'group', 'create']),
    run(['help', 'nothing']),
  ]);
  for (const text of ['quickstart', 'clean', 'device', 'group', 'ca', 'emulator', 'Examples:']) {
    assert.ok(flag.stdout.includes(text), text);
  }
  assert.equal(word.stdout, flag.stdout);
  assert.ok(environment.stdout.includes('ENROLLKIT_PASSPHRASE'));
  assert.ok(codes.stdout.includes('NEEDS_INPUT'));
  assert.ok(command.stdout.includes('enrollkit group create line-5'));
  assert.equal(unknown.status, 2);
});

test('--help and --version are answered at once as the command line answers them', async () => {
  const env = { ENROLLKIT_LANG: 'zh-CN' };
  const [english, chinese, version, unknown] = await Promise.all([
    cli(['--help']),
    cli(['-h'], { env }),
    cli(['--version'], { env }),
    cli(['--help'], { env: { ENROLLKIT_LANG: 'xx' } }),
  ]);
  assert.equal(english.stdout, (await run(['--help'])).stdout);
  // With another argument, it is the command line that answers.
  assert.equal(chinese.stdout, (await cli(['--help', '--lang', 'zh-CN'])).stdout);
  assert.notEqual(chinese.stdout, english.stdout);
  assert.equal(version.stdout, (await run(['--version'])).stdout);
  assert.deepEqual([unknown.status, unknown.stdout], [2, '']);
});

test('no line of any help is wider than 80 columns', async () => {
  for (const name of ['', ...commands.map((entry) => entry.name)]) {
    const { stdout } = await run([...name.split(' ').filter(Boolean), '--help']);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, `${name}: ${line}`);
  }
  const { stdout } = await run(['help', 'environment']);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
});

test('enrollkit --version prints the version and nothing else', async () => {
  assert.match((await cli(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('the choices of the flags are those of the plan', () => {
  const choices = Object.fromEntries(
    Object.entries<Flag>(answerFlags).flatMap(([name, flag]) =>
      flag.kind !== 'switch' && flag.choices ? [[name, flag.choices]] : [],
    ),
  );
  const { properties } = z.toJSONSchema(planSchema, { io: 'input' });
  const groups = properties as unknown as Record<string, { properties: Record<string, { enum: string[] }> }>;
  const inSchema = (group: string, name: string) => groups[group]!.properties[name]!.enum;
  assert.deepEqual(choices, {
    target: ['emulator', 'azure'],
    'hub-sku': ['S1', 'F1'],
    'key-algorithm': inSchema('certificates', 'keyAlgorithm'),
    'device-certificates': inSchema('certificates', 'deviceCertificates'),
    'existing-ca': inSchema('certificates', 'existingCa'),
    upload: inSchema('certificateAuthority', 'uploaded'),
    'proof-of-possession': inSchema('certificateAuthority', 'proofOfPossession'),
    attestation: inSchema('enrollmentGroup', 'attestation'),
    'allocation-policy': inSchema('enrollmentGroup', 'allocationPolicy'),
    'reprovision-policy': inSchema('enrollmentGroup', 'reprovisionPolicy'),
    'provisioning-status': inSchema('enrollmentGroup', 'provisioningStatus'),
    enrollment: inSchema('devices', 'enrollment'),
    protocol: inSchema('devices', 'protocol'),
  });
});

test('no command declares two flags whose values have the same name', async () => {
  for (const entry of commands) {
    const names = Object.keys((await entry.load()).flags).map(camelCase);
    assert.deepEqual(names, [...new Set(names)], entry.name);
  }
});

test.run();
