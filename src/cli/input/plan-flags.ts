/**
 * A flag for every answer of the plan, in one table. This file is loaded for `--help`: the plan's schema, which is
 * slow to load, is not imported here, and a test holds the choices to it.
 */
import {
  assertCertificateName,
  assertEnrollmentGroupId,
  assertRegistrationId,
} from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import type { Plan } from '../../quickstart/plan/plan.js';
import { camelCase, type Flag } from '../kernel/untyped-command.js';
import { azureFlags, targetFlag, wholeNumber } from '../kernel/untyped-flags.js';

/** As in the plan's schema. */
const maxDevices = 1000;

export const choices = {
  keyAlgorithm: ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096'],
  uploaded: ['root', 'intermediate'],
  proofOfPossession: ['automatic', 'portal'],
  attestation: ['caReference', 'certificate'],
  allocationPolicy: ['hashed', 'geoLatency', 'static'],
  reprovisionPolicy: ['migrate', 'reset', 'never'],
  provisioningStatus: ['enabled', 'disabled'],
  protocol: ['mqtt', 'https'],
} as const;

function checked(assert: (value: string) => void): (text: string) => string {
  return (text) => {
    assert(text);
    return text;
  };
}

const certificates: Flag[] = [
  { name: 'key-algorithm', value: 'NAME', choices: choices.keyAlgorithm, summary: 'of every key' },
  { name: 'root-name', value: 'NAME', summary: 'the common name of the root CA; "" for a new one each time' },
  { name: 'intermediate', negatable: true, summary: 'an intermediate CA signs the devices' },
  { name: 'intermediate-name', value: 'NAME', summary: 'its common name; "" for a new one each time' },
  {
    name: 'device-validity-days',
    value: 'DAYS',
    parse: wholeNumber('device-validity-days', 1, 36_500),
    summary: 'how long a device certificate is valid',
  },
  { name: 'encrypt-keys', negatable: true, summary: 'encrypt the private keys with a passphrase' },
];

const authority: Flag[] = [
  { name: 'upload', value: 'CA', choices: choices.uploaded, summary: 'the CA that is uploaded to DPS' },
  {
    name: 'ca-name',
    value: 'NAME',
    parse: checked(assertCertificateName),
    summary: 'what the uploaded CA is called in DPS',
  },
  {
    name: 'proof-of-possession',
    value: 'HOW',
    choices: choices.proofOfPossession,
    summary: 'over Azure Resource Manager, or by a person in the portal',
  },
];

/** What an enrollment group is made of; `group create` takes them too. */
export const enrollmentGroupFlags: readonly Flag[] = [
  {
    name: 'attestation',
    value: 'HOW',
    choices: choices.attestation,
    summary: 'by the name of the uploaded CA, or by the certificate that signs the devices',
  },
  {
    name: 'allocation-policy',
    value: 'NAME',
    choices: choices.allocationPolicy,
    summary: 'how a device gets its hub',
  },
  { name: 'hub', value: 'HOST', repeatable: true, summary: 'a linked hub to allocate to (default: all)' },
  { name: 'initial-twin', value: 'FILE', summary: 'a JSON file with the tags and desired properties' },
  {
    name: 'reprovision-policy',
    value: 'NAME',
    choices: choices.reprovisionPolicy,
    summary: 'what happens to a device’s data when it registers again',
  },
  { name: 'iot-edge', negatable: true, summary: 'the devices are IoT Edge gateways' },
  {
    name: 'provisioning-status',
    value: 'STATUS',
    choices: choices.provisioningStatus,
    summary: 'whether devices may register',
  },
];

const devices: Flag[] = [
  {
    name: 'device',
    value: 'ID',
    repeatable: true,
    parse: checked(assertRegistrationId),
    summary: 'the registration ID of a device; once for each',
  },
  {
    name: 'count',
    value: 'N',
    parse: wholeNumber('count', 1, maxDevices),
    summary: 'so many devices, numbered, instead of --device',
  },
  { name: 'device-prefix', value: 'TEXT', summary: 'what stands before the number (default: device-)' },
  { name: 'protocol', value: 'NAME', choices: choices.protocol, summary: 'how the devices register' },
  { name: 'telemetry', negatable: true, summary: 'each device sends its hub a message and reads its twin' },
];

const group = (heading: string) => (flag: Flag) => ({ ...flag, group: heading });

/** Every answer of the plan, as a flag. */
export const answerFlags: readonly Flag[] = [
  targetFlag,
  ...azureFlags,
  ...certificates.map(group('Certificates:')),
  ...authority.map(group('Certificate authority in DPS:')),
  ...[
    {
      name: 'group',
      value: 'ID',
      parse: checked(assertEnrollmentGroupId),
      summary: 'the ID of the enrollment group',
    },
    ...enrollmentGroupFlags,
  ].map(group('Enrollment group:')),
  ...devices.map(group('Devices:')),
];

