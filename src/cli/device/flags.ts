/** Flags of the commands that act as a device. */

import { choices } from '../input/plan-flags.js';
import type { Flag } from '../kernel/untyped-command.js';
import { dirFlag, outputFlags, passphraseFileFlag, targetFlags } from '../kernel/untyped-flags.js';

export const deviceFlags: readonly Flag[] = [
  dirFlag,
  { name: 'certificate', value: 'FILE', summary: 'the device’s certificate, when it is not in the folder' },
  { name: 'chain', value: 'FILE', summary: 'its issuers, or the whole chain' },
  { name: 'key', value: 'FILE', summary: 'its private key, PEM' },
  passphraseFileFlag,
  { name: 'protocol', value: 'NAME', choices: choices.protocol, summary: 'how it registers (default: mqtt)' },
  {
    name: 'global-endpoint',
    value: 'HOST',
    summary: 'where devices register (default: global.azure-devices-provisioning.net, or the emulator)',
  },
  ...targetFlags,
  ...outputFlags,
];
