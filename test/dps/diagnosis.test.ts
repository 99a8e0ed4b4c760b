/** Each reason for a 401002, set up for real: the error of the registration names it, over every transport. */
import assert from 'node:assert/strict';

import { suite } from 'uvu';
import { registerDevice } from '../../src/dps/client/device.js';
import { diagnose } from '../../src/dps/client/diagnosis/diagnose.js';
import { type Problem, type ProblemCode, problemCodes } from '../../src/dps/client/diagnosis/problem.js';
import { serviceFactsReader } from '../../src/dps/client/diagnosis/service-facts.js';
import type { IndividualEnrollment } from '../../src/dps/contract/schemas.js';
import { EnrollkitError } from '../../src/errors.js';
import { privateKeyToPem } from '../../src/pki/keys.js';
import { parseCertificate, sha256Thumbprint } from '../../src/pki/x509/certificate.js';
import { type Made, make, makeChain } from '../support/chains.js';
import { generatedKeys } from '../support/generated-keys.js';
import { authority, device as rawDevice } from '../support/raw-certificates.js';
import { group, openWorld, verifyCa, type World } from './support.js';

const diagnosis = suite('diagnosis');
let world: World;

diagnosis.before(async () => {
  world = await openWorld();
  await verifyCa(world.control, 'root', world.chain.root);
  await world.service.createEnrollmentGroup(group('devices', 'root'));
});
diagnosis.after(() => world.close());

interface Case {
  /** The device's certificate first. */
  chain: { pem: string }[];
  privateKey: Made['privateKey'];
  registrationId?: string;
  idScope?: string;
  /** What the message must name. */
  names: string[];
}

const day = 86_400_000;

async function enroll(registrationId: string, more: Partial<IndividualEnrollment>): Promise<void> {
  const enrollment = { registrationId, attestation: { type: 'x509' as const }, ...more };
  const result = await world.service.bulkEnrollments('create', [enrollment]);
  assert.deepEqual(result.errors, []);
}

/** A device whose certificate the verified root's intermediate signed. */
async function accepted(
  name: string,
  more: Parameters<typeof make>[3] = {},
): Promise<Case & { device: Made }> {
  const { root, intermediate } = world.chain;
  const device = await make('device', name, intermediate, more);
  return { device, chain: [device, intermediate, root], privateKey: device.privateKey, names: [] };
}

async function hierarchy(root: string, intermediate: string, device: string) {
  const made = { root: await make('root', root), intermediate: undefined as unknown as Made };
  made.intermediate = await make('intermediate', intermediate, made.root);
  const leaf = await make('device', device, made.intermediate);
  return { ...made, device: leaf, chain: [leaf, made.intermediate, made.root], privateKey: leaf.privateKey };
}

const clientCertificate = (pem: string) => ({
  attestation: { type: 'x509' as const, x509: { clientCertificates: { primary: { certificate: pem } } } },
});

