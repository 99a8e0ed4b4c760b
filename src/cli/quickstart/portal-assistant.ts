/** Walks a person through proof of possession in the portal. */
import { relative } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { verificationCodeProblem } from '../../pki/make/verification-certificate.js';
import type { PortalAssistant, PortalInstructions } from '../../quickstart/portal.js';
import type { Asker } from '../terminal/asker.js';

/** @param settled resolves when nothing else draws on the terminal */
export function portalAssistant(ask: Asker, settled: () => Promise<void>): PortalAssistant {
  return {
    async askVerificationCode(instructions) {
      await settled();
      ask.say('portal.upload', uploadText(instructions));
      const code = await ask.text({
        id: 'portal.verification-code',
        message: 'Verification code:',
        why: 'Paste it here; it is no secret.',
        default: '',
        problem: (value) => verificationCodeProblem(value.trim()),
      });
      return code.trim();
    },
    async confirmVerified(instructions) {
      await settled();
      ask.say('portal.answer', answerText(instructions, instructions.verificationCertificatePath));
      const verified = await ask.confirm({
        id: 'portal.verified',
        message: 'Does the portal show it as verified?',
        why: 'It may take a moment; refresh the list.',
        default: true,
      });
      if (verified) return;
      throw new EnrollkitError(
        'PROOF_OF_POSSESSION_PENDING',
        'Possession of the CA’s key is not proven yet.',
        {
          next: 'When the portal shows the certificate as verified, run the same command again: it goes on from here.',
        },
      );
    },
  };
}

function uploadText({ dpsName, certificatePath, certificateName, portalUrl }: PortalInstructions): string {
  return `
Proof of possession, in the portal:
  1. Open the provisioning service ${dpsName}:
     ${portalUrl}
  2. Settings, Certificates, Add. Name: ${certificateName}
     File: ${shortPath(certificatePath)}
     Leave "Set certificate status to verified on upload" unticked. Save.
  3. Click the new certificate, then "Generate verification code", and copy it.
`;
}

function answerText({ certificateName }: PortalInstructions, path: string): string {
  return `
The answer to the code is written. In the portal, on the same page:
  4. Under "Verification certificate", choose
     ${shortPath(path)}
  5. Click "Verify". The list then shows ${certificateName} as verified.
`;
}

/** As seen from the working folder, where that is shorter. */
function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.length < path.length && !short.startsWith('..') ? short : path;
}
