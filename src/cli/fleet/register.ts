import { choicesOf } from '../../quickstart/plan/fields.js';
import { declareCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { choiceFlag, switchFlag } from '../kernel/flags.js';
import { globalEndpointFlag, targetFlags } from '../target/target-flags.js';
import { fleetArgument, manifestFlag, paceFlags, registrationPace, resultsFlag } from './flags.js';

export const fleetRegister = declareCommand({
  description:
    'Registers every device of a fleet with its own certificate, as it will in the field, and tells how long that took. Waits when DPS says so (429, Retry-After). Interrupted or partly refused, it goes on with those that are not assigned when it runs again. The exit status is 7 when some were refused, 4 when all were.',
  args: fleetArgument,
  flags: {
    protocol: choiceFlag({
      placeholder: 'NAME',
      choices: choicesOf('devices.protocol'),
      summary: 'how they register (default: mqtt)',
    }),
    telemetry: switchFlag({ summary: 'each device sends its hub a message, too' }),
    ...manifestFlag,
    ...resultsFlag('.registrations.ndjson', 'a line of JSON a device; the next run goes on with it'),
    ...paceFlags('registrations', registrationPace),
    ...globalEndpointFlag,
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'fleet register sensors', summary: 'at the emulator of the certificate folder' },
    {
      line: 'fleet register sensors.ndjson --id-scope 0ne0000ABCD --telemetry',
      summary: 'at a DPS in Azure, with a message each',
    },
  ],
});
