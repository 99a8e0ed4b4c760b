import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { test } from 'uvu';
import { schemas, schemaText } from '../../scripts/schemas.js';
import { checkPlan, defaultPlan, formatPlan, parsePlan } from '../../src/quickstart/plan/plan.js';

const refuses = (change: (plan: Record<string, any>) => void, pattern: RegExp) => {
  const plan = structuredClone(defaultPlan) as Record<string, any>;
  change(plan);
  assert.throws(
    () => checkPlan(plan, 'plan.json'),
    (error: Error & { code?: string }) => error.code === 'INVALID_PLAN' && pattern.test(error.message),
  );
};

test('the default plan is a plan, and survives being written and read', () => {
  assert.deepEqual(parsePlan(formatPlan(defaultPlan), 'plan.json'), defaultPlan);
});

test('an unknown field is refused, with its place', () => {
  refuses((plan) => (plan.devices.colour = 'red'), /plan\.json.*devices.*colour/);
  refuses((plan) => (plan.passphrase = 'secret'), /passphrase/);
});

test('each rule is refused in words, with its place', () => {
  refuses((plan) => (plan.devices.registrationIds = ['a b']), /devices\.registrationIds\.0.*" "/);
  refuses((plan) => (plan.devices.registrationIds = ['x'.repeat(65)]), /65 characters.*64/);
  refuses(
    (plan) => (plan.devices.registrationIds = ['Pump', 'pump']),
    /registrationIds\.1.*same registration ID/,
  );
  refuses((plan) => (plan.devices.registrationIds = []), /registrationIds/);
  refuses((plan) => (plan.enrollmentGroup.id = 'ends.'), /enrollmentGroup\.id.*end with/);
  refuses((plan) => (plan.certificates.rootCommonName = 'x'.repeat(65)), /rootCommonName.*65/);
  refuses((plan) => {
    plan.certificates.intermediate = false;
    plan.certificateAuthority.uploaded = 'intermediate';
  }, /no intermediate/);
  refuses((plan) => (plan.target = { kind: 'azure', dpsName: 'my-dps' }), /target\.subscriptionId/);
  refuses((plan) => (plan.enrollmentGroup.iotHubs = []), /iotHubs/);
});

test('what is missing, of another type, or none of the choices is told in plain words', () => {
  refuses((plan) => delete plan.devices, /devices: it is missing; an object belongs here/);
  refuses((plan) => {
    plan.devices.registrationIds = 'device-001';
  }, /registrationIds: a list belongs here/);
  refuses((plan) => {
    plan.devices.protocol = 'amqp';
  }, /protocol: it must be one of "mqtt", "https"/);
  refuses((plan) => {
    plan.version = 2;
  }, /version: This enrollkit reads plans of version 1/);
  refuses((plan) => {
    plan.certificates.deviceValidityDays = 0;
  }, /deviceValidityDays: it must be at least 1/);
  refuses((plan) => {
    plan.target = { kind: 'cloud' };
  }, /target/);
});

test('text that is not JSON is refused, and nothing but an INVALID_PLAN ever comes of any text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        parsePlan(text, 'plan.json');
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'INVALID_PLAN');
      }
    }),
  );
});

for (const [path, schema] of Object.entries(schemas)) {
  test(`${path} is what the code checks with`, () => {
    const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    assert.deepEqual(JSON.parse(text), JSON.parse(schemaText(schema)), 'run: npm run schemas');
  });
}

test.run();
