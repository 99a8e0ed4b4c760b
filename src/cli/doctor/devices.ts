/** Checks of the devices of a folder: whether DPS would accept each, and what is registered. */

import { diagnose } from '../../dps/client/diagnosis/diagnose.js';
import { serviceFactsReader } from '../../dps/client/diagnosis/service-facts.js';
import { KnownHubs } from '../../dps/client/known-hubs.js';
import { serviceClock } from '../../dps/client/target.js';
import type { RegistrationState } from '../../dps/contract/schemas.js';
import { lacksRights } from '../../errors.js';
import { sentences } from '../../languages/language.js';
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
              ? info(code, sentences.cliDoctor.planSaysSo(registrationId, message))
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
    findings.push(info('NOT_ALL_DEVICES', sentences.cliDoctor.notAllDevices(maxDevices, devices.size)));
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
    if (isOff) return [info('DEVICE_NOT_REGISTERED', sentences.cliDoctor.notRegisteredYet(registrationId))];
    return [
      warning(
        'DEVICE_NOT_REGISTERED',
        sentences.cliDoctor.notRegistered(registrationId),
        sentences.cliDoctor.register(registrationId),
      ),
    ];
  }
  const { assignedHub = '', deviceId = registrationId, status } = record;
  if (status !== 'assigned') {
    return [
      warning(
        'DEVICE_NOT_ASSIGNED',
        sentences.cliDoctor.notAssigned(
          registrationId,
          String(status),
          record.errorMessage ? record.errorMessage : undefined,
        ),
        sentences.cliDoctor.registerAgain(registrationId),
      ),
    ];
  }
  const hubName = assignedHub ?? '';
  const ownId = deviceId ?? registrationId;
  const registered = info('DEVICE_REGISTERED', sentences.cliDoctor.assigned(registrationId, hubName));
  const hub = hubs.of(hubName);
  if (!hub) return [registered];
  try {
    const device = await hub.getDevice(ownId, { signal });
    if (!device) {
      return [
        failure(
          'DEVICE_NOT_IN_HUB',
          sentences.cliDoctor.notInHub(registrationId, hubName, ownId),
          sentences.cliDoctor.registerAgain(registrationId),
        ),
      ];
    }
    if (device.status === 'disabled') {
      return [
        failure(
          'DEVICE_DISABLED_IN_HUB',
          sentences.cliDoctor.disabledInHub(ownId, hubName),
          sentences.cliDoctor.enableInHub(registrationId),
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
          sentences.cliDoctor.hubHasOther(hubName, ownId, known.join(', '), own[0]!),
          sentences.cliDoctor.registerForHub(registrationId),
        ),
      ];
    }
    return [registered];
  } catch (error) {
    return lacksRights(error) ? [registered] : [findingOf(error)];
  }
}
