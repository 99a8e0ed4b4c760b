import type { Command, Context, Input } from '../kernel/command.js';
import { dirFlag, outputFlags, targetFlags } from '../kernel/flags.js';
import { enrollmentGroupFlags } from '../quickstart/plan-flags.js';
import { fleetArgument, manifestFlag, paceFlags, resultsFlag, servicePace } from './flags.js';

export const fleetEnroll: Command = {
  description:
    'Creates an individual enrollment for every device of a fleet, by its own certificate, ten in a request. Tags of the manifest go into the initial twin. Where one enrollment group does for all devices, it is less work: see group create. Run again, it goes on with those that are not enrolled.',
  arguments: [fleetArgument],
  flags: [
    { name: 'update', summary: 'replace the enrollments that there are already' },
    ...enrollmentGroupFlags.filter(({ name }) => name !== 'attestation'),
    manifestFlag,
    resultsFlag('.enrollments.ndjson'),
    ...paceFlags('enrollments', servicePace),
    dirFlag,
    ...targetFlags,
    ...outputFlags,
  ],
  examples: [
    { line: 'fleet enroll sensors', summary: 'each device by its certificate, to any linked hub' },
    {
      line: 'fleet enroll sensors --hub contoso.azure-devices.net --target azure --dps-name contoso-dps',
      summary: 'to one hub, in Azure',
    },
  ],
  run,
};

async function run(input: Input, context: Context) {
  const { enrollFromFlags } = await import('./enroll.run.js');
  return enrollFromFlags(input, context);
}
