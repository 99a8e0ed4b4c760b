/** Compares two recorded runs. */

import { exitStatus } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { compareRecordings } from '../../quickstart/recording/compare.js';
import { openRecording } from '../input/recording-argument.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { differencesText, versionsText } from './differences-text.js';

export const runsCompare = defineCommand({
  description: sentences.cliQuickstart.runsCompareDescription,
  args: {
    recorded: { summary: sentences.cliQuickstart.runsRecorded, completes: 'files' },
    now: { summary: sentences.cliQuickstart.runsToCompare, completes: 'files' },
  },
  flags: { ...outputFlags },
  examples: [
    { line: 'runs compare certs replay', summary: sentences.cliQuickstart.runsExampleFolders },
    {
      line: 'runs compare monday.json tuesday.json --json',
      summary: sentences.cliQuickstart.runsExampleFiles,
    },
  ],
  async run({ args }, { output }) {
    const [recorded, now] = [openRecording(args.recorded), openRecording(args.now)];
    const differences = compareRecordings(recorded.recording, now.recording);
    if (output.json) output.value({ recorded: recorded.path, now: now.path, differences });
    else {
      const versions = versionsText(recorded.recording, now.recording);
      const report = [versions, differencesText(differences)].filter((text) => text !== '').join('\n');
      output.result('runs.compare', report);
    }
    return differences.length > 0 ? exitStatus.differs : exitStatus.ok;
  },
});
