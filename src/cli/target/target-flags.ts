/** Flags that say which provisioning service or emulator a command works with. */

import { join } from 'node:path';
import { sentences } from '../../languages/language.js';
import { planGroups } from '../../quickstart/plan/fields.js';
import { fieldFlags } from '../input/field-flags.js';
import { defaultFolder, folderName } from '../kernel/common-flags.js';
import { parsedFlag, textFlag, underHeading } from '../kernel/flags.js';

/** The state folder of a quickstart in the default certificate folder. */
export const defaultStateFolder = join(defaultFolder, '.enrollkit');
export const stateFolderFlag = {
  dir: parsedFlag({
    placeholder: 'FOLDER',
    parse: folderName,
    summary: sentences.cliTarget.stateFolder(defaultStateFolder),
  }),
};
const { heading } = planGroups.target;
const {
  target,
  create,
  location,
  'hub-name': hubName,
  'hub-sku': hubSku,
  ...namesInAzure
} = underHeading(heading, fieldFlags('target'));
export const targetFlag = { target };
export const azureFlags = namesInAzure;
/** For quickstarts, which can create the provisioning service. */
export const creationFlags = { create, location, 'hub-name': hubName, 'hub-sku': hubSku };
export const connectionStringFileFlag = {
  'connection-string-file': textFlag({
    placeholder: 'FILE',
    heading,
    summary: sentences.cliTarget.connectionStringFile,
  }),
};
/** Which DPS a command talks to. Secrets come from files and the environment, never from arguments. */
export const targetFlags = { ...targetFlag, ...azureFlags, ...connectionStringFileFlag };

/** For commands that run a whole quickstart. */
export const sharedEmulatorFlag = {
  emulator: parsedFlag({
    placeholder: 'FOLDER',
    heading,
    parse: folderName,
    summary: sentences.cliTarget.sharedEmulator,
  }),
};

/** For commands that register devices. */
export const globalEndpointFlag = {
  'global-endpoint': textFlag({
    placeholder: 'HOST',
    summary: sentences.cliTarget.globalEndpoint,
  }),
};
