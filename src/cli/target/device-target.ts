/** Where a device registers. */

import { ControlPlane } from '../../dps/client/arm.js';
import type { Target } from '../../dps/client/target.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { PlanTarget } from '../../quickstart/plan/fields.js';
import { targetFrom } from '../input/plan-input.js';
import type { FlagValues } from '../kernel/flags.js';
import type { globalEndpointFlag, targetFlags } from './target-flags.js';

/** The target with the device endpoint that `--global-endpoint` names. */
export function atGlobalEndpoint(
  target: Target,
  { globalEndpoint: host }: FlagValues<typeof globalEndpointFlag>,
): Target {
  if (host === undefined) return target;
  return { ...target, globalDeviceEndpoint: host, deviceMqttEndpoint: host, deviceAmqpEndpoint: host };
}

/** A device needs the ID scope of a DPS, not its name. */
export function deviceTarget(flags: FlagValues<typeof targetFlags>, folder: string): PlanTarget {
  const nameless = flags.idScope !== undefined && flags.dpsName === undefined && flags.target !== 'emulator';
  if (!nameless) return targetFrom(flags, folder);
  return targetFrom({ ...flags, target: 'azure', dpsName: 'unnamed' }, folder);
}

/** @throws EnrollkitError NEEDS_INPUT if it is not given and cannot be looked up */
export async function idScopeOf(target: Target, signal: AbortSignal): Promise<string> {
  if (target.idScope !== undefined) return target.idScope;
  if (target.subscriptionId === '' || target.resourceGroup === '') {
    throw new EnrollkitError('NEEDS_INPUT', sentences.cliTarget.noIdScope, {
      next: sentences.cliTarget.giveIdScope,
    });
  }
  const control = new ControlPlane(target);
  try {
    return (await control.getService({ signal })).properties.idScope;
  } finally {
    control.close();
  }
}
