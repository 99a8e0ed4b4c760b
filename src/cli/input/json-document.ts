/** A JSON file that a person wrote, held against its schema; each problem is named with its place in the file. */
import type * as z from 'zod';
import { type JsonSource, JsonSyntaxError, type Place, parseJsonSource } from '../../json-source.js';
import { planProblem, problemLines } from '../../quickstart/plan/plan-problem.js';
import { readInputFile } from './input-file.js';

export interface JsonDocument<Value> {
  value: Value;
  /** `file:line:column` of the value at a path, or of the nearest one above it. */
  at(path: readonly PropertyKey[]): string;
}

/**
 * @param invalid makes the error of a sentence, or of several
 * @param options `prepare` is what is done to the value before it is checked, and may throw with a place; `maxBytes` is a
 *   smaller limit than that of all files
 * @throws EnrollkitError FILE_UNREADABLE, or what `invalid` makes
 */
export function readJsonDocument<Value>(
  path: string,
  schema: z.ZodType<Value>,
  invalid: (message: string) => Error,
  {
    prepare = (value) => value,
    maxBytes,
  }: {
    prepare?: (value: unknown, at: JsonDocument<Value>['at']) => unknown;
    maxBytes?: number;
  } = {},
): JsonDocument<Value> {
  const show = ({ line, column }: Place) => `${path}:${line}:${column}`;
  let source: JsonSource;
  try {
    source = parseJsonSource(readInputFile(path, maxBytes === undefined ? {} : { maxBytes }));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw invalid(`${show(error.place)}: ${error.problem}.`);
  }
  const at = (of: readonly PropertyKey[]) => show(source.placeOf(of));
  const result = schema.safeParse(prepare(source.value, at), { reportInput: true });
  if (result.success) return { value: result.data, at };
  const problems = result.error.issues.flatMap(issuesOfClosestForm).map((issue) => {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    return `${show(source.placeOf(issue.path, unknown))}: ${planProblem(issue)}`;
  });
  throw invalid(problemLines(problems));
}

/** Where a value may have one of several forms, the problems of the form that it resembles. */
function issuesOfClosestForm(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const close = issue.errors.filter(([first]) => first?.code !== 'invalid_type' || first.path.length > 0);
  if (close.length !== 1) return [issue];
  return close[0]!.flatMap((one) => issuesOfClosestForm({ ...one, path: [...issue.path, ...one.path] }));
}
