import { sentences } from '../../languages/language.js';
import { caFlags, secretAndOutputFlags } from '../input/certificate-flags.js';
import { declareCommand } from '../kernel/command.js';
import { dirFlag } from '../kernel/common-flags.js';
import { repeatable, switchFlag, textFlag } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';

const { rollover: text } = sentences.cliCert;
const { phase } = text;

export const certRollover = declareCommand({
  description: text.description,
  args: {
    ca: {
      summary: text.authority,
    },
  },
  flags: {
    group: repeatable(textFlag({ placeholder: 'ID', summary: text.group, completes: 'groups' })),
    reissue: switchFlag({
      heading: phase,
      summary: text.reissue,
    }),
    'new-key': switchFlag({ heading: phase, summary: text.newKey }),
    finish: switchFlag({
      heading: phase,
      summary: text.finish,
    }),
    force: switchFlag({ heading: phase, summary: text.force }),
    ca: {
      ...caFlags.ca,
      summary: text.issuer,
    },
    'ca-key': caFlags['ca-key'],
    dir: { ...caFlags.dir, summary: dirFlag.dir.summary },
    ...targetFlags,
    ...secretAndOutputFlags,
  },
  examples: [
    { line: 'cert rollover root --group enrollkit-devices', summary: text.examples.first },
    { line: 'cert rollover root --reissue --new-key', summary: text.examples.second },
    {
      line: 'cert rollover root --finish',
      summary: text.examples.third,
    },
    { line: 'cert rollover intermediate --dir plant --json', summary: text.examples.files },
  ],
});
