/** Creates or changes an enrollment group, and reads it back. */

import { changedUnderEtag } from '../../dps/client/changed-under-etag.js';
import {
  differingMembers,
  type EnrollmentMembers,
  withMembers,
} from '../../dps/client/enrollment-members.js';
import { shownEnrollment } from '../../dps/client/shown-enrollment.js';
import { assertCertificateName, assertEnrollmentGroupId } from '../../dps/contract/ids.js';
import type { EnrollmentGroup } from '../../dps/contract/schemas.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { certificateToPem, parseCertificates } from '../../pki/x509/certificate.js';
import { defaultPlan } from '../../quickstart/plan/answers.js';
import type { Plan } from '../../quickstart/plan/fields.js';
import { differences, enrollmentGroupOf } from '../../quickstart/planned-enrollment-group.js';
import { readTextIfExists } from '../../workspace/files.js';
import { layoutOf } from '../../workspace/layout.js';
import {
  type CertificatePolicyMembers,
  certificatePolicyOf,
  differingPolicyMembers,
} from '../input/certificate-policy-flags.js';
import { enrollmentSettings } from '../input/enrollment-settings.js';
import { readCertificates } from '../input/material.js';
import { enrollmentGroupFlagsOf } from '../input/plan-flags.js';
import { lastPlanGroup, planFrom } from '../input/plan-input.js';
import type { FlagsOf, RunOf } from '../kernel/command.js';
import { withClients } from '../target/command-target.js';
import { folderOf, sameFolder } from '../target/folder.js';
import { groupText } from '../terminal/enrollment-group-text.js';
import type { groupCreate } from './create.js';
import { noSuchGroup } from './no-such-group.js';

/** @throws EnrollkitError of the flags, the files and the target; CONFLICT, NOT_FOUND, NOT_READ_BACK */
export const run: RunOf<typeof groupCreate> = async ({ args: { id }, flags }, context) => {
  assertEnrollmentGroupId(id);
  if (flags.caName !== undefined) assertCertificateName(flags.caName);
  const policy = certificatePolicyOf(flags);
  const settings = enrollmentSettings(flags);
  const plan = groupPlan(id, flags);
  const namesCa =
    flags.caName !== undefined || flags.certificate !== undefined || flags.attestation !== undefined;
  const byCertificate =
    plan.enrollmentGroup.attestation === 'certificate' && (namesCa || flags.update !== true);
  const signer = { pem: byCertificate ? await signerPem(flags) : '' };
  const { output, signal } = context;
  const group = await withClients(flags, context, true, async ({ target, control, service }) => {
    const read = () => service.getEnrollmentGroup(id, { policy: policy ? 'certificate' : 'any', signal });
    const { given, all } = await settings.at(target, control, signal);
    const { attestation } = enrollmentGroupOf(plan, signer, []);
    if (flags.update) {
      const wanted: EnrollmentMembers = { ...given, ...(namesCa ? { attestation } : {}) };
      const changed = await changedUnderEtag(read, (found, etag) =>
        service.updateEnrollmentGroup({ ...withMembers(found, wanted), ...policy }, etag, { signal }),
      );
      if (!changed) throw noSuchGroup(id, sameFolder(flags));
      const found = await read();
      return asAsked(id, 'changed', found, found ? differingMembers(wanted, found) : [], policy);
    }
    const requested = { enrollmentGroupId: id, attestation, ...all, ...policy };
    await service.createEnrollmentGroup(requested, { signal });
    const found = await read();
    return asAsked(id, 'created', found, found ? differences(requested, found) : [], policy);
  });
  if (output.json) return output.value(shownEnrollment(group));
  output.data(groupText(group));
};

/**
 * A group that was read back, if it is as it was asked for.
 *
 * @throws EnrollkitError NOT_READ_BACK
 */
function asAsked(
  id: string,
  change: 'created' | 'changed',
  found: EnrollmentGroup | undefined,
  different: readonly string[],
  policy: CertificatePolicyMembers | undefined,
): EnrollmentGroup {
  const { differs, notReadBack } = sentences.cliGroup.create;
  if (!found) throw new EnrollkitError('NOT_READ_BACK', notReadBack(id, change));
  const all = [...different, ...differingPolicyMembers(policy, found)];
  if (all.length === 0) return found;
  throw new EnrollkitError('NOT_READ_BACK', differs(id, change, all));
}

/** A plan with the enrollment group and the name of the CA that the flags describe. */
function groupPlan(id: string, flags: FlagsOf<typeof groupCreate>): Plan {
  const certificateAuthority = lastPlanGroup(folderOf(flags), 'certificateAuthority');
  const attestation = flags.attestation ?? (flags.certificate === undefined ? undefined : 'certificate');
  const given = { ...enrollmentGroupFlagsOf(flags), caName: flags.caName, attestation, group: id };
  return planFrom(given, { ...defaultPlan, certificateAuthority });
}

/** The certificate of the CA that attests, as PEM. */
async function signerPem(flags: FlagsOf<typeof groupCreate>): Promise<string> {
  if (flags.certificate !== undefined) {
    return certificateToPem((await readCertificates(flags.certificate))[0]!);
  }
  const { intermediate, root, folder } = layoutOf(folderOf(flags));
  const pem = readTextIfExists(intermediate.certificate) ?? readTextIfExists(root.certificate);
  if (pem !== undefined) return certificateToPem(parseCertificates(pem)[0]!);
  throw new EnrollkitError('FILE_UNREADABLE', sentences.cliGroup.create.noCa(folder), {
    next: sentences.cliGroup.create.giveCa,
  });
}
