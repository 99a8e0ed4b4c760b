import { sentences } from '../../languages/language.js';
import { declareCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { switchFlag, textFlag } from '../kernel/flags.js';

const { cliReport: text } = sentences;

export const report = declareCommand({
  description: text.description,
  args: { folder: { summary: text.folder, completes: 'folders', optional: true } },
  flags: {
    out: textFlag({ placeholder: 'FILE', summary: text.outFlag }),
    run: textFlag({ placeholder: 'RECORDING', summary: text.runFlag }),
    results: textFlag({ placeholder: 'FILE', summary: text.resultsFlag }),
    force: switchFlag({ summary: text.forceFlag }),
    ...outputFlags,
  },
  examples: [
    { line: 'report', summary: text.examples.last },
    { line: 'report certs --out run.html --run 2026-11-29T08-07-04.830Z', summary: text.examples.earlier },
    { line: 'report sensors', summary: text.examples.fleet },
  ],
});
