/** `enrollkit fleet enroll`: from flags to individual enrollments. */
import { type ExitStatus, exitStatus } from '../errors.js';
import { type EnrollmentSettings, enrollFleet } from '../fleet-registration/enroll-fleet.js';
import { enrollmentGroupOf } from '../pipeline/enrollment-group-of.js';
import { defaultPlan } from '../pipeline/plan.js';
import { enrollmentGroupFlags } from './answers.js';
import { here } from './cert/make.js';
import { type Context, camelCase, type Input } from './command.js';
import { withClients } from './command-target.js';
import { fleetFiles, paceOf, servicePace } from './fleet-flags.js';
import { fleetProgress } from './fleet-progress.js';
import { sizeOf } from './fleet-register.js';
import { enrollmentText } from './fleet-summary.js';
import { planFrom } from './plan-input.js';

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
