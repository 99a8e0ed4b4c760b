/**
 * Settings of a provisioning service that Azure has and the emulator does not. They are refused, so that no client believes
 * them to be in effect.
 *
 * Source: azure-rest-api-specs, deviceprovisioningservices resource-manager, ProvisioningServiceDescription, up to
 * 2026-03-01-preview.
 */
import * as z from 'zod';
import { ArmError } from './arm-error.js';

const anything = z.unknown();

const settings = z.object({
  properties: z.object({
    ipFilterRules: z.array(anything).nullish().catch(undefined),
    publicNetworkAccess: z.string().nullish().catch(undefined),
    enableDataResidency: z.boolean().nullish().catch(undefined),
    disableLocalAuth: z.boolean().nullish().catch(undefined),
    iotHubs: z
      .array(z.object({ authenticationType: z.string().nullish().catch(undefined) }))
      .nullish()
      .catch(undefined),
  }),
});

/**
 * @param body of a `PUT` that has been validated
 * @throws ArmError notImplemented
 */
export function refuseUnsupportedSettings(body: unknown): void {
  const { properties } = settings.parse(body);
  const refused: [isRequested: boolean, what: string][] = [
    [(properties.ipFilterRules?.length ?? 0) > 0, 'filters by IP address (properties.ipFilterRules)'],
    [
      /^disabled$/i.test(properties.publicNetworkAccess ?? ''),
      'private networks (properties.publicNetworkAccess)',
    ],
    [properties.enableDataResidency === true, 'data residency (properties.enableDataResidency)'],
    [properties.disableLocalAuth === true, 'doing without keys (properties.disableLocalAuth)'],
    [
      properties.iotHubs?.some(({ authenticationType }) => isManagedIdentity(authenticationType)) ?? false,
      'linking a hub by managed identity (properties.iotHubs.authenticationType)',
    ],
  ];
  const what = refused.find(([isRequested]) => isRequested)?.[1];
  if (what !== undefined) throw new ArmError('notImplemented', `Not implemented in this emulator: ${what}.`);
}

function isManagedIdentity(authenticationType: string | null | undefined): boolean {
  return /assigned$/i.test(authenticationType ?? '');
}
