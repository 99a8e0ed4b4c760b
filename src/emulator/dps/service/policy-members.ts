/** By which members an enrollment names its policy, in an api-version. */
import { firstCertificatePolicyApiVersion } from '../../../dps/contract/api-versions.js';
import type { PolicyReference } from '../registry/device-registry.js';

const older = ['credentialPolicyName'] as const;
const newer = ['namespaceName', 'certificateAuthorityName', 'certificatePolicyName'] as const;

/**
 * An enrollment without the members that an api-version does not have: they are ignored in requests, and left out of
 * replies. Versions before Azure Device Registry have `credentialPolicyName` here, too.
 *
 * @param before the stored enrollment that a request replaces: it keeps what the api-version cannot say, which is a guess
 */
export function withPolicyMembersOf(
  apiVersion: string,
  enrollment: unknown,
  before: PolicyReference = {},
): unknown {
  if (typeof enrollment !== 'object' || enrollment === null || Array.isArray(enrollment)) return enrollment;
  const hidden = apiVersion.toLowerCase() < firstCertificatePolicyApiVersion ? newer : older;
  const shown = Object.entries(enrollment).filter(([name]) => !(hidden as readonly string[]).includes(name));
  const isOtherwiseNamed = [...older, ...newer].some((name) =>
    shown.some(([one, value]) => one === name && value != null),
  );
  const kept = isOtherwiseNamed
    ? []
    : hidden.flatMap((name) => (before[name] === undefined ? [] : [[name, before[name]]]));
  return Object.fromEntries([...shown, ...kept]);
}
