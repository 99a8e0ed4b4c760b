import { registrationPace } from '../../fleet/registration/pace.js';
import { sentences } from '../../languages/language.js';
import { choicesOf } from '../../quickstart/plan/fields.js';
import { manifestFlag } from '../input/fleet-files.js';
import { declareCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, passphraseFileFlag } from '../kernel/common-flags.js';
import { choiceFlag, switchFlag } from '../kernel/flags.js';
import { globalEndpointFlag, targetFlags } from '../target/target-flags.js';
import { fleetArgument, paceFlags, resultsFlag } from './flags.js';

export const fleetRegister = declareCommand({
  description: sentences.cliFleet.registerDescription,
  args: fleetArgument,
  flags: {
    protocol: choiceFlag({
      placeholder: 'NAME',
      choices: choicesOf('devices.protocol'),
      summary: sentences.cliFleet.protocolFlag,
    }),
    telemetry: switchFlag({ summary: sentences.cliFleet.telemetryFlag }),
    ...manifestFlag,
    ...resultsFlag(sentences.cliFleet.registerResultsFlag),
    ...paceFlags('registrations', registrationPace),
    ...globalEndpointFlag,
    ...passphraseFileFlag,
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'fleet register sensors', summary: sentences.cliFleet.registerExample },
    {
      line: 'fleet register sensors.ndjson --id-scope 0ne0000ABCD --telemetry',
      summary: sentences.cliFleet.registerAzureExample,
    },
  ],
});
