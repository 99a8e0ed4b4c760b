import assert from 'node:assert/strict';
import { test } from 'uvu';
import { planPicture } from '../../src/cli/quickstart/plan-picture.js';
import { planSummary } from '../../src/cli/quickstart/plan-summary.js';
import { widest } from '../../src/cli/terminal/text.js';
import { useLanguage } from '../../src/languages/language.js';
import { defaultPlan } from '../../src/quickstart/plan/answers.js';
import type { Plan } from '../../src/quickstart/plan/fields.js';

const long: Plan = {
  ...defaultPlan,
  target: {
    kind: 'azure',
    dpsName: 'contoso-provisioning-service-of-the-plant',
    subscriptionId: '11111111-2222-3333-4444-555555555555',
    resourceGroup: 'plant',
    create: true,
    location: 'westeurope',
    hubSku: 'F1',
  },
  certificates: {
    ...defaultPlan.certificates,
    rootCommonName: 'Contoso Root CA for the devices of the plant, 2026',
    encryptKeys: true,
  },
  enrollmentGroup: {
    ...defaultPlan.enrollmentGroup,
    id: 'devices-of-the-plant-in-the-north-of-the-country',
    attestation: 'certificate',
    allocationPolicy: 'custom',
    webhookUrl: 'https://contoso.example/api/allocate',
    reprovisionPolicy: 'never',
    initialTwin: { tags: { site: 'A' } },
  },
  devices: { ...defaultPlan.devices, registrationIds: ['pump-1', 'pump-2', 'pump-3', 'pump-4', 'pump-5'] },
};

test('the picture shows the chain, DPS and devices, each with what it means, in any width', () => {
  for (const width of [60, 80, 120]) {
    for (const unicode of [true, false]) {
      for (const plan of [defaultPlan, long]) {
        const text = planPicture(plan, { folder: 'certs', width, unicode });
        assert.ok(widest(text.split('\n')) < width, `${width}:\n${text}`);
        if (!unicode) assert.match(text, /^[\x20-\x7e\n]*$/);
        if (width >= 80) assert.ok(text.includes(plan.enrollmentGroup.id), 'names are shown whole');
      }
    }
  }
  assert.equal(
    planPicture(defaultPlan, { folder: 'certs', width: 80, unicode: true }).split('\n')[2],
    '  └─ Root CA                             where trust begins: signs the',
  );
});

test('the summary has a row for the group, or for individual enrollments', async () => {
  const individual: Plan = { ...defaultPlan, devices: { ...defaultPlan.devices, enrollment: 'individual' } };
  assert.match(planSummary(defaultPlan, 'certs'), /^ {2}Group {9}enrollkit-devices, enabled;/m);
  const summary = planSummary(individual, 'certs');
  assert.match(summary, /^ {2}Enrollments {3}an individual one for each device, enabled;/m);
  assert.doesNotMatch(summary, /Group|enrollkit-devices/);
  await useLanguage('zh-CN');
  try {
    const chinese = planSummary(defaultPlan, 'certs');
    assert.doesNotMatch(chinese, /[;,] /, 'punctuation is Chinese');
  } finally {
    await useLanguage('en');
  }
});

test('all that differs from the defaults is in the picture', () => {
  const text = planPicture(long, { folder: 'line', width: 120, unicode: true }).replace(/[│\s]+/g, ' ');
  for (const part of [
    'Contoso Root CA for the devices of the plant, 2026',
    'contoso-provisioning-service-of-the-plant',
    'Resource group plant',
    'IoT hub contoso-provisioning-service-of-the-plant-hub created if no hub is linked: F1, free, in westeurope',
    'Subscription 11111111-2222-3333-4444-555555555555',
    'and 3 more',
    'pump-5',
    '"site":"A"',
    'never',
    'EC P-256 keys, encrypted with your passphrase',
    'https://contoso.example/api/allocate',
  ]) {
    assert.ok(text.includes(part), `${part}\n${text}`);
  }
});

test.run();
