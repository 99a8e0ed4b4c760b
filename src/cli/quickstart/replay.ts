/** The run of a recording again, compared with it. */
import { declareCommand } from '../kernel/command.js';
import { folderName } from '../kernel/common-flags.js';
import { parsedFlag, switchFlag, textFlag } from '../kernel/flags.js';
import { runFlags } from './run-flags.js';

/** The folder of a replay when `--dir` is not given. */
export const defaultReplayFolder = 'replay';

export const replay = declareCommand({
  description:
    'Runs a recorded quickstart again, in a new folder, and compares it with the recording step by step: outcomes, statuses, shapes, names and counts. Without --target azure, it runs against an embedded emulator, also if the recording is of Azure. It asks nothing.',
  args: { recording: { summary: 'the recording, or a certificate folder: its last run' } },
  flags: {
    dir: parsedFlag({
      placeholder: 'FOLDER',
      parse: folderName,
      summary: `a new or empty folder for the replay (default: ${defaultReplayFolder})`,
    }),
    check: switchFlag({ summary: 'exit with 13 if it differs, and with 0 if it does not' }),
    offline: switchFlag({ summary: 'answer each request from the recording; nothing is connected' }),
    step: switchFlag({ summary: 'before each step, show what it sends and wait for Enter' }),
    'name-prefix': textFlag({
      placeholder: 'TEXT',
      summary: 'put TEXT before the names of the group, the uploaded CA and the devices',
    }),
    ...runFlags,
  },
  examples: [
    { line: 'replay certs --check', summary: 'the last run of the folder certs, again' },
    {
      line: 'replay bug.json --offline --check --json',
      summary: 'a run of someone else, without its service, for a program',
    },
    {
      line: 'replay certs --step --dir anna --name-prefix anna-',
      summary: 'in a class: step by step, with your own names',
    },
  ],
});
