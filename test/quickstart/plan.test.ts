import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { test } from 'uvu';
import { schemas, schemaText } from '../../scripts/schemas.js';
import type { EnrollkitError } from '../../src/errors.js';
import { defaultPlan } from '../../src/quickstart/plan/answers.js';
import type { Plan } from '../../src/quickstart/plan/fields.js';
import {
  checkPlan,
  formatPlan,
  parsePlan,
  parsePlanGroup,
  upgradedFrom,
} from '../../src/quickstart/plan/plan.js';
import { fails } from '../support/fails.js';

const guid = '11111111-2222-3333-4444-555555555555';

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
  refuses((plan) => (plan.devices.registrationIds = ['Pump', 'pump']), /registrationIds\.1: /);
  refuses((plan) => (plan.devices.registrationIds = []), /registrationIds/);
  refuses((plan) => (plan.enrollmentGroup.id = 'ends.'), /enrollmentGroup\.id: .*"ends\."/);
  refuses((plan) => (plan.certificates.rootCommonName = 'x'.repeat(65)), /rootCommonName.*65/);
  refuses((plan) => {
    plan.certificates.intermediate = false;
    plan.certificateAuthority.uploaded = 'intermediate';
  }, /certificateAuthority\.uploaded: /);
  refuses((plan) => (plan.target = { kind: 'azure', dpsName: 'my-dps' }), /target\.subscriptionId/);
  refuses((plan) => (plan.enrollmentGroup.iotHubs = []), /iotHubs/);
});

test('what is missing, of another type, or none of the choices is told in plain words', () => {
  refuses((plan) => {
    plan.target = { kind: 'azure' };
  }, /target\.dpsName: .*\btext\b/);
  refuses((plan) => {
    plan.devices = null;
  }, /devices: .*\bobject\b/);
  refuses((plan) => {
    plan.devices.registrationIds = 'device-001';
  }, /registrationIds: .*\blist\b/);
  refuses((plan) => {
    plan.devices.protocol = 'carrier' as 'mqtt';
  }, /protocol: .*"mqtt", "https"/);
  refuses((plan) => {
    plan.version = 2;
  }, /version: .*version 2.*version 1/);
  refuses((plan) => {
    plan.certificates.deviceValidityDays = 0;
  }, /deviceValidityDays: .*\b1\b/);
  refuses((plan) => {
    plan.target = { kind: 'cloud' };
  }, /target/);
});

/** Every field and every group of a value, as the paths to them. */
function pathsIn(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    [...path, name],
    ...pathsIn(member, [...path, name]),
  ]);
}

function without(plan: unknown, path: readonly string[]): unknown {
  const copy = structuredClone(plan) as Record<string, any>;
  const parent = path.slice(0, -1).reduce((at, name) => at[name], copy);
  delete parent[path.at(-1)!];
  return copy;
}

test('a plan of an older release, which lacks a field or a whole group, reads with the defaults', () => {
  for (const path of pathsIn(defaultPlan)) {
    const older = JSON.stringify(without(defaultPlan, path));
    assert.deepEqual(parsePlan(older, 'plan.json'), defaultPlan, path.join('.'));
  }
  assert.deepEqual(parsePlan('{}', 'plan.json'), defaultPlan);
});

test('every other field of a plan without one field stays as it is', () => {
  const changed: Plan = {
    version: 1,
    target: { kind: 'azure', dpsName: 'contoso', subscriptionId: guid, resourceGroup: 'rg', idScope: '0neA' },
    certificates: {
      ...defaultPlan.certificates,
      keyAlgorithm: 'rsa-2048',
      rootCommonName: 'R',
      intermediate: true,
      intermediateCommonName: 'I',
      deviceValidityDays: 7,
      encryptKeys: true,
    },
    certificateAuthority: {
      ...defaultPlan.certificateAuthority,
      uploaded: 'intermediate',
      name: 'c',
      proofOfPossession: 'portal',
    },
    enrollmentGroup: {
      ...defaultPlan.enrollmentGroup,
      id: 'g',
      attestation: 'certificate',
      allocationPolicy: 'static',
      iotHubs: ['h'],
      initialTwin: {},
      reprovisionPolicy: 'never',
      iotEdge: true,
      provisioningStatus: 'disabled',
    },
    devices: {
      ...defaultPlan.devices,
      registrationIds: ['d'],
      protocol: 'https',
      sendTelemetry: false,
    },
  };
  assert.deepEqual(parsePlan(formatPlan(changed), 'plan.json'), changed);
  for (const path of pathsIn(changed).filter((path) => path.join('.') !== 'target.dpsName')) {
    const read = parsePlan(JSON.stringify(without(changed, path)), 'plan.json');
    assert.deepEqual(without(read, path), without(changed, path), path.join('.'));
  }
});

