import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import type { ExistingFolder } from '../../src/cli/quickstart/ask-existing.js';
import type { Decision } from '../../src/cli/quickstart/ask-plan.js';
import { EnrollkitError } from '../../src/errors.js';
import { generateKeyPair } from '../../src/pki/keys.js';
import { makeCertificateRequest } from '../../src/pki/make/certificate-request.js';
import { defaultPlan } from '../../src/quickstart/plan/answers.js';
import { fieldEntries, type Plan } from '../../src/quickstart/plan/fields.js';
import { checkPlan } from '../../src/quickstart/plan/plan.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { back, type Script } from './scripted-asker.js';
import { decide, type WizardTestOptions } from './wizard-support.js';

const guid = '11111111-2222-3333-4444-555555555555';

async function ask(script: Script, options: WizardTestOptions = {}) {
  const { decision, ...scripted } = await decide(script, options);
  assert.equal(decision.kind, 'run');
  return { ...(decision as Extract<Decision, { kind: 'run' }>), ...scripted };
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
    // After a change, Enter runs the plan.
    'quickstart.run': ['change'],
    'quickstart.change': 'enrollmentGroup.id',
  });
  assert.equal(plan.enrollmentGroup.id, 'second');
  assert.deepEqual(asked.slice(-4), [
    'quickstart.run',
    'quickstart.change',
    'enrollmentGroup.id',
    'quickstart.run',
  ]);
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
  assert.ok(!asked.asked.includes('certificateAuthority.proofOfPossession'));
  // Without the flag, it is asked for, and Enter keeps the answer of the last run.
  const previous = await ask({}, { plan: portal });
  assert.equal(previous.plan.certificateAuthority.proofOfPossession, 'portal');
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

test('the allocation policy custom leads to its webhook, and another one drops it', async () => {
  const webhookUrl = 'https://contoso.example/api/allocate';
  const custom = {
    'quickstart.more': true,
    'enrollmentGroup.allocationPolicy': 'custom',
    'enrollmentGroup.webhookUrl': webhookUrl,
    'enrollmentGroup.webhookApiVersion': '',
  };
  const { plan } = await ask(custom);
  assert.deepEqual(plan.enrollmentGroup, {
    ...defaultPlan.enrollmentGroup,
    allocationPolicy: 'custom',
    webhookUrl,
  });
  assert.deepEqual(checkPlan(plan, 'the plan'), plan);
  const again = await ask({ 'quickstart.more': true }, { plan });
  assert.deepEqual(again.plan, plan);
  const hashed = await ask(
    { 'quickstart.more': true, 'enrollmentGroup.allocationPolicy': 'hashed' },
    { plan },
  );
  assert.deepEqual(hashed.plan, defaultPlan);
  for (const wrong of ['', 'http://contoso.example/', `${webhookUrl}?code=abc`]) {
    const script = { ...custom, 'enrollmentGroup.webhookUrl': wrong };
    await assert.rejects(ask(script), { code: 'ERR_ASSERTION' }, wrong);
  }
});

test('each question has an id, and that of a field is its place in the plan', async () => {
  const { asked } = await ask(everything);
  // --ca names a file, which a plan does not. With proof of possession in the portal, nothing is created.
  const created = ['target.create', 'target.location', 'target.hubName', 'target.hubSku'];
  // Of devices with individual enrollments, and of certificates that Azure issues; details come with a file.
  const individual = ['certificates.deviceCertificates', 'devices.details', 'devices.credentialPolicy'];
  // Of custom allocation.
  const webhook = ['enrollmentGroup.webhookUrl', 'enrollmentGroup.webhookApiVersion'];
  const notAsked = ['certificates.existingCa', ...created, ...individual, ...webhook];
  for (const [path] of fieldEntries)
    assert.equal(asked.filter((id) => id === path).length, notAsked.includes(path) ? 0 : 1, path);
  assert.deepEqual(asked, [...new Set(asked)]);
  const creating = await ask({
    ...everything,
    'certificateAuthority.proofOfPossession': 'automatic',
    'target.subscriptionId': '11111111-2222-3333-4444-555555555555',
    'target.create': true,
    'target.location': 'westeurope',
  });
  for (const path of created) assert.equal(creating.asked.filter((id) => id === path).length, 1, path);
  assert.ok(creating.plan.target.kind === 'azure');
  assert.equal(creating.plan.target.create, true);
});

