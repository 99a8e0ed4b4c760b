/** Asks what to do with a folder that enrollkit has used before. */
import { sentences } from '../../languages/language.js';
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
      ? {
          value: 'resume',
          name: sentences.cliQuickstart.runAgain,
          why: sentences.cliQuickstart.runAgainEffect,
        }
      : { value: 'resume', name: sentences.cliQuickstart.resume, why: sentences.cliQuickstart.resumeEffect },
    { value: 'add', name: sentences.cliQuickstart.addDevices, why: sentences.cliQuickstart.addDevicesEffect },
  ];
  const soon = endingSoon.length;
  return ask.select<NextForFolder>({
    id: 'quickstart.existing',
    message: sentences.cliQuickstart.whatToDoWith(folder),
    help: questionHelp['quickstart.existing'],
    default: hasPlan ? 'resume' : 'questions',
    choices: [
      ...(hasPlan ? planned : []),
      ...(soon > 0
        ? [
            {
              value: 'renew' as const,
              name: sentences.cliQuickstart.renew(soon),
              why: sentences.cliQuickstart.renewEffect,
            },
          ]
        : []),
      {
        value: 'questions',
        name: sentences.cliQuickstart.changeAnswers,
        why: hasPlan ? sentences.cliQuickstart.keepsLastAnswers : sentences.cliQuickstart.answerForFolder,
      },
      {
        value: 'new',
        name: sentences.cliQuickstart.newFolderInstead,
        why: sentences.cliQuickstart.leavesFolder(folder),
      },
      {
        value: 'clean',
        name: sentences.cliQuickstart.deleteCreated,
        why: sentences.cliQuickstart.deleteCreatedEffect,
      },
    ],
  });
}
