/**
 * Puts what a seed has into the state, by the rules that clients' requests are held to. What is there already and the
 * same is left alone, etag included; what differs is made what the seed says; the rest stays.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { certificateNameProblem } from '../dps/contract/ids.js';
import { EnrollkitError } from '../errors.js';
import { certificateFromText } from './certificate-text.js';
import { DpsError } from './dps-error.js';
import { readEnrollmentGroup, readIndividualEnrollment } from './http/service/enrollment-request.js';
import { assertDeviceId, parseDeviceSettings } from './hub/device-request.js';
import type { Hub } from './hub/hub.js';
import { HubError } from './hub/wire-error.js';
import { type EmulatorSeed, emulatorSeedSchema } from './seed-schema.js';
import type { Certificates, StoredCertificate } from './state/certificates.js';
import type { EnrollmentGroups } from './state/enrollment-groups.js';
import type { StoredVersion } from './state/enrollment-settings.js';
import type { LinkedHubs } from './state/hubs.js';
import type { IndividualEnrollments } from './state/individual-enrollments.js';

export interface SeedTarget {
  certificates: Certificates;
  groups: EnrollmentGroups;
  individuals: IndividualEnrollments;
  hubs: LinkedHubs;
  /** The hub of a name, and that of whoever names none. */
  hubCalled: (name: string | undefined) => Hub | undefined;
  now: () => Date;
}

type Path = readonly (string | number)[];

/**
 * All is read before anything is stored: a seed that is refused leaves the state as it was.
 *
 * @throws EnrollkitError INVALID_SEED, whose context has the `path` of what is refused
 */
export function applySeed(given: EmulatorSeed, target: SeedTarget): void {
  const { groups, individuals, hubs, now } = target;
  const parsed = emulatorSeedSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw invalid(issue.path as (string | number)[], issue.message);
  }
  const seed = parsed.data;
  const at = now();
  const certificates = readCertificates(seed.certificates ?? [], target.certificates, at);
  const context = { hubs, certificates: { get: (name: string) => certificates.find(name) } };
  const readGroups = readAll(
    seed.enrollmentGroups ?? [],
    'enrollmentGroups',
    'enrollmentGroupId',
    (id, body) => {
      const before = groups.get(id);
      const settings = readEnrollmentGroup(id, withHubNames(body, hubs), before, context);
      return () => unlessSame(before, settings, () => groups.save(settings, before?.created ?? at, at));
    },
  );
  const readIndividuals = readAll(seed.enrollments ?? [], 'enrollments', 'registrationId', (id, body) => {
    const before = individuals.get(id);
    const settings = readIndividualEnrollment(id, withHubNames(body, hubs), before, context);
    return () => unlessSame(before, settings, () => individuals.save(settings, before?.created ?? at, at));
  });
  const readDevices = readAll(
    seed.devices ?? [],
    'devices',
    'deviceId',
    (deviceId, { hub: name, ...device }) => {
      const hub = target.hubCalled(name);
      if (!hub) throw new HubError('ArgumentInvalid', { message: `there is no hub "${name}"` });
      assertDeviceId(deviceId);
      const settings = parseDeviceSettings(device);
      const { tags, desired } = device;
      return () => hub.devices.get(deviceId) ?? hub.identities.create(deviceId, settings, { tags, desired });
    },
  );
  for (const certificate of certificates.changed) target.certificates.save(certificate);
  for (const store of [...readGroups, ...readIndividuals, ...readDevices]) store();
}

type SeedCertificate = NonNullable<ReturnType<typeof emulatorSeedSchema.parse>['certificates']>[number];

/** The certificates as they will be: those of the seed before those of the state. */
function readCertificates(given: SeedCertificate[], stored: Certificates, at: Date) {
  const names = new Set<string>();
  const changed = given.flatMap(
    ({ name, certificate, verified }, index): Omit<StoredCertificate, 'etag'>[] => {
      const path = ['certificates', index];
      const problem = certificateNameProblem(name);
      if (problem) throw invalid([...path, 'name'], problem);
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

function derOf(text: string, path: Path): Buffer {
  try {
    const { der, basicConstraints } = certificateFromText(text);
    if (!basicConstraints?.certificateAuthority) throw new Error('It is not the certificate of a CA.');
    return der;
  } catch (error) {
    throw invalid(path, (error as Error).message);
  }
}

/** @param read gives what stores the item */
function readAll<Field extends string, Item extends Record<Field, string>>(
  items: readonly Item[],
  list: string,
  field: Field,
  read: (id: string, body: Item) => () => void,
): (() => void)[] {
  const ids = new Set<string>();
  return items.map((item, index) => {
    assertNew(ids, item[field], [list, index, field]);
    try {
      return read(item[field], item);
    } catch (error) {
      if (!(error instanceof DpsError || error instanceof HubError)) throw error;
      throw invalid([list, index], error.message);
    }
  });
}

function assertNew(seen: Set<string>, name: string, path: Path): void {
  if (seen.has(name.toLowerCase())) throw invalid(path, 'it stands there twice, since case does not count');
  seen.add(name.toLowerCase());
}

/** A seed may name a hub by its ID: its host name carries a port that is known only when it runs. */
function withHubNames(body: unknown, hubs: LinkedHubs): unknown {
  const { iotHubs, iotHubHostName, ...rest } = body as {
    iotHubs?: string[] | null;
    iotHubHostName?: string | null;
  };
  const nameOf = (name: string) => hubs.get(name)?.hostName ?? name;
  return {
    ...rest,
    ...(iotHubs == null ? {} : { iotHubs: iotHubs.map(nameOf) }),
    ...(iotHubHostName == null ? {} : { iotHubHostName: nameOf(iotHubHostName) }),
  };
}

/** As it comes back from the state: without what is undefined. */
function unlessSame(before: StoredVersion | undefined, settings: object, save: () => void): void {
  if (before !== undefined) {
    const { etag: _, created: __, updated: ___, ...stored } = before;
    if (isDeepStrictEqual(stored, JSON.parse(JSON.stringify(settings)))) return;
  }
  save();
}

function invalid(path: Path, problem: string): EnrollkitError {
  const place = path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index ? `.${part}` : part))
    .join('');
  return new EnrollkitError('INVALID_SEED', `${place}: ${problem.replace(/\.$/, '')}.`, {
    context: { path, problem },
  });
}
