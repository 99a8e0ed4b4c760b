/** What ARM paths name above a provisioning service: the subscription and the resource group. */
import type { ResourceGroup, ResourceGroups } from '../state/resource-groups.js';
import { ArmError } from './arm-error.js';

export interface ScopeOptions {
  subscriptionId: string;
  resourceGroups: ResourceGroups;
}

type Parameters = Record<string, string>;

/** @throws ArmError subscriptionNotFound */
export function assertSubscription(parameters: Parameters, { subscriptionId }: ScopeOptions): void {
  const given = parameters.subscriptionId ?? '';
  if (!same(given, subscriptionId)) {
    throw new ArmError('subscriptionNotFound', `The subscription '${abridge(given)}' could not be found.`);
  }
}

/** @throws ArmError subscriptionNotFound, resourceGroupNotFound */
export function findResourceGroup(parameters: Parameters, options: ScopeOptions): ResourceGroup {
  assertSubscription(parameters, options);
  const given = parameters.resourceGroup ?? '';
  const group = options.resourceGroups.get(given);
  if (!group) {
    throw new ArmError('resourceGroupNotFound', `Resource group '${abridge(given)}' could not be found.`);
  }
  return group;
}

/** ARM compares names without regard to case. */
export function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

export function abridge(text: string): string {
  return text.slice(0, 90);
}
