/** Registers as a device. */

import { registerDevice } from '../../dps/client/device.js';
import { serviceFactsReader } from '../../dps/client/diagnosis/service-facts.js';
import type { Target } from '../../dps/client/target.js';
import type { RegistrationState } from '../../dps/contract/schemas.js';
import { type OperationalRequest, saveIssued } from '../../quickstart/operational-certificates.js';
import { layoutOf } from '../../workspace/layout.js';
import { openFolder } from '../../workspace/open-folder.js';
import type { StoredCertificate } from '../../workspace/stored-certificates.js';
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
  const { operational, ...own } = credentials;
  return withTarget(request, context, async (opened) => {
    const target = atGlobalEndpoint(opened, flags);
    const registration = await registerDevice({
      target,
      idScope: await idScopeOf(target, signal),
      registrationId,
      ...own,
      ...(operational ? { certificateRequest: operational.csr } : {}),
      protocol: flags.protocol ?? 'mqtt',
      readServiceFacts: serviceFactsReader(target, signal),
      signal,
    });
    if (!operational) return use({ target, registration, credentials });
    const { chainPem } = await saved(registrationId, registration, operational, folder, context);
    const privateKey = operational.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    return use({ target, registration, credentials: { certificateChain: chainPem, privateKey } });
  });
}

/** How long to wait for another command that works in the folder. */
const patienceMs = 10_000;

/** Replaces what was issued before: the hub knows only the certificate that was issued last. */
async function saved(
  registrationId: string,
  registration: RegistrationState,
  operational: OperationalRequest,
  folder: string,
  { now }: Context,
): Promise<StoredCertificate> {
  const layout = layoutOf(folder);
  const { files, close } = openFolder(layout, now, patienceMs);
  try {
    const paths = layout.device(registrationId).operational;
    return await saveIssued(registrationId, registration, operational, {
      files,
      paths,
      passphrase: undefined,
    });
  } finally {
    close();
  }
}
