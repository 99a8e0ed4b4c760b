import { sentences } from '../../languages/language.js';
import { declareCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, passphraseFileFlag } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const doctor = declareCommand({
  description: sentences.cliDoctor.description,
  flags: { ...dirFlag, ...passphraseFileFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'doctor', summary: sentences.cliDoctor.exampleFolder },
    {
      line: 'doctor --dir line-7 --json',
      summary: sentences.cliDoctor.exampleJson,
    },
  ],
});