test('devices with individual enrollments: how they get certificates, and neither CA nor group is asked for', async () => {
  const { plan, asked } = await ask({
    'devices.enrollment': 'individual',
    'certificates.deviceCertificates': 'selfSigned',
    'quickstart.more': true,
    'devices.requestCertificates': true,
    'devices.credentialPolicy': 'line-5',
  });
  assert.equal(plan.devices.enrollment, 'individual');
  assert.equal(plan.certificates.deviceCertificates, 'selfSigned');
  assert.equal(plan.devices.credentialPolicy, 'line-5');
  const ofCas = asked.filter((id) => id.startsWith('certificateAuthority.') || id.includes('ntermediate'));
  assert.deepEqual([...ofCas, ...asked.filter((id) => id === 'enrollmentGroup.id')], []);
  // Back to a group, nothing is left of it.
  const group = await ask({ 'devices.enrollment': 'group' }, { plan });
  assert.equal(group.plan.certificates.deviceCertificates, 'ca');
});

test('a file gives device IDs and tags to individual enrollments, and says so in a group', () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, 'devices.csv');
    writeFileSync(file, 'registrationId,deviceId,tags.site\npump-1,pump-1-eu,A\npump-2,,\n');
    const naming = { 'devices.naming': 'file', 'devices.file': file };
    const { plan } = await ask({ 'devices.enrollment': 'individual', ...naming });
    assert.deepEqual(plan.devices.registrationIds, ['pump-1', 'pump-2']);
    assert.deepEqual(plan.devices.details, { 'pump-1': { deviceId: 'pump-1-eu', tags: { site: 'A' } } });
    const plain = join(folder, 'devices.txt');
    writeFileSync(plain, 'pump-1\n');
    const group = await ask({ 'devices.naming': 'file', 'devices.file': [file, plain] });
    assert.ok(
      group.said.some(({ id, text }) => id === 'devices.file-problem' && text.includes('individual')),
    );
    assert.equal(group.plan.devices.details, null);
  }));

test('certificate requests name the devices, and those in the folder need not be given again', () =>
  inTemporaryFolder(async (folder) => {
    for (const commonName of ['pump-1', 'pump-2']) {
      const keys = await generateKeyPair('ec-p256');
      const { pem } = await makeCertificateRequest({ ...keys, subject: { commonName } });
      writeFileSync(join(folder, `${commonName}.csr`), pem);
    }
    const csr = { 'devices.enrollment': 'individual', 'certificates.deviceCertificates': 'csr' };
    const { plan, requests, asked } = await ask({ ...csr, 'devices.requests': folder });
    assert.deepEqual(plan.devices.registrationIds, ['pump-1', 'pump-2']);
    assert.deepEqual([...(requests?.keys() ?? [])], ['pump-1', 'pump-2']);
    assert.ok(!asked.includes('devices.naming'));
    const again = await ask({}, { plan });
    assert.deepEqual([again.plan, again.requests], [plan, undefined]);
    for (const wrong of ['', join(folder, 'none.csr'), `${join(folder, 'pump-1.csr')}, ${folder}`])
      await assert.rejects(ask({ ...csr, 'devices.requests': wrong }), { code: 'ERR_ASSERTION' }, wrong);
  }));

