/** The CA certificate in DPS, under its name. */
import { routes } from '../../dps/contract/routes.js';
import { EnrollkitError } from '../../errors.js';
import { sha1Thumbprint } from '../../pki/x509/inspect.js';
import type { MadeThing } from '../../workspace/journal.js';
import { previewRequest } from '../request-preview.js';
import { type RunContext, type Step, uploadedCa } from '../step.js';

export const uploadCa: Step = {
  id: 'upload-ca',
  title: (plan) => `Upload the ${plan.certificateAuthority.uploaded} CA certificate`,
  applies: (plan) => plan.certificateAuthority.proofOfPossession === 'automatic',
  preview: (plan) => {
    const certificateName = plan.certificateAuthority.name;
    const read = previewRequest(plan, 'arm', routes.arm.getCertificate, { certificateName });
    const write = previewRequest(plan, 'arm', routes.arm.putCertificate, { certificateName });
    return { makes: [`CA certificate ${certificateName} in DPS`], requests: [read, write, read] };
  },
  async check({ plan, control, found, signal, journal, journalTarget }) {
    const { name } = plan.certificateAuthority;
    const uploaded = await control.getCertificate(name, { signal });
    if (!uploaded) return undefined;
    const { thumbprint } = uploaded.properties;
    if (thumbprint.toUpperCase() === sha1Thumbprint(uploadedCa(plan, found).certificate)) {
      return uploaded.properties.subject;
    }
    const ours = journal.has({
      kind: 'ca-certificate',
      target: journalTarget,
      name,
      sha1Thumbprint: thumbprint,
    });
    if (ours) return undefined;
    throw new EnrollkitError(
      'CONFLICT',
      `Another certificate (${uploaded.properties.subject}) is uploaded as ${name} already.`,
      {
        next: 'Choose another name with --ca-name NAME, or delete that one: enrollkit ca delete NAME (with the same --dir).',
      },
    );
  },
  async act(context) {
    const { plan, control, found, signal, journal, journalTarget } = context;
    const { name } = plan.certificateAuthority;
    const present = await control.getCertificate(name, { signal });
    const made = uploadedThing(context);
    journal.intend(made);
    await control.putCertificate(name, uploadedCa(plan, found).pem, {
      signal,
      ...(present ? { ifMatch: present.etag } : {}),
    });
    if (present) {
      journal.removed({
        kind: 'ca-certificate',
        target: journalTarget,
        name,
        sha1Thumbprint: present.properties.thumbprint,
      });
    }
    journal.made(made);
  },
};

function uploadedThing({ plan, found, journalTarget }: RunContext): MadeThing {
  return {
    kind: 'ca-certificate',
    target: journalTarget,
    name: plan.certificateAuthority.name,
    sha1Thumbprint: sha1Thumbprint(uploadedCa(plan, found).certificate),
  };
}
