/** Every way in: individual enrollments with each kind of certificate, devices with details, certificates from Azure. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { HubService } from '../../src/dps/client/hub-service.js';
import { ServicePlane } from '../../src/dps/client/service.js';
import { generateKeyPair } from '../../src/pki/keys.js';
import { makeCertificateRequest } from '../../src/pki/make/certificate-request.js';
import { cleanLocal, cleanRemote, planClean } from '../../src/quickstart/clean.js';
import type { Plan } from '../../src/quickstart/plan/fields.js';
import { previewQuickstart } from '../../src/quickstart/preview.js';
import type { QuickstartOptions } from '../../src/quickstart/run.js';
import { inWorld, type PlanChange, planWith, type World } from '../support/quickstart.js';

const { signal } = new AbortController();

async function requestFor(commonName: string): Promise<string> {
  const keys = await generateKeyPair('ec-p256');
  return (await makeCertificateRequest({ ...keys, subject: { commonName } })).pem;
}

const two: PlanChange = (plan) => {
  plan.devices.registrationIds = ['pump-1', 'pump-2'];
};
const individual: PlanChange = (plan) => {
  two(plan);
  plan.devices.enrollment = 'individual';
  plan.devices.details = { 'pump-1': { deviceId: 'pump-1-eu', tags: { site: 'A' } } };
  plan.enrollmentGroup.initialTwin = { tags: { line: '5' } };
};

interface Way {
  name: string;
  plan: Plan;
  more?: () => Promise<Partial<QuickstartOptions>>;
  /** Files of the first device, sorted. */
  files: string[];
  steps: string[];
}

const whole = ['certificate.pem', 'chain.pem', 'device.pfx', 'key.pem'];
const registering = ['register-devices', 'connect-devices'];

const ways: Way[] = [
  {
    name: 'individual enrollments, certificates of the CA',
    plan: planWith(individual),
    files: whole,
    steps: ['certificate-chain', 'device-certificates', 'individual-enrollments', ...registering],
  },
  {
    name: 'individual enrollments, self-signed certificates, over HTTPS',
    plan: planWith((plan) => {
      individual(plan);
      plan.certificates.deviceCertificates = 'selfSigned';
      plan.devices.protocol = 'https';
    }),
    files: whole,
    steps: ['device-certificates', 'individual-enrollments', ...registering],
  },
  {
    name: 'individual enrollments, certificates for requests',
    plan: planWith((plan) => {
      individual(plan);
      plan.certificates.deviceCertificates = 'csr';
    }),
    more: async () => ({
      requests: new Map([
        ['pump-1', await requestFor('pump-1')],
        ['PUMP-2', await requestFor('Pump-2')],
      ]),
    }),
    files: ['certificate.pem', 'chain.pem', 'request.pem'],
    steps: ['certificate-chain', 'device-certificates', 'individual-enrollments'],
  },
  {
    name: 'individual enrollments, certificates issued at registration',
    plan: planWith((plan) => {
      individual(plan);
      plan.certificates.deviceCertificates = 'selfSigned';
      plan.devices.requestCertificates = true;
      plan.devices.credentialPolicy = 'line-5';
    }),
    files: [...whole, 'operational'],
    steps: ['device-certificates', 'individual-enrollments', ...registering],
  },
  ...(['amqp'] as const).map(
    (protocol): Way => ({
      name: `an enrollment group, certificates issued at registration over ${protocol}`,
      plan: planWith((plan) => {
        two(plan);
        plan.devices.requestCertificates = true;
        plan.devices.protocol = protocol;
      }),
      files: [...whole, 'operational'],
      steps: [
        ...['certificate-chain', 'upload-ca', 'proof-of-possession', 'enrollment-group'],
        ...['device-certificates', ...registering],
      ],
    }),
  ),
];