test('a plan of an older version is upgraded step by step', () => {
  const table = [
    ({ groupId, ...plan }: Record<string, unknown>) => ({ ...plan, group: { id: groupId } }),
    (plan: Record<string, unknown>) => ({ ...plan, days: Number(plan.years) * 365 }),
  ];
  assert.deepEqual(upgradedFrom({ version: 1, groupId: 'g', years: 2 }, 1, table), {
    version: 3,
    group: { id: 'g' },
    years: 2,
    days: 730,
  });
  assert.deepEqual(upgradedFrom({ version: 2, years: 1 }, 2, table), { version: 3, years: 1, days: 365 });
  assert.deepEqual(upgradedFrom({ version: 3 }, 3, table), { version: 3 });
});

test('a plan of a newer release is refused for its version alone, whatever else is new in it', () => {
  const newer = { ...defaultPlan, version: 2, colour: 'red', devices: { protocol: 'coap' } };
  assert.throws(
    () => parsePlan(JSON.stringify(newer, null, 2), 'plan.json'),
    (error: EnrollkitError) =>
      error.code === 'INVALID_PLAN' &&
      error.exitStatus === 2 &&
      /^plan\.json:2:14: version: .*newer.*version 2.*version 1\.$/.test(error.message) &&
      !/colour|coap/.test(error.message) &&
      /Update enrollkit/.test(error.next),
  );
  for (const version of [0, -1, 1.5, '1', null, true]) {
    refuses((plan) => (plan.version = version), /version: .*\b1\b/);
  }
});

test('problems of a plan file have their line and column', () => {
  const problem = (text: string) => {
    try {
      parsePlan(text, 'plan.json');
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  const file = formatPlan(defaultPlan);
  const changed = (from: string, to: string) => {
    assert.ok(file.includes(from));
    return problem(file.replace(from, to));
  };
  assert.match(changed('"sendTelemetry": true', '"sendTelemetry": true,'), /^plan\.json:\d+:\d+: .*JSON/);
  assert.match(changed('"mqtt"', '"carrier"'), /plan\.json:41:17: devices\.protocol: /);
  assert.match(changed('"protocol"', '"colour"'), /plan\.json:41:5: devices: .*"colour"/);
  assert.match(changed('365', '"365"'), /plan\.json:13:27: certificates\.deviceValidityDays: /);
  assert.match(changed('"device-002"', '"device 002"'), /plan\.json:35:7: devices\.registrationIds\.1: /);
  assert.match(problem('[]'), /plan\.json:1:1: /);
  assert.match(problem('{ // none\n}'), /^plan\.json:1:3: .*comments/);
  assert.equal(problem(`\uFEFF${file}`), '');
});

test('one group of a plan is read alone, whatever is wrong with the rest', () => {
  const target = { kind: 'azure', dpsName: 'contoso', idScope: '0neA' };
  const rest = [
    { colour: 'red' },
    { version: 2 },
    { devices: null },
    { certificates: { keyAlgorithm: 'dsa' } },
  ];
  for (const broken of rest) {
    const text = JSON.stringify({ ...defaultPlan, ...broken, target });
    assert.deepEqual(parsePlanGroup(text, 'plan.json', 'target'), target);
  }
  assert.deepEqual(parsePlanGroup('{"version": 1}', 'plan.json', 'target'), { kind: 'emulator' });
  assert.throws(
    () => parsePlanGroup('{\n "target": {"kind": "azure", "dpsName": "a"}}', 'plan.json', 'target'),
    fails('INVALID_PLAN', /plan\.json:2:41: target\.dpsName: /),
  );
  assert.throws(() => parsePlanGroup('{', 'plan.json', 'target'), fails('INVALID_PLAN', /plan\.json:1:2: /));
});

test('the name of a provisioning service has Azure’s 3 to 64 characters', () => {
  const azure = (dpsName: string) => ({
    ...defaultPlan,
    target: { kind: 'azure', dpsName, subscriptionId: guid, resourceGroup: 'rg' },
  });
  for (const name of ['abc', 'a'.repeat(51), 'a'.repeat(64), '123', 'A-1']) checkPlan(azure(name), 'plan');
  for (const name of ['ab', 'a'.repeat(65), '-ab', 'ab-', 'a b c', 'a_b']) {
    assert.throws(
      () => checkPlan(azure(name), 'plan'),
      fails('INVALID_PLAN', /target\.dpsName: .*3 to 64/),
      name,
    );
  }
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
    assert.deepEqual(JSON.parse(text), JSON.parse(schemaText(path, schema)), 'run: npm run schemas');
  });
}

test.run();
