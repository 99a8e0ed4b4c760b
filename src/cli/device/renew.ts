import { sentences } from '../../languages/language.js';
import { declareCommand } from '../kernel/command.js';
import { choiceFlag, textFlag } from '../kernel/flags.js';
import { csrFileFlag, deviceFlags } from './flags.js';

const { renew } = sentences.cliDevice;
const { protocol: _, certificate: __, chain: ___, ...common } = deviceFlags;

export const deviceRenew = declareCommand({
  description: renew.description,
  args: { id: { summary: sentences.cliDevice.id } },
  flags: {
    hub: textFlag({ placeholder: 'HOST', summary: renew.hub }),
    certificate: textFlag({ placeholder: 'FILE', summary: renew.certificate }),
    chain: textFlag({ placeholder: 'FILE', summary: sentences.cliDevice.flags.chain }),
    ...csrFileFlag,
    protocol: choiceFlag({ placeholder: 'NAME', choices: ['mqtt', 'mqtt-ws'], summary: renew.protocol }),
    ...common,
  },
  examples: [
    { line: 'device renew device-001', summary: sentences.cliDevice.register.folder },
    {
      line: 'device renew d7 --hub HUB.azure-devices.net --chain d7.operational.pem --key d7.key.pem',
      summary: renew.files,
    },
  ],
});
