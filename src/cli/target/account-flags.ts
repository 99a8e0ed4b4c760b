/** Flags of commands that work with a whole account. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { parsedFlag, repeatable, textFlag } from '../kernel/flags.js';
import { azureFlags, targetFlag } from './target-flags.js';

const { subscription, 'resource-group': resourceGroup, 'dps-name': dpsName } = azureFlags;

export const accountFlags = {
  ...targetFlag,
  subscription: { ...subscription, summary: sentences.cliTarget.subscriptionSummary },
  'resource-group': { ...resourceGroup, summary: sentences.cliTarget.resourceGroupSummary },
};

/** For commands that work with one provisioning service of the account. */
export const dpsNameFlag = {
  'dps-name': {
    ...dpsName,
    summary: sentences.cliTarget.dpsNameSummary,
  },
};

/** For commands that create a resource in Azure. */
export const newResourceFlags = {
  location: textFlag({
    placeholder: 'REGION',
    summary: sentences.cliTarget.locationSummary,
  }),
  tag: repeatable(
    parsedFlag({ placeholder: 'NAME=VALUE', parse: tagOf, summary: sentences.cliTarget.tagSummary }),
  ),
};

/** Microsoft Learn, "Use tags to organize your Azure resources": names have 512 characters at most, values 256. */
function tagOf(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  if (at > 0 && name.length <= 512 && value.length <= 256 && !/[<>%&\\?/]/.test(name)) return [name, value];
  throw new EnrollkitError('USAGE', sentences.cliTarget.invalidTag(text), {
    next: sentences.cliTarget.tagRule,
  });
}
