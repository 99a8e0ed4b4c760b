/**
 * Finds what quickstarts created in an account, without the journal of their certificate folder: everything that a run
 * creates is marked with the run (`resource-tags.ts`).
 */
import { ControlPlane } from '../dps/client/arm.js';
import { HubService } from '../dps/client/hub-service.js';
import { linkingPolicy, type ResourceManager, scopeOf } from '../dps/client/resource-manager.js';
import { ServicePlane } from '../dps/client/service.js';
import { hubConnectionStringFor, type Target } from '../dps/client/target.js';
import { type ConnectionString, parseConnectionString } from '../dps/contract/connection-string.js';
import { withoutPort } from '../dps/contract/host.js';
import type { AccountService, IotHubResource } from '../dps/contract/schemas.js';
import { EnrollkitError, isAbort } from '../errors.js';
import { sentences } from '../languages/language.js';
import type { CreatedResource, JournalTarget } from '../workspace/journal.js';
import { type CleanResult, inOrderOfRemoval, type RemoteResource, removeRemote } from './clean.js';
import { creator, creatorTag, digitsOfCaName, runTag, twinMarkOf, twinTag } from './resource-tags.js';

type AzureTarget = Extract<JournalTarget, { kind: 'azure' }>;

/** Something that carries the mark of a run. */
export interface FoundThing {
  /** Of a CA without an enrollment that names it: the digits of its generated name. */
  run: string;
  thing: RemoteResource;
  /** ISO 8601; undefined for what has no date. */
  createdAt: string | undefined;
  /** Of a provisioning service and a hub: what is in it, with the run that created it, if one did. */
  contents: readonly { name: string; run: string | undefined }[];
}

export interface FoundRun {
  run: string;
  /** What tells it: a tag, or only the name of a CA, which someone else may have chosen. */
  toldBy: 'tag' | 'name';
  /** Of the oldest thing that has a date; ISO 8601. */
  createdAt: string | undefined;
  /** In the order of removal. */
  things: FoundThing[];
}

export interface Found {
  /** The oldest first. */
  runs: FoundRun[];
  /** Where it was not possible to look, and why. */
  notSearched: { what: string; why: string }[];
}

export interface FindOptions {
  manager: ResourceManager;
  subscriptions: readonly string[];
  /** Only in this one. */
  resourceGroup?: string | undefined;
  /** Only this provisioning service, and the hubs that are linked to it. */
  dpsName?: string | undefined;
  /** Clients of a provisioning service, or of the account for a hub. */
  targetFor: (scope: AzureTarget, service?: AccountService) => Target;
  signal: AbortSignal;
  /** What is being searched. */
  progress?: (what: string) => void;
}

/** @throws EnrollkitError of the clients, when not even the account can be read; INTERRUPTED */
export async function findCreated(options: FindOptions): Promise<Found> {
  const search = new Search(options);
  for (const subscriptionId of options.subscriptions) await search.subscription(subscriptionId);
  return search.result();
}

/**
 * Removes what was listed and still exists, and looks again.
 *
 * @returns also as kept: resources with something in them that these runs did not create
 * @throws EnrollkitError INTERRUPTED; of the clients
 */
export async function removeFound(
  runs: readonly FoundRun[],
  options: FindOptions & { removed?: (thing: RemoteResource) => void },
): Promise<CleanResult> {
  const ids = new Set(runs.map(({ run }) => run));
  const listed = new Set(runs.flatMap(({ things }) => things.map(keyOf)));
  const kept: CleanResult['kept'] = [];
  // Time has passed since the list was shown: what came into a service since must not go with it.
  const now = (await findCreated(options)).runs.flatMap(({ things }) => things);
  const removable = now.filter((found) => {
    if (!listed.has(keyOf(found))) return false;
    const others = found.contents.filter(({ run }) => run === undefined || !ids.has(run));
    if (others.length === 0) return true;
    const why = sentences.cliQuickstart.findOthersInside(others.map(({ name }) => name));
    kept.push({ thing: found.thing, why });
    return false;
  });
  const keys = new HubKeys(options);
  const result = await removeRemote(inOrderOfRemoval(removable.map(({ thing }) => thing)), {
    signal: options.signal,
    removed: options.removed,
    async targetFor(target) {
      if (target.kind === 'emulator') throw new TypeError('what is found names its service');
      return { ...options.targetFor(target), hubConnectionStrings: await keys.all(target) };
    },
  });
  result.kept.unshift(...kept);
  const left = new Set((await findCreated(options)).runs.flatMap(({ things }) => things.map(keyOf)));
  for (const thing of result.removed.splice(0)) {
    if (left.has(keyOf({ thing }))) result.kept.push({ thing, why: sentences.cliQuickstart.findStillThere });
    else result.removed.push(thing);
  }
  return result;
}

function keyOf({ thing }: { thing: CreatedResource }): string {
  return JSON.stringify(thing);
}

class Search {
  readonly #options: FindOptions;
  readonly #keys: HubKeys;
  readonly #things: FoundThing[] = [];
  readonly #notSearched: Found['notSearched'] = [];

