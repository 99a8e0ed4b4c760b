/** Lists the recorded runs of a folder. */

import { EnrollkitError, exitStatus } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { readRecording } from '../../quickstart/recording/read.js';
import type { Recording } from '../../quickstart/recording/schema.js';
import { recordingsOf } from '../../quickstart/recording/store.js';
import { layoutOf } from '../../workspace/layout.js';
import { defineCommand } from '../kernel/command.js';
import { defaultFolder, dirFlag, outputFlags } from '../kernel/common-flags.js';
import { columns, displayPath, milliseconds, printable } from '../terminal/text.js';

type Row = { recording: string } & ({ run: Recording } | { problem: EnrollkitError });

export const runs = defineCommand({
  description: sentences.cliQuickstart.runsDescription,
  flags: { ...dirFlag, ...outputFlags },
  examples: [
    { line: 'runs', summary: sentences.cliQuickstart.runsExampleFolder },
    { line: 'runs --dir line4 --json', summary: sentences.cliQuickstart.runsExampleOther },
  ],
  async run({ flags }, { output }) {
    const folder = flags.dir ?? defaultFolder;
    const rows = recordingsOf(layoutOf(folder)).map(rowOf);
    const unreadable = rows.find((row) => 'problem' in row);
    for (const row of rows) {
      if ('problem' in row) output.note(row.problem.code, printable(row.problem.message));
    }
    if (output.json) output.value({ runs: rows.map(jsonOf) });
    else if (rows.length === 0) output.result('runs.none', sentences.cliQuickstart.runsNoRecording(folder));
    else output.data(rowLines(rows));
    return unreadable ? exitStatus.usage : exitStatus.ok;
  },
});

function rowOf(path: string): Row {
  try {
    return { recording: path, run: readRecording(path) };
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw error;
    return { recording: path, problem: error };
  }
}

function jsonOf(row: Row): unknown {
  const { recording } = row;
  if ('problem' in row) {
    return { recording, error: { code: row.problem.code, message: row.problem.message } };
  }
  const { startedAt, elapsedMs, outcome, enrollkit, node, platform, target, plan, steps, replayOf } = row.run;
  return {
    recording,
    startedAt,
    elapsedMs,
    outcome,
    steps: steps.length,
    devices: plan.devices.registrationIds.length,
    target: target.kind,
    replayOf: replayOf?.startedAt ?? null,
    enrollkit,
    node,
    platform,
  };
}

/** The file comes last and whole, so that it can be copied. */
function rowLines(rows: readonly Row[]): string {
  const facts = columns(rows.map((row) => [...cellsOf(row), '']));
  return rows.map(({ recording }, index) => `${facts[index]!}${displayPath(recording)}`).join('\n');
}

function cellsOf(row: Row): string[] {
  if ('problem' in row) return [sentences.cliQuickstart.runsUnreadable, '', '', ''];
  const { elapsedMs, outcome, target, plan, replayOf } = row.run;
  const { length } = plan.devices.registrationIds;
  return [
    sentences.cliQuickstart.runsOutcome(outcome, replayOf !== undefined),
    milliseconds(Math.round(elapsedMs)),
    sentences.cliQuickstart.runsTarget(target.kind),
    sentences.cliQuickstart.runsDevices(length),
  ];
}
