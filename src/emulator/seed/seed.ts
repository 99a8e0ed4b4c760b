/**
 * Puts what a seed has into the state, by the rules that clients' requests are held to. What is there already and the
 * same is left alone, etag included; what differs is made what the seed says; the rest stays.
 */

import type { ServiceDirectory } from '../dps/service-directory.js';
import { assertDeviceId, parseDeviceSettings } from '../hub/device-request.js';
import type { HubDirectory } from '../hub/hub-directory.js';
import { HubError } from '../hub/hub-error.js';
import { assertNew, invalidSeed, type Place, readAll } from './seed-problem.js';
import { type EmulatorSeed, emulatorSeedSchema, hasOwnService, type ServiceSeed } from './seed-schema.js';
import { readServiceSeed } from './seed-service.js';

export interface SeedTarget {
  /** Those that the seed asks for are there; see openResources. */
  services: ServiceDirectory;
  hubs: HubDirectory;
  now: () => Date;
}

/**
 * Checks the form of a seed, not yet what it says.
 *
 * @throws EnrollkitError INVALID_SEED, whose context has the `path` of what is refused
 */
export function parseSeed(given: EmulatorSeed) {
  const parsed = emulatorSeedSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw invalidSeed(issue.path as (string | number)[], issue.message);
}

/**
 * All is read before anything is stored: a seed that is refused leaves the state as it was.
 *
 * @throws EnrollkitError INVALID_SEED, whose context has the `path` of what is refused
 */
export function applySeed(given: EmulatorSeed, { services, hubs, now }: SeedTarget): void {
  const seed = parseSeed(given);
  const at = now();
  const names = new Set<string>();
  const ofServices = partsOf(seed, services).flatMap(({ name, part, place }) => {
    assertNew(names, name, [...place, 'name']);
    const service = services.get(name);
    if (!service) throw invalidSeed(place, `there is no provisioning service "${name}"`);
    return readServiceSeed(part, service, place, at);
  });
  const devices = readAll(
    seed.devices ?? [],
    ['devices'],
    'deviceId',
    (deviceId, { hub: name, ...device }) => {
      const hub = (name === undefined ? hubs.list()[0] : hubs.byName(name))?.hub;
      if (!hub) throw new HubError('ArgumentInvalid', { message: `there is no hub "${name}"` });
      assertDeviceId(deviceId);
      const settings = parseDeviceSettings(device);
      const { tags, desired } = device;
      return () => hub.devices.get(deviceId) ?? hub.identities.create(deviceId, settings, { tags, desired });
    },
  );
  for (const store of [...ofServices, ...devices]) store();
}

/** What the seed has of each service, and the service's name. */
function partsOf(
  seed: ReturnType<typeof parseSeed>,
  directory: ServiceDirectory,
): { name: string; part: ServiceSeed; place: Place }[] {
  const { name, services = [] } = seed;
  const further = services.map(({ name: own, ...part }, index) => ({
    name: own,
    part,
    place: ['services', index],
  }));
  if (name === undefined && !hasOwnService(seed)) return further;
  // There is one at least: see readIdentity.
  return [{ name: name ?? directory.list()[0]!.identity.dpsName, part: seed, place: [] }, ...further];
}