const cases: [ProblemCode, title: string, prepare: () => Promise<Case>][] = [
  [
    'INTERMEDIATE_NOT_SENT',
    'the device’s certificate alone',
    async () => {
      const one = await accepted('alone');
      return { ...one, chain: [one.device], names: ['Test Intermediate'] };
    },
  ],
  [
    'INTERMEDIATE_NOT_SENT',
    'certificate and root, without the one between',
    async () => {
      const one = await accepted('gap');
      return { ...one, chain: [one.device, world.chain.root], names: ['Test Intermediate', 'Test Root'] };
    },
  ],
  [
    'CA_NOT_UPLOADED',
    'a CA that nobody uploaded',
    async () => ({
      ...(await hierarchy('Unknown Root', 'Unknown CA', 'd')),
      registrationId: 'd',
      names: ['Unknown Root'],
    }),
  ],
  [
    'CA_NOT_UPLOADED',
    'a CA that nobody uploaded, the root not sent',
    async () => {
      const made = await hierarchy('Unsent Root', 'Unsent CA', 'd');
      return {
        ...made,
        chain: made.chain.slice(0, 2),
        registrationId: 'd',
        names: ['Unsent CA', 'Unsent Root'],
      };
    },
  ],
  [
    'CA_NOT_VERIFIED',
    'uploaded only',
    async () => {
      const made = await hierarchy('Unverified Root', 'Unverified CA', 'd');
      await world.control.putCertificate('pending', made.root.pem);
      return { ...made, registrationId: 'd', names: ['Unverified Root', 'pending'] };
    },
  ],
  [
    'CA_NOT_VERIFIED',
    'uploaded only, and not sent',
    async () => {
      const made = await hierarchy('Unverified Root 2', 'Unverified CA 2', 'd');
      await world.control.putCertificate('pending-2', made.root.pem);
      return {
        ...made,
        chain: made.chain.slice(0, 2),
        registrationId: 'd',
        names: ['Unverified Root 2', 'pending-2'],
      };
    },
  ],
  [
    'ANOTHER_CA_OF_THE_SAME_NAME',
    'a root with the name of the uploaded one',
    async () => {
      const made = await makeChain('namesake');
      return {
        chain: [made.device, made.intermediate, made.root],
        privateKey: made.device.privateKey,
        registrationId: 'namesake',
        names: ['Test Root', 'uploaded as root'],
      };
    },
  ],
  [
    'ANOTHER_CA_OF_THE_SAME_NAME',
    'the group has another intermediate of that name',
    async () => {
      const { root, intermediate } = await hierarchy('Rolled Root', 'Rolled CA', 'd');
      await verifyCa(world.control, 'rolled', root);
      await world.service.createEnrollmentGroup({
        ...group('rolled', ''),
        attestation: {
          type: 'x509',
          x509: { signingCertificates: { primary: { certificate: intermediate.pem } } },
        },
      });
      const newer = await make('intermediate', 'Rolled CA', root);
      const device = await make('device', 'd', newer);
      return {
        chain: [device, newer, root],
        privateKey: device.privateKey,
        registrationId: 'd',
        names: [
          'enrollment group rolled',
          sha256Thumbprint(parseCertificate(intermediate.pem)),
          sha256Thumbprint(parseCertificate(newer.pem)),
        ],
      };
    },
  ],
  [
    'CA_NOT_ENROLLED',
    'a verified CA without an enrollment group',
    async () => {
      const made = await hierarchy('Lonely Root', 'Lonely CA', 'd');
      await verifyCa(world.control, 'lonely', made.root);
      return { ...made, registrationId: 'd', names: ['Lonely Root', 'devices'] };
    },
  ],
  [
    'COMMON_NAME_MISMATCH',
    'another registration ID',
    async () => ({
      ...(await accepted('one-name')),
      registrationId: 'another-name',
      names: ['one-name', 'another-name'],
    }),
  ],
  [
    'CERTIFICATE_EXPIRED',
    'an expired certificate',
    async () => {
      const at = new Date(Date.now() - 40 * day);
      const root = await make('root', 'Old Root', undefined, { at });
      await verifyCa(world.control, 'old', root);
      await world.service.createEnrollmentGroup(group('old', 'old'));
      const device = await make('device', 'expired', root, { at, validityDays: 30 });
      const until = parseCertificate(device.pem).notAfter.toISOString().slice(0, 10);
      return {
        chain: [device, root],
        privateKey: device.privateKey,
        registrationId: 'expired',
        names: [until],
      };
    },
  ],
  [
    'CERTIFICATE_NOT_YET_VALID',
    'a certificate of the future',
    async () => {
      const at = new Date(Date.now() + 5 * day);
      const one = await accepted('future', { at });
      const from = parseCertificate(one.device.pem).notBefore.toISOString().slice(0, 10);
      return { ...one, registrationId: 'future', names: [from] };
    },
  ],
  [
    'WRONG_KEY',
    'signed with another key than that of the CA that was sent',
    async () => {
      const { root, intermediate } = world.chain;
      const twin = await make('intermediate', 'Test Intermediate', root);
      const device = await make('device', 'wrong-key', twin);
      return {
        chain: [device, intermediate, root],
        privateKey: device.privateKey,
        registrationId: 'wrong-key',
        names: ['Test Intermediate'],
      };
    },
  ],
  [
    'ALGORITHM_NOT_ACCEPTED',
    'an RSA key of 1024 bits',
    async () => {
      const times = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 30 * day) };
      const root = authority('Raw Root', undefined, times);
      await verifyCa(world.control, 'raw', { pem: root.pem, privateKey: root.keys.privateKey });
      await world.service.createEnrollmentGroup(group('raw', 'raw'));
      const keys = generatedKeys('rsa', { modulusLength: 1024 });
      const device = rawDevice('weak', root, { keys, ...times });
      return { chain: [device, root], privateKey: keys.privateKey, registrationId: 'weak', names: ['1024'] };
    },
  ],
  [
    'CHAIN_INVALID',
    'a device that signs a device',
    async () => {
      const { root } = world.chain;
      const times = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 30 * day) };
      const issuer = {
        name: 'Test Root',
        keys: { privateKey: root.privateKey, publicKey: parseCertificate(root.pem).publicKey },
      };
      const middle = rawDevice('No CA', issuer as any, times);
      const device = rawDevice('below', middle, times);
      return {
        chain: [device, middle, root],
        privateKey: device.keys.privateKey,
        registrationId: 'below',
        names: ['No CA'],
      };
    },
  ],
  [
    'CHAIN_INVALID',
    'more CAs than the path length of the root allows',
    async () => {
      const times = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 30 * day) };
      const root = authority('Short Root', undefined, { ...times, pathLength: 0 });
      await verifyCa(world.control, 'short', { pem: root.pem, privateKey: root.keys.privateKey });
      await world.service.createEnrollmentGroup(group('short', 'short'));
      const middle = authority('Excess CA', root, times);
      const device = rawDevice('deep', middle, times);
      return {
        chain: [device, middle, root],
        privateKey: device.keys.privateKey,
        registrationId: 'deep',
        names: ['Short Root', 'path length'],
      };
    },
  ],
  [
    'CHAIN_INVALID',
    'a certificate for servers only',
    async () => {
      const { intermediate, root } = world.chain;
      const device = await make('server', 'for-servers', intermediate, {
        subjectAlternativeNames: { dns: ['for-servers'] },
      });
      return {
        chain: [device, intermediate, root],
        privateKey: device.privateKey,
        registrationId: 'for-servers',
        names: ['for-servers', 'clientAuth'],
      };
    },
  ],
  [
    'CERTIFICATE_EXPIRED',
    'an individual enrollment with this certificate, which has expired',
    async () => {
      const at = new Date(Date.now() - 40 * day);
      const device = await make('device', 'single-old', undefined, { at, validityDays: 30 });
      await enroll('single-old', clientCertificate(device.pem));
      const until = parseCertificate(device.pem).notAfter.toISOString().slice(0, 10);
      return { chain: [device], privateKey: device.privateKey, registrationId: 'single-old', names: [until] };
    },
  ],
  [
    'ANOTHER_CERTIFICATE_ENROLLED',
    'an individual enrollment with two others, primary and secondary',
    async () => {
      const one = await accepted('twice-renewed');
      const [primary, secondary] = [
        await make('device', 'twice-renewed'),
        await make('device', 'twice-renewed'),
      ];
      await enroll('twice-renewed', {
        attestation: {
          type: 'x509',
          x509: {
            clientCertificates: {
              primary: { certificate: primary.pem },
              secondary: { certificate: secondary.pem },
            },
          },
        },
      });
      const thumbprints = [primary.pem, secondary.pem, one.device.pem].map((pem) =>
        sha256Thumbprint(parseCertificate(pem)),
      );
      return { ...one, names: thumbprints };
    },
  ],
  [
    'ENROLLMENT_DISABLED',
    'a disabled group',
    async () => {
      const made = await hierarchy('Disabled Root', 'Disabled CA', 'd');
      await verifyCa(world.control, 'disabled', made.root);
      await world.service.createEnrollmentGroup({
        ...group('switched-off', 'disabled'),
        provisioningStatus: 'disabled',
      });
      return { ...made, registrationId: 'd', names: ['enrollment group switched-off'] };
    },
  ],
  [
    'ENROLLMENT_DISABLED',
    'a disabled individual enrollment',
    async () => {
      const one = await accepted('single-off');
      await enroll('single-off', { ...clientCertificate(one.device.pem), provisioningStatus: 'disabled' });
      return { ...one, names: ['individual enrollment single-off'] };
    },
  ],
  [
    'ANOTHER_CERTIFICATE_ENROLLED',
    'an individual enrollment with another certificate',
    async () => {
      const one = await accepted('renewed');
      const before = await make('device', 'renewed');
      await enroll('renewed', clientCertificate(before.pem));
      const thumbprints = [before.pem, one.device.pem].map((pem) => sha256Thumbprint(parseCertificate(pem)));
      return { ...one, names: thumbprints };
    },
  ],
  [
    'ENROLLMENT_OF_ANOTHER_KIND',
    'an individual enrollment with a symmetric key',
    async () => {
      const one = await accepted('keyed');
      const primaryKey = Buffer.alloc(32, 1).toString('base64');
      await enroll('keyed', { attestation: { type: 'symmetricKey', symmetricKey: { primaryKey } } });
      return { ...one, names: ['keyed', 'symmetric key'] };
    },
  ],
  [
    'NO_ENROLLMENT',
    'a self-signed certificate that nobody enrolled',
    async () => {
      const device = await make('device', 'own');
      return { chain: [device], privateKey: device.privateKey, registrationId: 'own', names: ['own'] };
    },
  ],
  [
    'WRONG_ID_SCOPE',
    'the ID scope of another provisioning service',
    async () => ({
      ...(await accepted('elsewhere')),
      idScope: '0ne0BADBAD0',
      names: ['0ne0BADBAD0', world.target.idScope!],
    }),
  ],
];

