/** The CA certificate in DPS, under its name. */

import { routes } from '../../dps/contract/routes.js';
import type { CertificateResource } from '../../dps/contract/schemas.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { sha1Thumbprint } from '../../pki/x509/inspect.js';
import type { CreatedResource, JournalTarget } from '../../workspace/journal.js';
import { usesGroup } from '../planned-certificates.js';
import { previewRequest } from '../request-preview.js';
import { type RunContext, type Step, uploadedCa } from '../step.js';

export const uploadCa: Step = {
  id: 'upload-ca',
  title: (plan) => sentences.quickstartSteps.upload(plan.certificateAuthority.uploaded),
  applies: (plan) => usesGroup(plan) && plan.certificateAuthority.proofOfPossession === 'automatic',
  preview: (plan) => {
    const certificateName = plan.certificateAuthority.name;
    const read = previewRequest(plan, 'arm', routes.arm.getCertificate, { certificateName });
    const write = previewRequest(plan, 'arm', routes.arm.putCertificate, { certificateName });
    return { makes: [sentences.quickstartSteps.caInDps(certificateName)], requests: [read, write, read] };
  },
  async check(context) {
    const uploaded = await existingUpload(context);
    return uploaded?.isIt ? () => uploaded.certificate.properties.subject : undefined;
  },
  async act(context) {
    const { plan, control, found, signal, journal, journalTarget } = context;
    const { name } = plan.certificateAuthority;
    const existing = await existingUpload(context);
    if (existing?.isIt) return;
    const before = existing?.certificate;
    const made = uploadedThing(context);
    journal.intend(made);
    await control.putCertificate(name, uploadedCa(plan, found).pem, {
      signal,
      ...(before ? { ifMatch: before.etag } : {}),
    });
    if (before) journal.removed(uploadOf(journalTarget, name, before));
    journal.made(made);
  },
};

/**
 * What is uploaded under the plan's name.
 *
 * @throws EnrollkitError CONFLICT when it is another certificate, and no run has uploaded it
 */
async function existingUpload(
  context: RunContext,
): Promise<{ certificate: CertificateResource; isIt: boolean } | undefined> {
  const { plan, control, found, signal, journal, journalTarget } = context;
  const { name } = plan.certificateAuthority;
  const certificate = await control.getCertificate(name, { signal });
  if (!certificate) return undefined;
  const { thumbprint, subject } = certificate.properties;
  const isIt = thumbprint.toUpperCase() === sha1Thumbprint(uploadedCa(plan, found).certificate);
  if (isIt || journal.has(uploadOf(journalTarget, name, certificate))) return { certificate, isIt };
  throw new EnrollkitError('CONFLICT', sentences.quickstartSteps.otherUploaded(subject, name), {
    next: sentences.quickstartSteps.otherName,
  });
}

function uploadOf(target: JournalTarget, name: string, { properties }: CertificateResource): CreatedResource {
  return { kind: 'ca-certificate', target, name, sha1Thumbprint: properties.thumbprint };
}

/** How the journal calls the CA that a run uploads. */
export function uploadedThing({ plan, found, journalTarget }: RunContext) {
  return {
    kind: 'ca-certificate' as const,
    target: journalTarget,
    name: plan.certificateAuthority.name,
    sha1Thumbprint: sha1Thumbprint(uploadedCa(plan, found).certificate),
  };
}
