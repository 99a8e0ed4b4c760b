import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Plan } from '../../quickstart/plan/fields.js';
import {
  certificatePolicyFlags,
  certificatePolicyOf,
  differingPolicyMembers,
} from '../input/certificate-policy-flags.js';
import { enrollmentGroupFlags, enrollmentGroupFlagsOf } from '../input/plan-flags.js';
import { defineCommand, type FlagsOf } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { textFlag } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';

export const groupCreate = defineCommand({
  description: sentences.cliGroup.create.description,
  args: { id: { summary: sentences.cliGroup.id } },
  flags: {
    'ca-name': textFlag({
      placeholder: 'NAME',
      summary: sentences.cliGroup.create.caName,
    }),
    certificate: textFlag({
      placeholder: 'FILE',
      summary: sentences.cliGroup.create.certificate,
    }),
    ...enrollmentGroupFlags,
    ...certificatePolicyFlags,
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    {
      line: 'group create line-5 --ca-name enrollkit-root',
      summary: sentences.cliGroup.create.examples.uploaded,
    },
    {
      line: 'group create line-6 --certificate ca.pem --reprovision-policy reset',
      summary: sentences.cliGroup.create.examples.certificate,
    },
  ],
  async run({ args: { id }, flags }, context) {
    const { shownEnrollment } = await import('../../dps/client/shown-enrollment.js');
    const { assertCertificateName, assertEnrollmentGroupId } = await import('../../dps/contract/ids.js');
    assertEnrollmentGroupId(id);
    if (flags.caName !== undefined) assertCertificateName(flags.caName);
    const { differences, enrollmentGroupOf } = await import('../../quickstart/planned-enrollment-group.js');
    const { withClients } = await import('../target/command-target.js');
    const { groupText } = await import('../terminal/enrollment-group-text.js');
    const policy = certificatePolicyOf(flags);
    const plan = await groupPlan(id, flags);
    const byCertificate = plan.enrollmentGroup.attestation === 'certificate';
    const signer = { pem: byCertificate ? await signerPem(flags) : '' };
    const { output, signal } = context;
    const group = await withClients(flags, context, true, async ({ target, control, service }) => {
      // In Azure, hubs are given by their host names, so Resource Manager need not be asked.
      const needsHubs = plan.enrollmentGroup.iotHubs && target.kind === 'emulator';
      const linkedHubs = needsHubs ? (await control.getService({ signal })).properties.iotHubs : [];
      const requested = { ...enrollmentGroupOf(plan, signer, linkedHubs ?? [], target), ...policy };
      await service.createEnrollmentGroup(requested, { signal });
      const found = await service.getEnrollmentGroup(id, { policy: policy && 'certificate', signal });
      const different = found && [...differences(requested, found), ...differingPolicyMembers(policy, found)];
      if (found && different?.length === 0) return found;
      const { differs, notReadBack } = sentences.cliGroup.create;
      throw new EnrollkitError('NOT_READ_BACK', different ? differs(id, different) : notReadBack(id));
    });
    if (output.json) return output.value(shownEnrollment(group));
    output.data(groupText(group));
  },
});

/** A plan with the enrollment group and the name of the CA that the flags describe. */
async function groupPlan(id: string, flags: FlagsOf<typeof groupCreate>): Promise<Plan> {
  const { lastPlanGroup, planFrom } = await import('../input/plan-input.js');
  const { defaultPlan } = await import('../../quickstart/plan/answers.js');
  const { folderOf } = await import('../target/folder.js');
  const certificateAuthority = lastPlanGroup(folderOf(flags), 'certificateAuthority');
  const attestation = flags.attestation ?? (flags.certificate === undefined ? undefined : 'certificate');
  const given = { ...enrollmentGroupFlagsOf(flags), caName: flags.caName, attestation, group: id };
  return planFrom(given, { ...defaultPlan, certificateAuthority });
}

/** The certificate of the CA that attests, as PEM. */
async function signerPem(flags: FlagsOf<typeof groupCreate>): Promise<string> {
  const { certificateToPem, parseCertificates } = await import('../../pki/x509/certificate.js');
  if (flags.certificate !== undefined) {
    const { readCertificates } = await import('../input/material.js');
    return certificateToPem((await readCertificates(flags.certificate))[0]!);
  }
  const { layoutOf } = await import('../../workspace/layout.js');
  const { readTextIfExists } = await import('../../workspace/files.js');
  const { folderOf } = await import('../target/folder.js');
  const { intermediate, root, folder } = layoutOf(folderOf(flags));
  const pem = readTextIfExists(intermediate.certificate) ?? readTextIfExists(root.certificate);
  if (pem !== undefined) return certificateToPem(parseCertificates(pem)[0]!);
  throw new EnrollkitError('FILE_UNREADABLE', sentences.cliGroup.create.noCa(folder), {
    next: sentences.cliGroup.create.giveCa,
  });
}
