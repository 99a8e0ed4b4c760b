/** Gives the recorded answers of a person again, and does in the service what the person did in the portal. */

import type { ControlPlane } from '../../dps/client/arm.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { readText } from '../../workspace/files.js';
import type { PortalAssistant } from '../portal.js';
import type { Recording } from './schema.js';

export interface RecordedAnswers {
  /** As by `--verification-code`. */
  verificationCode?: string | undefined;
  /** Undefined if no person was asked. */
  portal?: PortalAssistant;
}

/**
 * The answers of a recorded run to questions about the portal.
 *
 * @param control of the service in which the CA is uploaded and verified; undefined offline
 */
export function recordedAnswers({ steps }: Recording, control: ControlPlane | undefined): RecordedAnswers {
  const step = steps.find(({ answers }) => answers !== undefined);
  const answers = step?.answers ?? [];
  const answerTo = (question: string, by: string) =>
    answers.find((one) => one.question === question && one.by === by)?.answer;
  const code = answerTo('verification-code', 'person');
  const verified = answerTo('verified', 'person');
  const verificationCode = answerTo('verification-code', 'flag');
  if (code === undefined && verified === undefined) return { verificationCode };
  const wasVerified = step?.failure === undefined;
  return {
    verificationCode,
    portal: {
      async askVerificationCode({ certificateName, certificatePath }, signal) {
        if (code === undefined) throw notAnswered();
        if (!control) return code;
        const uploaded = await control.getCertificate(certificateName, { signal });
        if (!uploaded) await control.putCertificate(certificateName, readText(certificatePath), { signal });
        return (await control.generateVerificationCode(certificateName, '*', { signal })).code;
      },
      async confirmVerified({ certificateName, verificationCertificatePath }, signal) {
        if (verified !== 'yes') throw notAnswered();
        if (!control || !wasVerified) return;
        const certificate = readText(verificationCertificatePath);
        await control.verifyCertificate(certificateName, '*', certificate, { signal });
      },
    },
  };
}

function notAnswered(): EnrollkitError {
  return new EnrollkitError('PROOF_OF_POSSESSION_PENDING', sentences.recording.notShownAsVerified);
}
