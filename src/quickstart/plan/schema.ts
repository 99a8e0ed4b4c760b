/** The schema of a plan file, from the table of its fields; templates/plan.schema.json is written from it. */
import * as z from 'zod';
import { hubDeviceIdProblem, registrationIdProblem } from '../../dps/contract/ids.js';
import { answersOf, planVersion } from './answers.js';
import { type Field, fieldEntries, fieldsOf, type GroupName, type Plan, type Problem } from './fields.js';

/** A text that obeys a rule, told in the rule's own words. */
function text(problem: Problem, pattern?: RegExp): z.ZodString {
  const schema = z.string().superRefine((value, context) => {
    const message = problem(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
  return pattern === undefined ? schema : schema.meta({ pattern: pattern.source });
}

const jsonObject = z.record(z.string(), z.json());

/** Tags and desired properties, as Azure's enrollments have them. */
export const twinSchema = z.strictObject({
  tags: jsonObject.optional(),
  properties: z.strictObject({ desired: jsonObject }).optional(),
});

/** By registration ID. */
const devicesSchema = z.record(
  text(registrationIdProblem),
  z.strictObject({ deviceId: text(hubDeviceIdProblem).optional(), tags: jsonObject.optional() }),
);

function valueSchema(field: Field): z.ZodType {
  switch (field.kind) {
    case 'choice':
      return z.enum(Object.keys(field.choices));
    case 'switch':
      return z.boolean();
    case 'number':
      return z.number().int().min(field.minimum).max(field.maximum);
    case 'text': {
      const schema = text(field.problem, field.pattern);
      return field.default === null ? schema.nullable() : schema;
    }
    case 'list': {
      const entries = z.array(text(field.problem)).min(1, field.empty);
      const schema = field.maximum === undefined ? entries : entries.max(field.maximum);
      return field.default === null ? schema.nullable() : schema;
    }
    case 'twin':
      return twinSchema.nullable();
    case 'devices':
      return devicesSchema.nullable();
  }
}

/** Every field with a default may be left out, as a plan of an older release does. */
function fieldSchema(field: Field): z.ZodType {
  const value = valueSchema(field);
  const schema = field.description === undefined ? value : value.describe(field.description);
  if (field.default !== undefined) return schema.default(field.default);
  return 'required' in field ? schema : schema.optional();
}

function optionalSchema(field: Field): z.ZodType {
  const value = valueSchema(field);
  return (field.description === undefined ? value : value.describe(field.description)).optional();
}

function membersOf(group: GroupName): Record<string, z.ZodType> {
  return Object.fromEntries(fieldsOf(group).map(([name, field]) => [name, fieldSchema(field)]));
}

function groupSchema<Group extends GroupName>(group: Group): z.ZodType<Plan[Group]> {
  return z.strictObject(membersOf(group)).prefault({}) as unknown as z.ZodType<Plan[Group]>;
}

/** Of a service in Azure: what a plan leaves out stays out, so that a plan says no more than it was told. */
const azureMembers = Object.fromEntries(
  fieldsOf('target')
    .filter(([name]) => name !== 'kind')
    .map(([name, field]) => [name, 'required' in field ? fieldSchema(field) : optionalSchema(field)]),
);

export const targetSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('emulator') }).describe('The embedded DPS: no account, no network.'),
    z
      .strictObject({ kind: z.literal('azure'), ...azureMembers })
      .describe('A provisioning service in Azure.'),
  ])
  .default({ kind: 'emulator' }) as unknown as z.ZodType<Plan['target']>;

export const planSchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(planVersion).default(planVersion),
    target: targetSchema,
    certificates: groupSchema('certificates'),
    certificateAuthority: groupSchema('certificateAuthority'),
    enrollmentGroup: groupSchema('enrollmentGroup'),
    devices: groupSchema('devices'),
  })
  .superRefine((plan, context) => {
    const answers = answersOf(plan);
    for (const [path, field] of fieldEntries) {
      const place: (string | number)[] = path.split('.');
      const issue = (message: string, ...below: number[]) =>
        context.addIssue({ code: 'custom', path: [...place, ...below], message });
      const conflict = field.conflict?.(answers);
      if (conflict !== undefined) issue(conflict);
      const value = answers[path];
      if (field.kind !== 'list' || !Array.isArray(value)) continue;
      const problem = field.listProblem?.(value, answers);
      if (problem) issue(problem.message, ...(problem.index === undefined ? [] : [problem.index]));
    }
  })
  .describe('A plan of enrollkit quickstart.');
