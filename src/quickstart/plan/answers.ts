/** A plan with its fields side by side, and back. */
import {
  type Answers,
  type Field,
  type FieldPath,
  fieldEntries,
  type GroupName,
  type Plan,
} from './fields.js';

/** The version of the plans that this release writes. */
export const planVersion = 1;

/** The answers of a plan. A field that the plan does not have, as those of Azure on the emulator, is undefined. */
export function answersOf(plan: Plan): Answers {
  const values = fieldEntries.map(([path]) => {
    const [group, name] = path.split('.') as [GroupName, string];
    return [path, (plan[group] as Record<string, unknown>)[name]];
  });
  return Object.fromEntries(values) as Answers;
}

/** The plan of the answers; whether they obey the rules is for `checkPlan` to say. */
export function planOf(answers: Answers, { $schema }: Pick<Plan, '$schema'> = {}): Plan {
  const plan: Record<string, unknown> = {
    ...($schema === undefined ? {} : { $schema }),
    version: planVersion,
  };
  for (const [path, field] of fieldEntries) {
    const [group, name] = path.split('.') as [GroupName, string];
    if (answers[path] === undefined || isAbsent(path, field, answers)) continue;
    plan[group] = { ...(plan[group] as object | undefined), [name]: answers[path] };
  }
  return plan as unknown as Plan;
}

/** What belongs to another target, and a field without a default, is left out of a plan that it does not apply to. */
function isAbsent(path: FieldPath, field: Field, answers: Answers): boolean {
  return (field.default === undefined || path.startsWith('target.')) && !applies(field, answers);
}

/** Whether a field means anything in a plan with these answers. */
export function applies(field: Field, answers: Answers): boolean {
  return field.applies?.(answers) ?? true;
}

const defaults = fieldEntries.map(([path, field]) => [path, field.default]);

/** Three devices on the emulator: the plan of Enter on every question. */
export const defaultPlan: Plan = planOf(Object.fromEntries(defaults) as Answers);