  constructor(options: FindOptions) {
    this.#options = options;
    this.#keys = new HubKeys(options);
  }

  result(): Found {
    const runs = new Map<string, FoundThing[]>();
    for (const found of this.#things) runs.set(found.run, [...(runs.get(found.run) ?? []), found]);
    const byThing = new Map(this.#things.map((found) => [found.thing, found]));
    return {
      notSearched: this.#notSearched,
      runs: [...runs]
        .map(([run, things]) => ({
          run,
          toldBy: things.every(({ run, thing }) => isToldByName(run, thing))
            ? ('name' as const)
            : ('tag' as const),
          createdAt: things.flatMap(({ createdAt }) => createdAt ?? []).sort()[0],
          things: inOrderOfRemoval(things.map(({ thing }) => thing)).map((thing) => byThing.get(thing)!),
        }))
        .sort((a, b) => (a.createdAt ?? '').localeCompare(b.createdAt ?? '')),
    };
  }

  async subscription(subscriptionId: string): Promise<void> {
    const { manager, signal, dpsName, resourceGroup } = this.#options;
    const isIn = (group: string) => resourceGroup === undefined || same(group, resourceGroup);
    const services = (await manager.listServices({ subscriptionId }, { signal })).filter(
      ({ id, name }) => isIn(scopeOf(id).resourceGroup) && (dpsName === undefined || same(name, dpsName)),
    );
    const linked = services.flatMap(({ properties }) => properties.iotHubs ?? []);
    const all = await manager.listHubs({ subscriptionId }, { signal });
    const hubs = all.filter(
      (hub) =>
        isIn(scopeOf(hub.id).resourceGroup) &&
        (dpsName === undefined || linked.some(({ name }) => isHost(hub, name))),
    );
    for (const service of services) await this.#service(service, hubs);
    for (const hub of hubs) await this.#hub(hub);
    if (dpsName !== undefined) return;
    for (const { name, tags } of await manager.listResourceGroups(subscriptionId, { signal })) {
      const run = runOf(tags);
      if (run === undefined || !isIn(name)) continue;
      const target: AzureTarget = { kind: 'azure', subscriptionId, resourceGroup: name, dpsName: '' };
      this.#add(run, { kind: 'resource-group', target, name, run });
    }
  }

  async #service(service: AccountService, hubs: readonly IotHubResource[]): Promise<void> {
    const { id, name, tags, properties } = service;
    const target: AzureTarget = { kind: 'azure', ...scopeOf(id), dpsName: name };
    const before = this.#things.length;
    const foreign: string[] = [];
    await this.#look(sentences.cliQuickstart.cleanProvisioningService(name), async () => {
      foreign.push(...(await this.#contents(target, service)));
    });
    const run = runOf(tags);
    if (run !== undefined) {
      const contents = [
        ...foreign.map((one) => ({ name: one, run: undefined })),
        ...this.#things
          .slice(before)
          .filter(({ thing }) => thing.kind !== 'registration')
          .map((found) => ({ name: nameOf(found.thing), run: found.run })),
      ];
      this.#add(run, { kind: 'provisioning-service', target, name, run }, undefined, contents);
    }
    for (const { name: host } of properties.iotHubs ?? []) {
      const hub = hubs.find((one) => isHost(one, host));
      const hubRun = hub && runOf(hub.tags);
      if (hubRun === undefined || hubRun === run) continue;
      this.#add(hubRun, { kind: 'hub-link', target, name: hub!.name, hub: host });
    }
  }

  /** @returns the names of what no run has created */
  async #contents(target: AzureTarget, service: AccountService): Promise<string[]> {
    const { signal, targetFor } = this.#options;
    const clients = targetFor(target, service);
    const [control, plane] = [new ControlPlane(clients), new ServicePlane(clients)];
    const foreign: string[] = [];
    const uploaded = new Map<string, string>();
    try {
      const groups = await plane.listEnrollmentGroups({ signal });
      for (const { enrollmentGroupId: id, initialTwin, createdDateTimeUtc } of groups) {
        const mark = twinMarkOf(initialTwin?.tags);
        if (!mark) {
          foreign.push(id);
          continue;
        }
        if (mark.uploadedCa) uploaded.set(mark.uploadedCa.toUpperCase(), mark.run);
        this.#add(mark.run, { kind: 'enrollment-group', target, id }, createdDateTimeUtc);
        for await (const { registrationId, createdDateTimeUtc } of plane.listRegistrations(id, { signal })) {
          if (registrationId)
            this.#add(mark.run, { kind: 'registration', target, id: registrationId }, createdDateTimeUtc);
        }
      }
      for await (const { registrationId: id, initialTwin, createdDateTimeUtc } of plane.listEnrollments({
        signal,
      })) {
        const mark = twinMarkOf(initialTwin?.tags);
        if (!mark) {
          foreign.push(id);
          continue;
        }
        this.#add(mark.run, { kind: 'individual-enrollment', target, id }, createdDateTimeUtc);
        const record = await plane.getRegistration(id, { signal });
        if (record) this.#add(mark.run, { kind: 'registration', target, id }, record.createdDateTimeUtc);
      }
      for (const { name, properties } of await control.listCertificates({ signal })) {
        const sha1Thumbprint = properties.thumbprint.toUpperCase();
        // Azure shows the common name alone, or the whole subject.
        const commonName = properties.subject.replace(/^CN=/i, '');
        const run = uploaded.get(sha1Thumbprint) ?? digitsOfCaName(commonName);
        if (run === undefined) foreign.push(name);
        else this.#add(run, { kind: 'ca-certificate', target, name, sha1Thumbprint }, properties.created);
      }
      return foreign;
    } finally {
      control.close();
      plane.close();
    }
  }

