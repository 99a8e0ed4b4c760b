/** The whole quickstart: certificates, CA in DPS, enrollment group, devices. */
import { sentences } from '../../languages/language.js';
import { caFlags } from '../input/certificate-flags.js';
import { declareCommand } from '../kernel/command.js';
import { dirFlag } from '../kernel/common-flags.js';
import { repeatable, switchFlag, textFlag } from '../kernel/flags.js';
import { runFlags } from './run-flags.js';

const existing = sentences.cliQuickstart.commandExisting;

export const quickstart = declareCommand({
  description: sentences.cliQuickstart.commandDescription,
  flags: {
    yes: switchFlag({ summary: sentences.cliQuickstart.commandYes }),
    plan: textFlag({ placeholder: 'FILE', summary: sentences.cliQuickstart.commandPlan }),
    'dry-run': switchFlag({ summary: sentences.cliQuickstart.commandDryRun }),
    ...dirFlag,
    ca: {
      ...caFlags.ca,
      heading: existing,
      summary: sentences.cliQuickstart.commandCa,
    },
    'ca-key': { ...caFlags['ca-key'], heading: existing },
    csr: repeatable(
      textFlag({
        placeholder: 'FILE',
        heading: sentences.quickstartPlan.devicesHeading,
        summary: sentences.cliQuickstart.commandCsr,
      }),
    ),
    ...runFlags,
  },
  examples: [
    { line: 'quickstart --yes', summary: sentences.cliQuickstart.commandExampleYes },
    {
      line: 'quickstart --yes --count 20 --device-prefix line4- --dir line4',
      summary: sentences.cliQuickstart.commandExampleCount,
    },
    {
      line: 'quickstart --dry-run --target azure --dps-name contoso --proof-of-possession portal',
      summary: sentences.cliQuickstart.commandExampleDryRun,
    },
    {
      line: 'quickstart --yes --ca company-root.pem --ca-key company-root.key',
      summary: sentences.cliQuickstart.commandExampleCa,
    },
    {
      line: 'quickstart --yes --enrollment individual --devices devices.csv',
      summary: sentences.cliQuickstart.commandExampleDevices,
    },
    {
      line: 'quickstart --yes --enrollment individual --csr pump-7.csr --csr pump-8.csr',
      summary: sentences.cliQuickstart.commandExampleCsr,
    },
    {
      line: 'quickstart --yes --request-certificates',
      summary: sentences.cliQuickstart.commandExampleRequest,
    },
    {
      line: 'quickstart --plan certs/.enrollkit/plan.json --json',
      summary: sentences.cliQuickstart.commandExamplePlan,
    },
  ],
});
