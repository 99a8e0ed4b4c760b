/** Flags that say which provisioning service or emulator a command works with. */
import { join } from 'node:path';
import { defaultFolder, folderName } from '../kernel/common-flags.js';
import { choiceFlag, parsedFlag, textFlag } from '../kernel/flags.js';

/** The state folder that a quickstart uses. */
export const defaultStateFolder = join(defaultFolder, '.enrollkit');
export const stateFolderFlag = {
  dir: parsedFlag({
    placeholder: 'FOLDER',
    parse: folderName,
    summary: `the state folder (default: ${defaultStateFolder}, that of a quickstart)`,
  }),
};
const heading = 'Where:';
export const targetFlag = {
  target: choiceFlag({
    placeholder: 'TARGET',
    choices: ['emulator', 'azure'],
    heading,
    summary: 'which provisioning service',
  }),
};
export const azureFlags = {
  'dps-name': textFlag({ placeholder: 'NAME', heading, summary: 'Azure: the provisioning service' }),
  subscription: textFlag({ placeholder: 'ID', heading, summary: 'Azure: its subscription' }),
  'resource-group': textFlag({ placeholder: 'NAME', heading, summary: 'Azure: its resource group' }),
  'id-scope': textFlag({
    placeholder: 'SCOPE',
    heading,
    summary: 'Azure: its ID scope, needed without rights on Resource Manager',
  }),
};
export const connectionStringFileFlag = {
  'connection-string-file': textFlag({
    placeholder: 'FILE',
    heading,
    summary: 'Azure: a file with the connection string of a shared access policy',
  }),
};
/** Which DPS a command talks to. Secrets come from files and the environment, never from arguments. */
export const targetFlags = { ...targetFlag, ...azureFlags, ...connectionStringFileFlag };

/** For commands that register devices. */
export const globalEndpointFlag = {
  'global-endpoint': textFlag({
    placeholder: 'HOST',
    summary: 'where devices register (default: global.azure-devices-provisioning.net, or the emulator)',
  }),
};
