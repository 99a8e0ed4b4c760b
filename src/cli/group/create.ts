import { sentences } from '../../languages/language.js';
import { certificatePolicyFlags } from '../input/certificate-policy-flags.js';
import { enrollmentGroupFlags } from '../input/plan-flags.js';
import { declareCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { switchFlag, textFlag } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';

export const groupCreate = declareCommand({
  description: sentences.cliGroup.create.description,
  args: { id: { summary: sentences.cliGroup.id, completes: 'groups' } },
  flags: {
    'ca-name': textFlag({
      placeholder: 'NAME',
      summary: sentences.cliGroup.create.caName,
    }),
    certificate: textFlag({
      placeholder: 'FILE',
      summary: sentences.cliGroup.create.certificate,
    }),
    ...enrollmentGroupFlags,
    ...certificatePolicyFlags,
    update: switchFlag({ summary: sentences.cliGroup.create.update }),
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    {
      line: 'group create line-5 --ca-name enrollkit-root',
      summary: sentences.cliGroup.create.examples.uploaded,
    },
    {
      line: 'group create line-6 --certificate ca.pem --reprovision-policy reset',
      summary: sentences.cliGroup.create.examples.certificate,
    },
    {
      line: 'group create line-5 --update --provisioning-status disabled',
      summary: sentences.cliGroup.create.examples.update,
    },
  ],
});
