/** The reverse of a run: removes what the journal says that it made, and nothing else. */

import { readdirSync, rmSync, unlinkSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ControlPlane } from '../dps/client/arm.js';
import { HubService } from '../dps/client/hub-service.js';
import { ResourceManager } from '../dps/client/resource-manager.js';
import { ServicePlane } from '../dps/client/service.js';
import { hubConnectionStringFor, type Target } from '../dps/client/target.js';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { sha256OfFile } from '../workspace/digest.js';
import { lookAt, reason, removeIfEmpty } from '../workspace/files.js';
import { type CreatedFile, type CreatedResource, Journal, type JournalTarget } from '../workspace/journal.js';
import {
  assertJournalNotEmptied,
  assertStateInFolder,
  emulatorFilePattern,
  emulatorSnapshotFolders,
  isPlaceOfRun,
  type Layout,
  layoutOf,
} from '../workspace/layout.js';
import { lockHolder, removeDeadClaims } from '../workspace/lock.js';
import { naturalOrder } from '../workspace/natural-order.js';
import { openFolder } from '../workspace/open-folder.js';
import { linkBelow } from '../workspace/symbolic-links.js';
import { removeRecordings } from './recording/store.js';
import { removeAzureResource, scopeOf } from './remove-azure-resource.js';
import { asEnrollkitError } from './run-steps.js';

/** Something that a run created in DPS or IoT Hub. */
export type RemoteResource = Exclude<CreatedResource, { kind: 'file' }>;

export interface CleanPlan {
  /** In the order in which they are removed: devices first, the CA last. */
  remote: RemoteResource[];
  local: CreatedFile[];
}

export interface CleanOptions {
  folder: string;
  /** Opens the provisioning service that a resource was created in. */
  targetFor: (target: JournalTarget) => Promise<Target>;
  signal: AbortSignal;
  now?: () => Date;
  /** Told of each thing as it goes. */
  removed?: (thing: RemoteResource) => void;
}

export interface CleanResult {
  removed: CreatedResource[];
  /** What is still there, and why. It stays in the journal. */
  kept: { thing: CreatedResource; why: string }[];
}

export interface LocalCleanResult extends CleanResult {
  /** What else is in the state folder, put there by others: paths in the certificate folder, sorted. */
  left: string[];
}

const order: RemoteResource['kind'][] = [
  ...(['telemetry', 'hub-device', 'registration'] as const),
  ...(['individual-enrollment', 'enrollment-group', 'ca-certificate'] as const),
  // Created in the opposite order.
  ...(['hub-link', 'iot-hub', 'provisioning-service', 'resource-group'] as const),
];

/**
 * What the journal of a folder holds.
 *
 * @throws EnrollkitError JOURNAL_UNREADABLE, also when it names a file outside of the folder; FILE_UNWRITABLE when the
 *   folder's state is behind a symbolic link; FILE_EXISTS when something else is in the place of the journal
 */
export function planClean(folder: string): CleanPlan {
  const layout = layoutOf(folder);
  assertStateInFolder(layout);
  assertJournalNotEmptied(layout);
  const things = Journal.open(layout.journal, () => new Date()).things();
  const remote = things.filter((thing): thing is RemoteResource => thing.kind !== 'file');
  return {
    remote: inOrderOfRemoval(remote),
    local: things.filter((thing) => thing.kind === 'file'),
  };
}

/**
 * Devices first, the CA last, and then the Azure resources that contained all of it. Devices register at the same time:
 * they come in the order of their IDs, not of the journal.
 */
export function inOrderOfRemoval(things: readonly RemoteResource[]): RemoteResource[] {
  return [...things].sort(
    (a, b) => placeOf(a, things) - placeOf(b, things) || naturalOrder(deviceOf(a), deviceOf(b)),
  );
}

function deviceOf(thing: RemoteResource): string {
  return thing.kind === 'hub-device' || thing.kind === 'registration' ? thing.id : '';
}

/** Devices in a hub that a run created go with their hub, of which no connection string need be known. */
function placeOf(thing: RemoteResource, all: readonly RemoteResource[]): number {
  const goesWithHub = thing.kind === 'hub-device' && ownHubOf(thing, all) !== undefined;
  return goesWithHub ? order.indexOf('iot-hub') + 0.5 : order.indexOf(thing.kind);
}

/** The hub of a device, if a run created it. */
function ownHubOf(
  { target, hub: host }: Extract<RemoteResource, { kind: 'hub-device' }>,
  all: readonly RemoteResource[],
): Extract<RemoteResource, { kind: 'iot-hub' }> | undefined {
  const isHere = (thing: RemoteResource) => isDeepStrictEqual(thing.target, target);
  return all.find(
    (thing): thing is Extract<RemoteResource, { kind: 'iot-hub' }> =>
      thing.kind === 'iot-hub' &&
      isHere(thing) &&
      (host.toLowerCase().startsWith(`${thing.name.toLowerCase()}.`) ||
        all.some(
          (link) => link.kind === 'hub-link' && isHere(link) && link.name === thing.name && link.hub === host,
        )),
  );
}

