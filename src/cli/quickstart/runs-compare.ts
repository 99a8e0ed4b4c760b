/** Compares two recorded runs. */
import { exitStatus } from '../../errors.js';
import { compareRecordings } from '../../quickstart/recording/compare.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { differencesText, versionsText } from './differences-text.js';
import { openRecording } from './recording-argument.js';

export const runsCompare = defineCommand({
  description:
    'Compares two recorded runs step by step, as replay does, and exits with 13 if they differ. Names that a replay was given in place of the recorded ones are not a difference.',
  args: {
    recorded: { summary: 'a recording, or a certificate folder: its last run' },
    now: { summary: 'the one to compare with it' },
  },
  flags: { ...outputFlags },
  examples: [
    { line: 'runs compare certs replay', summary: 'the last runs of two folders' },
    { line: 'runs compare monday.json tuesday.json --json', summary: 'two files, for a program' },
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
