import { individualEnrollmentFlags } from '../input/plan-flags.js';
import { declareCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { switchFlag } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';
import { fleetArgument, manifestFlag, paceFlags, resultsFlag, servicePace } from './flags.js';

export const fleetEnroll = declareCommand({
  description:
    'Creates an individual enrollment for every device of a fleet, by its own certificate, ten in a request, and reads each back. Tags of the manifest go into the initial twin. An existing enrollment counts as enrolled when it is what this command would create; with --update, it is changed. Where one enrollment group does for all devices, it is less work: see group create. Safe to run again: enrollments that are already right are left alone.',
  args: fleetArgument,
  flags: {
    update: switchFlag({
      summary:
        'also change existing enrollments: set the certificate, the tags and what you give as flags, and keep the rest',
    }),
    ...individualEnrollmentFlags,
    ...manifestFlag,
    ...resultsFlag('.enrollments.ndjson', 'one line of JSON per device; each run replaces it'),
    ...paceFlags('enrollments', servicePace),
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'fleet enroll sensors', summary: 'each device by its certificate, to any linked hub' },
    {
      line: 'fleet enroll sensors --hub contoso.azure-devices.net --target azure --dps-name contoso-dps',
      summary: 'to one hub, in Azure',
    },
    {
      line: 'fleet enroll sensors --update --provisioning-status disabled',
      summary: 'disable the enrollments, and change nothing else in them',
    },
  ],
});