const covered = new Set(cases.map(([code]) => code));

for (const [code, title, prepare] of cases) {
  diagnosis(`${code}: ${title}`, async () => {
    const made = await prepare();
    const certificateChain = made.chain.map(({ pem }) => pem).join('');
    const registrationId = made.registrationId ?? parseCertificate(made.chain[0]!.pem).subject.commonName!;
    const idScope = made.idScope ?? world.target.idScope!;
    const privateKey = await privateKeyToPem(made.privateKey);
    const readServiceFacts = serviceFactsReader(world.target);
    const request = {
      target: world.target,
      idScope,
      registrationId,
      certificateChain,
      privateKey,
      readServiceFacts,
    };
    for (const protocol of ['https', 'mqtt', 'amqp'] as const) {
      const error = await refusal(registerDevice({ ...request, protocol }));
      const causes = error.context.causes as Problem[];
      assert.deepEqual(
        causes.map((one) => one.code),
        [code],
        `${protocol}: ${error.message}`,
      );
      assert.equal(error.next, causes[0]!.fix);
      for (const name of made.names) assert.ok(error.message.includes(name), `${name}: ${error.message}`);
      if (code !== 'WRONG_ID_SCOPE') assert.equal(error.code, 'DEVICE_NOT_AUTHORIZED');
    }
  });
}

