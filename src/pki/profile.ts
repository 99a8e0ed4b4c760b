/** What a certificate of a role looks like: data, read from templates/profiles, one file a role. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { EnrollkitError } from '../errors.js';

export const roles = ['root', 'intermediate', 'device', 'verification', 'edge-ca', 'server'] as const;
export type Role = (typeof roles)[number];

/** RFC 5280 section 4.2.1.3, in the order of the bits. */
export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
] as const;
export type KeyUsageName = (typeof keyUsages)[number];

/** RFC 5280 section 4.2.1.12. */
export const extendedKeyUsages = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;
export type ExtendedKeyUsageName = keyof typeof extendedKeyUsages;

export const profileSchema = z
  .strictObject({
    $schema: z.string().optional(),
    role: z.enum(roles).describe('What certificates of this profile are for.'),
    summary: z.string().describe('One sentence for people.'),
    validityDays: z
      .number()
      .int()
      .min(1)
      .max(36_500)
      .describe('How long a certificate is valid, in days. Its end is never later than its issuer’s.'),
    basicConstraints: z
      .strictObject({
        certificateAuthority: z.boolean(),
        pathLength: z
          .number()
          .int()
          .min(0)
          .max(16)
          .optional()
          .describe(
            'How many intermediate certificates may stand below this CA, not counting the last certificate.',
          ),
      })
      .describe('RFC 5280 section 4.2.1.9; always critical.'),
    keyUsage: z.array(z.enum(keyUsages)).min(1).describe('RFC 5280 section 4.2.1.3; always critical.'),
    additionalKeyUsageForRsa: z
      .array(z.enum(keyUsages))
      .optional()
      .describe('What an RSA key is used for besides; RSA key transport needs keyEncipherment.'),
    extendedKeyUsage: z
      .array(z.enum(Object.keys(extendedKeyUsages) as [ExtendedKeyUsageName, ...ExtendedKeyUsageName[]]))
      .optional()
      .describe('RFC 5280 section 4.2.1.12.'),
  })
  .refine(
    (profile) => profile.basicConstraints.certificateAuthority === profile.keyUsage.includes('keyCertSign'),
    {
      path: ['keyUsage'],
      message: 'keyCertSign belongs to certificate authorities, and only to them (RFC 5280 section 4.2.1.3)',
    },
  )
  .refine(
    ({ basicConstraints }) =>
      basicConstraints.certificateAuthority || basicConstraints.pathLength === undefined,
    { path: ['basicConstraints', 'pathLength'], message: 'only a certificate authority has a path length' },
  )
  .describe('The shape of the certificates of one role.');

export type Profile = Readonly<z.infer<typeof profileSchema>>;

const folder = new URL('../../templates/profiles/', import.meta.url);
const loaded = new Map<Role, Profile>();

/** The profile of a role, as enrollkit ships it. */
export function loadProfile(role: Role): Profile {
  let profile = loaded.get(role);
  if (!profile) {
    profile = parseProfile(
      readFileSync(new URL(`${role}.json`, folder), 'utf8'),
      `templates/profiles/${role}.json`,
    );
    loaded.set(role, profile);
  }
  return profile;
}

/**
 * Reads a profile from its JSON text.
 *
 * @param source what the text is called in errors
 * @throws EnrollkitError INVALID_PROFILE, naming the place in the file
 */
export function parseProfile(json: string, source: string): Profile {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (cause) {
    throw new EnrollkitError('INVALID_PROFILE', `${source} is not JSON: ${(cause as Error).message}.`, {
      cause,
    });
  }
  const result = profileSchema.safeParse(data);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const place = issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    throw new EnrollkitError('INVALID_PROFILE', `${source}${place}: ${issue.message}.`);
  }
  return result.data;
}