test('in a group, too, devices can keep their keys: certificate requests are a way to name them', () =>
  inTemporaryFolder(async (folder) => {
    const { pem } = await makeCertificateRequest({
      ...(await generateKeyPair('ec-p256')),
      subject: { commonName: 'pump-1' },
    });
    const file = join(folder, 'pump-1.csr');
    writeFileSync(file, pem);
    const requested = { 'devices.naming': 'requests', 'devices.requests': file };
    const { plan, requests, asked } = await ask({ ...requested, 'quickstart.more': true });
    assert.equal(plan.devices.enrollment, 'group');
    assert.equal(plan.certificates.deviceCertificates, 'csr');
    assert.deepEqual([plan.devices.registrationIds, [...(requests?.keys() ?? [])]], [['pump-1'], ['pump-1']]);
    assert.ok(!asked.includes('devices.requestCertificates') && !asked.includes('enrollmentGroup.iotEdge'));
    assert.deepEqual(checkPlan(plan, 'the plan'), plan);
    // Enter on every question keeps the requests in the folder; another way to name devices drops them.
    const again = await ask({}, { plan });
    assert.deepEqual([again.plan, again.requests], [plan, undefined]);
    const numbered = await ask({ 'devices.naming': 'numbered' }, { plan });
    assert.equal(numbered.plan.certificates.deviceCertificates, 'ca');
    // A flag has answered already.
    const given = new Set(['certificates.deviceCertificates'] as const);
    const flagged = await ask({ 'devices.requests': file }, { plan, given });
    assert.ok(!flagged.asked.includes('devices.naming'));
    const ofCa = await ask({}, { given });
    assert.ok(!ofCa.choices.get('devices.naming')!.some(({ value }) => value === 'requests'));
  }));

test('of self-signed devices that go to a group, the CAs are asked for', async () => {
  const individual = { 'devices.enrollment': 'individual', 'certificates.deviceCertificates': 'selfSigned' };
  const { plan } = await ask(individual);
  const { asked } = await ask({ 'devices.enrollment': 'group' }, { plan });
  assert.ok(asked.includes('certificates.intermediate'));
});

test('the answers to change are listed as they were given', async () => {
  const { choices } = await ask({ 'quickstart.run': ['change'], 'quickstart.change': 'quickstart.more' });
  const details = new Map(choices.get('quickstart.change')!.map(({ value, detail }) => [value, detail]));
  assert.equal(details.get('certificates.intermediate'), 'Yes');
  assert.equal(details.get('certificates.encryptKeys'), 'No');
  assert.equal(details.get('devices.count'), '3');
});

test('devices are numbered with as many digits as it takes', async () => {
  const { plan } = await ask({ 'devices.count': '1000', 'devices.prefix': 'm' });
  assert.equal(plan.devices.registrationIds[0], 'm0001');
  assert.equal(plan.devices.registrationIds.at(-1), 'm1000');
});

test('devices come from a file: CSV or one ID per line, and a wrong line is named and corrected', () =>
  inTemporaryFolder(async (folder) => {
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const csv = write('devices.csv', 'registrationId,dns\npump-1,\n"pump-2",p.example\n');
    const lines = write('devices.txt', 'pump-1\r\n\r\npump-2\r\n');
    for (const file of [csv, lines]) {
      const { plan } = await ask({ 'devices.naming': 'file', 'devices.file': file });
      assert.deepEqual(plan.devices.registrationIds, ['pump-1', 'pump-2']);
    }
    for (const [text, problem] of [
      ['pump-1\npump 2\n', 'Line 2'],
      ['registrationId\npump-1\nPUMP-1\n', 'Line 3'],
      ['registrationId,dns\npump-1\n', 'Line 2'],
      ['', 'registration ID'],
    ] as const) {
      const { plan, said } = await ask({
        'devices.naming': 'file',
        'devices.file': [write('wrong.txt', text), csv],
      });
      assert.ok(
        said.some(({ id, text: words }) => id === 'devices.file-problem' && words.includes(problem)),
        text,
      );
      assert.equal(plan.devices.registrationIds.length, 2);
    }
    await assert.rejects(ask({ 'devices.naming': 'file', 'devices.file': join(folder, 'none') }), {
      code: 'ERR_ASSERTION',
    });
  }));

test('to leave is an interruption, never a success', async () => {
  await assert.rejects(
    ask({ 'quickstart.run': 'leave' }),
    (error) => error instanceof EnrollkitError && error.code === 'INTERRUPTED' && error.exitStatus === 130,
  );
});

test('Back asks the question before, as often as one likes, and keeps every answer', async () => {
  const script: Script = {
    'quickstart.folder': ['line'],
    'certificates.intermediate': [false],
    'certificates.encryptKeys': [false, back],
    'enrollmentGroup.id': [back, 'after'],
  };
  const { plan, folder, asked } = await ask(script);
  assert.equal(folder, 'line');
  assert.equal(plan.certificates.intermediate, false);
  assert.equal(plan.enrollmentGroup.id, 'after');
  const start = asked.indexOf('enrollmentGroup.id');
  assert.deepEqual(asked.slice(start, start + 6), [
    'enrollmentGroup.id',
    'certificates.encryptKeys',
    'certificates.intermediate',
    'certificates.encryptKeys',
    'enrollmentGroup.id',
    'devices.naming',
  ]);
});

