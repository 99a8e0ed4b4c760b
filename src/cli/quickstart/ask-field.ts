/** Asks for one field of a plan, as its row in the table says. */
import { sentences } from '../../languages/language.js';
import {
  type Answers,
  type Field,
  type FieldPath,
  type FieldQuestion,
  fieldEntries,
} from '../../quickstart/plan/fields.js';
import { twinSchema } from '../../quickstart/plan/schema.js';
import type { Interview } from '../terminal/dialogue.js';
import { questionHelp } from './question-help.js';

/** What the questions have in common. */
export interface Asking {
  ask: Interview;
  /** The answers so far. */
  answers: Answers;
  /** The answers of the previous round, or of the last run. */
  before: Answers;
  /** What is wrong with a valid value in the provisioning service at hand, in one sentence. */
  problemThere?: ((path: FieldPath, value: string) => string | undefined) | undefined;
}

/** The fields that a dialogue asks for, in its order. */
export function questionsOf(dialogue: FieldQuestion['dialogue']): [FieldPath, Field][] {
  const fields = fieldEntries.filter(([, { question }]) => question.dialogue === dialogue);
  const inTableOrder = fields.filter(([, { question }]) => question.after === undefined);
  return inTableOrder.flatMap(([path, field]) => [
    [path, field] as [FieldPath, Field],
    ...fields.filter(([, { question }]) => question.after === path),
  ]);
}

/** Whether a field is asked for, with these answers. */
export function isAsked({ applies, question }: Field, answers: Answers): boolean {
  return (applies?.(answers) ?? true) && (question.when?.(answers) ?? true);
}

/** @returns the answer, a valid value of the field */
export async function askField(
  path: FieldPath,
  field: Field,
  { ask, answers, before, problemThere }: Asking,
): Promise<unknown> {
  const { question } = field;
  const resolve = (text: FieldQuestion['message']) => (typeof text === 'string' ? text : text(answers));
  const common = {
    id: path,
    message: resolve(question.message),
    why: resolve(question.help ?? ''),
    help: questionHelp[path],
  };
  const suggested = question.suggestion?.(answers, before) ?? answers[path] ?? field.default;
  const previous = typeof suggested === 'string' ? freeName(path, suggested, problemThere) : suggested;
  switch (field.kind) {
    case 'choice': {
      const choices = Object.entries(field.choices).map(([value, { label, help }]) => ({
        value,
        name: label,
        why: help,
      }));
      const { why: _why, ...select } = common;
      return ask.select({ ...select, choices, default: String(previous) });
    }
    case 'switch':
      return ask.confirm({ ...common, default: previous === true });
    case 'number': {
      const problem = wholeNumberProblem(field.minimum, field.maximum);
      return Number(await ask.text({ ...common, default: String(previous), problem }));
    }
    case 'text': {
      const { none = '' } = question;
      const mayBeLeftOut = field.default === null || question.optional?.(answers) === true;
      const isNone = (value: string) => mayBeLeftOut && value === none;
      const answer = await ask.text({
        ...common,
        default: String(previous ?? none),
        problem: (value) =>
          isNone(value) ? undefined : (field.problem(value) ?? problemThere?.(path, value)),
      });
      return isNone(answer) ? field.default : answer;
    }
    case 'list': {
      const answer = await ask.text({
        ...common,
        default: Array.isArray(previous) ? previous.join(', ') : (question.none ?? ''),
        problem: (value) =>
          value === question.none
            ? undefined
            : (fieldListProblem(field, listOf(value), answers) ??
              listOf(value)
                .map((entry) => problemThere?.(path, entry))
                .find((problem) => problem !== undefined)),
      });
      return answer === question.none ? null : listOf(answer);
    }
    case 'twin': {
      const { none } = question;
      const answer = await ask.text({
        ...common,
        default: previous ? JSON.stringify(previous) : String(none),
        problem: (value) => (value === none ? undefined : twinProblem(value)),
      });
      return answer === none ? null : JSON.parse(answer);
    }
  }
}

/** The name itself, or the first of `NAME-2`, `NAME-3` and so on that is not taken in the provisioning service. */
export function freeName(path: FieldPath, name: string, problemThere: Asking['problemThere']): string {
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? name : `${name}-${number}`;
    if (problemThere?.(path, free) === undefined) return free;
  }
}

/** What is wrong with a list, of the first thing that is. */
export function fieldListProblem(
  field: Extract<Field, { kind: 'list' }>,
  values: readonly string[],
  answers: Answers,
): string | undefined {
  if (values.length === 0) return field.empty;
  if (field.maximum !== undefined && values.length > field.maximum)
    return sentences.cliQuickstart.atMost(field.maximum);
  const wrong = values.map(field.problem).find((problem) => problem !== undefined);
  return wrong ?? field.listProblem?.(values, answers)?.message;
}

function twinProblem(value: string): string | undefined {
  let data: unknown;
  try {
    data = JSON.parse(value);
  } catch {
    return sentences.cliQuickstart.notJsonYet;
  }
  const checked = twinSchema.safeParse(data);
  if (checked.success) return undefined;
  const [issue] = checked.error.issues;
  return `${issue!.path.join('.') || sentences.cliQuickstart.theTwin}: ${issue!.message}.`;
}

/** The rule of a whole number, for the text that is typed. */
export function wholeNumberProblem(minimum: number, maximum: number): (value: string) => string | undefined {
  return (value) => {
    const number = Number(value);
    const isValid = /^\d+$/.test(value) && number >= minimum && number <= maximum;
    return isValid ? undefined : sentences.cliQuickstart.wholeNumber(minimum, maximum);
  };
}

/** The entries of a list with commas or spaces between them. */
export function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((entry) => entry !== '');
}