  async #hub(hub: IotHubResource): Promise<void> {
    const { id, name, tags, properties } = hub;
    const target: AzureTarget = { kind: 'azure', ...scopeOf(id), dpsName: '' };
    const run = runOf(tags);
    const contents: { name: string; run: string | undefined }[] = [];
    await this.#look(sentences.cliQuickstart.cleanIotHub(name), async () => {
      const connectionString = await this.#keys.of(hub);
      if (!connectionString)
        throw new EnrollkitError('FORBIDDEN', sentences.cliQuickstart.findNoHubKey(name));
      const service = new HubService(connectionString, this.#options.targetFor(target));
      const { signal } = this.#options;
      try {
        for await (const { deviceId, tags } of service.devicesWhere(`is_defined(tags.${twinTag}.run)`, {
          signal,
        })) {
          const mark = twinMarkOf(tags);
          contents.push({ name: deviceId, run: mark?.run });
          const host = properties.hostName ?? connectionString.hostName;
          if (mark) this.#add(mark.run, { kind: 'hub-device', target, hub: host, id: deviceId });
        }
        if (run === undefined) return;
        const others = service.devicesWhere(`NOT is_defined(tags.${twinTag}.run)`, { signal });
        for await (const { deviceId } of others) contents.push({ name: deviceId, run: undefined });
      } finally {
        service.close();
      }
    });
    if (run !== undefined) this.#add(run, { kind: 'iot-hub', target, name, run }, undefined, contents);
  }

  /** Looks into one service; what cannot be read is noted, and the search goes to the next. */
  async #look(what: string, look: () => Promise<void>): Promise<void> {
    this.#options.progress?.(what);
    try {
      await look();
    } catch (error) {
      if (!(error instanceof EnrollkitError) || isAbort(error)) throw error;
      this.#notSearched.push({ what, why: error.message });
    }
  }

  #add(
    run: string,
    thing: RemoteResource,
    createdAt?: string | null,
    contents: FoundThing['contents'] = [],
  ): void {
    const date = createdAt == null ? undefined : new Date(createdAt);
    const isDate = date !== undefined && !Number.isNaN(date.getTime());
    this.#things.push({ run, thing, createdAt: isDate ? date.toISOString() : undefined, contents });
  }
}

/** The connection strings of hubs: those that are given, or else from Azure Resource Manager. */
class HubKeys {
  readonly #options: FindOptions;

  constructor(options: FindOptions) {
    this.#options = options;
  }

  async of(hub: IotHubResource): Promise<ConnectionString | undefined> {
    const { manager, signal, targetFor } = this.#options;
    const host = hub.properties.hostName;
    if (!host) return undefined;
    const scope = scopeOf(hub.id);
    const given = hubConnectionStringFor(targetFor({ kind: 'azure', ...scope, dpsName: '' }), host);
    if (given) return given;
    const key = await manager.getHubKey(scope, hub.name, linkingPolicy, { signal });
    if (!key?.primaryKey) return undefined;
    return parseConnectionString(
      `HostName=${host};SharedAccessKeyName=${linkingPolicy};SharedAccessKey=${key.primaryKey}`,
    );
  }

  /** Of all hubs of a resource group that may be read. */
  async all({ subscriptionId = '', resourceGroup = '' }: AzureTarget): Promise<ConnectionString[]> {
    const { manager, signal } = this.#options;
    const found: ConnectionString[] = [];
    for (const hub of await manager.listHubs({ subscriptionId, resourceGroup }, { signal })) {
      const one = await this.of(hub).catch((error: unknown) => {
        if (error instanceof EnrollkitError && !isAbort(error)) return undefined;
        throw error;
      });
      if (one) found.push(one);
    }
    return found;
  }
}

function runOf(tags: Readonly<Record<string, string>> | null | undefined): string | undefined {
  return tags?.[creatorTag] === creator ? tags[runTag] : undefined;
}

function isToldByName(run: string, { kind }: RemoteResource): boolean {
  return kind === 'ca-certificate' && /^[0-9A-F]{8}$/.test(run);
}

function nameOf(thing: RemoteResource): string {
  return 'id' in thing ? thing.id : thing.name;
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function isHost({ properties }: IotHubResource, host: string): boolean {
  return properties.hostName != null && same(withoutPort(properties.hostName), withoutPort(host));
}
