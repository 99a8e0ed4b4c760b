/** The part of a seed for one provisioning service: its linked hubs, its CA certificates, its enrollments. */

import { isDeepStrictEqual } from 'node:util';
import { certificateNameProblem } from '../../dps/contract/ids.js';
import { sentences } from '../../languages/language.js';
import { type Certificate, sha256Thumbprint } from '../../pki/x509/certificate.js';
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
import { assertUnique, invalidSeed, type Place, readItems } from './seed-problem.js';
import type { ServiceSeed } from './seed-schema.js';

/**
 * Reads all of it, without storing anything.
 *
 * @param place of this part in the seed
 * @returns functions that store it, to be called in this order
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
    policyProblem: service.policyProblem,
    certificates: { get: (name: string) => certificates.find(name) },
  };
  const { allocationPolicy = settings.allocationPolicy } = seed;
  return [
    () => allocationPolicy === settings.allocationPolicy || service.change({ ...settings, allocationPolicy }),
    () => links && !isDeepStrictEqual(links, hubs.list().map(toLink)) && hubs.replace(links),
    ...certificates.changed.map((certificate) => () => service.certificates.save(certificate)),
    ...readItems(
      seed.enrollmentGroups ?? [],
      [...place, 'enrollmentGroups'],
      'enrollmentGroupId',
      (id, body) => {
        const before = groups.get(id);
        const group = readEnrollmentGroup(id, body, before, context);
        return () => saveIfChanged(before, group, () => groups.save(group, before?.created ?? at, at));
      },
    ),
    ...readItems(seed.enrollments ?? [], [...place, 'enrollments'], 'registrationId', (id, body) => {
      const before = individuals.get(id);
      const individual = readIndividualEnrollment(id, body, before, context);
      return () =>
        saveIfChanged(before, individual, () => individuals.save(individual, before?.created ?? at, at));
    }),
  ];
}

function readLinks(given: NonNullable<ServiceSeed['iotHubs']>, hubs: LinkedHubs, place: Place): HubLink[] {
  const seen = new Set<string>();
  return given.map((one, index) => {
    const { name, location, applyAllocationPolicy, allocationWeight } =
      typeof one === 'string' ? { name: one } : one;
    const hubId = hubs.idOf(name);
    if (hubId === undefined) throw invalidSeed([...place, index], sentences.emulator.noSuchHub(name));
    assertUnique(seen, hubId, [...place, index]);
    return {
      hubId,
      location: location ?? hubs.get(hubId)?.location ?? defaultSettings.location,
      applyAllocationPolicy,
      allocationWeight,
      policy: undefined,
    };
  });
}

function toLink({ hubId, location, applyAllocationPolicy, allocationWeight, policy }: HubLink): HubLink {
  return { hubId, location, applyAllocationPolicy, allocationWeight, policy };
}

/** Looks up hubs in the links of the seed. */
function linkedBy(links: readonly HubLink[], hubs: LinkedHubs): EnrollmentContext['hubs'] {
  return {
    byName(hostName) {
      const hubId = hubs.idOf(hostName);
      return links.find((link) => link.hubId === hubId);
    },
  };
}

type SeedCertificate = NonNullable<ServiceSeed['certificates']>[number];

/** The certificates after the seed is applied: those of the seed replace those of the state. */
function readCertificates(given: SeedCertificate[], stored: Certificates, place: Place, at: Date) {
  const names = new Set<string>();
  const changed = given.flatMap(
    ({ name, certificate, verified }, index): Omit<StoredCertificate, 'etag'>[] => {
      const path = [...place, 'certificates', index];
      const problem = certificateNameProblem(name);
      if (problem) throw invalidSeed([...path, 'name'], problem);
      assertUnique(names, name, [...path, 'name']);
      const before = stored.get(name);
      const authority = readAuthority(certificate, [...path, 'certificate']);
      const { der } = authority;
      if (before?.der.equals(der) && before.verified === verified) return [];
      return [
        {
          name: before?.name ?? name,
          der,
          uploaded: der.toString('base64'),
          sha256: sha256Thumbprint(authority),
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
      const certificate = changed.find((one) => one.name.toLowerCase() === name.toLowerCase());
      return certificate ? { ...certificate, etag: '' } : stored.get(name);
    },
  };
}

function readAuthority(text: string, place: Place): Certificate {
  try {
    const certificate = certificateFromText(text);
    if (!certificate.basicConstraints?.certificateAuthority) throw new Error(sentences.emulator.notACa);
    return certificate;
  } catch (error) {
    throw invalidSeed(place, (error as Error).message);
  }
}

/** Saves settings that differ from the stored ones, compared as JSON: members that are undefined do not count. */
function saveIfChanged(before: StoredVersion | undefined, settings: object, save: () => void): void {
  if (before !== undefined) {
    const { etag: _, created: __, updated: ___, ...stored } = before;
    if (isDeepStrictEqual(stored, JSON.parse(JSON.stringify(settings)))) return;
  }
  save();
}
