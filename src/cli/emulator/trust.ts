/** Adds the emulator's TLS root to the trust stores of this computer, and removes it. */
import { sentences } from '../../languages/language.js';
import { declareCommand } from '../kernel/command.js';
import { outputFlags, yesFlag } from '../kernel/common-flags.js';
import { choiceFlag, repeatable, textFlag } from '../kernel/flags.js';
import { stateFolderFlag } from '../target/target-flags.js';
import { storeKinds } from './store-kinds.js';

const flags = {
  ...stateFolderFlag,
  store: repeatable(
    choiceFlag({
      placeholder: 'STORE',
      choices: storeKinds,
      summary: sentences.cliTrust.storeFlag,
    }),
  ),
  ...yesFlag,
  ...outputFlags,
};

export const emulatorTrust = declareCommand({
  description: sentences.cliTrust.trustDescription,
  flags,
  examples: [
    { line: 'emulator trust', summary: sentences.cliTrust.trustExample },
    { line: 'emulator trust --store browsers --yes', summary: sentences.cliTrust.browsersExample },
  ],
});

export const emulatorUntrust = declareCommand({
  description: sentences.cliTrust.untrustDescription,
  flags: { ...flags, root: textFlag({ placeholder: 'FILE', summary: sentences.cliTrust.rootFlag }) },
  examples: [
    { line: 'emulator untrust', summary: sentences.cliTrust.untrustExample },
    { line: 'emulator untrust --yes --json', summary: sentences.cliTrust.untrustJsonExample },
  ],
});