/**
 * Removes the remote things. What is gone already counts as removed; what cannot be removed is kept, with the reason.
 *
 * @throws EnrollkitError INTERRUPTED; JOURNAL_UNREADABLE
 */
export async function cleanRemote(options: CleanOptions): Promise<CleanResult> {
  const { folder, signal, now = () => new Date() } = options;
  const layout = layoutOf(folder);
  const { remote } = planClean(folder);
  if (remote.length === 0) return { removed: [], kept: [] };
  const { journal, close } = openFolder(layout, now);
  // Which hub a device goes with is known by these, so that their records are removed after those of its devices.
  const ofHubs: RemoteResource[] = [];
  try {
    const result = await removeRemote(remote, {
      signal,
      targetFor: options.targetFor,
      removed(thing) {
        if (thing.kind === 'hub-link' || thing.kind === 'iot-hub') ofHubs.push(thing);
        else journal.removed(thing);
        if (thing.kind !== 'telemetry') options.removed?.(thing);
      },
    });
    for (const thing of ofHubs) journal.removed(thing);
    return result;
  } finally {
    close();
  }
}

/**
 * Removes things in the order given. What is gone already counts as removed; what cannot be removed is kept, with the
 * reason.
 *
 * @throws EnrollkitError INTERRUPTED
 */
export async function removeRemote(
  things: readonly RemoteResource[],
  { targetFor, signal, removed }: Pick<CleanOptions, 'targetFor' | 'signal' | 'removed'>,
): Promise<CleanResult> {
  const result: CleanResult = { removed: [], kept: [] };
  const clients = new Clients(targetFor);
  try {
    for (const thing of things) {
      if (signal.aborted) throw asEnrollkitError(signal.reason, signal);
      try {
        await remove(thing, await clients.of(thing.target), things, signal);
      } catch (thrown) {
        const error = asEnrollkitError(thrown, signal);
        if (error.code === 'INTERRUPTED' || error.code === 'INTERNAL') throw error;
        result.kept.push({ thing, why: error.message });
        continue;
      }
      removed?.(thing);
      if (thing.kind !== 'telemetry') result.removed.push(thing);
    }
    return result;
  } finally {
    clients.close();
  }
}

/**
 * Removes the records of the remote things, which stay: for a run that was answered offline, and created none.
 *
 * @throws EnrollkitError JOURNAL_UNREADABLE, FOLDER_IN_USE
 */
export function forgetRemote(folder: string, now: () => Date): void {
  const { journal, close } = openFolder(layoutOf(folder), now);
  try {
    for (const thing of planClean(folder).remote) journal.removed(thing);
  } finally {
    close();
  }
}

/**
 * Removes the local files that runs wrote, then the folders that this leaves empty, then the state of runs: plan,
 * journal, recordings and emulator. A file that was changed since, or that is behind a symbolic link, is kept with the reason, and
 * the state with it. The state of an emulator that still runs is kept too, and so is what others have put into the state.
 *
 * @throws EnrollkitError CONFLICT while remote things are left; JOURNAL_UNREADABLE
 */
export function cleanLocal(folder: string, now: () => Date = () => new Date()): LocalCleanResult {
  const layout = layoutOf(folder);
  const { remote } = planClean(folder);
  if (remote.length > 0) {
    throw new EnrollkitError('CONFLICT', sentences.quickstart.journalStillHas, {
      next: sentences.quickstart.cleanFirst,
    });
  }
  const result: LocalCleanResult = { removed: [], kept: [], left: [] };
  const { journal, close } = openFolder(layout, now);
  try {
    for (const thing of planClean(folder).local) {
      const why = isState(thing) ? undefined : removeFile(thing, layout, journal);
      if (why !== undefined) {
        result.kept.push({ thing, why });
        continue;
      }
      if (!isState(thing)) journal.removed(thing);
      result.removed.push(thing);
    }
    if (result.kept.length === 0) removeState(layout);
  } finally {
    close();
  }
  if (result.kept.length === 0) result.left = foreignIn(layout);
  return result;
}

/** The plan is removed with the state, even if someone edited it. */
function isState({ path }: CreatedFile): boolean {
  return path.startsWith('.enrollkit/');
}

/** @returns why the file stays; undefined when it is gone */
function removeFile({ path }: CreatedFile, layout: Layout, journal: Journal): string | undefined {
  const absolute = join(layout.folder, path);
  const link = linkBelow(layout.folder, absolute);
  if (link !== undefined) return sentences.quickstart.linkByHand(link);
  if (lookAt(absolute)) {
    const sha256 = sha256OfFile(absolute);
    if (!isPlaceOfRun(path)) return sentences.quickstart.foreignFile;
    if (sha256 === undefined) return sentences.quickstart.notAFile;
    if (!journal.wrote(path, sha256)) return sentences.quickstart.fileChanged;
    try {
      unlinkSync(absolute);
    } catch (cause) {
      return sentences.quickstart.cannotDelete(reason(cause));
    }
  }
  removeEmptyFolders(dirname(absolute), layout);
  return undefined;
}

