/** Flags of the commands that run a whole quickstart. */
import { sentences } from '../../languages/language.js';
import { answerFlags } from '../input/plan-flags.js';
import { outputFlags, passphraseFileFlag } from '../kernel/common-flags.js';
import { textFlag } from '../kernel/flags.js';
import { connectionStringFileFlag, sharedEmulatorFlag } from '../target/target-flags.js';

export const runFlags = {
  ...passphraseFileFlag,
  'verification-code': textFlag({
    placeholder: 'CODE',
    summary: sentences.cliQuickstart.commandVerificationCode,
  }),
  ...outputFlags,
  ...connectionStringFileFlag,
  ...sharedEmulatorFlag,
  ...answerFlags,
};
