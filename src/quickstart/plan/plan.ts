/**
 * The plan: every answer of the wizard, as one schema-checked file. A run reads nothing else, so the same plan gives
 * the same run, here and on another machine. It holds no secret and no path of a machine.
 */
import { z } from 'zod';
import {
  certificateNameProblem,
  enrollmentGroupIdProblem,
  maxCommonNameLength,
  registrationIdProblem,
} from '../../dps/contract/ids.js';
import { allocationPolicies, provisioningStatuses } from '../../dps/contract/schemas.js';
import { EnrollkitError } from '../../errors.js';
import { keyAlgorithms } from '../../pki/keys.js';
import { planProblem } from './plan-problem.js';

/** More devices than this are a fleet. Each is an entry of the plan and a line of the result. */
export const maxDevices = 1000;

const legal =
  (problem: (value: string) => string | undefined) => (value: string, context: z.RefinementCtx) => {
    const message = problem(value);
    if (message) context.addIssue({ code: 'custom', message });
  };

/** A sentence on what is wrong with a common name, or undefined. */
export function commonNameProblem(value: string): string | undefined {
  if (value.trim() === '') return 'A common name is missing.';
  const length = [...value].length;
  if (length > maxCommonNameLength) {
    return `The common name has ${length} characters; a certificate holds at most ${maxCommonNameLength}.`;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get in.
  return /[\u0000-\u001f\u007f]/.test(value) ? 'A common name holds no control characters.' : undefined;
}

const validityDays = z.number().int().min(1).max(36_500);
/** azure-rest-api-specs, the pattern of provisioningServiceName. */
const dpsName = /^(?!\d+$)(?!-)[a-zA-Z0-9-]{2,49}[a-zA-Z0-9]$/;
const jsonObject = z.record(z.string(), z.json());

const targetSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('emulator') }).describe('The embedded DPS: no account, no network.'),
  z
    .strictObject({
      kind: z.literal('azure'),
      dpsName: z
        .string()
        .regex(dpsName, 'A provisioning service has a name of 3 to 50 letters, digits and -.')
        .describe('The name of the provisioning service.'),
      subscriptionId: z
        .guid()
        .optional()
        .describe('Needed for everything but proof of possession in the portal.'),
      resourceGroup: z.string().min(1).optional().describe('As subscriptionId.'),
      idScope: z
        .string()
        .regex(/^0ne[0-9A-Za-z]+$/, 'An ID scope begins with 0ne, as the portal shows it.')
        .optional()
        .describe('Needed only without rights on Azure Resource Manager.'),
    })
    .describe('A provisioning service in Azure.'),
]);

