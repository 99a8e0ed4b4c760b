/** The wizard's dialogue: questions that give a plan. It makes nothing. */
import { EnrollkitError } from '../../../errors.js';
import { checkPlan, type Plan } from '../../../quickstart/plan/plan.js';
import type { Asker } from '../../terminal/asker.js';
import { planSummary } from '../plan-summary.js';
import {
  askCertificateAuthority,
  askCertificateDetails,
  askIntermediate,
  askKeyAlgorithm,
  askPassphrase,
} from './certificate-questions.js';
import { askDeviceDetails, askRegistrationIds } from './device-questions.js';
import { askEnrollmentGroupDetails, askGroupId } from './enrollment-group-questions.js';
import { askWhere } from './target-questions.js';

export interface Dialogue {
  plan: Plan;
  /** The certificate folder as it was typed. */
  folder: string;
  /** Undefined when the keys are not encrypted. */
  passphrase: string | undefined;
}

export interface DialogueOptions {
  /** What Enter gives on every question. */
  plan: Plan;
  folder: string;
  /** From a file or the environment; then it is not asked for. */
  passphrase: string | undefined;
  folderProblem: (folder: string) => string | undefined;
}

/**
 * Asks until the plan is approved.
 *
 * @throws EnrollkitError INTERRUPTED when the person leaves
 */
export async function askPlan(ask: Asker, options: DialogueOptions): Promise<Dialogue> {
  let dialogue: Dialogue = { plan: options.plan, folder: options.folder, passphrase: options.passphrase };
  for (;;) {
    dialogue = await askAll(ask, { ...options, plan: dialogue.plan, folder: dialogue.folder });
    ask.say('quickstart.summary', `\n${planSummary(dialogue.plan, dialogue.folder)}\n`);
    const next = await ask.select({
      id: 'quickstart.run',
      message: 'Shall it be so?',
      default: 'run',
      choices: [
        { value: 'run', name: 'Yes, run it', why: 'The plan is saved, then it runs; nothing more is asked.' },
        {
          value: 'change',
          name: 'Change answers',
          why: 'The same questions again; Enter keeps what you said.',
        },
        { value: 'leave', name: 'Leave', why: 'Nothing is made, nothing is saved.' },
      ],
    });
    if (next === 'run') return dialogue;
    if (next === 'leave') {
      throw new EnrollkitError('INTERRUPTED', 'You left, and nothing was made.', {
        next: 'Run the same command again when you are ready.',
      });
    }
  }
}

async function askAll(ask: Asker, options: DialogueOptions): Promise<Dialogue> {
  const { plan: before } = options;
  const { target, proofOfPossession } = await askWhere(ask, {
    target: before.target,
    proofOfPossession: before.certificateAuthority.proofOfPossession,
  });
  const folder = await ask.text({
    id: 'quickstart.folder',
    message: 'Folder for certificates and keys:',
    why: 'It is made when it is not there.',
    default: options.folder,
    problem: options.folderProblem,
  });
  const keyAlgorithm = await askKeyAlgorithm(ask, before.certificates.keyAlgorithm);
  const intermediate = await askIntermediate(ask, before.certificates.intermediate);
  const passphrase = options.passphrase ?? (await askPassphrase(ask, before.certificates.encryptKeys));
  const id = await askGroupId(ask, before.enrollmentGroup.id);
  const registrationIds = await askRegistrationIds(ask, before.devices.registrationIds);
  const plan: Plan = {
    ...before,
    target,
    certificates: {
      ...before.certificates,
      keyAlgorithm,
      intermediate,
      intermediateCommonName: intermediate ? before.certificates.intermediateCommonName : null,
      encryptKeys: passphrase !== undefined,
    },
    certificateAuthority: {
      ...before.certificateAuthority,
      proofOfPossession,
      uploaded: intermediate ? before.certificateAuthority.uploaded : 'root',
    },
    enrollmentGroup: { ...before.enrollmentGroup, id },
    devices: { ...before.devices, registrationIds },
  };
  const more = await ask.confirm({
    id: 'quickstart.more',
    message: 'Change anything else?',
    why: 'Names of the CAs, validity, attestation, hubs, initial twin, IoT Edge, protocol, ...',
    default: false,
  });
  return {
    plan: checkPlan(more ? await askDetails(ask, plan) : plan, 'What you answered'),
    folder,
    passphrase,
  };
}

/** What is rarely changed. */
async function askDetails(ask: Asker, plan: Plan): Promise<Plan> {
  const certificates = await askCertificateDetails(ask, plan.certificates);
  return {
    ...plan,
    certificates,
    certificateAuthority: await askCertificateAuthority(
      ask,
      plan.certificateAuthority,
      certificates.intermediate,
    ),
    enrollmentGroup: await askEnrollmentGroupDetails(ask, plan.enrollmentGroup, plan.target.kind),
    devices: await askDeviceDetails(ask, plan.devices),
  };
}
