/** From a plan file and flags to a plan. */

import { commonNameProblem, maxCommonNameLength } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { JsonSyntaxError, parseJsonSource } from '../../json-source.js';
import { sentences } from '../../languages/language.js';
import { defaultPlan } from '../../quickstart/plan/answers.js';
import { fieldEntries, type GroupName, type Plan, type PlanTarget } from '../../quickstart/plan/fields.js';
import { checkPlan, parsePlan, parsePlanGroup } from '../../quickstart/plan/plan.js';
import { targetSchema } from '../../quickstart/plan/schema.js';
import { readTextIfExists } from '../../workspace/files.js';
import { assertStateInFolder, layoutOf } from '../../workspace/layout.js';
import { givenValue } from './field-flags.js';
import { readInputFile } from './input-file.js';
import { type GivenFlags, type GivenTargetFlags, targetWithFlags, withFlags } from './plan-flags.js';

/** What a plan is made from: the file of `--plan`, and flags. */
type PlanFlags = GivenFlags & { readonly plan?: string | undefined };

/**
 * The plan of a run: the plan file, or the defaults, with the fields that were given as flags in their place.
 *
 * @throws EnrollkitError INVALID_PLAN, FILE_UNREADABLE, USAGE, or a name's own error
 */
export function planFrom(flags: PlanFlags, base: Plan = basePlan(flags)): Plan {
  assertCommonNames(flags);
  const twin = flags.initialTwin === undefined ? undefined : initialTwin(flags.initialTwin);
  return checkPlan(
    withFlags(base, flags, twin),
    flags.plan ? sentences.cliInput.plan.fileAndFlags(flags.plan) : sentences.cliInput.plan.flags,
    flags.plan ? undefined : sentences.cliInput.plan.correctFlags,
  );
}

/** The plan file that `--plan` names; the defaults without it. */
export function basePlan(flags: PlanFlags): Plan {
  if (flags.plan === undefined) return defaultPlan;
  return parsePlan(
    readInputFile(flags.plan),
    flags.plan === '-' ? sentences.cliInput.plan.standardInput : flags.plan,
  );
}

/**
 * The plan of the last run in a folder, or undefined.
 *
 * @throws EnrollkitError INVALID_PLAN, FILE_UNREADABLE; as {@link assertStateInFolder}
 */
export function lastPlan(folder: string): Plan | undefined {
  const { plan, text } = planFileOf(folder);
  return text === undefined ? undefined : parsePlan(text, plan);
}

function planFileOf(folder: string): { plan: string; text: string | undefined } {
  const layout = layoutOf(folder);
  assertStateInFolder(layout);
  return { plan: layout.plan, text: readTextIfExists(layout.plan) };
}

/**
 * A group of the plan of the last run in a folder, or its defaults. The rest of the plan is not read, so that it may
 * hold what a newer release asks, or mistakes.
 *
 * @throws EnrollkitError INVALID_PLAN, FILE_UNREADABLE; as {@link assertStateInFolder}
 */
export function lastPlanGroup<Group extends GroupName>(folder: string, group: Group): Plan[Group] {
  const { plan, text } = planFileOf(folder);
  return text === undefined ? defaultPlan[group] : parsePlanGroup(text, plan, group);
}

/**
 * Where a command without a plan goes: what its flags say, else where the last run in the folder went, else the
 * emulator.
 *
 * @throws EnrollkitError USAGE; as {@link lastPlan}
 */
export function targetFrom(flags: GivenTargetFlags, folder: string): PlanTarget {
  const before = lastPlanGroup(folder, 'target');
  const checked = targetSchema.safeParse(targetWithFlags(before, flags));
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new EnrollkitError('USAGE', sentences.cliInput.plan.target(issue!.path.join('.'), issue!.message));
}

/** @throws EnrollkitError COMMON_NAME_TOO_LONG, INVALID_COMMON_NAME, naming the flag */
function assertCommonNames(flags: GivenFlags): void {
  for (const [, field] of fieldEntries) {
    if (field.kind !== 'text' || field.problem !== commonNameProblem) continue;
    const value = String(givenValue(flags, field) ?? '');
    const problem = value === '' ? undefined : commonNameProblem(value);
    if (problem === undefined) continue;
    const isLong = [...value].length > maxCommonNameLength;
    throw new EnrollkitError(
      isLong ? 'COMMON_NAME_TOO_LONG' : 'INVALID_COMMON_NAME',
      `--${field.flag.name}: ${problem}`,
    );
  }
}

function initialTwin(path: string): unknown {
  const text = readInputFile(path);
  try {
    return parseJsonSource(text).value;
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    throw new EnrollkitError('USAGE', sentences.cliInput.plan.initialTwin(path, cause.message), {
      next: sentences.cliInput.plan.twinExample,
      cause,
    });
  }
}
