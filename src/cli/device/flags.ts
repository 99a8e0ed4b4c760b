/** Flags of the commands that act as a device. */
import { choicesOf } from '../../quickstart/plan/fields.js';
import { dirFlag, outputFlags, passphraseFileFlag } from '../kernel/common-flags.js';
import { choiceFlag, textFlag } from '../kernel/flags.js';
import { globalEndpointFlag, targetFlags } from '../target/target-flags.js';

export const deviceFlags = {
  ...dirFlag,
  certificate: textFlag({
    placeholder: 'FILE',
    summary: 'the device’s certificate, when it is not in the folder',
  }),
  chain: textFlag({ placeholder: 'FILE', summary: 'its issuers, or the whole chain' }),
  key: textFlag({ placeholder: 'FILE', summary: 'its private key, PEM' }),
  ...passphraseFileFlag,
  protocol: choiceFlag({
    placeholder: 'NAME',
    choices: choicesOf('devices.protocol'),
    summary: 'how it registers (default: mqtt)',
  }),
  ...globalEndpointFlag,
  ...targetFlags,
  ...outputFlags,
};
