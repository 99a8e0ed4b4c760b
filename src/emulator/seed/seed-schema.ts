/** What an emulator can be started with: the same objects that clients would send, in one document. */
import { z } from 'zod';
import { hubNameProblem, serviceNameProblem } from '../../dps/contract/ids.js';
import { enrollmentGroup, individualEnrollment } from '../../dps/contract/schemas.js';
import { deviceIdentity } from '../hub/device-request.js';

/** What the service alone sets. */
const readOnly = { etag: true, createdDateTimeUtc: true, lastUpdatedDateTimeUtc: true } as const;

type Document<Field extends string> = Record<string, unknown> & Record<Field, string>;
type Enrollment<Field extends string> = z.ZodType<Document<Field>, Document<Field>>;

const properties = z.record(z.string(), z.unknown());

const hubName = named(hubNameProblem);
const serviceName = named(serviceNameProblem);

/** Source of the weight's range: Microsoft Learn, "How to use allocation policies". */
const linkedHub = z.object({
  name: hubName,
  location: z.string().min(1).optional(),
  applyAllocationPolicy: z.boolean().optional().describe('False: no device is assigned to it.'),
  allocationWeight: z.number().int().min(1).max(1000).optional().describe('1 when it is left out.'),
});

/** What a provisioning service has. */
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
        verified: z.boolean().default(true).describe('Whether possession of its key counts as proven.'),
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

/** A field that the schema does not have is a slip of the pen here, and no field of a newer service. */
export const emulatorSeedSchema = strictly(seed, false) as typeof seed;

/** As it stands in a file: with `certificateFile`, relative to that file, wherever a `certificate` may stand. */
export const emulatorSeedFileSchema = strictly(seed, true);

export type EmulatorSeed = z.input<typeof emulatorSeedSchema>;

/** What a seed has of one provisioning service. */
export type ServiceSeed = Pick<z.output<typeof emulatorSeedSchema>, keyof typeof serviceFields>;

/** The hubs that a seed asks for. */
export function hubsOf(seed: EmulatorSeed | undefined): { name: string; latency?: number | undefined }[] {
  return (seed?.hubs ?? []).map((hub) => (typeof hub === 'string' ? { name: hub } : hub));
}

/** Whether a seed has anything of the service that it does not list below `services`. */
export function hasOwnService(seed: EmulatorSeed): boolean {
  return Object.keys(serviceFields).some((field) => seed[field as keyof EmulatorSeed] !== undefined);
}

/** What the first service is called when a seed makes it; undefined when the seed leaves that open. */
export function firstServiceNameOf(seed: EmulatorSeed | undefined): string | undefined {
  if (seed === undefined) return undefined;
  return seed.name ?? (hasOwnService(seed) ? undefined : seed.services?.[0]?.name);
}

/** The names of the provisioning services that a seed asks for. */
export function serviceNamesOf(seed: EmulatorSeed | undefined): string[] {
  return [seed?.name, ...(seed?.services ?? []).map(({ name }) => name)].filter((name) => name !== undefined);
}

function named(problemOf: (name: string) => string | undefined): z.ZodString {
  return z.string().superRefine((name, { addIssue }) => {
    const problem = problemOf(name);
    if (problem) addIssue(problem);
  });
}

function strictly(schema: z.ZodType, files: boolean): z.ZodType {
  const strict = convert(schema, files);
  return schema.description === undefined ? strict : strict.describe(schema.description);
}

function convert(schema: z.ZodType, files: boolean): z.ZodType {
  if (schema instanceof z.ZodOptional) return strictly(schema.unwrap() as z.ZodType, files).optional();
  if (schema instanceof z.ZodNullable) return strictly(schema.unwrap() as z.ZodType, files).nullable();
  if (schema instanceof z.ZodUnion)
    return z.union(schema.options.map((option) => strictly(option as z.ZodType, files)));
  if (schema instanceof z.ZodArray) return z.array(strictly(schema.element as z.ZodType, files));
  if (!(schema instanceof z.ZodObject)) return schema;
  const shape = Object.fromEntries(
    Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, field]) => [
      name,
      strictly(field, files),
    ]),
  );
  if (files && shape.certificate) {
    shape.certificate = shape.certificate.optional();
    shape.certificateFile = z.string().optional().describe('In place of certificate: a file, PEM.');
  }
  return z.strictObject(shape);
}