export const planSchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1, 'This enrollkit reads plans of version 1; another one may have written this.'),
    target: targetSchema,
    certificates: z.strictObject({
      keyAlgorithm: z.enum(keyAlgorithms).describe('Of every key: the CAs’ and the devices’.'),
      rootCommonName: z
        .string()
        .superRefine(legal(commonNameProblem))
        .nullable()
        .describe('null: a name of its own for each new root.'),
      intermediate: z
        .boolean()
        .describe('Whether an intermediate CA signs the devices, so that the root can rest.'),
      intermediateCommonName: z
        .string()
        .superRefine(legal(commonNameProblem))
        .nullable()
        .describe('null: a name of its own for each new intermediate.'),
      deviceValidityDays: validityDays,
      encryptKeys: z
        .boolean()
        .describe('Whether private keys are encrypted; the passphrase is never in the plan.'),
    }),
    certificateAuthority: z.strictObject({
      uploaded: z
        .enum(['root', 'intermediate'])
        .describe('The CA that is uploaded, and whose possession is proven.'),
      name: z.string().superRefine(legal(certificateNameProblem)).describe('What it is called in DPS.'),
      proofOfPossession: z
        .enum(['automatic', 'portal'])
        .describe('automatic: over Azure Resource Manager. portal: a person uploads in the portal.'),
    }),
    enrollmentGroup: z.strictObject({
      id: z.string().superRefine(legal(enrollmentGroupIdProblem)),
      attestation: z
        .enum(['caReference', 'certificate'])
        .describe(
          'caReference: by the name of the uploaded CA. certificate: by the CA certificate that signs the devices.',
        ),
      allocationPolicy: z.enum(allocationPolicies).exclude(['custom']),
      iotHubs: z
        .array(z.string().min(1, 'A hub has a host name.'))
        .nullable()
        .describe('Host names of linked hubs; null: all of them.'),
      initialTwin: z
        .strictObject({
          tags: jsonObject.optional(),
          properties: z.strictObject({ desired: jsonObject }).optional(),
        })
        .nullable(),
      reprovisionPolicy: z.enum(['migrate', 'reset', 'never']),
      iotEdge: z
        .boolean()
        .describe('Whether the devices are IoT Edge gateways; each then gets a CA certificate too.'),
      provisioningStatus: z.enum(provisioningStatuses),
    }),
    devices: z.strictObject({
      registrationIds: z
        .array(z.string().superRefine(legal(registrationIdProblem)))
        .min(1)
        .max(maxDevices),
      protocol: z.enum(['mqtt', 'https']).describe('How the devices register.'),
      sendTelemetry: z
        .boolean()
        .describe('Whether each device then sends its hub a message and reads its twin.'),
    }),
  })
  .superRefine((plan, context) => {
    const issue = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const seen = new Map<string, number>();
    for (const [index, id] of plan.devices.registrationIds.entries()) {
      const before = seen.get(id.toLowerCase());
      if (before !== undefined) {
        issue(
          ['devices', 'registrationIds', index],
          `"${id}" is the same registration ID as "${plan.devices.registrationIds[before]}"; letter case does not count.`,
        );
      }
      seen.set(id.toLowerCase(), index);
    }
    if (!plan.certificates.intermediate && plan.certificateAuthority.uploaded === 'intermediate') {
      issue(['certificateAuthority', 'uploaded'], 'There is no intermediate CA in this plan.');
    }
    if (plan.target.kind === 'azure' && plan.certificateAuthority.proofOfPossession === 'automatic') {
      for (const name of ['subscriptionId', 'resourceGroup'] as const) {
        if (plan.target[name] === undefined)
          issue(['target', name], 'It is needed unless proofOfPossession is portal.');
      }
    }
    if (plan.enrollmentGroup.iotHubs?.length === 0) {
      issue(['enrollmentGroup', 'iotHubs'], 'Name at least one hub, or null for all.');
    }
    if (
      plan.enrollmentGroup.allocationPolicy === 'static' &&
      (plan.enrollmentGroup.iotHubs?.length ?? 1) !== 1
    ) {
      issue(['enrollmentGroup', 'iotHubs'], 'The static policy takes exactly one hub.');
    }
  })
  .describe('A plan of enrollkit quickstart.');

export type Plan = Readonly<z.infer<typeof planSchema>>;
export type PlanTarget = Plan['target'];

/** What Enter on every question gives: three devices on the emulator. */
export const defaultPlan: Plan = {
  version: 1,
  target: { kind: 'emulator' },
  certificates: {
    keyAlgorithm: 'ec-p256',
    rootCommonName: null,
    intermediate: true,
    intermediateCommonName: null,
    deviceValidityDays: 365,
    encryptKeys: false,
  },
  certificateAuthority: { uploaded: 'root', name: 'enrollkit-root', proofOfPossession: 'automatic' },
  enrollmentGroup: {
    id: 'enrollkit-devices',
    attestation: 'caReference',
    allocationPolicy: 'hashed',
    iotHubs: null,
    initialTwin: null,
    reprovisionPolicy: 'migrate',
    iotEdge: false,
    provisioningStatus: 'enabled',
  },
  devices: {
    registrationIds: ['device-001', 'device-002', 'device-003'],
    protocol: 'mqtt',
    sendTelemetry: true,
  },
};

/**
 * Checks what may be a plan.
 *
 * @param source what it is called in errors, a file's path for instance
 * @param next what to do about it, where it is no file
 * @throws EnrollkitError INVALID_PLAN, naming every place that is wrong
 */
export function checkPlan(data: unknown, source: string, next?: string): Plan {
  const result = planSchema.safeParse(data, { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.map(planProblem);
  throw new EnrollkitError('INVALID_PLAN', `${source} is not a plan: ${problems.join('; ')}.`, {
    context: { problems },
    ...(next === undefined ? {} : { next }),
  });
}

/**
 * Reads a plan from its JSON text.
 *
 * @throws EnrollkitError INVALID_PLAN
 */
export function parsePlan(json: string, source: string): Plan {
  let data: unknown;
  try {
    data = JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new EnrollkitError('INVALID_PLAN', `${source} is not JSON: ${(cause as Error).message}.`, {
      cause,
    });
  }
  return checkPlan(data, source);
}

/** A plan as the text of its file. */
export function formatPlan(plan: Plan): string {
  return `${JSON.stringify(plan, null, 2)}\n`;
}
