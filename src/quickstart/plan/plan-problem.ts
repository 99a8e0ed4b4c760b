/** What a schema finds wrong with a plan, in words for who wrote it. */
import type * as z from 'zod';

/** More problems at once help nobody. */
const maxProblems = 5;

/** Problems of a file, one a line. */
export function problemLines(problems: readonly string[]): string {
  const lines = problems.slice(0, maxProblems).map((problem) => `${problem}.`);
  const more = problems.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

/** One problem, its place first: `devices.count: is not a field of a plan`. */
export function planProblem(issue: z.core.$ZodIssue): string {
  const place = issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `;
  return `${place}${inWords(issue).replace(/\.$/, '')}`;
}

function inWords(issue: z.core.$ZodIssue): string {
  // The schema's own sentences say more than we can here; zod's begin with these words.
  if (!/^(Invalid|Too|Unrecognized)\b/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'unrecognized_keys':
      return `unknown field${issue.keys.length > 1 ? 's' : ''} ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
    case 'invalid_type':
      return issue.input === undefined
        ? `it is missing; ${kind(issue.expected)} belongs here`
        : `${kind(issue.expected)} belongs here`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `it must be ${quoted(issue.values[0])}`
        : `it must be one of ${issue.values.map(quoted).join(', ')}`;
    case 'invalid_union':
      if ('options' in issue && issue.options)
        return `it must be one of ${issue.options.map(quoted).join(', ')}`;
      return 'it is none of the forms that may stand here';
    case 'too_small':
      return issue.origin === 'array' ? 'the list is too short' : `it must be at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'array'
        ? `the list holds at most ${issue.maximum}`
        : `it must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

const kinds: Record<string, string> = {
  object: 'an object',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function kind(expected: string): string {
  return kinds[expected] ?? expected;
}

function quoted(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