/** Only what enrollkit keeps in the state folder; anything else stays. */
function removeState(layout: Layout): void {
  const { plan, journal, emulator, sharedEmulator, replay } = layout;
  // One that runs would go on without its files, where no command finds it.
  if (lockHolder(join(emulator, 'lock')) === undefined) removeEmulator(emulator);
  removeRecordings(layout);
  // Last, so that a replay that was killed while it removed them still knows that all of the folder is its own.
  removeFiles([plan, journal, sharedEmulator, replay]);
}

function removeEmulator(folder: string): void {
  if (!lookAt(folder)) return;
  const filesIn = (path: string) => {
    const names = lookAt(path)?.isDirectory() ? readdirSync(path) : [];
    return names.filter((name) => emulatorFilePattern.test(name)).map((name) => join(path, name));
  };
  const snapshots = emulatorSnapshotFolders.map((name) => join(folder, name));
  removeFiles([...snapshots, folder].flatMap(filesIn));
  removeDeadClaims(join(folder, 'lock'));
  for (const path of [...snapshots, folder]) removeIfEmpty(path);
}

/** A folder, a link or a pipe of the same name is someone else's. */
function removeFiles(paths: readonly string[]): void {
  for (const path of paths) if (lookAt(path)?.isFile()) rmSync(path, { force: true });
}

/** What is left in the state folder: files, links, and folders with nothing in them. */
function foreignIn({ folder, state, emulator }: Layout): string[] {
  const isRunning = lockHolder(join(emulator, 'lock')) !== undefined;
  const found = (path: string): string[] => {
    if (path === emulator && isRunning) return [];
    const entries = lookAt(path)?.isDirectory() ? readdirSync(path) : [];
    return entries.length > 0 ? entries.flatMap((name) => found(join(path, name))) : [path];
  };
  if (!lookAt(state)) return [];
  return found(state)
    .map((path) => relative(folder, path).split(sep).join('/'))
    .sort();
}

class Clients {
  readonly #open = new Map<
    string,
    { control: ControlPlane; service: ServicePlane; manager: ResourceManager; target: Target }
  >();
  readonly #targetFor: CleanOptions['targetFor'];

  constructor(targetFor: CleanOptions['targetFor']) {
    this.#targetFor = targetFor;
  }

  async of(journalTarget: JournalTarget) {
    const key = JSON.stringify(journalTarget);
    let clients = this.#open.get(key);
    if (!clients) {
      const target = await this.#targetFor(journalTarget);
      clients = {
        target,
        control: new ControlPlane(target),
        service: new ServicePlane(target),
        manager: new ResourceManager(target),
      };
      this.#open.set(key, clients);
    }
    return clients;
  }

  close(): void {
    for (const { control, service, manager } of this.#open.values()) {
      control.close();
      service.close();
      manager.close();
    }
  }
}

async function remove(
  thing: RemoteResource,
  { control, service, manager, target }: Awaited<ReturnType<Clients['of']>>,
  all: readonly RemoteResource[],
  signal: AbortSignal,
): Promise<void> {
  switch (thing.kind) {
    case 'telemetry':
      return; // A message that was sent cannot be taken back; the entry only says that it need not be sent again.
    case 'hub-device': {
      const ownHub = ownHubOf(thing, all);
      const isGone = ownHub && !(await manager.getHub(scopeOf(target), ownHub.name, { signal }));
      return isGone ? undefined : removeHubDevice(thing, target, signal);
    }
    case 'registration':
      return service.deleteRegistration(thing.id, { signal });
    case 'individual-enrollment':
      return service.deleteEnrollment(thing.id, { signal });
    case 'enrollment-group':
      return service.deleteEnrollmentGroup(thing.id, { signal });
    case 'ca-certificate': {
      const present = await control.getCertificate(thing.name, { signal });
      if (!present) return;
      if (present.properties.thumbprint.toUpperCase() !== thing.sha1Thumbprint) {
        throw new EnrollkitError('CONFLICT', sentences.quickstart.otherCertificate(thing.name));
      }
      return control.deleteCertificate(thing.name, present.etag, { signal });
    }
    case 'hub-link':
    case 'iot-hub':
    case 'provisioning-service':
    case 'resource-group':
      return removeAzureResource(thing, manager, target, signal);
  }
}

async function removeHubDevice(
  { hub: host, id: deviceId }: Extract<RemoteResource, { kind: 'hub-device' }>,
  target: Target,
  signal: AbortSignal,
): Promise<void> {
  const connectionString = hubConnectionStringFor(target, host);
  if (connectionString === undefined) {
    throw new EnrollkitError('NO_CREDENTIALS', sentences.quickstart.noHubConnectionString(host, deviceId));
  }
  const hub = new HubService(connectionString, target);
  try {
    await hub.deleteDevice(deviceId, { signal });
  } finally {
    hub.close();
  }
}

function removeEmptyFolders(folder: string, { folder: top }: Layout): void {
  for (let at = folder; at !== top && at.startsWith(top); at = dirname(at)) {
    removeIfEmpty(at);
    if (lookAt(at)) return;
  }
}
