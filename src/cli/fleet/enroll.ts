import { sentences } from '../../languages/language.js';
import { manifestFlag } from '../input/fleet-files.js';
import { individualEnrollmentFlags } from '../input/plan-flags.js';
import { declareCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { switchFlag } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';
import { fleetArgument, paceFlags, resultsFlag, servicePace } from './flags.js';

export const fleetEnroll = declareCommand({
  description: sentences.cliFleet.enrollDescription,
  args: fleetArgument,
  flags: {
    update: switchFlag({
      summary: sentences.cliFleet.enrollUpdateFlag,
    }),
    ...individualEnrollmentFlags,
    ...manifestFlag,
    ...resultsFlag(sentences.cliFleet.enrollResultsFlag),
    ...paceFlags('enrollments', servicePace),
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'fleet enroll sensors', summary: sentences.cliFleet.enrollExample },
    {
      line: 'fleet enroll sensors --hub contoso.azure-devices.net --target azure --dps-name contoso-dps',
      summary: sentences.cliFleet.enrollHubExample,
    },
    {
      line: 'fleet enroll sensors --update --provisioning-status disabled',
      summary: sentences.cliFleet.enrollDisableExample,
    },
  ],
});
