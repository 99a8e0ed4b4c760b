import { declareCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { switchFlag } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';
import { fleetArgument, manifestFlag, paceFlags, servicePace } from './flags.js';

export const fleetDeregister = declareCommand({
  description:
    'Deletes the registration records of a fleet. As in Azure, its devices stay in their hubs, and can register again as long as an enrollment takes them. The files of the fleet stay; those of results, which no longer hold, go.',
  args: fleetArgument,
  flags: {
    enrollments: switchFlag({ summary: 'delete the individual enrollments of the devices, too' }),
    'hub-devices': switchFlag({
      summary: 'delete the devices from their hub, too; in Azure, by ENROLLKIT_HUB_CONNECTION_STRING',
    }),
    ...manifestFlag,
    ...paceFlags('devices', servicePace),
    ...yesFlag,
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'fleet deregister sensors', summary: 'it asks first' },
    { line: 'fleet deregister sensors --enrollments --hub-devices --yes', summary: 'nothing is left' },
  ],
});
