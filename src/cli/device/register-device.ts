/** Registers as a device. */

import { registerDevice } from '../../dps/client/device.js';
import { serviceFactsReader } from '../../dps/client/diagnosis/service-facts.js';
import type { Target } from '../../dps/client/target.js';
import type { RegistrationState } from '../../dps/contract/schemas.js';
import { withPassphrase } from '../input/passphrase.js';
import type { Context } from '../kernel/command.js';
import type { FlagValues } from '../kernel/flags.js';
import { atGlobalEndpoint, deviceTarget, idScopeOf } from '../target/device-target.js';
import { folderOf } from '../target/folder.js';
import { withTarget } from '../target/target.js';
import { type DeviceCredentials, deviceCredentials } from './credentials.js';
import type { csrFileFlag, deviceFlags } from './flags.js';
import { finishIssuing, requestedCertificate, type SavedCertificate } from './requested-certificate.js';

export interface Registered {
  target: Target;
  registration: RegistrationState;
  /** What opens the hub; undefined when its key is elsewhere. */
  credentials: DeviceCredentials | undefined;
  /** The certificate that was issued, if one was requested. */
  issued?: SavedCertificate;
}

type Flags = FlagValues<typeof deviceFlags> & FlagValues<typeof csrFileFlag> & { csr?: boolean | undefined };

/**
 * Registers a device; then `use` may go on as that device. With `--csr`, it requests a certificate from Azure, and also
 * without, if the certificate folder has the key of one: the hub knows only the certificate that was issued last.
 */
export async function withRegisteredDevice<Result>(
  registrationId: string,
  flags: Flags,
  context: Context,
  use: (registered: Registered) => Promise<Result>,
): Promise<Result> {
  const { signal } = context;
  finishIssuing(registrationId, flags, context);
  const { own, requested } = await withPassphrase(flags, context, async (opening) => {
    const { hasOperationalKey, ...own } = await deviceCredentials(registrationId, flags, opening);
    if (!hasOperationalKey && !flags.csr && flags.csrFile === undefined) return { own, requested: undefined };
    return { own, requested: await requestedCertificate(registrationId, flags, own, opening, context) };
  });
  const folder = folderOf(flags);
  const request = { target: deviceTarget(flags, folder), folder, flags, mayCreate: false };
  return withTarget(request, context, async (opened) => {
    const target = atGlobalEndpoint(opened, flags);
    const registration = await registerDevice({
      target,
      idScope: await idScopeOf(target, signal),
      registrationId,
      ...own,
      ...(requested ? { certificateRequest: requested.csr } : {}),
      protocol: flags.protocol ?? 'mqtt',
      readServiceFacts: serviceFactsReader(target, signal),
      signal,
    });
    if (!requested) return use({ target, registration, credentials: own });
    const issued = await requested.save(registration.issuedCertificateChain);
    const privateKey = requested.privateKey?.export({ format: 'pem', type: 'pkcs8' }).toString();
    const credentials =
      privateKey === undefined ? undefined : { certificateChain: issued.chainPem, privateKey };
    return use({ target, registration, credentials, issued });
  });
}
