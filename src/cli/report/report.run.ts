/** `enrollkit report`: one HTML file about a run, or about a fleet. */
import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { isFolder } from '../../workspace/files.js';
import type { Context, RunOf } from '../kernel/command.js';
import { defaultFolder, folderName } from '../kernel/common-flags.js';
import { programName } from '../terminal/command-line.js';
import { displayPath } from '../terminal/text.js';
import { certificatesOf, differencesFrom } from './certificates.js';
import { createdIn, recordedRun } from './recorded-run.js';
import type { report } from './report.js';
import { runPage } from './run-page.js';
import { assertReportFits, reportName, writeReport } from './write-report.js';

interface Report {
  html: string;
  /** The recording, absolute. */
  recording: string | null;
  warnings: readonly string[];
}

/** @throws EnrollkitError of the folder, a recording that was named, and the file */
export const run: RunOf<typeof report> = async ({ args, flags }, context) => {
  const { output, now } = context;
  const folder = folderName(args.folder ?? defaultFolder);
  const path = flags.out ?? join(folder, reportName);
  const force = flags.force === true;
  if (!isFolder(folder)) throw new EnrollkitError('FILE_UNREADABLE', sentences.cliReport.noFolder(folder));
  assertReportFits(path, force);
  const { html, recording, warnings } = await runReport(folder, flags.run, context);
  writeReport(path, html, force, now);
  if (output.json) return output.value({ report: path, recording, warnings });
  for (const warning of warnings) output.note('report.warning', sentences.cliReport.warning(warning));
  output.result('report.written', sentences.cliReport.written(displayPath(path)));
};

async function runReport(folder: string, named: string | undefined, context: Context): Promise<Report> {
  const { now, signal, env } = context;
  const at = now();
  const found = recordedRun(folder, named);
  const certificates = await certificatesOf(folder, at, signal);
  if (!found.recording && certificates.forest.nodes.length === 0 && certificates.unreadable.length === 0) {
    throw new EnrollkitError('INVALID_RECORDING', [...found.warnings, ...certificates.warnings].join('\n'), {
      next: sentences.cliQuickstart.runsNoRecordingNext,
    });
  }
  const created = createdIn(folder, found);
  const warnings = [
    ...found.warnings,
    ...created.warnings,
    ...(found.recording ? differencesFrom(found.recording, folder, certificates.forest) : []),
    ...certificates.warnings,
  ].filter((one, index, all) => all.indexOf(one) === index);
  const html = runPage({
    folder,
    run: found,
    certificates,
    created,
    warnings,
    at,
    program: programName(env),
  });
  return {
    html,
    recording: found.path ?? null,
    warnings: [...warnings, ...certificates.unreadable.map(({ message }) => message)],
  };
}
