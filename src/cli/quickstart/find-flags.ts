/** Flags of `clean --find`: where to look, and for what. */
import { sentences } from '../../languages/language.js';
import { repeatable, textFlag } from '../kernel/flags.js';
import { accountFlags, dpsNameFlag } from '../target/account-flags.js';

const { target, subscription, 'resource-group': resourceGroup } = accountFlags;

export const findFlags = {
  run: repeatable(textFlag({ placeholder: 'ID', summary: sentences.cliQuickstart.findRunFlag })),
  target: { ...target, summary: sentences.cliQuickstart.findTarget },
  subscription: { ...subscription, summary: sentences.cliQuickstart.findSubscription },
  'resource-group': { ...resourceGroup, summary: sentences.cliQuickstart.findResourceGroup },
  'dps-name': { ...dpsNameFlag['dps-name'], summary: sentences.cliQuickstart.findDpsName },
};
