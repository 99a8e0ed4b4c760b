/** The flags of a plan's fields, derived from their table, and the answers that they give. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { answersOf, planOf } from '../../quickstart/plan/answers.js';
import {
  type Answers,
  type FieldPath,
  fieldEntries,
  fieldsOf,
  maxDevices,
  type Plan,
  type PlanTarget,
  planFields,
  planGroups,
} from '../../quickstart/plan/fields.js';
import { camelCase, type FlagValues, numberFlag, textFlag, underHeading } from '../kernel/flags.js';
import { azureFlags, creationFlags, targetFlag } from '../target/target-flags.js';
import { fieldFlags, givenValue } from './field-flags.js';

/** Devices by number instead of by ID; they set the same field as --device. */
const numberingFlags = {
  count: numberFlag({
    placeholder: 'N',
    minimum: 1,
    maximum: maxDevices,
    summary: sentences.cliInput.plan.count,
  }),
  'device-prefix': textFlag({
    placeholder: 'TEXT',
    summary: sentences.cliInput.plan.prefix,
  }),
};

const { group, ...groupFlags } = fieldFlags('enrollmentGroup');
const { device, ...deviceFlags } = fieldFlags('devices');

/** The flags of an enrollment group, without its ID. */
export const enrollmentGroupFlags = groupFlags;

const { attestation: _attestation, ...individualFlags } = groupFlags;

/** The flags of an individual enrollment: those of a group, without how it knows its devices. */
export const individualEnrollmentFlags = individualFlags;

type GivenGroupFlags = FlagValues<typeof enrollmentGroupFlags>;

/** Those flags alone, of a command with more. */
export function enrollmentGroupFlagsOf(flags: GivenGroupFlags): GivenGroupFlags {
  const names = new Set(Object.keys(enrollmentGroupFlags).map(camelCase));
  return Object.fromEntries(Object.entries(flags).filter(([name]) => names.has(name)));
}

/** A flag for every field of a plan. */
export const answerFlags = {
  ...targetFlag,
  ...azureFlags,
  ...creationFlags,
  ...underHeading(planGroups.certificates.heading, fieldFlags('certificates')),
  ...underHeading(planGroups.certificateAuthority.heading, fieldFlags('certificateAuthority')),
  ...underHeading(planGroups.enrollmentGroup.heading, { group, ...groupFlags }),
  ...underHeading(planGroups.devices.heading, { device, ...numberingFlags, ...deviceFlags }),
};

/** The values of flags; undefined where they were not given. */
export type GivenFlags = FlagValues<typeof answerFlags>;

/** Those that say which provisioning service. */
export type GivenTargetFlags = FlagValues<typeof targetFlag & typeof azureFlags>;

/** Whether any field was given as a flag. */
export function hasAnswers(flags: GivenFlags): boolean {
  const values = new Map<string, unknown>(Object.entries(flags));
  return Object.keys(answerFlags).some((name) => values.get(camelCase(name)) !== undefined);
}

/** The fields that were given as flags. */
export function givenFields(flags: GivenFlags): Set<FieldPath> {
  const given = fieldEntries.filter(([, field]) => givenValue(flags, field) !== undefined);
  return new Set(given.map(([path]) => path));
}

/** Registration IDs with a number: device-001, device-002, ... */
export function numberedIds(prefix: string, count: number): string[] {
  const digits = Math.max(3, String(count).length);
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index + 1).padStart(digits, '0')}`);
}

/**
 * A plan with the fields that were given as flags in place of its own; the rules are not checked yet.
 *
 * @param twin the contents of the file that `--initial-twin` names
 * @throws EnrollkitError USAGE for flags that contradict each other, or a name's own error
 */
export function withFlags(base: Plan, flags: GivenFlags, twin: unknown): unknown {
  const given = fieldEntries.flatMap(([path, field]) => {
    const value = givenValue(flags, field);
    if (value === undefined) return [];
    // On the command line, an empty name is null.
    return [[path, field.default === null && value === '' ? null : value]];
  });
  const answers = {
    ...answersOf({ ...base, target: targetWithFlags(base.target, flags) as PlanTarget }),
    ...Object.fromEntries(given),
    // Its file was read before, into `base`.
    'devices.details': base.devices.details,
    'enrollmentGroup.initialTwin': twin === undefined ? base.enrollmentGroup.initialTwin : twin,
    'devices.registrationIds': registrationIds(base, flags),
  } as Answers;
  for (const [path, field] of fieldEntries) {
    const isUnused = field.applies?.(answers) === false && field.default !== undefined;
    // What only other answers of the plan led to.
    const isLeftOver =
      field.default === undefined && 'otherwise' in field && field.question.when?.(answers) === false;
    const isGiven = given.some(([one]) => one === path);
    if (isUnused || (isLeftOver && !isGiven)) Object.assign(answers, { [path]: field.default });
  }
  return planOf(answers, base);
}

/**
 * The target that the flags name, or else the previous one; the rules are not checked yet.
 *
 * @throws EnrollkitError USAGE
 */
export function targetWithFlags(before: PlanTarget, flags: GivenTargetFlags): unknown {
  const kind = flags.target ?? before.kind;
  const given = fieldsOf('target').flatMap(([name, field]) => {
    const value = givenValue(flags, field);
    return name === 'kind' || value === undefined ? [] : [[name, value] as const];
  });
  if (kind === 'emulator') {
    if (given.length === 0) return { kind };
    throw new EnrollkitError('USAGE', sentences.cliInput.plan.azureNames, {
      next: sentences.cliInput.plan.addTarget,
    });
  }
  const target: Record<string, unknown> = {
    ...(before.kind === 'azure' ? before : {}),
    kind,
    ...Object.fromEntries(given),
  };
  if (target.dpsName !== undefined) return target;
  const missing = [planFields['target.subscriptionId'], planFields['target.resourceGroup']]
    .filter((field) => !givenValue(flags, field))
    .map(({ flag }) => `--${flag.name} ${flag.value}`);
  throw new EnrollkitError('USAGE', sentences.cliInput.plan.noDpsName, {
    next: sentences.cliInput.plan.giveDpsName(missing),
  });
}

function registrationIds({ devices }: Plan, { device, count, devicePrefix }: GivenFlags): readonly string[] {
  if (device === undefined && count === undefined && devicePrefix === undefined)
    return devices.registrationIds;
  if (device !== undefined) {
    if (count === undefined && devicePrefix === undefined) return device;
    throw new EnrollkitError('USAGE', sentences.cliInput.plan.namedOrNumbered, {
      next: sentences.cliInput.plan.omitOne,
    });
  }
  const ids = numberedIds(devicePrefix ?? 'device-', count ?? devices.registrationIds.length);
  const { problem, flag } = planFields['devices.registrationIds'];
  const wrong = ids.map(problem).find((message) => message !== undefined);
  if (wrong !== undefined) throw new EnrollkitError(flag.invalid, wrong);
  return ids;
}
