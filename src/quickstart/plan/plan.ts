/** Plan files: reading those of this release and of older ones, and writing them. */
import type * as z from 'zod';
import { EnrollkitError } from '../../errors.js';
import { type JsonSource, JsonSyntaxError, parseJsonSource } from '../../json-source.js';
import { sentences } from '../../languages/language.js';
import { readTextIfExists } from '../../workspace/files.js';
import { planVersion } from './answers.js';
import type { GroupName, Plan } from './fields.js';
import { planProblem, problemLines } from './plan-problem.js';
import { planSchema } from './schema.js';

/** Turns a plan of one version into one of the next. It gets whatever a file holds, and must not throw. */
export type Upgrade = (plan: Record<string, unknown>) => Record<string, unknown>;

/**
 * One entry for each version that a release has replaced, version 1 first. A new field needs none: it has a default.
 * When the meaning of a field changes, or a field gets another name: add an entry, and increment `planVersion`.
 */
const upgrades: readonly Upgrade[] = [];

/**
 * Checks data that may be a plan. Fields that are left out, as in a plan of an older release, get their defaults.
 *
 * @param source what errors call it, the path of a file for instance
 * @param next what to do about it, if it is not a file
 * @throws EnrollkitError INVALID_PLAN, naming every place that is wrong
 */
export function checkPlan(data: unknown, source: string, next?: string): Plan {
  return checked(planSchema, upgraded(data, source), { source, next });
}

/**
 * Reads a plan from its JSON text.
 *
 * @throws EnrollkitError INVALID_PLAN, naming lines and columns
 */
export function parsePlan(json: string, source: string): Plan {
  const file = parseSource(json, source);
  return checked(planSchema, upgraded(file.value, source, file), { source, file });
}

/**
 * Reads one group of a plan, whatever the rest of it holds: fields of a newer release, or mistakes.
 *
 * @throws EnrollkitError INVALID_PLAN
 */
export function parsePlanGroup<Group extends GroupName>(
  json: string,
  source: string,
  group: Group,
): Plan[Group] {
  const file = parseSource(json, source);
  const data = record(file.value, source, file);
  const version = versionOf(data);
  const plan = version !== undefined && version < planVersion ? upgradedFrom(data, version) : data;
  const schema = planSchema.shape[group] as unknown as z.ZodType<Plan[Group]>;
  return checked(schema, withTargetKind(plan)[group], { source, file, path: [group] });
}

/**
 * Refuses a plan file of a newer release, before a run overwrites it. Any other file is not this function's business.
 *
 * @throws EnrollkitError INVALID_PLAN, FILE_UNREADABLE
 */
export function assertNotNewer(path: string): void {
  const json = readTextIfExists(path);
  if (json === undefined) return;
  let file: JsonSource;
  try {
    file = parseJsonSource(json);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return;
    throw error;
  }
  if (isRecord(file.value) && (versionOf(file.value) ?? 0) > planVersion) upgraded(file.value, path, file);
}

/** A plan as the text of its file. */
export function formatPlan(plan: Plan): string {
  return `${JSON.stringify(plan, null, 2)}\n`;
}

/**
 * A plan with the meaning that this release gives to its fields.
 *
 * @param table entry 0 upgrades version 1
 */
export function upgradedFrom(
  plan: Record<string, unknown>,
  version: number,
  table: readonly Upgrade[] = upgrades,
): Record<string, unknown> {
  return table
    .slice(version - 1)
    .reduce((older, upgrade, index) => ({ ...upgrade(older), version: version + index + 1 }), plan);
}

function upgraded(data: unknown, source: string, file?: JsonSource): Record<string, unknown> {
  const plan = record(data, source, file);
  const version = versionOf(plan);
  const place = placed(source, file, ['version']);
  if (version === undefined) {
    throw invalid(source, file, [`${place}version: ${sentences.quickstartPlan.invalidVersion}`]);
  }
  if (version > planVersion) {
    const message = sentences.quickstartPlan.newer(version, planVersion);
    throw invalid(source, file, [`${place}version: ${message}`], sentences.quickstartPlan.newerNext);
  }
  return withTargetKind(upgradedFrom(plan, version));
}

/** The default of `target.kind`: the name of a provisioning service says that it is in Azure. */
function withTargetKind(plan: Record<string, unknown>): Record<string, unknown> {
  const { target } = plan;
  if (!isRecord(target) || 'kind' in target) return plan;
  return { ...plan, target: { kind: 'dpsName' in target ? 'azure' : 'emulator', ...target } };
}

/** Undefined for what cannot be a version; the oldest one where none is given. */
function versionOf({ version = 1 }: Record<string, unknown>): number | undefined {
  return typeof version === 'number' && Number.isInteger(version) && version >= 1 ? version : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function record(data: unknown, source: string, file: JsonSource | undefined): Record<string, unknown> {
  if (isRecord(data)) return data;
  throw invalid(source, file, [
    `${placed(source, file, [])}${sentences.quickstartPlan.wrongType(sentences.quickstartPlan.kinds.object)}`,
  ]);
}

function parseSource(json: string, source: string): JsonSource {
  try {
    return parseJsonSource(json);
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    const { line, column } = cause.place;
    throw new EnrollkitError('INVALID_PLAN', `${source}:${line}:${column}: ${cause.problem}.`, { cause });
  }
}

interface Checking {
  source: string;
  next?: string | undefined;
  /** For the places of problems. */
  file?: JsonSource;
  /** Where the value is in the file. */
  path?: readonly PropertyKey[];
}

function checked<Value>(
  schema: z.ZodType<Value>,
  value: unknown,
  { source, next, file, path = [] }: Checking,
): Value {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const place = [...path, ...issue.path];
    const key = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    return `${placed(source, file, place, key)}${planProblem({ ...issue, path: place })}`;
  });
  throw invalid(source, file, problems, next);
}

/** `plan.json:3:5: `; empty for data without a file. */
function placed(
  source: string,
  file: JsonSource | undefined,
  path: readonly PropertyKey[],
  key?: string,
): string {
  if (file === undefined) return '';
  const { line, column } = file.placeOf(path, key);
  return `${source}:${line}:${column}: `;
}

/** The problems of a file have their place; those of flags are introduced by what gave the flags. */
function invalid(
  source: string,
  file: JsonSource | undefined,
  problems: readonly string[],
  next?: string,
): EnrollkitError {
  const message = file ? problemLines(problems) : sentences.quickstartPlan.notAPlan(source, problems);
  return new EnrollkitError('INVALID_PLAN', message, {
    context: { problems },
    ...(next === undefined ? {} : { next }),
  });
}
