/** `enrollkit fleet enroll`: from flags to individual enrollments. */
import { type ExitStatus, exitStatus } from '../../errors.js';
import { type EnrollmentSettings, enrollFleet } from '../../fleet/enroll-fleet.js';
import { defaultPlan } from '../../quickstart/plan/plan.js';
import { enrollmentGroupOf } from '../../quickstart/planned-enrollment-group.js';
import { type Context, camelCase, type Input } from '../kernel/command.js';
import { enrollmentGroupFlags } from '../quickstart/plan-flags.js';
import { planFrom } from '../quickstart/plan-input.js';
import { withClients } from '../target/command-target.js';
import { here } from '../terminal/display-path.js';
import { fleetFiles, paceOf, servicePace } from './flags.js';
import { fleetProgress } from './fleet-progress.js';
import { enrollmentText } from './fleet-summary.js';
import { sizeOf } from './register.run.js';

/** @throws EnrollkitError of the flags, the fleet's files, the target, and what `enrollFleet` throws */
export async function enrollFromFlags(
  { arguments: [out], flags }: Input,
  context: Context,
): Promise<ExitStatus> {
  const { output, signal } = context;
  const files = fleetFiles(out!, flags);
  const results = (flags.results as string | undefined) ?? `${files.out}.enrollments.ndjson`;
  const total = await sizeOf(files.manifest);
  // What an individual enrollment has in common with a group is asked for and checked as there.
  const names = enrollmentGroupFlags.map(({ name }) => camelCase(name));
  const plan = planFrom(Object.fromEntries(names.map((name) => [name, flags[name]])), defaultPlan);
  const result = await withClients(flags, context, true, async ({ target, control, service }) => {
    const named = plan.enrollmentGroup.iotHubs && target.kind === 'emulator';
    const linkedHubs = named ? (await control.getService({ signal })).properties.iotHubs : [];
    const group = enrollmentGroupOf(plan, { pem: '' }, linkedHubs ?? []);
    const { enrollmentGroupId: _id, attestation: _attestation, ...settings } = group;
    const progress = fleetProgress(output, total, flags.quiet === true);
    return enrollFleet({
      files,
      results,
      service,
      settings: settings satisfies EnrollmentSettings,
      update: flags.update === true,
      ...paceOf(target.kind, flags, servicePace),
      signal,
      onProgress: ({ before, enrolled, failed }) => progress.on(before + enrolled + failed),
    }).finally(() => progress.end());
  });
  if (output.json) output.value({ ...result, results });
  else output.data(enrollmentText(result, here(results)));
  if (result.failed === 0) return exitStatus.ok;
  return result.before + result.enrolled > 0 ? exitStatus.partial : exitStatus.refused;
}
