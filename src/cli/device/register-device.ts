/** Acts as a device: registers, and gives back what came of it. */

import { ControlPlane } from '../../dps/client/arm.js';
import { registerDevice } from '../../dps/client/device.js';
import type { Target } from '../../dps/client/target.js';
import type { RegistrationState } from '../../dps/contract/schemas.js';
import { EnrollkitError } from '../../errors.js';
import type { PlanTarget } from '../../quickstart/plan/plan.js';
import { withPassphrase } from '../input/passphrase.js';
import { targetFrom } from '../input/plan-input.js';
import type { Context, Input } from '../kernel/untyped-command.js';
import { folderOf } from '../target/command-target.js';
import { withTarget } from '../target/target.js';
import { type DeviceCredentials, deviceCredentials } from './credentials.js';

export interface Registered {
  target: Target;
  registration: RegistrationState;
  credentials: DeviceCredentials;
}

/** Registers a device; then `use` may go on as that device. */
export async function asDevice<Result>(
  registrationId: string,
  flags: Input['flags'],
  context: Context,
  use: (registered: Registered) => Promise<Result>,
): Promise<Result> {
  const { signal } = context;
  const credentials = await withPassphrase(flags, context, (opening) =>
    deviceCredentials(registrationId, flags, opening),
  );
  const folder = folderOf(flags);
  const request = { target: deviceTarget(flags, folder), folder, flags, mayCreate: false };
  return withTarget(request, context, async (opened) => {
    const target = atGlobalEndpoint(opened, flags);
    const registration = await registerDevice({
      target,
      idScope: await idScopeOf(target, signal),
      registrationId,
      ...credentials,
      protocol: (flags.protocol as 'mqtt' | 'https' | undefined) ?? 'mqtt',
      signal,
    });
    return use({ target, registration, credentials });
  });
}

/** The target with the device endpoint that `--global-endpoint` names. */
export function atGlobalEndpoint(target: Target, { globalEndpoint }: Input['flags']): Target {
  if (globalEndpoint === undefined) return target;
  const host = globalEndpoint as string;
  return { ...target, globalDeviceEndpoint: host, deviceMqttEndpoint: host };
}

/** A device needs an ID scope and no name of a DPS. */
export function deviceTarget(flags: Input['flags'], folder: string): PlanTarget {
  const nameless = flags.idScope !== undefined && flags.dpsName === undefined && flags.target !== 'emulator';
  if (!nameless) return targetFrom(flags, folder);
  return targetFrom({ ...flags, target: 'azure', dpsName: 'unnamed' }, folder);
}

/** @throws EnrollkitError NEEDS_INPUT when it is neither given nor can be asked for */
export async function idScopeOf(target: Target, signal: AbortSignal): Promise<string> {
  if (target.idScope !== undefined) return target.idScope;
  if (target.subscriptionId === '' || target.resourceGroup === '') {
    throw new EnrollkitError('NEEDS_INPUT', 'The ID scope of the provisioning service is not known.', {
      next: 'Give --id-scope, as the portal shows it on the overview page of the provisioning service.',
    });
  }
  const control = new ControlPlane(target);
  try {
    return (await control.getService({ signal })).properties.idScope;
  } finally {
    control.close();
  }
}
