/** The seed of an emulator: the objects that clients would send otherwise, in one document. */
import * as z from 'zod';
import { hubNameProblem, serviceNameProblem } from '../../dps/contract/ids.js';
import { enrollmentGroup, individualEnrollment } from '../../dps/contract/schemas.js';
import { deviceIdentity } from '../hub/device-request.js';

/** Fields that only the service sets. */
const readOnly = { etag: true, createdDateTimeUtc: true, lastUpdatedDateTimeUtc: true } as const;

type Document<Field extends string> = Record<string, unknown> & Record<Field, string>;
type Enrollment<Field extends string> = z.ZodType<Document<Field>, Document<Field>>;

const properties = z.record(z.string(), z.unknown());

const hubName = nameSchema(hubNameProblem);
const serviceName = nameSchema(serviceNameProblem);

/** Source of the weight's range: Microsoft Learn, "How to use allocation policies". */
const linkedHub = z.object({
  name: hubName,
  location: z.string().min(1).optional(),
  applyAllocationPolicy: z.boolean().optional().describe('False: no device is assigned to it.'),
  allocationWeight: z.number().int().min(1).max(1000).optional().describe('1 when it is left out.'),
});

/** The fields for one provisioning service. */
const serviceFields = {
  allocationPolicy: z
    .enum(['hashed', 'geoLatency', 'static'])
    .optional()
    .describe('Of enrollments that name none: hashed when it is left out.'),
  iotHubs: z
    .array(z.union([hubName, linkedHub]))
    .optional()
    .describe(
      'The hubs that it links, in this order; as they are linked already when it is left out, all at first.',
    ),
  certificates: z
    .array(
      z.object({
        name: z.string().describe('Its name in the provisioning service.'),
        certificate: z.string().describe('PEM, or base64 of DER.'),
        verified: z.boolean().default(true).describe('Whether it is verified.'),
      }),
    )
    .optional()
    .describe('CA certificates, as uploaded through Azure Resource Manager.'),
  enrollmentGroups: z
    .array(enrollmentGroup.omit(readOnly) as unknown as Enrollment<'enrollmentGroupId'>)
    .optional()
    .describe('As PUT on the service plane takes them; hubs by ID, such as hub-1, or by name.'),
  enrollments: z
    .array(individualEnrollment.omit(readOnly) as unknown as Enrollment<'registrationId'>)
    .optional()
    .describe('Individual enrollments, likewise.'),
};

const seed = z.object({
  $schema: z.string().optional(),
  hubs: z
    .array(
      z.union([
        hubName,
        z.object({
          name: hubName,
          latency: z
            .number()
            .min(0)
            .max(60_000)
            .optional()
            .describe('Milliseconds that devices are taken to be away from it, for geoLatency; 0 at first.'),
        }),
      ]),
    )
    .optional()
    .describe('IoT hubs to be there, each linked to every service that does not say which hubs it links.'),
  name: serviceName
    .optional()
    .describe(
      'The provisioning service that has what stands beside this; the first one when it is left out.',
    ),
  ...serviceFields,
  services: z
    .array(z.object({ name: serviceName, ...serviceFields }))
    .optional()
    .describe('Further provisioning services to be there.'),
  devices: z
    .array(
      deviceIdentity.extend({
        deviceId: z.string(),
        hub: z.string().optional().describe('The name of its hub; the first one when it is left out.'),
        tags: properties.optional().describe('Of its twin.'),
        desired: properties.optional().describe('Properties of its twin.'),
      }),
    )
    .optional()
    .describe('Device identities, as PUT on a hub takes them. One that is there already stays as it is.'),
});

/** Unknown fields are refused: in a seed, they are mistakes rather than fields of a newer service. */
export function emulatorSeedSchema(): typeof seed {
  // Made when a seed is read: it takes longer than starting the listeners.
  return strictSchema(seed, { files: false }) as typeof seed;
}

/** The seed in a file, which may have `certificateFile`, relative to it, in place of any `certificate`. */
export function emulatorSeedFileSchema(): z.ZodType {
  return strictSchema(seed, { files: true });
}

export type EmulatorSeed = z.input<typeof seed>;

/** The part of a seed for one provisioning service. */
export type ServiceSeed = Pick<z.output<typeof seed>, keyof typeof serviceFields>;

/** The hubs that a seed creates or changes. */
export function hubsOf(seed: EmulatorSeed | undefined): { name: string; latency?: number | undefined }[] {
  return (seed?.hubs ?? []).map((hub) => (typeof hub === 'string' ? { name: hub } : hub));
}

/** Whether the top level of a seed has fields for a provisioning service. */
export function hasOwnService(seed: EmulatorSeed): boolean {
  return Object.keys(serviceFields).some((field) => seed[field as keyof EmulatorSeed] !== undefined);
}

/** The name of the first service when a seed creates it; undefined if the seed does not say. */
export function firstServiceNameOf(seed: EmulatorSeed | undefined): string | undefined {
  if (seed === undefined) return undefined;
  return seed.name ?? (hasOwnService(seed) ? undefined : seed.services?.[0]?.name);
}

/** The names of the provisioning services in a seed. */
export function serviceNamesOf(seed: EmulatorSeed | undefined): string[] {
  return [seed?.name, ...(seed?.services ?? []).map(({ name }) => name)].filter((name) => name !== undefined);
}

function nameSchema(problemOf: (name: string) => string | undefined): z.ZodString {
  return z.string().superRefine((name, { addIssue }) => {
    const problem = problemOf(name);
    if (problem) addIssue(problem);
  });
}

/**
 * The same schema without unknown fields at any level.
 *
 * @param files whether a `certificateFile` may replace a `certificate`
 */
function strictSchema(schema: z.ZodType, options: { files: boolean }): z.ZodType {
  const strict = strictForm(schema, options);
  return schema.description === undefined ? strict : strict.describe(schema.description);
}

function strictForm(schema: z.ZodType, options: { files: boolean }): z.ZodType {
  const strict = (inner: unknown) => strictSchema(inner as z.ZodType, options);
  if (schema instanceof z.ZodOptional) return strict(schema.unwrap()).optional();
  if (schema instanceof z.ZodNullable) return strict(schema.unwrap()).nullable();
  if (schema instanceof z.ZodUnion) return z.union(schema.options.map(strict));
  if (schema instanceof z.ZodArray) return z.array(strict(schema.element));
  if (!(schema instanceof z.ZodObject)) return schema;
  const shape = Object.fromEntries(
    Object.entries(schema.shape).map(([name, field]) => [name, strict(field)]),
  );
  if (options.files && shape.certificate) {
    shape.certificate = shape.certificate.optional();
    shape.certificateFile = z.string().optional().describe('In place of certificate: a file, PEM.');
  }
  return z.strictObject(shape);
}
