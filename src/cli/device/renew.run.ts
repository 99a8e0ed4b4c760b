/** Renews the certificate that Azure issued to a device, at its hub. */
import { readRegistration } from '../../dps/client/device.js';
import { openCredentials } from '../../dps/client/device-credentials.js';
import { serviceFactsReader } from '../../dps/client/diagnosis/service-facts.js';
import type { HubSession, HubSessionOptions } from '../../dps/client/hub-session/hub-session.js';
import { openHubSession } from '../../dps/client/hub-session/open-hub-session.js';
import { serviceClock, type Target } from '../../dps/client/target.js';
import { assertRegistrationId } from '../../dps/contract/ids.js';
import { EnrollkitError, withNext } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { parseCertificates } from '../../pki/x509/certificate.js';
import { layoutOf } from '../../workspace/layout.js';
import { loadCertificate, loadPrivateKey } from '../../workspace/stored-certificates.js';
import type { Opening } from '../input/material.js';
import { withPassphrase } from '../input/passphrase.js';
import type { FlagsOf, RunOf } from '../kernel/command.js';
import { atGlobalEndpoint, deviceTarget, idScopeOf } from '../target/device-target.js';
import { folderOf } from '../target/folder.js';
import { withTarget } from '../target/target.js';
import { columns } from '../terminal/text.js';
import { type DeviceCredentials, deviceCredentials } from './credentials.js';
import { issuedJson, issuedRows } from './issued-text.js';
import type { deviceRenew } from './renew.js';
import { finishIssuing, isInFiles, requestedCertificate } from './requested-certificate.js';

const { renew } = sentences.cliDevice;

type Flags = FlagsOf<typeof deviceRenew>;
type KeyAndChain = Pick<DeviceCredentials, 'certificateChain' | 'privateKey'>;

/** The certificate that the device has from Azure, and the one with which it registers, if that is at hand. */
interface Credentials {
  operational: KeyAndChain;
  bootstrap: KeyAndChain | undefined;
}

/** @throws EnrollkitError of the files; HUB_REFUSED, REFUSED, and others of the connection */
export const run: RunOf<typeof deviceRenew> = async ({ args: { id }, flags }, context) => {
  assertRegistrationId(id);
  assertTogether(flags);
  const { signal, output } = context;
  finishIssuing(id, flags, context);
  const { credentials, requested } = await withPassphrase(flags, context, async (opening) => {
    const found = await credentialsOf(id, flags, opening);
    const asked = await requestedCertificate(
      id,
      flags,
      found.bootstrap ?? found.operational,
      opening,
      context,
    );
    return { credentials: found, requested: asked };
  });
  const folder = folderOf(flags);
  const request = { target: deviceTarget(flags, folder), folder, flags, mayCreate: false };
  await withTarget(request, context, async (opened) => {
    const target = atGlobalEndpoint(opened, flags);
    const [leaf] = parseCertificates(credentials.operational.certificateChain);
    assertNotExpired(id, leaf!.notAfter, serviceClock(target)());
    const { assignedHub, deviceId } = await hubOf(id, flags, credentials, target, signal);
    const { protocol = 'mqtt' } = flags;
    const hub = { target, protocol, assignedHub, deviceId, signal };
    const issued = await connected({ ...hub, ...credentials.operational, renews: true }, (session) =>
      session.issueCertificate!(requested.csr),
    ).catch((error: unknown) => {
      if (!(error instanceof EnrollkitError) || error.code !== 'HUB_REFUSED') throw error;
      throw withNext(error, renew.refused(id));
    });
    const saved = await requested.save(issued);
    const privateKey = requested.privateKey?.export({ format: 'pem', type: 'pkcs8' }).toString();
    // The hub has to let the new one in; without its key, only the device can tell.
    if (privateKey !== undefined) {
      await connected({ ...hub, certificateChain: saved.chainPem, privateKey }, async () => {});
    }
    const isUsed = privateKey !== undefined;
    if (output.json) {
      return output.value({ registrationId: id, deviceId, assignedHub, isUsed, issued: issuedJson(saved) });
    }
    const { registration: rows } = sentences.cliTerminal;
    output.data(
      columns([[rows.deviceId, deviceId], [rows.hub, assignedHub], ...issuedRows(saved)]).join('\n'),
    );
    if (!isUsed) output.note('device.renew.not-used', renew.notUsed);
  });
};

/** @throws EnrollkitError USAGE */
function assertTogether(flags: Flags): void {
  if (isInFiles(flags) && flags.hub === undefined) {
    throw new EnrollkitError('USAGE', renew.filesWithoutHub, { next: renew.giveHub });
  }
}

async function credentialsOf(registrationId: string, flags: Flags, opening: Opening): Promise<Credentials> {
  if (isInFiles(flags)) {
    return { operational: await deviceCredentials(registrationId, flags, opening), bootstrap: undefined };
  }
  const folder = folderOf(flags);
  const bootstrap = await deviceCredentials(registrationId, flags, opening);
  const stored = bootstrap.hasOperationalKey
    ? loadCertificate(layoutOf(folder).device(registrationId).operational)
    : undefined;
  if (stored === undefined) {
    throw new EnrollkitError('FILE_UNREADABLE', renew.notIssued(registrationId, folder), {
      next: renew.registerWithCsr(registrationId),
    });
  }
  const key = await loadPrivateKey(stored, opening);
  const privateKey = key.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { operational: { certificateChain: stored.chainPem, privateKey }, bootstrap };
}

/** @throws EnrollkitError CHAIN_INVALID */
function assertNotExpired(registrationId: string, notAfter: Date, now: Date): void {
  if (now <= notAfter) return;
  throw new EnrollkitError('CHAIN_INVALID', renew.expired(registrationId, notAfter.toISOString()), {
    next: renew.registerWithCsr(registrationId),
  });
}

/** Registering again would give the device another certificate: its registration is read instead. */
async function hubOf(
  registrationId: string,
  { hub }: Flags,
  { bootstrap }: Credentials,
  target: Target,
  signal: AbortSignal,
): Promise<{ assignedHub: string; deviceId: string }> {
  if (hub !== undefined || bootstrap === undefined) return { assignedHub: hub!, deviceId: registrationId };
  return readRegistration({
    target,
    idScope: await idScopeOf(target, signal),
    registrationId,
    ...bootstrap,
    readServiceFacts: serviceFactsReader(target, signal),
    signal,
  });
}

/** Opens a connection, uses it and closes it. @throws the error that ended the connection */
async function connected<Result>(
  options: Omit<HubSessionOptions, 'handlers' | 'clientCertificate'> & KeyAndChain,
  act: (session: HubSession) => Promise<Result>,
): Promise<Result> {
  let lost: (error: unknown) => void = () => {};
  const ended = new Promise<never>((_, reject) => {
    lost = reject;
  });
  ended.catch(() => {});
  const handlers = {
    onDesired: () => {},
    onMethod: async () => ({ status: 501, payload: null }),
    onMessage: () => {},
    onEnd: (error: unknown) => lost(error),
  };
  const clientCertificate = await openCredentials(options);
  const session = await openHubSession({ ...options, clientCertificate, handlers });
  try {
    return await Promise.race([act(session), ended]);
  } finally {
    await session.close();
  }
}
