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
import { keyAlgorithms } from '../../pki/key-algorithms.js';
import type { Plan } from '../../quickstart/plan/plan.js';
import {
  camelCase,
  choiceFlag,
  type FlagValues,
  numberFlag,
  parsedFlag,
  repeatable,
  switchFlag,
  textFlag,
  underHeading,
} from '../kernel/flags.js';
import { azureFlags, targetFlag } from '../target/target-flags.js';

/** As in the plan's schema. */
const maxDevices = 1000;

export const choices = {
  keyAlgorithm: keyAlgorithms,
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

const certificates = {
  'key-algorithm': choiceFlag({
    placeholder: 'NAME',
    choices: choices.keyAlgorithm,
    summary: 'of every key',
  }),
  'root-name': textFlag({
    placeholder: 'NAME',
    summary: 'the common name of the root CA; "" for a new one each time',
  }),
  intermediate: switchFlag({ negatable: true, summary: 'an intermediate CA signs the devices' }),
  'intermediate-name': textFlag({
    placeholder: 'NAME',
    summary: 'its common name; "" for a new one each time',
  }),
  'device-validity-days': numberFlag({
    placeholder: 'DAYS',
    minimum: 1,
    maximum: 36_500,
    summary: 'how long a device certificate is valid',
  }),
  'encrypt-keys': switchFlag({ negatable: true, summary: 'encrypt the private keys with a passphrase' }),
};

const authority = {
  upload: choiceFlag({
    placeholder: 'CA',
    choices: choices.uploaded,
    summary: 'the CA that is uploaded to DPS',
  }),
  'ca-name': parsedFlag({
    placeholder: 'NAME',
    parse: checked(assertCertificateName),
    summary: 'what the uploaded CA is called in DPS',
  }),
  'proof-of-possession': choiceFlag({
    placeholder: 'HOW',
    choices: choices.proofOfPossession,
    summary: 'over Azure Resource Manager, or by a person in the portal',
  }),
};

/** What an enrollment group is made of; `group create` takes them too. */
export const enrollmentGroupFlags = {
  attestation: choiceFlag({
    placeholder: 'HOW',
    choices: choices.attestation,
    summary: 'by the name of the uploaded CA, or by the certificate that signs the devices',
  }),
  'allocation-policy': choiceFlag({
    placeholder: 'NAME',
    choices: choices.allocationPolicy,
    summary: 'how a device gets its hub',
  }),
  hub: repeatable(textFlag({ placeholder: 'HOST', summary: 'a linked hub to allocate to (default: all)' })),
  'initial-twin': textFlag({
    placeholder: 'FILE',
    summary: 'a JSON file with the tags and desired properties',
  }),
  'reprovision-policy': choiceFlag({
    placeholder: 'NAME',
    choices: choices.reprovisionPolicy,
    summary: 'what happens to a device’s data when it registers again',
  }),
  'iot-edge': switchFlag({ negatable: true, summary: 'the devices are IoT Edge gateways' }),
  'provisioning-status': choiceFlag({
    placeholder: 'STATUS',
    choices: choices.provisioningStatus,
    summary: 'whether devices may register',
  }),
};

const devices = {
  device: repeatable(
    parsedFlag({
      placeholder: 'ID',
      parse: checked(assertRegistrationId),
      summary: 'the registration ID of a device; once for each',
    }),
  ),
  count: numberFlag({
    placeholder: 'N',
    minimum: 1,
    maximum: maxDevices,
    summary: 'so many devices, numbered, instead of --device',
  }),
  'device-prefix': textFlag({
    placeholder: 'TEXT',
    summary: 'what stands before the number (default: device-)',
  }),
  protocol: choiceFlag({
    placeholder: 'NAME',
    choices: choices.protocol,
    summary: 'how the devices register',
  }),
  telemetry: switchFlag({
    negatable: true,
    summary: 'each device sends its hub a message and reads its twin',
  }),
};

/** Every answer of the plan, as a flag. */
export const answerFlags = {
  ...targetFlag,
  ...azureFlags,
  ...underHeading('Certificates:', certificates),
  ...underHeading('Certificate authority in DPS:', authority),
  ...underHeading('Enrollment group:', {
    group: parsedFlag({
      placeholder: 'ID',
      parse: checked(assertEnrollmentGroupId),
      summary: 'the ID of the enrollment group',
    }),
    ...enrollmentGroupFlags,
  }),
  ...underHeading('Devices:', devices),
};

/** The answers that were typed; absent where they were not. */
export type Answers = FlagValues<typeof answerFlags>;

/** Those that say which provisioning service. */
export type TargetAnswers = FlagValues<typeof targetFlag & typeof azureFlags>;

/** Whether any answer was given as a flag. */
export function hasAnswers(flags: Answers): boolean {
  const values = new Map<string, unknown>(Object.entries(flags));
  return Object.keys(answerFlags).some((name) => values.get(camelCase(name)) !== undefined);
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
  const { certificates: c, certificateAuthority: ca, enrollmentGroup: g, devices: d } = base;
  const intermediate = flags.intermediate ?? c.intermediate;
  return {
    ...base,
    target: targetOf(base.target, flags),
    certificates: {
      keyAlgorithm: flags.keyAlgorithm ?? c.keyAlgorithm,
      rootCommonName: (flags.rootName ?? c.rootCommonName) || null,
      intermediate,
      intermediateCommonName: intermediate
        ? (flags.intermediateName ?? c.intermediateCommonName) || null
        : null,
      deviceValidityDays: flags.deviceValidityDays ?? c.deviceValidityDays,
      encryptKeys: flags.encryptKeys ?? c.encryptKeys,
    },
    certificateAuthority: {
      uploaded: flags.upload ?? ca.uploaded,
      name: flags.caName ?? ca.name,
      proofOfPossession: flags.proofOfPossession ?? ca.proofOfPossession,
    },
    enrollmentGroup: {
      id: flags.group ?? g.id,
      attestation: flags.attestation ?? g.attestation,
      allocationPolicy: flags.allocationPolicy ?? g.allocationPolicy,
      iotHubs: flags.hub ?? g.iotHubs,
      initialTwin: twin === undefined ? g.initialTwin : twin,
      reprovisionPolicy: flags.reprovisionPolicy ?? g.reprovisionPolicy,
      iotEdge: flags.iotEdge ?? g.iotEdge,
      provisioningStatus: flags.provisioningStatus ?? g.provisioningStatus,
    },
    devices: {
      registrationIds: registrationIdsOf(base, flags),
      protocol: flags.protocol ?? d.protocol,
      sendTelemetry: flags.telemetry ?? d.sendTelemetry,
    },
  };
}

/**
 * The target that the flags name, or the one before.
 *
 * @throws EnrollkitError USAGE
 */
export function targetOf(before: Plan['target'], flags: TargetAnswers): unknown {
  const kind = flags.target ?? before.kind;
  const { dpsName, subscription: subscriptionId, resourceGroup, idScope } = flags;
  const answered = Object.entries({ dpsName, subscriptionId, resourceGroup, idScope }).filter(
    ([, value]) => value !== undefined,
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
  const besides = [
    ...(flags.subscription ? [] : ['--subscription ID']),
    ...(flags.resourceGroup ? [] : ['--resource-group NAME']),
  ];
  throw new EnrollkitError('USAGE', 'The name of the provisioning service is missing.', {
    next: `Give --dps-name NAME${besides.length > 0 ? `, and with it ${besides.join(' and ')}` : ''}.`,
  });
}

function registrationIdsOf({ devices }: Plan, { device, count, devicePrefix }: Answers): readonly string[] {
  if (device === undefined && count === undefined && devicePrefix === undefined)
    return devices.registrationIds;
  if (device !== undefined) {
    if (count === undefined && devicePrefix === undefined) return device;
    throw new EnrollkitError('USAGE', 'Devices are either named, with --device, or numbered, with --count.', {
      next: 'Leave one of them out.',
    });
  }
  const ids = numberedIds(devicePrefix ?? 'device-', count ?? devices.registrationIds.length);
  ids.forEach(assertRegistrationId);
  return ids;
}
