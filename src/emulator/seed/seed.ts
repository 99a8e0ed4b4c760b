/**
 * Applies a seed to the state, by the rules for requests of clients. What already is as the seed says keeps its etag, what
 * differs is changed, and everything else stays.
 */
import { sentences } from '../../languages/language.js';
import type { ServiceDirectory } from '../dps/service-directory.js';
import { assertDeviceId, parseDeviceSettings } from '../hub/device-request.js';
import type { HubDirectory } from '../hub/hub-directory.js';
import { HubError, invalidArgument } from '../hub/hub-error.js';
import { initialTwinProblem } from '../hub/twin-limits.js';
import { assertUnique, invalidSeed, type Place, readItems } from './seed-problem.js';
import { type EmulatorSeed, emulatorSeedSchema, hasOwnService, type ServiceSeed } from './seed-schema.js';
import { readServiceSeed } from './seed-service.js';

export interface SeedTarget {
  /** These and the hubs of the seed exist by now; see createMissing. */
  services: ServiceDirectory;
  hubs: HubDirectory;
  now: () => Date;
}

/**
 * Checks the syntax of a seed, not the meaning.
 *
 * @throws EnrollkitError INVALID_SEED, with the `path` of the error in its context
 */
export function parseSeed(given: EmulatorSeed) {
  const parsed = emulatorSeedSchema().safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw invalidSeed(issue.path as (string | number)[], issue.message);
}

/**
 * Reads all of the seed before storing anything: a seed that is refused changes nothing.
 *
 * @throws EnrollkitError INVALID_SEED, with the `path` of the error in its context
 */
export function applySeed(given: EmulatorSeed, { services, hubs, now }: SeedTarget): void {
  const seed = parseSeed(given);
  const at = now();
  const names = new Set<string>();
  const storeServices = serviceSeedsOf(seed, services).flatMap(({ name, part, place }) => {
    assertUnique(names, name, [...place, 'name']);
    const service = services.get(name);
    if (!service) throw invalidSeed(place, sentences.emulator.noSuchService(name));
    return readServiceSeed(part, service, place, at);
  });
  const storeDevices = readItems(
    seed.devices ?? [],
    ['devices'],
    'deviceId',
    (deviceId, { hub: name, ...device }) => {
      const hub = (name === undefined ? hubs.list()[0] : hubs.byName(name))?.hub;
      if (!hub) throw new HubError('ArgumentInvalid', { message: sentences.emulator.noSuchHub(name!) });
      assertDeviceId(deviceId);
      const settings = parseDeviceSettings(device);
      const { tags, desired } = device;
      const problem = initialTwinProblem({ tags, properties: { desired } });
      if (problem !== undefined) throw invalidArgument(problem);
      return () => hub.devices.get(deviceId) ?? hub.identities.create(deviceId, settings, { tags, desired });
    },
  );
  for (const store of [...storeServices, ...storeDevices]) store();
}

/** The parts of the seed for each service, with its name. */
function serviceSeedsOf(
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
  // There is at least one: see readIdentity.
  return [{ name: name ?? directory.list()[0]!.identity.dpsName, part: seed, place: [] }, ...further];
}
