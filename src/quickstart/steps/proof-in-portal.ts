/**
 * Proof of possession by a person in the portal: which file to upload, the code pasted in, the verification
 * certificate written, on when it is verified. Unattended, each thing that a person must do ends the run with its own
 * exit status, and the next run goes on from there.
 */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import {
  issueVerificationCertificate,
  verificationCodeProblem,
} from '../../pki/make/verification-certificate.js';
import { type Certificate, parseCertificate } from '../../pki/x509/certificate.js';
import { sha1Thumbprint } from '../../pki/x509/inspect.js';
import { publicFileMode, readTextIfExists } from '../../workspace/files.js';
import { usesGroup } from '../planned-certificates.js';
import { type PortalInstructions, portalAddress } from '../portal.js';
import { openKey, type RunContext, type Step, uploadedCa } from '../step.js';

export const proofInPortal: Step = {
  id: 'proof-of-possession',
  title: (plan) =>
    sentences.quickstartSteps.verifyByHand(plan.certificateAuthority.uploaded, plan.target.kind === 'azure'),
  applies: (plan) => usesGroup(plan) && plan.certificateAuthority.proofOfPossession === 'portal',
  interactive: () => true,
  preview: (plan, layout) => ({
    makes: [
      sentences.quickstartSteps.certificateByHand(plan.certificateAuthority.name),
      layout.verificationCertificate,
    ],
    requests: [],
  }),
  async check(context) {
    const state = await stateOfProof(context);
    if (state === 'verified') return (say) => say.verified;
    if (state === 'unknown' && context.found.saidVerified) return (say) => say.verifiedAsYouSay;
    // Without rights to look, an answer from an earlier run is taken to have been uploaded: a registration will tell.
    const answered =
      state === 'unknown' && context.verificationCode === undefined && answerOf(context) !== undefined;
    return answered ? (say) => say.takenAsVerified : undefined;
  },
  async act(context) {
    const { portal, verificationCode, signal } = context;
    const instructions = instructionsFor(context);
    let code = verificationCode;
    if (code === undefined && answerOf(context) === undefined) {
      if (!portal)
        throw pending(
          sentences.quickstartSteps.uploadCa(instructions.certificatePath, instructions.certificateName),
          instructions,
          code,
        );
      code = await portal.askVerificationCode(instructions, signal);
    }
    if (code !== undefined) await answer(context, code.trim());
    const verificationCertificatePath = context.layout.verificationCertificate;
    if (!portal) {
      if ((await stateOfProof(context)) === 'verified') return;
      throw pending(
        sentences.quickstartSteps.uploadVerification(verificationCertificatePath),
        instructions,
        code,
      );
    }
    await portal.confirmVerified({ ...instructions, verificationCertificatePath }, signal);
    context.found.saidVerified = true;
    if ((await stateOfProof(context)) === 'unverified') {
      throw new EnrollkitError(
        'PROOF_OF_POSSESSION_FAILED',
        sentences.quickstartSteps.notShownAsVerified(instructions.certificateName),
        {
          next:
            instructions.kind === 'azure'
              ? sentences.quickstartSteps.uploadInPortal(verificationCertificatePath)
              : sentences.quickstartSteps.sendVerification(
                  verificationCertificatePath,
                  instructions.certificateName,
                ),
        },
      );
    }
  },
};

async function stateOfProof(context: RunContext): Promise<'verified' | 'unverified' | 'unknown'> {
  const { plan, control, found, signal } = context;
  if (!found.controlPlane) return 'unknown';
  const certificate = await control.getCertificate(plan.certificateAuthority.name, { signal });
  if (!certificate) return 'unverified';
  if (
    certificate.properties.thumbprint.toUpperCase() !== sha1Thumbprint(uploadedCa(plan, found).certificate)
  ) {
    throw new EnrollkitError(
      'CONFLICT',
      sentences.quickstartSteps.otherUploadedAs(certificate.properties.subject, certificate.name),
      { next: sentences.quickstartSteps.chooseName },
    );
  }
  return certificate.properties.isVerified ? 'verified' : 'unverified';
}

/** The verification certificate of an earlier run, where it was signed by this CA. */
function answerOf({ layout, plan, found }: RunContext): string | undefined {
  const pem = readTextIfExists(layout.verificationCertificate);
  if (pem === undefined) return undefined;
  const ca = uploadedCa(plan, found).certificate;
  return readAnswer(pem, layout.verificationCertificate).issuer.text === ca.subject.text ? pem : undefined;
}

function readAnswer(pem: string, path: string): Certificate {
  try {
    return parseCertificate(pem);
  } catch (cause) {
    if (!(cause instanceof EnrollkitError)) throw cause;
    throw new EnrollkitError(cause.code, `${path}: ${cause.message}`, {
      next: sentences.quickstartSteps.moveThenRerun(path),
      cause,
    });
  }
}

async function answer(context: RunContext, code: string): Promise<void> {
  const { files, layout, plan, found, now } = context;
  const problem = verificationCodeProblem(code);
  if (problem) throw new EnrollkitError('INVALID_VERIFICATION_CODE', problem);
  const earlier = answerOf(context);
  if (earlier && parseCertificate(earlier).subject.commonName === code) return;
  const ca = uploadedCa(plan, found);
  const issuer = { certificate: ca.pem, privateKey: await openKey(context, ca) };
  const { pem } = await issueVerificationCertificate(code, issuer, now());
  files.write(layout.verificationCertificate, pem, publicFileMode);
}

function instructionsFor({ plan, target, found, layout }: RunContext): PortalInstructions {
  return {
    kind: target.kind,
    folder: layout.folder,
    dpsName: target.dpsName,
    certificatePath: uploadedCa(plan, found).paths.certificate,
    certificateName: plan.certificateAuthority.name,
    portalUrl: portalAddress(target),
  };
}

function pending(todo: string, instructions: PortalInstructions, code: string | undefined): EnrollkitError {
  const { kind, dpsName, certificateName, certificatePath } = instructions;
  const where =
    kind === 'azure'
      ? sentences.quickstartSteps.inPortal(dpsName, todo)
      : sentences.quickstartSteps.manually(todo);
  const { codeFromPortal, codeFromCommand, confirmInPortal, confirmByCommand } = sentences.quickstartSteps;
  const next =
    code === undefined
      ? kind === 'azure'
        ? codeFromPortal
        : codeFromCommand(certificatePath, certificateName)
      : kind === 'azure'
        ? confirmInPortal
        : confirmByCommand(certificateName);
  return new EnrollkitError('PROOF_OF_POSSESSION_PENDING', sentences.quickstartSteps.notVerifiedYet(where), {
    next,
    context: { ...instructions },
  });
}
