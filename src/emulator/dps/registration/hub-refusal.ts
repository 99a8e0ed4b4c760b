/**
 * What a hub answers a provisioning service that may not write to it: DPS makes devices with the policy and key that its
 * link names.
 *
 * Source: Microsoft Learn, "How to link and manage IoT hubs", which has the rights; Azure/azure-iot-sdk-c#1789 for the
 * message, and the SDK for C for the number. That the registration fails at once is inferred: there, it took a minute.
 */
import { randomUUID } from 'node:crypto';
import { dpsErrors } from '../../../dps/contract/wire-error.js';
import { holdsRight } from '../../access/sas-check.js';
import { HubError } from '../../hub/hub-error.js';
import type { Hub } from '../state/linked-hubs.js';

const neededRights = ['RegistryWrite', 'ServiceConnect'];

/** @returns undefined when the hub lets the provisioning service make devices */
export function hubRefusal(hub: Hub, now: Date): { errorCode: number; errorMessage: string } | undefined {
  if (mayWrite(hub)) return undefined;
  const body = new HubError('IotHubUnauthorizedAccess').toBody(randomUUID(), now);
  return { errorCode: dpsErrors.hubUnauthorized.errorCode, errorMessage: JSON.stringify(body) };
}

function mayWrite({ policy: linked, iotHub }: Hub): boolean {
  if (!linked) return true;
  const policy = iotHub.policies.find(({ keyName }) => keyName === linked.keyName);
  return (
    policy !== undefined &&
    [policy.primaryKey, policy.secondaryKey].includes(linked.key) &&
    neededRights.every((right) => holdsRight(policy, right))
  );
}
