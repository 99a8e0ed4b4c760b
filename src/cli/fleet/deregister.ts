import type { Command, Context, Input } from '../kernel/untyped-command.js';
import { dirFlag, outputFlags, targetFlags, yesFlag } from '../kernel/untyped-flags.js';
import { fleetArgument, manifestFlag, paceFlags, servicePace } from './flags.js';

export const fleetDeregister: Command = {
  description:
    'Deletes the registration records of a fleet. As in Azure, its devices stay in their hubs, and can register again as long as an enrollment takes them. The files of the fleet stay; those of results, which no longer hold, go.',
  arguments: [fleetArgument],
  flags: [
    { name: 'enrollments', summary: 'delete the individual enrollments of the devices, too' },
    {
      name: 'hub-devices',
      summary: 'delete the devices from their hub, too; in Azure, by ENROLLKIT_HUB_CONNECTION_STRING',
    },
    manifestFlag,
    ...paceFlags('devices', servicePace),
    yesFlag,
    dirFlag,
    ...targetFlags,
    ...outputFlags,
  ],
  examples: [
    { line: 'fleet deregister sensors', summary: 'it asks first' },
    { line: 'fleet deregister sensors --enrollments --hub-devices --yes', summary: 'nothing is left' },
  ],
  run,
};

async function run(input: Input, context: Context): Promise<void> {
  const { deregisterFromFlags } = await import('./deregister.run.js');
  await deregisterFromFlags(input, context);
}
