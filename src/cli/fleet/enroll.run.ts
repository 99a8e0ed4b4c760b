/** `enrollkit fleet enroll`: from flags to individual enrollments. */
import { type ExitStatus, errorTable, exitStatus } from '../../errors.js';
import { type EnrollFleetResult, enrollFleet } from '../../fleet/enroll-fleet.js';
import type { EnrollmentSettings } from '../../fleet/registration/enrollment-entry.js';
import { defaultPlan } from '../../quickstart/plan/answers.js';
import { enrollmentGroupOf } from '../../quickstart/planned-enrollment-group.js';
import { enrollmentGroupFlagsOf } from '../input/plan-flags.js';
import { planFrom } from '../input/plan-input.js';
import type { FlagsOf, RunOf } from '../kernel/command.js';
import { withClients } from '../target/command-target.js';
import { noteLog } from '../target/emulator-log.js';
import { displayPath } from '../terminal/text.js';
import type { fleetEnroll } from './enroll.js';
import { fleetFiles, paceOf, servicePace } from './flags.js';
import { fleetProgress } from './fleet-progress.js';
import { enrollmentText } from './fleet-summary.js';
import { sizeOf } from './register.run.js';

/** @throws EnrollkitError of the flags, the fleet's files, the target, and what `enrollFleet` throws */
export const run: RunOf<typeof fleetEnroll> = async ({ args, flags }, context) => {
  const { output, signal } = context;
  const files = fleetFiles(args.fleet, flags);
  const results = flags.results ?? `${files.out}.enrollments.ndjson`;
  const total = await sizeOf(files.manifest);
  // Individual enrollments take the settings of a group, with the same checks.
  const plan = planFrom(enrollmentGroupFlagsOf(flags), defaultPlan);
  const result = await withClients(flags, context, true, async ({ target, control, service, log }) => {
    const needsHubs = plan.enrollmentGroup.iotHubs && target.kind === 'emulator';
    const linkedHubs = needsHubs ? (await control.getService({ signal })).properties.iotHubs : [];
    const group = enrollmentGroupOf(plan, { pem: '' }, linkedHubs ?? []);
    const { enrollmentGroupId: _id, attestation: _attestation, ...defaults } = group;
    const progress = fleetProgress(output, total, flags.quiet === true);
    const enrolled = await enrollFleet({
      files,
      results,
      service,
      settings: settingsOfFlags(defaults, flags),
      defaults,
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

/** The flag that sets each member. What is set by no flag is a default, and leaves existing enrollments as they are. */
const flagOf: Record<keyof EnrollmentSettings, keyof FlagsOf<typeof fleetEnroll>> = {
  allocationPolicy: 'allocationPolicy',
  capabilities: 'iotEdge',
  initialTwin: 'initialTwin',
  iotHubs: 'hub',
  provisioningStatus: 'provisioningStatus',
  reprovisionPolicy: 'reprovisionPolicy',
};

function settingsOfFlags(
  settings: EnrollmentSettings,
  flags: FlagsOf<typeof fleetEnroll>,
): EnrollmentSettings {
  const isGiven = ([member]: [string, unknown]) =>
    flags[flagOf[member as keyof EnrollmentSettings]] !== undefined;
  return Object.fromEntries(Object.entries(settings).filter(isGiven));
}

/** All failed: as the commonest failure alone would end. */
function statusOf({ enrolled, failed, failures }: EnrollFleetResult): ExitStatus {
  if (failed === 0) return exitStatus.ok;
  return enrolled > 0 ? exitStatus.partial : errorTable[failures[0]!.code].exit;
}
