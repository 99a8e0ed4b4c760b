import assert from 'node:assert/strict';
import { test } from 'uvu';
import { askPlan } from '../../src/cli/quickstart/ask-plan.js';
import { EnrollkitError } from '../../src/errors.js';
import { defaultPlan } from '../../src/quickstart/plan/answers.js';
import { type FieldPath, fieldEntries, type Plan } from '../../src/quickstart/plan/fields.js';
import { checkPlan } from '../../src/quickstart/plan/plan.js';
import { type Script, scriptedAsker } from './scripted-asker.js';

const guid = '11111111-2222-3333-4444-555555555555';

async function ask(
  script: Script,
  options: { plan?: Plan; passphrase?: string; given?: ReadonlySet<FieldPath> } = {},
) {
  const dialogue = scriptedAsker(script);
  const { plan = defaultPlan, passphrase, given } = options;
  const answered = await askPlan(dialogue.asker, {
    plan,
    passphrase,
    ...(given && { given }),
    folder: 'certs',
    folderProblem: () => undefined,
  });
  return { ...answered, ...dialogue };
}

const everything: Script = {
  'target.kind': 'azure',
  'target.dpsName': 'contoso',
  'certificateAuthority.proofOfPossession': 'portal',
  'target.subscriptionId': '11111111-2222-3333-4444-555555555555',
  'target.resourceGroup': 'rg',
  'target.idScope': '0ne0000ABCD',
  'quickstart.folder': 'line',
  'certificates.keyAlgorithm': 'rsa-3072',
  'certificates.intermediate': true,
  'certificates.encryptKeys': true,
  'passphrase.new': 'correct horse',
  'passphrase.repeat': 'correct horse',
  'enrollmentGroup.id': 'line-5',
  'devices.naming': 'list',
  'devices.registrationIds': 'a1, b:2',
  'quickstart.more': true,
  'certificates.rootCommonName': 'Contoso Root',
  'certificates.intermediateCommonName': 'Contoso Line 5',
  'certificates.deviceValidityDays': '30',
  'certificateAuthority.uploaded': 'intermediate',
  'certificateAuthority.name': 'contoso-line-5',
  'enrollmentGroup.attestation': 'certificate',
  'enrollmentGroup.allocationPolicy': 'static',
  'enrollmentGroup.iotHubs': 'hub1.azure-devices.net',
  'enrollmentGroup.initialTwin': '{"tags":{"site":"A"}}',
  'enrollmentGroup.reprovisionPolicy': 'reset',
  'enrollmentGroup.iotEdge': true,
  'enrollmentGroup.provisioningStatus': 'disabled',
  'devices.protocol': 'https',
  'devices.sendTelemetry': false,
};

const everythingElse: Plan = {
  version: 1,
  target: {
    kind: 'azure',
    dpsName: 'contoso',
    subscriptionId: '11111111-2222-3333-4444-555555555555',
    resourceGroup: 'rg',
    idScope: '0ne0000ABCD',
  },
  certificates: {
    ...defaultPlan.certificates,
    keyAlgorithm: 'rsa-3072',
    rootCommonName: 'Contoso Root',
    intermediate: true,
    intermediateCommonName: 'Contoso Line 5',
    deviceValidityDays: 30,
    encryptKeys: true,
  },
  certificateAuthority: {
    ...defaultPlan.certificateAuthority,
    uploaded: 'intermediate',
    name: 'contoso-line-5',
    proofOfPossession: 'portal',
  },
  enrollmentGroup: {
    ...defaultPlan.enrollmentGroup,
    id: 'line-5',
    attestation: 'certificate',
    allocationPolicy: 'static',
    iotHubs: ['hub1.azure-devices.net'],
    initialTwin: { tags: { site: 'A' } },
    reprovisionPolicy: 'reset',
    iotEdge: true,
    provisioningStatus: 'disabled',
  },
  devices: {
    ...defaultPlan.devices,
    registrationIds: ['a1', 'b:2'],
    protocol: 'https',
    sendTelemetry: false,
  },
};

test('Enter on every question gives the default plan, in few questions', async () => {
  const { plan, folder, passphrase, asked } = await ask({});
  assert.deepEqual(plan, defaultPlan);
  assert.equal(folder, 'certs');
  assert.equal(passphrase, undefined);
  assert.ok(asked.length <= 12, `${asked.length} questions`);
});

test('every answer of the plan can be given', async () => {
  const { plan, folder, passphrase } = await ask(everything);
  assert.deepEqual(plan, everythingElse);
  assert.deepEqual(checkPlan(plan, 'the plan'), plan);
  assert.equal(folder, 'line');
  assert.equal(passphrase, 'correct horse');
});

