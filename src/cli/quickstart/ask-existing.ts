/** Asks what to do with a folder that enrollkit has used before. */
import type { Choice } from '../terminal/asker.js';
import type { Interview } from '../terminal/dialogue.js';
import { questionHelp } from './question-help.js';

/** What a certificate folder contains. */
export interface ExistingFolder {
  /** Lines for people. */
  description: string;
  /** Whether there is a plan that can be run again. */
  hasPlan: boolean;
  /** Whether the last run reached its end. */
  isComplete: boolean;
  hasEncryptedKeys: boolean;
  /** Device certificates of which at most a third of their lifetime is left. */
  endingSoon: readonly { registrationId: string; path: string; notAfter: Date }[];
}

export type NextForFolder = 'resume' | 'questions' | 'add' | 'renew' | 'new' | 'clean';

export async function askExisting(
  ask: Interview,
  folder: string,
  { description, hasPlan, isComplete, endingSoon }: ExistingFolder,
): Promise<NextForFolder> {
  ask.say('quickstart.existing', `\n${description}\n`);
  const planned: readonly Choice<NextForFolder>[] = [
    isComplete
      ? { value: 'resume', name: 'Run it again', why: 'Creates what is missing, changes nothing else.' }
      : { value: 'resume', name: 'Resume', why: 'Continues where the last run stopped.' },
    { value: 'add', name: 'Add devices', why: 'Keeps the CAs and the enrollment, and adds devices.' },
  ];
  const soon = endingSoon.length;
  return ask.select<NextForFolder>({
    id: 'quickstart.existing',
    message: `What do you want to do with ${folder}?`,
    help: questionHelp['quickstart.existing'],
    default: hasPlan ? 'resume' : 'questions',
    choices: [
      ...(hasPlan ? planned : []),
      ...(soon > 0
        ? [
            {
              value: 'renew' as const,
              name: `Renew ${soon} device ${soon === 1 ? 'certificate' : 'certificates'}`,
              why: 'Certificates that end soon, or have ended, get new dates.',
            },
          ]
        : []),
      {
        value: 'questions',
        name: 'Change answers',
        why: hasPlan ? 'Enter keeps the answers of the last run.' : 'Answer the questions for this folder.',
      },
      { value: 'new', name: 'Start over in a new folder', why: `Leaves ${folder} as it is.` },
      {
        value: 'clean',
        name: 'Delete what enrollkit created here',
        why: 'Devices, enrollments and CAs in DPS; you are asked again first.',
      },
    ],
  });
}
