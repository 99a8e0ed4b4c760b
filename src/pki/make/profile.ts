/** Certificate profiles: data from templates/profiles, one file per role. */

import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { packageFile } from '../../package-files.js';
import { keyUsageNames } from '../x509/extensions.js';

export const roles = ['root', 'intermediate', 'device', 'verification', 'edge-ca', 'server'] as const;
export type Role = (typeof roles)[number];

/** Key usages that a profile can have; encipherOnly and decipherOnly are not for signing keys. */
const keyUsage = z.enum(keyUsageNames).exclude(['encipherOnly', 'decipherOnly']);
export type KeyUsageName = z.infer<typeof keyUsage>;

const extendedKeyUsage = z.enum(['serverAuth', 'clientAuth', 'emailProtection']);

/** Netscape Certificate Type, in bit order; obsolete, but the scripts that certgen replaces set it. */
export const netscapeCertTypes = ['sslClient', 'sslServer', 'smime'] as const;
export type NetscapeCertType = (typeof netscapeCertTypes)[number];

/** The extensions that a profile can order; those missing from a certificate are skipped. */
export const extensionNames = [
  'basicConstraints',
  'keyUsage',
  'subjectKeyIdentifier',
  'authorityKeyIdentifier',
  'extendedKeyUsage',
  'subjectAlternativeName',
  'netscapeCertType',
  'netscapeComment',
] as const;
export type ExtensionName = (typeof extensionNames)[number];

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
    backdateMinutes: z
      .number()
      .int()
      .min(0)
      .max(1440)
      .optional()
      .describe(
        'How much earlier than now a certificate begins, for devices whose clock is behind; 15 when left out.',
      ),
    basicConstraints: z
      .strictObject({
        certificateAuthority: z.boolean(),
        critical: z
          .boolean()
          .optional()
          .describe('Whether the extension is critical, as RFC 5280 asks of a CA; true when left out.'),
        pathLength: z
          .number()
          .int()
          .min(0)
          .max(16)
          .optional()
          .describe(
            'How many intermediate certificates may be below this CA, not counting the last certificate.',
          ),
      })
      .describe('RFC 5280 section 4.2.1.9.'),
    keyUsage: z.array(keyUsage).min(1).describe('RFC 5280 section 4.2.1.3; always critical.'),
    additionalKeyUsageForRsa: z
      .array(keyUsage)
      .optional()
      .describe('What an RSA key is used for besides; RSA key transport needs keyEncipherment.'),
    extendedKeyUsage: z.array(extendedKeyUsage).optional().describe('RFC 5280 section 4.2.1.12.'),
    authorityKeyIdentifier: z
      .enum(['keyIdentifier', 'keyIdentifierAndIssuer'])
      .optional()
      .describe(
        'RFC 5280 section 4.2.1.1: the key identifier alone, or also the name of the issuer’s issuer and the issuer’s serial number. The first when left out.',
      ),
    netscapeCertType: z
      .array(z.enum(netscapeCertTypes))
      .min(1)
      .optional()
      .describe('Netscape Certificate Type: obsolete, for programs that still ask for it.'),
    netscapeComment: z
      .string()
      .min(1)
      .max(200)
      .regex(/^[\x20-\x7e]*$/)
      .optional()
      .describe('Netscape Comment: obsolete; printable ASCII.'),
    extensionOrder: z
      .array(z.enum(extensionNames))
      .refine((names) => new Set(names).size === names.length, {
        error: () => sentences.pkiMake.extensionTwice,
      })
      .optional()
      .describe('Which extensions come first, in this order; the others follow in the usual one.'),
  })
  .refine(
    (profile) => profile.basicConstraints.certificateAuthority === profile.keyUsage.includes('keyCertSign'),
    {
      path: ['keyUsage'],
      error: () => sentences.pkiMake.keyCertSignOfAuthorities,
    },
  )
  .refine(
    ({ basicConstraints }) =>
      basicConstraints.certificateAuthority || basicConstraints.pathLength === undefined,
    { path: ['basicConstraints', 'pathLength'], error: () => sentences.pkiMake.pathLengthOfAuthorities },
  )
  .refine(
    ({ basicConstraints }) => !basicConstraints.certificateAuthority || basicConstraints.critical !== false,
    {
      path: ['basicConstraints', 'critical'],
      error: () => sentences.pkiMake.criticalConstraints,
    },
  )
  .describe('The shape of the certificates of one role.');

export type Profile = Readonly<z.infer<typeof profileSchema>>;

const loaded = new Map<ProfileName, Profile>();

/** The profiles of the certGen.sh scripts. */
const certgenProfiles = [
  'certgen/ca',
  'certgen/device',
  'certgen/edge/ca',
  'certgen/edge/device',
  'certgen/edge/server',
] as const;
export type ProfileName = Role | (typeof certgenProfiles)[number];

/** Loads one of enrollkit's own profiles: for a role, or for one of the certGen.sh scripts. */
export function loadProfile(name: ProfileName): Profile {
  let profile = loaded.get(name);
  if (!profile) {
    const path = `templates/profiles/${name}.json`;
    profile = parseProfile(readFileSync(packageFile(path), 'utf8'), path);
    loaded.set(name, profile);
  }
  return profile;
}

/**
 * Reads a profile from its JSON text.
 *
 * @param source name of the text, for errors
 * @throws EnrollkitError INVALID_PROFILE, with the place in the file
 */
function parseProfile(json: string, source: string): Profile {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (cause) {
    throw new EnrollkitError(
      'INVALID_PROFILE',
      sentences.pkiMake.profileNotJson(source, (cause as Error).message),
      {
        cause,
      },
    );
  }
  const result = profileSchema.safeParse(data);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const place = issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    throw new EnrollkitError('INVALID_PROFILE', `${source}${place}: ${issue.message}.`);
  }
  return result.data;
}
