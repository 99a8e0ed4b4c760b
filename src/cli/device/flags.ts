/** Flags of the commands that act as a device. */
import { sentences } from '../../languages/language.js';
import { choicesOf } from '../../quickstart/plan/fields.js';
import { dirFlag, outputFlags, passphraseFileFlag } from '../kernel/common-flags.js';
import { choiceFlag, textFlag } from '../kernel/flags.js';
import { globalEndpointFlag, targetFlags } from '../target/target-flags.js';

/** Of a certificate that Azure issues. */
export const csrFileFlag = {
  'csr-file': textFlag({ placeholder: 'FILE', summary: sentences.cliDevice.flags.csrFile }),
};

export const deviceFlags = {
  ...dirFlag,
  certificate: textFlag({
    placeholder: 'FILE',
    summary: sentences.cliDevice.flags.certificate,
  }),
  chain: textFlag({ placeholder: 'FILE', summary: sentences.cliDevice.flags.chain }),
  key: textFlag({ placeholder: 'FILE', summary: sentences.cliDevice.flags.key }),
  ...passphraseFileFlag,
  protocol: choiceFlag({
    placeholder: 'NAME',
    choices: choicesOf('devices.protocol'),
    summary: sentences.cliDevice.flags.protocol,
  }),
  ...globalEndpointFlag,
  ...targetFlags,
  ...outputFlags,
};