async function leftIn({ target }: World): Promise<string[]> {
  const service = new ServicePlane(target);
  const hub = new HubService(target.hubConnectionStrings[0]!, target);
  try {
    const left = (await service.listEnrollmentGroups({ signal })).map((group) => group.enrollmentGroupId);
    for await (const { registrationId } of service.listEnrollments({ signal })) left.push(registrationId);
    for (const id of ['pump-1', 'pump-2'])
      if (await service.getRegistration(id, { signal })) left.push(`registration ${id}`);
    for (const id of ['pump-1', 'pump-1-eu', 'pump-2'])
      if (await hub.getDevice(id, { signal })) left.push(`device ${id}`);
    return left;
  } finally {
    service.close();
    hub.close();
  }
}

for (const { name, plan, more = async () => ({}), files, steps } of ways) {
  test(`${name}: run, found done, previewed, and cleaned`, () =>
    inWorld(async (world) => {
      const given = await more();
      const preview = previewQuickstart(plan, world.folder);
      const result = await world.run(plan, given);
      const done = (one: typeof result) => one.steps.filter(({ id }) => id !== 'prerequisites');
      assert.deepEqual(
        done(result).map(({ id }) => id),
        steps,
      );
      assert.deepEqual(
        preview.steps.map(({ id }) => id),
        ['prerequisites', ...steps, 'files'],
      );
      const [device] = result.devices;
      const folder = join(world.folder, 'devices', 'pump-1');
      assert.deepEqual(readdirSync(folder).sort(), files);
      const makes = preview.steps.flatMap((step) => step.makes);
      for (const file of files.filter((one) => one !== 'operational'))
        assert.ok(makes.includes(join(folder, file)), file);
      if (plan.devices.enrollment === 'individual') {
        assert.equal(device!.deviceId, 'pump-1-eu');
        assert.equal(result.enrollmentGroup, null);
        const { site, line } = (result.enrollments![0]!.initialTwin?.tags ?? {}) as Record<string, string>;
        assert.deepEqual([site, line], ['A', '5']);
        assert.ok(!existsSync(join(world.folder, 'EnrollmentGroup.py')));
      }
      if (plan.devices.requestCertificates) {
        const { certificate, chain } = device!.operational!;
        const issued = new X509Certificate(readFileSync(certificate));
        assert.equal(issued.subject, 'CN=pump-1');
        const policy = plan.devices.credentialPolicy ?? 'default';
        assert.ok(issued.issuer.includes(policy), issued.issuer);
        assert.equal(readFileSync(chain, 'utf8').split('BEGIN CERTIFICATE').length - 1, 3);
      }
      const again = await world.run(plan);
      assert.ok(done(again).every(({ already }) => already));
      await cleanRemote({ folder: world.folder, targetFor: async () => world.target, signal });
      assert.deepEqual(await leftIn(world), []);
      assert.deepEqual(cleanLocal(world.folder).kept, []);
      assert.ok(!existsSync(join(world.folder, 'devices')));
    }));
}

test('an enrollment of someone else is refused when it differs, and one of the run is changed', () =>
  inWorld(async (world) => {
    const plan = planWith(individual);
    await world.run(plan);
    const changed = planWith((one) => {
      individual(one);
      one.devices.details['pump-1'] = { deviceId: 'pump-1-us' };
      one.enrollmentGroup.reprovisionPolicy = 'reset';
    });
    const { enrollments } = await world.run(changed);
    assert.equal(enrollments![0]!.deviceId, 'pump-1-us');
    assert.equal(enrollments![0]!.reprovisionPolicy?.migrateDeviceData, false);
    assert.equal(enrollments![0]!.initialTwin?.tags?.site, undefined);
    const other = `${world.folder}-2`;
    await assert.rejects(world.run(plan, { folder: other }), { code: 'CONFLICT' });
    assert.deepEqual(planClean(other).remote, []);
  }));