diagnosis('every problem is provoked', () => {
  assert.deepEqual(
    [...problemCodes].filter((code) => !covered.has(code)),
    [],
  );
});

diagnosis('a device that is accepted has no problem, whatever it sends beyond what is needed', async () => {
  const { root, intermediate } = world.chain;
  const readServiceFacts = serviceFactsReader(world.target)!;
  for (const issuers of [
    [intermediate, root],
    [intermediate],
    [root, intermediate],
    [intermediate, root, root],
  ]) {
    const device = await make('device', 'fine', intermediate);
    const certificateChain = [device, ...issuers].map(({ pem }) => pem).join('');
    const idScope = world.target.idScope!;
    const facts = await readServiceFacts('fine');
    assert.deepEqual(
      diagnose({ certificateChain, registrationId: 'fine', idScope, at: new Date(), facts }),
      [],
    );
    const privateKey = await privateKeyToPem(device.privateKey);
    const { status } = await registerDevice({
      target: world.target,
      idScope,
      registrationId: 'fine',
      certificateChain,
      privateKey,
      protocol: 'https',
    });
    assert.equal(status, 'assigned');
  }
});

diagnosis('names with control characters, and of any length, are made legible', async () => {
  const times = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 30 * day) };
  for (const name of ['\u001b[31mred\u202e\n', 'x'.repeat(100_000)]) {
    const root = authority(name, undefined, times);
    const leaf = rawDevice(name, root, times);
    const readServiceFacts = serviceFactsReader(world.target)!;
    const facts = await readServiceFacts('plain');
    const certificateChain = `${leaf.pem}${root.pem}`;
    const idScope = world.target.idScope!;
    const problems = diagnose({ certificateChain, registrationId: 'plain', idScope, at: new Date(), facts });
    assert.ok(problems.length > 0);
    for (const { message, fix } of problems) {
      assert.doesNotMatch(message + fix, /[\p{Cc}\p{Cf}]/u);
      assert.ok(message.length < 1100);
    }
  }
});

diagnosis('without rights, what can be seen locally is named, and nothing else is claimed', async () => {
  const one = await accepted('blind');
  const base = { registrationId: 'blind', idScope: 'x', at: new Date() };
  const alone = diagnose({ ...base, certificateChain: one.device.pem });
  assert.deepEqual(
    alone.map(({ code }) => code),
    ['INTERMEDIATE_NOT_SENT'],
  );
  const whole = one.chain.map(({ pem }) => pem).join('');
  assert.deepEqual(diagnose({ ...base, certificateChain: whole, facts: {} }), []);
  // Groups are readable with a policy of the service, uploaded CAs are not.
  const groups = await world.service.listEnrollmentGroups();
  assert.deepEqual(diagnose({ ...base, certificateChain: whole, facts: { groups, individual: null } }), []);
  const unreachable = serviceFactsReader({
    ...world.target,
    armEndpoint: 'https://localhost:1',
    serviceHostName: 'localhost:1',
    service: 'entra',
  });
  const facts = await unreachable!('blind');
  assert.deepEqual(facts, {
    idScope: undefined,
    authorities: undefined,
    groups: undefined,
    individual: undefined,
  });
});

async function refusal(call: Promise<unknown>): Promise<EnrollkitError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof EnrollkitError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

diagnosis.run();
