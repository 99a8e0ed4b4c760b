import { EnrollkitError } from '../../errors.js';
import type { Plan } from '../../quickstart/plan/plan.js';
import { enrollmentGroupFlags } from '../input/plan-flags.js';
import { type Command, type Context, camelCase, type Input } from '../kernel/untyped-command.js';
import { dirFlag, outputFlags, targetFlags } from '../kernel/untyped-flags.js';

export const groupCreate: Command = {
  description:
    'Creates an enrollment group that attests by a CA: the uploaded one named by --ca-name, or a certificate that goes into the group. What is not given is as in a quickstart.',
  arguments: [{ name: 'id', summary: 'the enrollment group ID' }],
  flags: [
    {
      name: 'ca-name',
      value: 'NAME',
      summary: 'the uploaded CA (default: that of the last run in the folder)',
    },
    {
      name: 'certificate',
      value: 'FILE',
      summary:
        'the CA certificate that goes into the group (default: the one that signs devices in the folder)',
    },
    ...enrollmentGroupFlags,
    dirFlag,
    ...targetFlags,
    ...outputFlags,
  ],
  examples: [
    {
      line: 'group create line-5 --ca-name enrollkit-root',
      summary: 'by the CA that a quickstart has uploaded',
    },
    {
      line: 'group create line-6 --certificate ca.pem --reprovision-policy reset',
      summary: 'by a CA certificate of your own',
    },
  ],
  run,
};

async function run({ arguments: [id], flags }: Input, context: Context): Promise<void> {
  const { assertCertificateName, assertEnrollmentGroupId } = await import('../../dps/contract/ids.js');
  assertEnrollmentGroupId(id!);
  if (flags.caName !== undefined) assertCertificateName(flags.caName as string);
  const { differences, enrollmentGroupOf } = await import('../../quickstart/planned-enrollment-group.js');
  const { withClients } = await import('../target/command-target.js');
  const { groupText } = await import('./group-text.js');
  const plan = await groupPlan(id!, flags);
  const byCertificate = plan.enrollmentGroup.attestation === 'certificate';
  const signer = { pem: byCertificate ? await signerPem(flags) : '' };
  const { output, signal } = context;
  const group = await withClients(flags, context, true, async ({ target, control, service }) => {
    // Elsewhere a hub's name is what was typed, and Azure Resource Manager need not be asked.
    const named = plan.enrollmentGroup.iotHubs && target.kind === 'emulator';
    const linkedHubs = named ? (await control.getService({ signal })).properties.iotHubs : [];
    const wanted = enrollmentGroupOf(plan, signer, linkedHubs ?? []);
    await service.createEnrollmentGroup(wanted, { signal });
    const found = await service.getEnrollmentGroup(id!, { signal });
    const different = found && differences(wanted, found);
    if (found && different?.length === 0) return found;
    const problem = different ? `differs in ${different.join(', ')} when read back` : 'cannot be found';
    throw new EnrollkitError('NOT_READ_BACK', `The enrollment group ${id} was created, and ${problem}.`);
  });
  if (output.json) return output.value(group);
  output.data(groupText(group));
}

/** A plan of which the enrollment group and the CA's name count. */
async function groupPlan(id: string, flags: Input['flags']): Promise<Plan> {
  const { lastPlan, planFrom } = await import('../input/plan-input.js');
  const { defaultPlan } = await import('../../quickstart/plan/plan.js');
  const { folderOf } = await import('../target/command-target.js');
  const { certificateAuthority } = lastPlan(folderOf(flags)) ?? defaultPlan;
  const attestation = flags.attestation ?? (flags.certificate === undefined ? undefined : 'certificate');
  const typed = ['caName', ...enrollmentGroupFlags.map(({ name }) => camelCase(name))].map((name) => [
    name,
    flags[name],
  ]);
  const answers = { ...Object.fromEntries(typed), attestation, group: id };
  return planFrom(answers, { ...defaultPlan, certificateAuthority });
}

/** The certificate of the CA that attests, as PEM. */
async function signerPem(flags: Input['flags']): Promise<string> {
  const { certificateToPem, parseCertificates } = await import('../../pki/x509/certificate.js');
  if (flags.certificate !== undefined) {
    const { readCertificateFile } = await import('../input/certificate-file.js');
    return certificateToPem(readCertificateFile(flags.certificate as string)[0]!);
  }
  const { layoutOf } = await import('../../workspace/layout.js');
  const { readTextIfExists } = await import('../../workspace/files.js');
  const { folderOf } = await import('../target/command-target.js');
  const { intermediate, root, folder } = layoutOf(folderOf(flags));
  const pem = readTextIfExists(intermediate.certificate) ?? readTextIfExists(root.certificate);
  if (pem !== undefined) return certificateToPem(parseCertificates(pem)[0]!);
  throw new EnrollkitError('FILE_UNREADABLE', `There is no CA certificate in ${folder}.`, {
    next: 'Give one with --certificate FILE.',
  });
}
