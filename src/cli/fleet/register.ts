import { choices } from '../input/plan-flags.js';
import type { Command, Context, Input } from '../kernel/untyped-command.js';
import { dirFlag, outputFlags, targetFlags } from '../kernel/untyped-flags.js';
import { fleetArgument, manifestFlag, paceFlags, registrationPace, resultsFlag } from './flags.js';

export const fleetRegister: Command = {
  description:
    'Registers every device of a fleet with its own certificate, as it will in the field, and tells how long that took. Waits when DPS says so (429, Retry-After). Interrupted or partly refused, it goes on with those that are not assigned when it runs again. The exit status is 7 when some were refused, 4 when all were.',
  arguments: [fleetArgument],
  flags: [
    {
      name: 'protocol',
      value: 'NAME',
      choices: choices.protocol,
      summary: 'how they register (default: mqtt)',
    },
    { name: 'telemetry', summary: 'each device sends its hub a message, too' },
    manifestFlag,
    resultsFlag('.registrations.ndjson', 'a line of JSON a device; the next run goes on with it'),
    ...paceFlags('registrations', registrationPace),
    {
      name: 'global-endpoint',
      value: 'HOST',
      summary: 'where devices register (default: global.azure-devices-provisioning.net, or the emulator)',
    },
    dirFlag,
    ...targetFlags,
    ...outputFlags,
  ],
  examples: [
    { line: 'fleet register sensors', summary: 'at the emulator of the certificate folder' },
    {
      line: 'fleet register sensors.ndjson --id-scope 0ne0000ABCD --telemetry',
      summary: 'at a DPS in Azure, with a message each',
    },
  ],
  run,
};

async function run(input: Input, context: Context) {
  const { registerFromFlags } = await import('./register.run.js');
  return registerFromFlags(input, context);
}