test('Enter on every question of a second round keeps what was answered', async () => {
  const { plan } = await ask(
    { 'quickstart.more': true, 'passphrase.new': 'correct horse', 'passphrase.repeat': 'correct horse' },
    { plan: everythingElse },
  );
  assert.deepEqual(plan, everythingElse);
});

test('the plan is shown before it is approved, and can be changed', async () => {
  const { plan, said, asked } = await ask({
    'enrollmentGroup.id': ['first', 'second'],
    'quickstart.run': ['change', 'run'],
  });
  assert.equal(plan.enrollmentGroup.id, 'second');
  assert.equal(asked.filter((id) => id === 'quickstart.run').length, 2);
  const [first, second] = said.filter(({ id }) => id === 'quickstart.summary').map(({ text }) => text);
  assert.ok(first!.includes('first') && second!.includes('second'));
  for (const { text } of said) {
    for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
  }
});

test('a passphrase that was given is not asked for, and keys are then encrypted', async () => {
  const { plan, passphrase, asked } = await ask({}, { passphrase: 'given' });
  assert.equal(plan.certificates.encryptKeys, true);
  assert.equal(passphrase, 'given');
  assert.ok(!asked.includes('passphrase.new'));
});

test('without an intermediate, no question and no answer is left of it', async () => {
  const script = {
    'certificates.intermediate': false,
    'certificates.encryptKeys': false,
    'quickstart.more': true,
  };
  const { plan, asked } = await ask(script, { plan: { ...everythingElse, target: { kind: 'emulator' } } });
  assert.equal(plan.certificateAuthority.uploaded, 'root');
  assert.equal(plan.certificates.intermediateCommonName, null);
  for (const id of ['certificates.intermediateCommonName', 'certificateAuthority.uploaded']) {
    assert.ok(!asked.includes(id), id);
  }
});

test('a flag is an answer, also where the wizard does not ask for it', async () => {
  const portal: Plan = {
    ...defaultPlan,
    certificateAuthority: { ...defaultPlan.certificateAuthority, proofOfPossession: 'portal' },
  };
  const given = new Set(['certificateAuthority.proofOfPossession'] as const);
  const asked = await ask({}, { plan: portal, given });
  assert.equal(asked.plan.certificateAuthority.proofOfPossession, 'portal');
  // Without the flag, it is what was answered for another target.
  const previous = await ask({}, { plan: portal });
  assert.equal(previous.plan.certificateAuthority.proofOfPossession, 'automatic');
});

test('the wizard takes what the plan takes: each text is checked by the rule of its field', async () => {
  const longest = 'a'.repeat(64);
  const azure = { 'target.kind': 'azure', 'target.subscriptionId': guid, 'target.resourceGroup': 'rg' };
  const { plan } = await ask({ ...azure, 'target.dpsName': longest });
  assert.ok(plan.target.kind === 'azure' && plan.target.dpsName === longest);
  const name = { 'quickstart.more': true, 'certificateAuthority.name': 'a'.repeat(256) };
  assert.equal((await ask(name)).plan.certificateAuthority.name.length, 256);
  const wrong: Script[] = [
    { ...azure, 'target.dpsName': `${longest}a` },
    { ...azure, 'target.dpsName': 'a-' },
    { ...azure, 'target.dpsName': 'contoso', 'target.resourceGroup': ' ' },
    { 'quickstart.more': true, 'certificateAuthority.name': 'a'.repeat(257) },
    { 'quickstart.more': true, 'enrollmentGroup.iotHubs': 'a b/c' },
  ];
  for (const script of wrong) {
    await assert.rejects(ask(script), { code: 'ERR_ASSERTION' }, JSON.stringify(script));
  }
});

test('each question has an id, and that of a field is its place in the plan', async () => {
  const { asked } = await ask(everything);
  for (const [path] of fieldEntries) {
    // Given by --ca FILE, since a plan has no path.
    const times = path === 'certificates.existingCa' ? 0 : 1;
    assert.equal(asked.filter((id) => id === path).length, times, path);
  }
  assert.deepEqual(asked, [...new Set(asked)]);
});

test('devices are numbered with as many digits as it takes', async () => {
  const { plan } = await ask({ 'devices.count': '1000', 'devices.prefix': 'm' });
  assert.equal(plan.devices.registrationIds[0], 'm0001');
  assert.equal(plan.devices.registrationIds.at(-1), 'm1000');
});

test('to leave is an interruption, never a success', async () => {
  await assert.rejects(
    ask({ 'quickstart.run': 'leave' }),
    (error) => error instanceof EnrollkitError && error.code === 'INTERRUPTED' && error.exitStatus === 130,
  );
});

test.run();