test('a run that is interrupted before any step is resumed, whichever way in', () =>
  inWorld(async (world) => {
    for (const { plan, more = async () => ({}), steps } of [ways[3]!]) {
      const folder = `${world.folder}-${steps.length}`;
      let given = await more();
      for (const step of steps) {
        const abort = new AbortController();
        const beforeStep: QuickstartOptions['beforeStep'] = async ({ id }) => {
          if (id === step) abort.abort();
        };
        const interrupted = world.run(plan, { ...given, folder, beforeStep, signal: abort.signal });
        await assert.rejects(interrupted, { code: 'INTERRUPTED' });
        // Once they are in the folder, they need not be given.
        if (existsSync(join(folder, 'devices', 'pump-2'))) given = {};
      }
      const { devices } = await world.run(plan, { ...given, folder });
      assert.equal(devices.length, 2);
      await cleanRemote({ folder, targetFor: async () => world.target, signal });
    }
  }));

test('a certificate that was not saved after it was issued is requested again, with a device in its hub', () =>
  inWorld(async (world) => {
    const { plan } = ways[3]!;
    const first = await world.run(plan);
    rmSync(join(world.folder, 'devices', 'pump-1', 'operational'), { recursive: true });
    const second = await world.run(plan);
    const issued = [first, second].map(({ devices }) => devices[0]!.operational!.sha256Thumbprint);
    assert.notEqual(issued[0], issued[1]);
    assert.equal(
      first.devices[1]!.operational!.sha256Thumbprint,
      second.devices[1]!.operational!.sha256Thumbprint,
    );
  }));

test('requests that cannot be used are refused before anything is created', () =>
  inWorld(async (world) => {
    const { plan } = ways[2]!;
    const [pump1, pump2] = [await requestFor('pump-1'), await requestFor('pump-2')];
    const wrong: [string, Map<string, string>][] = [
      ['FILE_UNREADABLE', new Map([['pump-1', pump1]])],
      [
        'INVALID_CERTIFICATE_REQUEST',
        new Map([
          ['pump-1', pump2],
          ['pump-2', pump2],
        ]),
      ],
      [
        'INVALID_CERTIFICATE_REQUEST',
        new Map([
          ['pump-1', 'no request'],
          ['pump-2', pump2],
        ]),
      ],
    ];
    for (const [code, requests] of wrong) {
      await assert.rejects(world.run(plan, { requests }), { code });
      assert.ok(!existsSync(join(world.folder, 'ca')));
    }
    await world.run(plan, {
      requests: new Map([
        ['pump-1', pump1],
        ['pump-2', pump2],
      ]),
    });
    const other = new Map([['pump-1', await requestFor('pump-1')]]);
    await assert.rejects(world.run(plan, { requests: other }), { code: 'FILE_EXISTS' });
  }));

test('plans that contradict themselves are refused', () => {
  const wrong: [string, PlanChange][] = [
    [
      'selfSigned',
      (plan) => {
        plan.certificates.deviceCertificates = 'selfSigned';
      },
    ],
    [
      'details in a group',
      (plan) => {
        plan.devices.details = { 'device-001': { deviceId: 'x' } };
      },
    ],
    [
      'details of no device',
      (plan) => {
        individual(plan);
        plan.devices.details = { other: {} };
      },
    ],
    [
      'a device ID',
      (plan) => {
        individual(plan);
        plan.devices.details = { 'pump-1': { deviceId: 'a/b' } };
      },
    ],
    [
      'gateways',
      (plan) => {
        individual(plan);
        plan.certificates.deviceCertificates = 'csr';
        plan.enrollmentGroup.iotEdge = true;
      },
    ],
    [
      'no key',
      (plan) => {
        individual(plan);
        plan.certificates.deviceCertificates = 'csr';
        plan.devices.requestCertificates = true;
      },
    ],
    [
      'policy name',
      (plan) => {
        plan.devices.requestCertificates = true;
        plan.devices.credentialPolicy = 'a b';
      },
    ],
    [
      'no policy in Azure',
      (plan) => {
        plan.target = {
          kind: 'azure',
          dpsName: 'contoso',
          subscriptionId: '11111111-2222-3333-4444-555555555555',
          resourceGroup: 'rg',
        };
        plan.devices.requestCertificates = true;
      },
    ],
  ];
  for (const [name, change] of wrong) assert.throws(() => planWith(change), { code: 'INVALID_PLAN' }, name);
});

test.run();
