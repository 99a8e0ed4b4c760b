/** Walks a person through proof of possession by hand: in the portal, or with commands where there is no portal. */
import { relative } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { verificationCodeProblem } from '../../pki/make/verification-certificate.js';
import type { PortalAssistant, PortalInstructions } from '../../quickstart/portal.js';
import type { Asker } from '../terminal/asker.js';
import { quoted } from '../terminal/command-line.js';

/**
 * @param settled resolves when nothing else draws on the terminal
 * @param program how this program is called here
 */
export function portalAssistant(
  ask: Asker,
  settled: () => Promise<void>,
  program = 'enrollkit',
): PortalAssistant {
  return {
    async askVerificationCode(instructions) {
      await settled();
      const isEmulator = instructions.kind === 'emulator';
      ask.say('portal.upload', isEmulator ? uploadCommands(instructions, program) : uploadText(instructions));
      const code = await ask.text({
        id: 'portal.verification-code',
        message: 'Verification code:',
        why: 'Paste it here. It is not a secret.',
        help: codeHelp,
        default: '',
        problem: (value) => verificationCodeProblem(value.trim()),
      });
      return code.trim();
    },
    async confirmVerified(instructions) {
      await settled();
      const path = instructions.verificationCertificatePath;
      const isEmulator = instructions.kind === 'emulator';
      ask.say(
        'portal.answer',
        isEmulator ? answerCommand(instructions, path, program) : answerText(instructions, path),
      );
      const verified = await ask.confirm({
        id: 'portal.verified',
        message: isEmulator ? 'Have you run this command?' : 'Does the portal show it as verified?',
        why: isEmulator ? 'The run continues then.' : 'It may take a moment; refresh the list.',
        help: verifiedHelp,
        default: true,
      });
      if (verified) return;
      throw new EnrollkitError(
        'PROOF_OF_POSSESSION_PENDING',
        'Possession of the CA’s key is not proven yet.',
        {
          next: 'When the certificate is verified, run the same command again: it continues from here.',
        },
      );
    },
  };
}

const codeHelp =
  'DPS asks whoever uploads a CA certificate to sign a certificate that contains this code. Anyone can have the CA certificate, but only its owner has the private key, so only the owner can do that. Each new code replaces the one before.';
const verifiedHelp =
  'Until the certificate is verified, DPS refuses the devices below it. If you answer no, this run ends, and you can continue it later with the same command.';

function uploadCommands(
  { certificatePath, certificateName, folder }: PortalInstructions,
  program: string,
): string {
  const dir = `--dir ${quoted(shortPath(folder))}`;
  const name = quoted(certificateName);
  return `
Proof of possession by hand. In another terminal:
  1. Upload the CA certificate:
     ${program} ca upload ${quoted(shortPath(certificatePath))} \\
       --ca-name ${name} ${dir}
  2. Show its verification code:
     ${program} ca code ${name} ${dir}
`;
}

function answerCommand(
  { certificateName, folder }: PortalInstructions,
  path: string,
  program: string,
): string {
  return `
The certificate with the code is created. In the other terminal:
  3. Send it:
     ${program} ca verify ${quoted(certificateName)} --dir ${quoted(shortPath(folder))} \\
       --verification-certificate ${quoted(shortPath(path))}
`;
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
