/** `enrollkit report`: one HTML file about a run, or about a fleet. */
import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { isFolder } from '../../workspace/files.js';
import type { Context, FlagsOf, RunOf } from '../kernel/command.js';
import { defaultFolder, folderName } from '../kernel/common-flags.js';
import { programName } from '../terminal/command-line.js';
import { displayPath } from '../terminal/text.js';
import { certificatesOf, differencesFrom } from './certificates.js';
import { fleetAt, fleetReport } from './fleet-report.js';
import { createdIn, recordedRun } from './recorded-run.js';
import type { report } from './report.js';
import { runPage } from './run-page.js';
import { assertReportFits, reportName, writeReport } from './write-report.js';

interface Report {
  html: string;
  /** The recording, absolute; only of a run. */
  recording?: string;
  warnings: readonly string[];
}

/** @throws EnrollkitError of the folder or fleet, a recording that was named, and the file */
export const run: RunOf<typeof report> = async ({ args, flags }, context) => {
  const { output, now } = context;
  const folder = folderName(args.folder ?? defaultFolder);
  const { path, make } = planned(folder, flags, context);
  const force = flags.force === true;
  assertReportFits(path, force);
  const { html, recording = null, warnings } = await make();
  writeReport(path, html, force, now);
  if (output.json) return output.value({ report: path, recording, warnings });
  for (const warning of warnings) output.note('report.warning', sentences.cliReport.warning(warning));
  output.result('report.written', sentences.cliReport.written(displayPath(path)));
};

/** Where the report goes, and what it is about. */
function planned(
  folder: string,
  { out, run: named, results }: FlagsOf<typeof report>,
  context: Context,
): { path: string; make: () => Promise<Report> } {
  const text = sentences.cliReport;
  const fleet = fleetAt(folder, results);
  if (fleet) {
    const { runOrResults, runOrFleet } = text.fleet;
    if (named !== undefined)
      throw new EnrollkitError('USAGE', results === undefined ? runOrFleet(folder) : runOrResults);
    return { path: out ?? `${fleet.out}.report.html`, make: () => fleetReport(fleet, context) };
  }
  if (!isFolder(folder)) throw new EnrollkitError('FILE_UNREADABLE', text.noFolder(folder));
  return { path: out ?? join(folder, reportName), make: () => runReport(folder, named, context) };
}

async function runReport(folder: string, named: string | undefined, context: Context): Promise<Report> {
  const { now, signal, env } = context;
  const at = now();
  const found = recordedRun(folder, named);
  const certificates = await certificatesOf(folder, at, signal);
  const { forest, unreadable } = certificates;
  if (!found.recording && forest.nodes.length === 0 && unreadable.length === 0) {
    throw new EnrollkitError('INVALID_RECORDING', [...found.warnings, ...certificates.warnings].join('\n'), {
      next: sentences.cliQuickstart.runsNoRecordingNext,
    });
  }
  const created = createdIn(folder, found);
  const differences = found.recording ? differencesFrom(found.recording, folder, forest) : [];
  const warnings = [
    ...new Set([...found.warnings, ...created.warnings, ...differences, ...certificates.warnings]),
  ];
  const program = programName(env);
  const html = runPage({ folder, run: found, certificates, created, warnings, at, program });
  return {
    html,
    ...(found.path === undefined ? {} : { recording: found.path }),
    warnings: [...warnings, ...unreadable.map(({ message }) => message)],
  };
}
