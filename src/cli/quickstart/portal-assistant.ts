/** Walks a person through proof of possession by hand: in the portal, or with commands where there is no portal. */

import { relative } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { verificationCodeProblem } from '../../pki/make/verification-certificate.js';
import type { PortalAssistant, PortalInstructions } from '../../quickstart/portal.js';
import type { Asker } from '../terminal/asker.js';
import { quoted } from '../terminal/command-line.js';
import { unbroken } from '../terminal/text.js';

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
      ask.say(
        'portal.upload',
        isEmulator ? uploadToEmulator(instructions, program) : uploadText(instructions),
      );
      const code = await ask.text({
        id: 'portal.verification-code',
        message: sentences.cliQuickstart.verificationCode,
        why: sentences.cliQuickstart.pasteCode,
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
        isEmulator ? answerEmulator(instructions, path, program) : answerText(instructions, path),
      );
      const verified = await ask.confirm({
        id: 'portal.verified',
        message: isEmulator
          ? sentences.cliQuickstart.haveYouRun
          : sentences.cliQuickstart.portalShowsVerified,
        why: isEmulator ? sentences.cliQuickstart.runContinues : sentences.cliQuickstart.refreshList,
        help: verifiedHelp,
        default: true,
      });
      if (verified) return;
      throw new EnrollkitError('PROOF_OF_POSSESSION_PENDING', sentences.cliQuickstart.notVerifiedYet, {
        next: sentences.cliQuickstart.whenVerified,
      });
    },
  };
}

const codeHelp = sentences.cliQuickstart.codeHelp;
const verifiedHelp = sentences.cliQuickstart.verifiedHelp;

function uploadToEmulator(
  { certificatePath, certificateName, folder, portalUrl }: PortalInstructions,
  program: string,
): string {
  const dir = `--dir ${quoted(shortPath(folder))}`;
  const name = quoted(certificateName);
  return sentences.cliQuickstart.uploadToEmulator(
    portalUrl,
    certificateName,
    shortPath(certificatePath),
    unbroken(
      `${program} ca upload ${quoted(shortPath(certificatePath))} \\\n       --ca-name ${name} ${dir}`,
    ),
    unbroken(`${program} ca code ${name} ${dir}`),
  );
}

function answerEmulator(
  { certificateName, folder }: PortalInstructions,
  path: string,
  program: string,
): string {
  return sentences.cliQuickstart.answerEmulator(
    shortPath(path),
    unbroken(
      `${program} ca verify ${quoted(certificateName)} --dir ${quoted(shortPath(folder))} \\\n       --verification-certificate ${quoted(shortPath(path))}`,
    ),
  );
}

function uploadText({ dpsName, certificatePath, certificateName, portalUrl }: PortalInstructions): string {
  return sentences.cliQuickstart.uploadInPortal(
    dpsName,
    portalUrl,
    certificateName,
    shortPath(certificatePath),
  );
}

function answerText({ certificateName }: PortalInstructions, path: string): string {
  return sentences.cliQuickstart.answerInPortal(shortPath(path), certificateName);
}

/** As seen from the working folder, where that is shorter. */
function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.length < path.length && !short.startsWith('..') ? short : path;
}
