/** `enrollkit fleet deregister`. */
import { deregisterFleet } from '../../fleet/deregister-fleet.js';
import { removeResults } from '../../fleet/registration/result-lines.js';
import { sentences } from '../../languages/language.js';
import { fleetFiles, registrationResults } from '../input/fleet-files.js';
import type { RunOf } from '../kernel/command.js';
import { withClients } from '../target/command-target.js';
import { confirmed } from '../terminal/confirm.js';
import type { fleetDeregister } from './deregister.js';
import { paceOf, servicePace } from './flags.js';
import { fleetProgress } from './fleet-progress.js';
import { deregistrationText } from './fleet-summary.js';
import { sizeOf } from './register.run.js';

/** @throws EnrollkitError of the flags, the manifest, the target, and what `removeResults` and `deregisterFleet` throw */
export const run: RunOf<typeof fleetDeregister> = async ({ args, flags }, context) => {
  const { output, signal } = context;
  const { out: fleet, manifest } = fleetFiles(args.fleet, flags);
  const total = await sizeOf(manifest);
  await confirmed('fleet.deregister', sentences.cliFleet.deregister(total), flags, context);
  const enrollments = flags.enrollments === true;
  const deregister = () =>
    withClients(flags, context, false, async ({ target, service }) => {
      const progress = fleetProgress(output, total, flags.quiet === true);
      return deregisterFleet({
        manifest,
        target,
        service,
        enrollments,
        hubDevices: flags.hubDevices === true,
        ...paceOf(target.kind, flags, servicePace),
        signal,
        onProgress: (devices) => progress.on(devices),
      }).finally(() => progress.end());
    });
  const results = [registrationResults(fleet), ...(enrollments ? [`${fleet}.enrollments.ndjson`] : [])];
  const result = await removeResults(results, deregister);
  if (output.json) return output.value(result);
  output.result('fleet.deregister.report', deregistrationText(total, result.leftInHubs, result.elapsedMs));
};
