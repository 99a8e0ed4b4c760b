/** Proof of possession over Azure Resource Manager: get the verification code, answer it. */

import { routes } from '../../dps/contract/routes.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { issueVerificationCertificate } from '../../pki/make/verification-certificate.js';
import { publicFileMode } from '../../workspace/files.js';
import { usesGroup } from '../planned-certificates.js';
import { previewRequest } from '../request-preview.js';
import { openKey, type Step, uploadedCa } from '../step.js';

export const proofOfPossession: Step = {
  id: 'proof-of-possession',
  title: (plan) => sentences.quickstartSteps.verify(plan.certificateAuthority.uploaded),
  applies: (plan) => usesGroup(plan) && plan.certificateAuthority.proofOfPossession === 'automatic',
  preview: (plan, layout) => {
    const certificateName = plan.certificateAuthority.name;
    const request = (route: keyof typeof routes.arm) =>
      previewRequest(plan, 'arm', routes.arm[route], { certificateName });
    return {
      makes: [layout.verificationCertificate],
      requests: [
        request('getCertificate'),
        request('generateVerificationCode'),
        request('verifyCertificate'),
        request('getCertificate'),
      ],
    };
  },
  async check({ plan, control, signal }) {
    const certificate = await control.getCertificate(plan.certificateAuthority.name, { signal });
    return certificate?.properties.isVerified ? (say) => say.verified : undefined;
  },
  async act(context) {
    const { plan, control, found, files, layout, now, signal } = context;
    const { name } = plan.certificateAuthority;
    const ca = uploadedCa(plan, found);
    context.progress(sentences.quickstartSteps.askingForCode);
    // Whatever was changed since the check, the code is bound to the certificate as it is now.
    const { code, etag } = await control.generateVerificationCode(name, '*', { signal });
    context.progress(sentences.quickstartSteps.signingVerification);
    const issuer = { certificate: ca.pem, privateKey: await openKey(context, ca) };
    const { pem } = await issueVerificationCertificate(code, issuer, now());
    files.write(layout.verificationCertificate, pem, publicFileMode);
    context.progress(sentences.quickstartSteps.answering);
    try {
      await control.verifyCertificate(name, etag, pem, { signal });
    } catch (error) {
      if (!(error instanceof EnrollkitError) || error.code !== 'REFUSED') throw error;
      throw new EnrollkitError(
        'PROOF_OF_POSSESSION_FAILED',
        sentences.quickstartSteps.proofRefused(name, error.message),
        {
          cause: error,
        },
      );
    }
  },
};
