/** Registers as a device. */

import { registerDevice } from '../../dps/client/device.js';
import { serviceFactsReader } from '../../dps/client/diagnosis/service-facts.js';
import type { Target } from '../../dps/client/target.js';
import type { RegistrationState } from '../../dps/contract/schemas.js';
import { withPassphrase } from '../input/passphrase.js';
import type { Context } from '../kernel/command.js';
import type { FlagValues } from '../kernel/flags.js';
import { folderOf } from '../target/command-target.js';
import { atGlobalEndpoint, deviceTarget, idScopeOf } from '../target/device-target.js';
import { withTarget } from '../target/target.js';
import { type DeviceCredentials, deviceCredentials } from './credentials.js';
import type { deviceFlags } from './flags.js';

export interface Registered {
  target: Target;
  registration: RegistrationState;
  credentials: DeviceCredentials;
}

/** Registers a device; then `use` may go on as that device. */
export async function withRegisteredDevice<Result>(
  registrationId: string,
  flags: FlagValues<typeof deviceFlags>,
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
      protocol: flags.protocol ?? 'mqtt',
      readServiceFacts: serviceFactsReader(target, signal),
      signal,
    });
    return use({ target, registration, credentials });
  });
}
