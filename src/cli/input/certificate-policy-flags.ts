/** The certificate policy of an enrollment; the flags have the names of those of the Azure CLI. */
import { registryNameProblem } from '../../dps/contract/ids.js';
import type { EnrollmentGroup } from '../../dps/contract/schemas.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { type FlagValues, textFlag } from '../kernel/flags.js';

const { flags: summaries, allOfThem } = sentences.cliRegistry.enrollment;

export const certificatePolicyFlags = {
  'adr-namespace': textFlag({ placeholder: 'NAME', summary: summaries.namespace }),
  'adr-ca-name': textFlag({ placeholder: 'NAME', summary: summaries.caName }),
  'adr-cert-policy-name': textFlag({ placeholder: 'NAME', summary: summaries.policyName }),
};

const members = ['namespaceName', 'certificateAuthorityName', 'certificatePolicyName'] as const;

export type CertificatePolicyMembers = Record<(typeof members)[number], string>;

/** @throws EnrollkitError USAGE for some of the flags without the others */
export function certificatePolicyOf(
  flags: FlagValues<typeof certificatePolicyFlags>,
): CertificatePolicyMembers | undefined {
  const { adrNamespace, adrCaName, adrCertPolicyName } = flags;
  if (adrNamespace === undefined && adrCaName === undefined && adrCertPolicyName === undefined)
    return undefined;
  if (adrNamespace === undefined || adrCaName === undefined || adrCertPolicyName === undefined) {
    throw new EnrollkitError('USAGE', allOfThem);
  }
  for (const name of [adrCaName, adrCertPolicyName]) {
    const problem = registryNameProblem(name);
    if (problem !== undefined) throw new EnrollkitError('USAGE', problem);
  }
  return {
    namespaceName: adrNamespace,
    certificateAuthorityName: adrCaName,
    certificatePolicyName: adrCertPolicyName,
  };
}

/** The members in which an enrollment differs from the wanted policy. */
export function differingPolicyMembers(
  wanted: CertificatePolicyMembers | undefined,
  found: Partial<Pick<EnrollmentGroup, keyof CertificatePolicyMembers>>,
): string[] {
  if (wanted === undefined) return [];
  return members.filter((member) => found[member]?.toLowerCase() !== wanted[member].toLowerCase());
}
