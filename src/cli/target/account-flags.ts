/** Flags of commands that work with a whole account. */
import { EnrollkitError } from '../../errors.js';
import { parsedFlag, repeatable, textFlag } from '../kernel/flags.js';
import { azureFlags, targetFlag } from './target-flags.js';

const { subscription, 'resource-group': resourceGroup, 'dps-name': dpsName } = azureFlags;

export const accountFlags = {
  ...targetFlag,
  subscription: { ...subscription, summary: 'its subscription (default: all that you can read)' },
  'resource-group': { ...resourceGroup, summary: 'its resource group (default: all)' },
};

/** For commands that work with one provisioning service of the account. */
export const dpsNameFlag = {
  'dps-name': {
    ...dpsName,
    summary: 'the provisioning service (default: that of the last run, or the emulator’s)',
  },
};

/** For commands that create a resource in Azure. */
export const newResourceFlags = {
  location: textFlag({
    placeholder: 'REGION',
    summary: 'the Azure region, for example westeurope (default: that of the resource group)',
  }),
  tag: repeatable(
    parsedFlag({ placeholder: 'NAME=VALUE', parse: tagOf, summary: 'a tag of the resource; once for each' }),
  ),
};

/** Microsoft Learn, "Use tags to organize your Azure resources": names have 512 characters at most, values 256. */
function tagOf(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  if (at > 0 && name.length <= 512 && value.length <= 256 && !/[<>%&\\?/]/.test(name)) return [name, value];
  throw new EnrollkitError('USAGE', `--tag: "${text}" is not NAME=VALUE.`, {
    next: 'Give a name of 1 to 512 characters without < > % & \\ ? /, and a value of at most 256: --tag owner=me',
  });
}
