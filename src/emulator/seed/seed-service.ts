/** What a seed has of one provisioning service: its linked hubs, its CA certificates, its enrollments. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { certificateNameProblem } from '../../dps/contract/ids.js';
import { certificateFromText } from '../dps/certificate-text.js';
import { defaultSettings, type ProvisioningService } from '../dps/provisioning-service.js';
import {
  type EnrollmentContext,
  readEnrollmentGroup,
  readIndividualEnrollment,
} from '../dps/service/enrollment-request.js';
import type { Certificates, StoredCertificate } from '../dps/state/ca-certificates.js';
import type { StoredVersion } from '../dps/state/enrollment-settings.js';
import type { HubLink, LinkedHubs } from '../dps/state/linked-hubs.js';
import { assertNew, invalidSeed, type Place, readAll } from './seed-problem.js';
import type { ServiceSeed } from './seed-schema.js';

/**
 * Reads all of it, and stores nothing.
 *
 * @param place where it stands in the seed
 * @returns what stores it, to be called in this order
 * @throws EnrollkitError INVALID_SEED
 */
export function readServiceSeed(
  seed: ServiceSeed,
  service: ProvisioningService,
  place: Place,
  at: Date,
): (() => unknown)[] {
  const { groups, individuals, hubs, settings } = service;
  const certificates = readCertificates(seed.certificates ?? [], service.certificates, place, at);
  const links = seed.iotHubs && readLinks(seed.iotHubs, hubs, [...place, 'iotHubs']);
  const context = {
    hubs: links ? linkedBy(links, hubs) : hubs,
    certificates: { get: (name: string) => certificates.find(name) },
  };
  const { allocationPolicy = settings.allocationPolicy } = seed;
  return [
    () => allocationPolicy === settings.allocationPolicy || service.change({ ...settings, allocationPolicy }),
    () => links && !isDeepStrictEqual(links, hubs.list().map(toLink)) && hubs.replace(links),
    ...certificates.changed.map((certificate) => () => service.certificates.save(certificate)),
    ...readAll(
      seed.enrollmentGroups ?? [],
      [...place, 'enrollmentGroups'],
      'enrollmentGroupId',
      (id, body) => {
        const before = groups.get(id);
        const group = readEnrollmentGroup(id, body, before, context);
        return () => unlessSame(before, group, () => groups.save(group, before?.created ?? at, at));
      },
    ),
    ...readAll(seed.enrollments ?? [], [...place, 'enrollments'], 'registrationId', (id, body) => {
      const before = individuals.get(id);
      const individual = readIndividualEnrollment(id, body, before, context);
      return () =>
        unlessSame(before, individual, () => individuals.save(individual, before?.created ?? at, at));
    }),
  ];
}

function readLinks(given: NonNullable<ServiceSeed['iotHubs']>, hubs: LinkedHubs, place: Place): HubLink[] {
  const seen = new Set<string>();
  return given.map((one, index) => {
    const { name, location, applyAllocationPolicy, allocationWeight } =
      typeof one === 'string' ? { name: one } : one;
    const hubId = hubs.idOf(name);
    if (hubId === undefined) throw invalidSeed([...place, index], `there is no hub "${name}"`);
    assertNew(seen, hubId, [...place, index]);
    return {
      hubId,
      location: location ?? hubs.get(hubId)?.location ?? defaultSettings.location,
      applyAllocationPolicy: applyAllocationPolicy ?? true,
      allocationWeight: allocationWeight ?? 1,
    };
  });
}

function toLink({ hubId, location, applyAllocationPolicy, allocationWeight }: HubLink): HubLink {
  return { hubId, location, applyAllocationPolicy, allocationWeight };
}

/** The hubs as they will be linked. */
function linkedBy(links: readonly HubLink[], hubs: LinkedHubs): EnrollmentContext['hubs'] {
  return {
    byName(hostName) {
      const hubId = hubs.idOf(hostName);
      return links.find((link) => link.hubId === hubId);
    },
  };
}

type SeedCertificate = NonNullable<ServiceSeed['certificates']>[number];

/** The certificates as they will be: those of the seed before those of the state. */
function readCertificates(given: SeedCertificate[], stored: Certificates, place: Place, at: Date) {
  const names = new Set<string>();
  const changed = given.flatMap(
    ({ name, certificate, verified }, index): Omit<StoredCertificate, 'etag'>[] => {
      const path = [...place, 'certificates', index];
      const problem = certificateNameProblem(name);
      if (problem) throw invalidSeed([...path, 'name'], problem);
      assertNew(names, name, [...path, 'name']);
      const before = stored.get(name);
      const der = derOf(certificate, [...path, 'certificate']);
      if (before?.der.equals(der) && before.verified === verified) return [];
      return [
        {
          name: before?.name ?? name,
          der,
          sha256: createHash('sha256').update(der).digest('hex').toUpperCase(),
          verified,
          verificationCode: undefined,
          created: before?.created ?? at,
          updated: at,
        },
      ];
    },
  );
  return {
    changed,
    find(name: string): StoredCertificate | undefined {
      const fresh = changed.find((one) => one.name.toLowerCase() === name.toLowerCase());
      return fresh ? { ...fresh, etag: '' } : stored.get(name);
    },
  };
}

function derOf(text: string, place: Place): Buffer {
  try {
    const { der, basicConstraints } = certificateFromText(text);
    if (!basicConstraints?.certificateAuthority) throw new Error('It is not the certificate of a CA.');
    return der;
  } catch (error) {
    throw invalidSeed(place, (error as Error).message);
  }
}

/** As it comes back from the state: without what is undefined. */
function unlessSame(before: StoredVersion | undefined, settings: object, save: () => void): void {
  if (before !== undefined) {
    const { etag: _, created: __, updated: ___, ...stored } = before;
    if (isDeepStrictEqual(stored, JSON.parse(JSON.stringify(settings)))) return;
  }
  save();
}