/** The answers that were typed; absent where they were not. */
export type Answers = Readonly<Record<string, unknown>>;

/** Whether any answer was given as a flag. */
export function hasAnswers(flags: Answers): boolean {
  return answerFlags.some(({ name }) => flags[camelCase(name)] !== undefined);
}

/** Registration IDs with a number: device-001, device-002, ... */
export function numberedIds(prefix: string, count: number): string[] {
  const digits = Math.max(3, String(count).length);
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index + 1).padStart(digits, '0')}`);
}

/**
 * A plan with the given answers in place of its own. What the schema asks is left to the schema.
 *
 * @param twin what `--initial-twin` names, read
 * @throws EnrollkitError USAGE for answers that contradict each other, or an ID's own error
 */
export function withAnswers(base: Plan, flags: Answers, twin: unknown): unknown {
  const given = <Value>(name: string, otherwise: Value): Value =>
    (flags[name] as Value | undefined) ?? otherwise;
  const { certificates: c, certificateAuthority: ca, enrollmentGroup: g, devices: d } = base;
  const intermediate = given('intermediate', c.intermediate);
  return {
    ...base,
    target: targetOf(base.target, flags),
    certificates: {
      keyAlgorithm: given('keyAlgorithm', c.keyAlgorithm),
      rootCommonName: given('rootName', c.rootCommonName) || null,
      intermediate,
      intermediateCommonName: intermediate
        ? given('intermediateName', c.intermediateCommonName) || null
        : null,
      deviceValidityDays: given('deviceValidityDays', c.deviceValidityDays),
      encryptKeys: given('encryptKeys', c.encryptKeys),
    },
    certificateAuthority: {
      uploaded: given('upload', ca.uploaded),
      name: given('caName', ca.name),
      proofOfPossession: given('proofOfPossession', ca.proofOfPossession),
    },
    enrollmentGroup: {
      id: given('group', g.id),
      attestation: given('attestation', g.attestation),
      allocationPolicy: given('allocationPolicy', g.allocationPolicy),
      iotHubs: given('hub', g.iotHubs),
      initialTwin: twin === undefined ? g.initialTwin : twin,
      reprovisionPolicy: given('reprovisionPolicy', g.reprovisionPolicy),
      iotEdge: given('iotEdge', g.iotEdge),
      provisioningStatus: given('provisioningStatus', g.provisioningStatus),
    },
    devices: {
      registrationIds: registrationIdsOf(base, flags),
      protocol: given('protocol', d.protocol),
      sendTelemetry: given('telemetry', d.sendTelemetry),
    },
  };
}

/**
 * The target that the flags name, or the one before.
 *
 * @throws EnrollkitError USAGE
 */
export function targetOf(before: Plan['target'], flags: Answers): unknown {
  const kind = flags.target ?? before.kind;
  const names = {
    dpsName: 'dpsName',
    subscription: 'subscriptionId',
    resourceGroup: 'resourceGroup',
    idScope: 'idScope',
  };
  const answered = Object.entries(names).flatMap(([flag, field]) =>
    flags[flag] === undefined ? [] : [[field, flags[flag]] as const],
  );
  if (kind === 'emulator') {
    if (answered.length === 0) return { kind };
    throw new EnrollkitError(
      'USAGE',
      'The names of a provisioning service in Azure were given, for the emulator.',
      {
        next: 'Add --target azure, or leave them out.',
      },
    );
  }
  const target = { ...(before.kind === 'azure' ? before : {}), kind, ...Object.fromEntries(answered) } as {
    dpsName?: string;
  };
  if (target.dpsName !== undefined) return target;
  const missing = Object.entries({ subscription: 'ID', resourceGroup: 'NAME' }).filter(
    ([flag]) => !flags[flag],
  );
  const besides = missing.map(
    ([flag, value]) => `--${flag === 'subscription' ? flag : 'resource-group'} ${value}`,
  );
  throw new EnrollkitError('USAGE', 'The name of the provisioning service is missing.', {
    next: `Give --dps-name NAME${besides.length > 0 ? `, and with it ${besides.join(' and ')}` : ''}.`,
  });
}

function registrationIdsOf({ devices }: Plan, { device, count, devicePrefix }: Answers): readonly string[] {
  if (device === undefined && count === undefined && devicePrefix === undefined)
    return devices.registrationIds;
  if (device !== undefined) {
    if (count === undefined && devicePrefix === undefined) return device as string[];
    throw new EnrollkitError('USAGE', 'Devices are either named, with --device, or numbered, with --count.', {
      next: 'Leave one of them out.',
    });
  }
  const ids = numberedIds(
    (devicePrefix as string | undefined) ?? 'device-',
    (count as number | undefined) ?? devices.registrationIds.length,
  );
  ids.forEach(assertRegistrationId);
  return ids;
}