test('Back through all questions to the first, then Enter on each, gives the same plan', async () => {
  const ids = (await ask(everything)).asked;
  const script: Script = Object.fromEntries(
    ids.map((id, index) => {
      const answer = id in everything ? [everything[id]] : [];
      return [id, index === 0 ? answer : [...answer, back]];
    }),
  );
  // Questions without an answer in the script are answered with Enter first.
  script['quickstart.run'] = [back, 'run'];
  script['passphrase.new'] = ['correct horse', back, 'correct horse'];
  script['passphrase.repeat'] = ['correct horse', back, 'correct horse'];
  const { plan, asked } = await ask(script);
  assert.deepEqual(plan, everythingElse);
  assert.equal(asked.filter((id) => id === ids[0]).length, 2);
});

test('each question says which one it is, and of how many', async () => {
  const { asked, places } = await ask({});
  assert.deepEqual(
    places.map((place) => place?.number),
    asked.map((_, index) => index + 1),
  );
  assert.ok(places.every((place) => place?.total === asked.length));
  assert.equal(places[0]?.canGoBack, false);
});

test('a flag is never asked for', async () => {
  const given = new Set(fieldEntries.map(([path]) => path));
  const { plan, asked } = await ask({}, { plan: everythingElse, passphrase: 'correct horse', given });
  assert.deepEqual(asked, ['quickstart.folder', 'quickstart.more', 'quickstart.run']);
  assert.deepEqual(plan, everythingElse);
});

test('a passphrase has eight characters, and the first one can be typed again', async () => {
  const encrypt = { 'certificates.encryptKeys': true };
  await assert.rejects(ask({ ...encrypt, 'passphrase.new': 'seven77' }), { code: 'ERR_ASSERTION' });
  const { passphrase } = await ask({
    ...encrypt,
    'passphrase.new': ['correct hrose', 'correct horse'],
    'passphrase.repeat': [back, 'correct horse'],
  });
  assert.equal(passphrase, 'correct horse');
});

const existing: ExistingFolder = {
  description: 'certs contains:',
  hasPlan: true,
  isComplete: true,
  hasEncryptedKeys: false,
  endingSoon: [
    { registrationId: 'device-001', path: '/certs/devices/device-001/certificate.pem', notAfter: new Date() },
  ],
};

test('a folder that was used before is judged when it is named, and Enter runs its plan again', async () => {
  const { decision, asked } = await decide({}, { existing });
  assert.deepEqual(asked, ['quickstart.folder', 'quickstart.existing', 'quickstart.run']);
  assert.deepEqual(decision, { kind: 'run', plan: defaultPlan, folder: 'certs', passphrase: undefined });
});

test('in a folder that was used before: add devices, renew, clean, or start over elsewhere', async () => {
  const choose = (value: string, more: Script = {}) =>
    decide({ 'quickstart.existing': value, ...more }, { existing });
  const added = (await choose('add', { 'devices.count': '2' })).decision;
  assert.ok(added.kind === 'run');
  assert.deepEqual(added.plan.devices.registrationIds.slice(3), ['device-004', 'device-005']);
  const listed = (await choose('add', { 'devices.naming': 'list', 'devices.further': 'pump-7' })).decision;
  assert.ok(listed.kind === 'run');
  assert.equal(listed.plan.devices.registrationIds.at(-1), 'pump-7');
  assert.deepEqual((await choose('renew')).decision, {
    kind: 'renew',
    folder: 'certs',
    certificates: [existing.endingSoon[0]!.path],
  });
  assert.deepEqual((await choose('clean')).decision, { kind: 'clean', folder: 'certs' });
  const fresh = (await choose('new')).decision;
  assert.ok(fresh.kind === 'run');
  assert.equal(fresh.folder, 'certs-2');
});

test.run();
