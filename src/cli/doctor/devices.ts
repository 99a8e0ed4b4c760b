/** Checks of the devices of a folder: whether DPS would accept each, and what is registered. */
import { diagnose } from '../../dps/client/diagnosis/diagnose.js';
import { serviceFactsReader } from '../../dps/client/diagnosis/service-facts.js';
import { KnownHubs } from '../../dps/client/known-hubs.js';
import { serviceClock } from '../../dps/client/target.js';
import type { RegistrationState } from '../../dps/contract/schemas.js';
import { lacksRights } from '../../errors.js';
import { sha1Thumbprint, sha256Thumbprint } from '../../pki/x509/certificate.js';
import { forEachOf } from '../../quickstart/step.js';
import type { StoredCertificate } from '../../workspace/stored-certificates.js';
import { type Finding, failure, findingOf, info, warning } from './finding.js';
import type { FolderContents } from './folder.js';
import type { Clients } from './service.js';

/** More would take minutes, and say the same. */
const maxDevices = 200;
const concurrency = 8;

/** @param idScope of the service, where it is known */
export async function deviceFindings(
  clients: Clients,
  { plan, devices }: FolderContents,
  idScope: string | undefined,
): Promise<Finding[]> {
  const { target, service, signal } = clients;
  const readFacts = serviceFactsReader(target, signal, clients);
  const hubs = new KnownHubs(target);
  const at = serviceClock(target)();
  const isOff = plan?.enrollmentGroup.provisioningStatus === 'disabled';
  const byDevice = new Map<string, Finding[]>();
  const checked = [...devices].slice(0, maxDevices);
  try {
    await forEachOf(checked, concurrency, async ([registrationId, stored]) => {
      const facts = await readFacts?.(registrationId);
      const found: Finding[] = [];
      try {
        const problems = diagnose({
          certificateChain: stored.chainPem,
          registrationId,
          idScope: target.idScope ?? idScope ?? '',
          at,
          facts,
        });
        for (const { code, message, fix } of problems) {
          found.push(
            isOff && code === 'ENROLLMENT_DISABLED'
              ? info(code, `${registrationId}: ${message} The plan says so.`)
              : failure(code, `${registrationId}: ${message}`, fix),
          );
        }
      } catch (error) {
        const unreadable = findingOf(error);
        found.push({ ...unreadable, message: `${stored.paths.chain}: ${unreadable.message}` });
      }
      byDevice.set(registrationId, found);
      try {
        const record = await service.getRegistration(registrationId, { signal });
        found.push(...(await registrationFindings(registrationId, stored, record, hubs, signal, isOff)));
      } catch (error) {
        if (!lacksRights(error)) found.push(findingOf(error));
      }
    });
  } finally {
    hubs.close();
  }
  // In the order of the folder, whichever answer came first.
  const findings = checked.flatMap(([id]) => byDevice.get(id) ?? []);
  if (devices.size > checked.length) {
    findings.push(info('NOT_ALL_DEVICES', `The first ${maxDevices} of ${devices.size} devices were checked`));
  }
  return findings;
}

async function registrationFindings(
  registrationId: string,
  { certificate }: StoredCertificate,
  record: RegistrationState | undefined,
  hubs: KnownHubs,
  signal: AbortSignal,
  isOff: boolean,
): Promise<Finding[]> {
  if (!record || record.status === 'unassigned') {
    if (isOff) return [info('DEVICE_NOT_REGISTERED', `${registrationId} is not registered`)];
    return [
      warning(
        'DEVICE_NOT_REGISTERED',
        `${registrationId} is not registered.`,
        `Register it: enrollkit device register ${registrationId}`,
      ),
    ];
  }
  const { assignedHub = '', deviceId = registrationId, status } = record;
  if (status !== 'assigned') {
    return [
      warning(
        'DEVICE_NOT_ASSIGNED',
        `The registration record of ${registrationId} says "${status}"${record.errorMessage ? `: ${record.errorMessage}` : ''}.`,
        `Register it again: enrollkit device register ${registrationId}`,
      ),
    ];
  }
  const registered = info('DEVICE_REGISTERED', `${registrationId} is assigned to ${assignedHub}`);
  const hub = hubs.of(assignedHub ?? '');
  if (!hub) return [registered];
  try {
    const device = await hub.getDevice(deviceId ?? registrationId, { signal });
    if (!device) {
      return [
        failure(
          'DEVICE_NOT_IN_HUB',
          `${registrationId} has a registration record, and the hub ${assignedHub} has no device ${deviceId}.`,
          `Register it again: enrollkit device register ${registrationId}`,
        ),
      ];
    }
    if (device.status === 'disabled') {
      return [
        failure(
          'DEVICE_DISABLED_IN_HUB',
          `The device ${deviceId} is disabled in the hub ${assignedHub}.`,
          'Enable it in the hub.',
        ),
      ];
    }
    const { primaryThumbprint, secondaryThumbprint } = device.authentication?.x509Thumbprint ?? {};
    const known = [primaryThumbprint, secondaryThumbprint].filter((one) => one != null && one !== '');
    const own = [sha256Thumbprint(certificate), sha1Thumbprint(certificate)];
    if (known.length > 0 && !known.some((one) => own.includes(String(one).toUpperCase()))) {
      return [
        failure(
          'HUB_HAS_ANOTHER_CERTIFICATE',
          `The hub ${assignedHub} knows another certificate of ${deviceId} (${known.join(', ')}) than that of the folder (${own[0]}).`,
          `Register it again, which gives the hub the current one: enrollkit device register ${registrationId}`,
        ),
      ];
    }
    return [registered];
  } catch (error) {
    return lacksRights(error) ? [registered] : [findingOf(error)];
  }
}
