/** From a plan file and flags to a plan. */
import { maxCommonNameLength } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { JsonSyntaxError, parseJsonSource } from '../../json-source.js';
import {
  checkPlan,
  commonNameProblem,
  defaultPlan,
  type Plan,
  type PlanTarget,
  parsePlan,
  planSchema,
} from '../../quickstart/plan/plan.js';
import { readTextIfExists } from '../../workspace/files.js';
import { layoutOf } from '../../workspace/layout.js';
import { readInputFile } from './input-file.js';
import { type Answers, type TargetAnswers, targetOf, withAnswers } from './plan-flags.js';

/** What a plan is made from: the file of `--plan`, and answers. */
type PlanFlags = Answers & { readonly plan?: string | undefined };

/**
 * The plan of a run: the plan file, or the defaults, with the answers that were given as flags in their place.
 *
 * @throws EnrollkitError INVALID_PLAN, FILE_UNREADABLE, USAGE, or a name's own error
 */
export function planFrom(flags: PlanFlags, base: Plan = basePlan(flags)): Plan {
  const names = { 'root-name': flags.rootName, 'intermediate-name': flags.intermediateName };
  for (const [name, value] of Object.entries(names)) {
    const problem = value ? commonNameProblem(value) : undefined;
    if (!problem) continue;
    const long = [...(value ?? '')].length > maxCommonNameLength;
    throw new EnrollkitError(long ? 'COMMON_NAME_TOO_LONG' : 'INVALID_COMMON_NAME', `--${name}: ${problem}`);
  }
  const twin = flags.initialTwin === undefined ? undefined : initialTwin(flags.initialTwin);
  return checkPlan(
    withAnswers(base, flags, twin),
    flags.plan ? `${flags.plan}, with the flags,` : 'What the flags give',
    flags.plan ? undefined : 'Correct the flags; "enrollkit quickstart --help" explains each.',
  );
}

/** The plan file that `--plan` names; the defaults without it. */
export function basePlan(flags: PlanFlags): Plan {
  if (flags.plan === undefined) return defaultPlan;
  return parsePlan(readInputFile(flags.plan), flags.plan);
}

/**
 * The plan of the last run in a folder, or undefined.
 *
 * @throws EnrollkitError INVALID_PLAN, FILE_UNREADABLE
 */
export function lastPlan(folder: string): Plan | undefined {
  const { plan } = layoutOf(folder);
  const text = readTextIfExists(plan);
  return text === undefined ? undefined : parsePlan(text, plan);
}

/**
 * Where a command without a plan goes: what its flags say, else where the last run in the folder went, else the
 * emulator.
 *
 * @throws EnrollkitError USAGE, INVALID_PLAN, FILE_UNREADABLE
 */
export function targetFrom(flags: TargetAnswers, folder: string): PlanTarget {
  const before = (lastPlan(folder) ?? defaultPlan).target;
  const checked = planSchema.shape.target.safeParse(targetOf(before, flags));
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new EnrollkitError('USAGE', `The ${issue!.path.join('.')} of the target: ${issue!.message}.`);
}

function initialTwin(path: string): unknown {
  try {
    return parseJsonSource(readInputFile(path)).value;
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    throw new EnrollkitError('USAGE', `The initial twin ${path} is not JSON: ${cause.message}.`, {
      next: 'Give a file like {"tags":{"site":"A"},"properties":{"desired":{"interval":30}}}.',
      cause,
    });
  }
}
