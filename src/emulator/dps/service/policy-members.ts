/** By which members an enrollment names its policy, in an api-version. */
import { firstCertificatePolicyApiVersion } from '../../../dps/contract/api-versions.js';

/**
 * An enrollment without the members that an api-version does not have: they are ignored in requests, and left out of
 * replies. Those before Azure Device Registry have `credentialPolicyName` here, too.
 */
export function withPolicyMembersOf(apiVersion: string, enrollment: unknown): unknown {
  if (typeof enrollment !== 'object' || enrollment === null || Array.isArray(enrollment)) return enrollment;
  const { credentialPolicyName, namespaceName, certificateAuthorityName, certificatePolicyName, ...others } =
    enrollment as Record<string, unknown>;
  const members =
    apiVersion.toLowerCase() < firstCertificatePolicyApiVersion
      ? { credentialPolicyName }
      : { namespaceName, certificateAuthorityName, certificatePolicyName };
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return { ...others, ...Object.fromEntries(given) };
}
