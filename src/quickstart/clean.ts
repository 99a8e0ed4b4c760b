/** The reverse of a run: removes what the journal says that it made, and nothing else. */
import { readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ControlPlane } from '../dps/client/arm.js';
import { HubService } from '../dps/client/hub.js';
import { ServicePlane } from '../dps/client/service.js';
import type { Target } from '../dps/client/target.js';
import { EnrollkitError } from '../errors.js';
import { Journal, type JournalTarget, type MadeThing } from '../workspace/journal.js';
import { type Layout, layoutOf } from '../workspace/layout.js';
import { takeLock } from '../workspace/lock.js';
import { asEnrollkitError } from './run-steps.js';

type RemoteThing = Exclude<MadeThing, { kind: 'file' }>;

export interface CleanPlan {
  /** In the order in which they are removed: devices first, the CA last. */
  remote: RemoteThing[];
  local: Extract<MadeThing, { kind: 'file' }>[];
}

export interface CleanOptions {
  folder: string;
  /** Opens the DPS that a thing was made in. */
  targetFor: (target: JournalTarget) => Promise<Target>;
  signal: AbortSignal;
  now?: () => Date;
  /** Told of each thing as it goes. */
  removed?: (thing: RemoteThing) => void;
}

export interface CleanResult {
  removed: MadeThing[];
  /** What is still there, and why. It stays in the journal. */
  kept: { thing: MadeThing; why: string }[];
}

const order = ['telemetry', 'hub-device', 'registration', 'enrollment-group', 'ca-certificate'];

/**
 * What the journal of a folder holds.
 *
 * @throws EnrollkitError JOURNAL_UNREADABLE
 */
export function planClean(folder: string): CleanPlan {
  const things = Journal.open(layoutOf(folder).journal, () => new Date()).things();
  const remote = things.filter((thing): thing is RemoteThing => thing.kind !== 'file');
  return {
    remote: remote.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)),
    local: things.filter((thing) => thing.kind === 'file'),
  };
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
  const result: CleanResult = { removed: [], kept: [] };
  if (remote.length === 0) return result;
  const unlock = takeLock(layout.lock);
  const clients = new Clients(options.targetFor);
  try {
    const journal = Journal.open(layout.journal, now);
    for (const thing of remote) {
      if (signal.aborted) throw asEnrollkitError(signal.reason, signal);
      try {
        await remove(thing, await clients.of(thing.target), signal);
      } catch (thrown) {
        const error = asEnrollkitError(thrown, signal);
        if (error.code === 'INTERRUPTED' || error.code === 'INTERNAL') throw error;
        result.kept.push({ thing, why: error.message });
        continue;
      }
      journal.removed(thing);
      if (thing.kind === 'telemetry') continue;
      result.removed.push(thing);
      options.removed?.(thing);
    }
    return result;
  } finally {
    clients.close();
    unlock();
  }
}

/**
 * Removes the local files that runs made, then the folders that this leaves empty, then the state of runs: plan,
 * journal and emulator. To be called when no emulator of this folder runs any more.
 */
export function cleanLocal(folder: string): CleanResult {
  const layout = layoutOf(folder);
  const { remote, local } = planClean(folder);
  if (remote.length > 0) {
    throw new EnrollkitError(
      'CONFLICT',
      'The journal still holds what is in the provisioning service, so local files stay.',
      {
        next: 'Remove it first: run enrollkit clean.',
      },
    );
  }
  const unlock = takeLock(layout.lock);
  try {
    for (const { path } of local) {
      const absolute = join(layout.folder, path);
      rmSync(absolute, { force: true });
      removeEmptyFolders(dirname(absolute), layout);
    }
  } finally {
    unlock();
  }
  rmSync(layout.state, { recursive: true, force: true });
  return { removed: local, kept: [] };
}

class Clients {
  readonly #open = new Map<string, { control: ControlPlane; service: ServicePlane; target: Target }>();
  readonly #targetFor: CleanOptions['targetFor'];

  constructor(targetFor: CleanOptions['targetFor']) {
    this.#targetFor = targetFor;
  }

  async of(journalTarget: JournalTarget) {
    const key = JSON.stringify(journalTarget);
    let clients = this.#open.get(key);
    if (!clients) {
      const target = await this.#targetFor(journalTarget);
      clients = { target, control: new ControlPlane(target), service: new ServicePlane(target) };
      this.#open.set(key, clients);
    }
    return clients;
  }

  close(): void {
    for (const { control, service } of this.#open.values()) {
      control.close();
      service.close();
    }
  }
}

async function remove(
  thing: RemoteThing,
  { control, service, target }: Awaited<ReturnType<Clients['of']>>,
  signal: AbortSignal,
): Promise<void> {
  switch (thing.kind) {
    case 'telemetry':
      return; // A message that was sent cannot be taken back; the entry only says that it need not be sent again.
    case 'hub-device':
      return removeHubDevice(thing.id, target, signal);
    case 'registration':
      return service.deleteRegistration(thing.id, { signal });
    case 'enrollment-group':
      return service.deleteEnrollmentGroup(thing.id, { signal });
    case 'ca-certificate': {
      const present = await control.getCertificate(thing.name, { signal });
      if (!present) return;
      if (present.properties.thumbprint.toUpperCase() !== thing.sha1Thumbprint) {
        throw new EnrollkitError('CONFLICT', `Another certificate is now uploaded as ${thing.name}.`);
      }
      return control.deleteCertificate(thing.name, present.etag, { signal });
    }
  }
}

async function removeHubDevice(deviceId: string, target: Target, signal: AbortSignal): Promise<void> {
  if (target.hubConnectionString === undefined) {
    throw new EnrollkitError(
      'NO_CREDENTIALS',
      `No connection string of the hub is known (ENROLLKIT_HUB_CONNECTION_STRING), so the device stays: az iot hub device-identity delete --device-id ${deviceId}`,
    );
  }
  const hub = new HubService(target.hubConnectionString, target);
  try {
    await hub.deleteDevice(deviceId, { signal });
  } finally {
    hub.close();
  }
}

function removeEmptyFolders(folder: string, { folder: top }: Layout): void {
  for (let at = folder; at !== top && at.startsWith(top); at = dirname(at)) {
    try {
      if (readdirSync(at).length > 0) return;
      rmdirSync(at);
    } catch {
      return;
    }
  }
}
