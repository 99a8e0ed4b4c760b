/** What a schema finds wrong with a plan, in words for its author. */
import type * as z from 'zod';
import { sentences } from '../../languages/language.js';
import { shortened } from '../../pki/path/failure.js';

/** More problems at once help nobody. */
const maxProblems = 5;

/** Problems of a file, one a line. */
export function problemLines(problems: readonly string[]): string {
  const lines = problems.slice(0, maxProblems).map((problem) => `${problem}.`);
  const more = problems.length - lines.length;
  return [...lines, ...(more > 0 ? [sentences.quickstartPlan.andMore(more)] : [])].join('\n');
}

/** One problem, its place first: `devices.count: is not a field of a plan`. */
export function planProblem(issue: z.core.$ZodIssue): string {
  const place =
    issue.path.length === 0 ? '' : `${issue.path.map((name) => shortened(String(name)) || '""').join('.')}: `;
  return `${place}${inWords(issue).replace(/\.$/, '')}`;
}

function inWords(issue: z.core.$ZodIssue): string {
  // The schema's own sentences say more than we can here; zod's begin with these words.
  if (!/^(Invalid|Too|Unrecognized)\b/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'unrecognized_keys':
      return sentences.quickstartPlan.unknownFields(issue.keys.slice(0, maxProblems).map(shortened));
    case 'invalid_type':
      return issue.input === undefined
        ? sentences.quickstartPlan.missing(kind(issue.expected))
        : sentences.quickstartPlan.wrongType(kind(issue.expected));
    case 'invalid_value':
      return sentences.quickstartPlan.notOneOf(issue.values.map(quoted));
    case 'invalid_union':
      if ('options' in issue && issue.options)
        return sentences.quickstartPlan.notOneOf(issue.options.map(quoted));
      return sentences.quickstartPlan.noForm;
    case 'invalid_key':
      return sentences.quickstartPlan.invalidName;
    case 'too_small':
      return issue.origin === 'array'
        ? sentences.quickstartPlan.listTooShort
        : sentences.quickstartPlan.tooSmall(Number(issue.minimum));
    case 'too_big':
      return issue.origin === 'array'
        ? sentences.quickstartPlan.listTooLong(Number(issue.maximum))
        : sentences.quickstartPlan.tooBig(Number(issue.maximum));
    default:
      return issue.message;
  }
}

function kind(expected: string): string {
  const { kinds } = sentences.quickstartPlan;
  return Object.hasOwn(kinds, expected) ? kinds[expected as keyof typeof kinds] : expected;
}

function quoted(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
