/** `enrollkit fleet enroll`: from flags to individual enrollments. */
import { type ExitStatus, errorTable, exitStatus } from '../../errors.js';
import { type EnrollFleetResult, enrollFleet } from '../../fleet/enroll-fleet.js';
import { enrollmentSettings } from '../input/enrollment-settings.js';
import { fleetFiles } from '../input/fleet-files.js';
import type { RunOf } from '../kernel/command.js';
import { withClients } from '../target/command-target.js';
import { noteLog } from '../target/emulator-log.js';
import { displayPath } from '../terminal/text.js';
import type { fleetEnroll } from './enroll.js';
import { paceOf, servicePace } from './flags.js';
import { fleetProgress } from './fleet-progress.js';
import { enrollmentText } from './fleet-summary.js';
import { sizeOf } from './register.run.js';

/** @throws EnrollkitError of the flags, the fleet's files, the target, and what `enrollFleet` throws */
export const run: RunOf<typeof fleetEnroll> = async ({ args, flags }, context) => {
  const { output, signal } = context;
  const files = fleetFiles(args.fleet, flags);
  const results = flags.results ?? `${files.out}.enrollments.ndjson`;
  const total = await sizeOf(files.manifest);
  const settings = enrollmentSettings(flags);
  const result = await withClients(flags, context, true, async ({ target, control, service, log }) => {
    const { given, all } = await settings.at(target, control, signal);
    const progress = fleetProgress(output, total, flags.quiet === true);
    const enrolled = await enrollFleet({
      files,
      results,
      service,
      settings: given,
      defaults: all,
      update: flags.update === true,
      ...paceOf(target.kind, flags, servicePace),
      signal,
      onProgress: (devices) => progress.on(devices),
    }).finally(() => progress.end());
    if (enrolled.failed > 0) noteLog(output, log);
    return enrolled;
  });
  if (output.json) output.value({ ...result, results });
  else output.result('fleet.enroll.report', enrollmentText(result, displayPath(results)));
  return statusOf(result);
};

/** All failed: as the commonest failure alone would end. */
function statusOf({ enrolled, failed, failures }: EnrollFleetResult): ExitStatus {
  if (failed === 0) return exitStatus.ok;
  return enrolled > 0 ? exitStatus.partial : errorTable[failures[0]!.code].exit;
}
