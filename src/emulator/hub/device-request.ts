/**
 * Reads a device identity that the service creates or changes, from JSON.
 *
 * Source: Microsoft Learn, IoT Hub service REST API 2021-04-12, Devices - Create Or Update Identity.
 */
import * as z from 'zod';
import { HubError } from './hub-error.js';
import type { DeviceSettings, RequestedCredential } from './identities.js';

/** Microsoft Learn, "Understand the identity registry": at most 128 of these characters, case-sensitive. */
const deviceId = /^[A-Za-z0-9\-._:+%#*?!(),=@$']{1,128}$/;
/** SHA-1 or SHA-256. */
const thumbprint = /^([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/;

const text = z.string().nullish();

/** The members of a device identity that the service can set. */
export const deviceIdentity = z.object({
  status: z.enum(['enabled', 'disabled']).nullish(),
  statusReason: z.string().max(128).nullish(),
  authentication: z
    .object({
      type: z.enum(['sas', 'selfSigned', 'certificateAuthority', 'none']).nullish(),
      symmetricKey: z.object({ primaryKey: text, secondaryKey: text }).nullish(),
      x509Thumbprint: z.object({ primaryThumbprint: text, secondaryThumbprint: text }).nullish(),
    })
    .nullish(),
  capabilities: z.object({ iotEdge: z.boolean().nullish() }).nullish(),
});
type Authentication = z.infer<typeof deviceIdentity>['authentication'];

/** @throws HubError ArgumentInvalid */
export function assertDeviceId(value: unknown): asserts value is string {
  if (typeof value === 'string' && deviceId.test(value)) return;
  throw new HubError('ArgumentInvalid', {
    message: 'A device ID has 1 to 128 letters, digits or - . _ : + % # * ? ! ( ) , = @ $ and apostrophes.',
  });
}

/**
 * @param body an object with the members of a device identity; others are ignored
 * @throws HubError ArgumentInvalid
 */
export function parseDeviceSettings(body: unknown): DeviceSettings {
  const parsed = deviceIdentity.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const where = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
    throw invalid(`${where}${issue.message}`);
  }
  const { status, statusReason, authentication, capabilities } = parsed.data;
  return {
    credential: readCredential(authentication),
    status: status ?? 'enabled',
    statusReason: statusReason ?? undefined,
    iotEdge: capabilities?.iotEdge ?? false,
  };
}

/** @throws HubError ArgumentInvalid */
function readCredential(authentication: Authentication): RequestedCredential {
  const primary = authentication?.x509Thumbprint?.primaryThumbprint || undefined;
  const secondary = authentication?.x509Thumbprint?.secondaryThumbprint || undefined;
  const type = authentication?.type ?? (primary || secondary ? 'selfSigned' : 'sas');
  switch (type) {
    case 'none':
      throw invalid('authentication.type: none is for modules, which are not emulated');
    case 'sas':
      return { type, symmetricKeys: readKeys(authentication?.symmetricKey) };
    case 'certificateAuthority':
      return { type };
    case 'selfSigned':
      if (!primary && !secondary) throw invalid('authentication.x509Thumbprint: a thumbprint is missing');
      for (const value of [primary, secondary]) {
        if (value !== undefined && !thumbprint.test(value)) {
          throw invalid('authentication.x509Thumbprint: a thumbprint has 40 or 64 hexadecimal digits');
        }
      }
      return {
        type,
        primaryThumbprint: primary?.toUpperCase(),
        secondaryThumbprint: secondary?.toUpperCase(),
      };
  }
}

/** Both keys or neither: the hub generates keys only when both are missing. */
function readKeys(keys: NonNullable<Authentication>['symmetricKey']): [string, string] | undefined {
  const primary = keys?.primaryKey || undefined;
  const secondary = keys?.secondaryKey || undefined;
  if (primary === undefined && secondary === undefined) return undefined;
  for (const [name, value] of [
    ['primaryKey', primary],
    ['secondaryKey', secondary],
  ] as const) {
    if (value === undefined) throw invalid(`authentication.symmetricKey.${name} is missing`);
    const bytes = Buffer.from(value, 'base64');
    if (bytes.toString('base64') !== value || bytes.length < 16 || bytes.length > 64) {
      throw invalid(`authentication.symmetricKey.${name} must be base64 of 16 to 64 octets`);
    }
  }
  return [primary!, secondary!];
}

function invalid(message: string): HubError {
  return new HubError('ArgumentInvalid', { message: `${message}.`.replace(/\.\.$/, '.') });
}
