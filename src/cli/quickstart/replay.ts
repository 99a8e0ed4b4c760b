/** The run of a recording again, compared with it. */
import { sentences } from '../../languages/language.js';
import { declareCommand } from '../kernel/command.js';
import { folderName } from '../kernel/common-flags.js';
import { parsedFlag, switchFlag, textFlag } from '../kernel/flags.js';
import { runFlags } from './run-flags.js';

/** The folder of a replay when `--dir` is not given. */
export const defaultReplayFolder = 'replay';

export const replay = declareCommand({
  description: sentences.cliQuickstart.replayDescription,
  args: { recording: { summary: sentences.cliQuickstart.replayRecording, completes: 'files' } },
  flags: {
    dir: parsedFlag({
      placeholder: 'FOLDER',
      parse: folderName,
      summary: sentences.cliQuickstart.replayDir(defaultReplayFolder),
    }),
    check: switchFlag({ summary: sentences.cliQuickstart.replayCheck }),
    offline: switchFlag({ summary: sentences.cliQuickstart.replayOffline }),
    step: switchFlag({ summary: sentences.cliQuickstart.replayStep }),
    'name-prefix': textFlag({
      placeholder: 'TEXT',
      summary: sentences.cliQuickstart.replayNamePrefix,
    }),
    ...runFlags,
  },
  examples: [
    { line: 'replay certs --check', summary: sentences.cliQuickstart.replayExampleLast },
    {
      line: 'replay bug.json --offline --check --json',
      summary: sentences.cliQuickstart.replayExampleOffline,
    },
    {
      line: 'replay certs --step --dir anna --name-prefix anna-',
      summary: sentences.cliQuickstart.replayExampleClass,
    },
  ],
});
