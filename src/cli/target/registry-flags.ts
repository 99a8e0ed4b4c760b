/** Flags of commands that work in a namespace of Azure Device Registry. */
import { sentences } from '../../languages/language.js';
import { textFlag } from '../kernel/flags.js';

export const namespaceFlag = {
  namespace: textFlag({
    placeholder: 'NAME',
    summary: sentences.cliRegistry.flags.namespace,
  }),
};

export const caNameFlag = {
  'ca-name': textFlag({ placeholder: 'NAME', summary: sentences.cliRegistry.flags.caName }),
};
