/** The flags of a plan's fields, derived from their table, and the answers that they give. */
import { EnrollkitError } from '../../errors.js';
import { answersOf, planOf } from '../../quickstart/plan/answers.js';
import {
  type Answers,
  type Field,
  type FieldPath,
  fieldEntries,
  fieldsOf,
  type GroupName,
  maxDevices,
  type Plan,
  type PlanTarget,
  planFields,
  planGroups,
} from '../../quickstart/plan/fields.js';
import { camelCase, type Flag } from '../kernel/command.js';
import { wholeNumber } from '../kernel/flags.js';

/** Devices by number instead of by ID; they set the same field as --device. */
const numberingFlags: readonly Flag[] = [
  {
    name: 'count',
    value: 'N',
    parse: wholeNumber('count', 1, maxDevices),
    summary: 'so many devices, numbered, instead of --device',
  },
  { name: 'device-prefix', value: 'TEXT', summary: 'what stands before the number (default: device-)' },
];

function flagOf({ flag, ...field }: Field): Flag {
  const { name, value, summary } = flag;
  const common = { name, summary, ...(value === undefined ? {} : { value }) };
  switch (field.kind) {
    case 'choice':
      return { ...common, choices: Object.keys(field.choices) };
    case 'switch':
      return { ...common, negatable: true };
    case 'number':
      return { ...common, parse: wholeNumber(name, field.minimum, field.maximum) };
    case 'text':
      return { ...common, ...parsing(field.problem, flag.invalid) };
    case 'list':
      return { ...common, repeatable: true, ...parsing(field.problem, flag.invalid) };
    case 'twin':
      return common;
  }
}

/** A rule with an error code of its own is checked where the flag is read; others when the plan is. */
function parsing(
  problem: (value: string) => string | undefined,
  invalid: Field['flag']['invalid'],
): Pick<Flag, 'parse'> {
  if (invalid === undefined) return {};
  return {
    parse(text) {
      const message = problem(text);
      if (message !== undefined) throw new EnrollkitError(invalid, message);
      return text;
    },
  };
}

function flagsOf(group: GroupName): Flag[] {
  return fieldsOf(group).flatMap(([, field]) => [
    flagOf(field),
    ...(field.flag === planFields['devices.registrationIds'].flag ? numberingFlags : []),
  ]);
}

/** The flags of an enrollment group; `group create` and `fleet enroll` take them too, without its ID. */
export const enrollmentGroupFlags: readonly Flag[] = flagsOf('enrollmentGroup').filter(
  ({ name }) => name !== planFields['enrollmentGroup.id'].flag.name,
);

/** A flag for every field of a plan. */
export const answerFlags: readonly Flag[] = (Object.keys(planGroups) as GroupName[]).flatMap((group) =>
  flagsOf(group).map((flag) => ({ ...flag, group: planGroups[group].heading })),
);

/** The values of flags; undefined where they were not given. */
export type GivenFlags = Readonly<Record<string, unknown>>;

/** Whether any field was given as a flag. */
export function hasAnswers(flags: GivenFlags): boolean {
  return answerFlags.some(({ name }) => flags[camelCase(name)] !== undefined);
}

/** The fields that were given as flags. */
export function givenFields(flags: GivenFlags): Set<FieldPath> {
  const given = fieldEntries.filter(([, { flag }]) => flags[camelCase(flag.name)] !== undefined);
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
    const value = flags[camelCase(field.flag.name)];
    if (value === undefined) return [];
    // On the command line, an empty name is null.
    return [[path, field.default === null && value === '' ? null : value]];
  });
  const answers = {
    ...answersOf({ ...base, target: targetWithFlags(base.target, flags) as PlanTarget }),
    ...Object.fromEntries(given),
    'enrollmentGroup.initialTwin': twin === undefined ? base.enrollmentGroup.initialTwin : twin,
    'devices.registrationIds': registrationIds(base, flags),
  } as Answers;
  for (const [path, field] of fieldEntries) {
    const isUnused = field.applies?.(answers) === false && field.default !== undefined;
    if (isUnused) Object.assign(answers, { [path]: field.default });
  }
  return planOf(answers, base);
}

/**
 * The target that the flags name, or else the previous one; the rules are not checked yet.
 *
 * @throws EnrollkitError USAGE
 */
export function targetWithFlags(before: PlanTarget, flags: GivenFlags): unknown {
  const kind = flags.target ?? before.kind;
  const given = fieldsOf('target').flatMap(([name, { flag }]) => {
    const value = flags[camelCase(flag.name)];
    return name === 'kind' || value === undefined ? [] : [[name, value] as const];
  });
  if (kind === 'emulator') {
    if (given.length === 0) return { kind };
    throw new EnrollkitError(
      'USAGE',
      'The names of a provisioning service in Azure were given, for the emulator.',
      { next: 'Add --target azure, or leave them out.' },
    );
  }
  const target: Record<string, unknown> = {
    ...(before.kind === 'azure' ? before : {}),
    kind,
    ...Object.fromEntries(given),
  };
  if (target.dpsName !== undefined) return target;
  const missing = [planFields['target.subscriptionId'].flag, planFields['target.resourceGroup'].flag]
    .filter(({ name }) => !flags[camelCase(name)])
    .map(({ name, value }) => `--${name} ${value}`);
  throw new EnrollkitError('USAGE', 'The name of the provisioning service is missing.', {
    next: `Give --dps-name NAME${missing.length > 0 ? `, and with it ${missing.join(' and ')}` : ''}.`,
  });
}

function registrationIds({ devices }: Plan, { device, count, devicePrefix }: GivenFlags): readonly string[] {
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
  const { problem, flag } = planFields['devices.registrationIds'];
  const wrong = ids.map(problem).find((message) => message !== undefined);
  if (wrong !== undefined) throw new EnrollkitError(flag.invalid, wrong);
  return ids;
}
