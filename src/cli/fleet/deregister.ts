import { sentences } from '../../languages/language.js';
import { manifestFlag } from '../input/fleet-files.js';
import { declareCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { switchFlag } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';
import { fleetArgument, paceFlags, servicePace } from './flags.js';

export const fleetDeregister = declareCommand({
  description: sentences.cliFleet.deregisterDescription,
  args: fleetArgument,
  flags: {
    enrollments: switchFlag({ summary: sentences.cliFleet.deregisterEnrollmentsFlag }),
    'hub-devices': switchFlag({
      summary: sentences.cliFleet.deregisterHubDevicesFlag,
    }),
    ...manifestFlag,
    ...paceFlags('devices', servicePace),
    ...yesFlag,
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'fleet deregister sensors', summary: sentences.cliFleet.deregisterExample },
    {
      line: 'fleet deregister sensors --enrollments --hub-devices --yes',
      summary: sentences.cliFleet.deregisterAllExample,
    },
  ],
});
