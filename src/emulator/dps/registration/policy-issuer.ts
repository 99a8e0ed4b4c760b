/** The CA that issues certificates to devices of an enrollment. */
import { DpsError } from '../dps-error.js';
import type { ProvisioningService } from '../provisioning-service.js';
import type { PolicyReference } from '../registry/device-registry.js';
import { AuthorityProblem } from '../registry/registry-authority.js';
import type { IssuingAuthority } from './issue-certificates.js';

export interface CertificatePolicyIssuer {
  signer: IssuingAuthority;
  /** PEM: the CAs above it. */
  above: readonly string[];
  /** Of the certificates. */
  validityDays: number;
}

/** The policy of enrollments that name none, of a service that is linked to no namespace. */
const defaultPolicyName = 'default';
/** The default of the policies in Azure Device Registry, which allow 1 to 90 days. */
export const defaultValidityDays = 30;

/**
 * Finds the CA in the namespace that the service is linked to. A service without a namespace issues certificates too, with
 * policies of its own.
 *
 * @returns undefined when the enrollment names no policy: no certificate is issued then
 * @throws DpsError badRequest when the CA cannot issue certificates
 */
export async function policyIssuer(
  service: Pick<ProvisioningService, 'identity' | 'registry' | 'issuing'>,
  enrollment: PolicyReference,
  at: Date,
): Promise<CertificatePolicyIssuer | undefined> {
  const { registry, issuing } = service;
  const namespace = registry.namespaceOf(service);
  if (namespace === undefined) {
    const { authority, root } = await issuing.forPolicy(enrollment.credentialPolicyName ?? defaultPolicyName);
    return { signer: authority, above: [root.certificate], validityDays: defaultValidityDays };
  }
  try {
    return await registry.issuer(namespace, enrollment, at);
  } catch (error) {
    if (error instanceof AuthorityProblem) throw new DpsError('badRequest', { message: error.message });
    throw error;
  }
}
