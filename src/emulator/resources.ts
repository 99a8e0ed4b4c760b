/** What an emulator holds from start to stop: its state, the lock on its folder, its TLS identity. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hubNameProblem, serviceNameProblem } from '../dps/contract/ids.js';
import { EnrollkitError } from '../errors.js';
import { ensureFolder, missingFolders, removeIfEmpty } from '../workspace/files.js';
import { identityFiles } from './control/empty-folder.js';
import { linkHubs, makeServices } from './dps/make-services.js';
import { emulatorFolder, removeEndpoints } from './endpoints.js';
import { makeHubs } from './hub/hub-directory.js';
import type { EmulatorOptions } from './options.js';
import { parseSeed } from './seed/seed.js';
import { type EmulatorSeed, firstServiceNameOf, hubsOf, serviceNamesOf } from './seed/seed-schema.js';
import { assertReadableState } from './state/database.js';
import { StateDatabases } from './state/databases.js';
import { hasSnapshot, mainStateFile, stateFilePattern } from './state/files.js';
import { readIdentity } from './state/identity.js';
import { lockFolder } from './state/lock.js';
import { restoreSnapshot, type StateSnapshot, takeSnapshot } from './state/snapshot.js';
import { loadSqlite } from './state/sqlite.js';
import type { Closer } from './wire/closers.js';
import { defaultHost } from './wire/network/host-addresses.js';
import { openServerIdentity, type ServerIdentity } from './wire/tls/server-identity.js';

/** What an emulator keeps while it runs, also through a reset. */
export interface Resources {
  /** Absolute; undefined when everything is kept in memory. */
  folder: string | undefined;
  databases: StateDatabases;
  server: ServerIdentity;
  /** The folder where clients find the roots. */
  published: string;
  /** Call it when the start has succeeded: until then, closing leaves the folder as it was found. */
  keep: () => void;
}

/**
 * Opens the state folder and its contents, and creates the services and hubs that the options name.
 *
 * @param closers filled as resources are opened, also when a later one cannot be
 * @throws EnrollkitError USAGE, INVALID_SEED, EMULATOR_UNSUPPORTED, EMULATOR_STATE_IN_USE, EMULATOR_STATE_UNREADABLE,
 *   FILE_UNWRITABLE
 */
export async function openResources(options: EmulatorOptions, closers: Closer[]): Promise<Resources> {
  const { dir, host = defaultHost, serverKey, tlsMax, signal } = options;
  assertNames(options);
  if (options.seed) parseSeed(options.seed);
  loadSqlite();
  const folder = dir === ':memory:' ? undefined : emulatorFolder(dir);
  let isKept = false;
  if (folder !== undefined) {
    if (!hasSnapshot(folder)) assertReadableState(folder);
    const made = missingFolders(folder);
    ensureFolder(folder);
    closers.push(() => {
      if (!isKept) made.forEach(removeIfEmpty);
    });
    closers.push(lockFolder(folder));
    // What a killed process left behind.
    removeEndpoints(folder);
    restoreSnapshot(folder);
    const found = new Set(readdirSync(folder));
    closers.push(() => {
      if (!isKept && !found.has(mainStateFile)) removeNew(folder, found);
    });
  }
  let snapshot: StateSnapshot | undefined;
  closers.push(() => snapshot?.restore());
  const databases = new StateDatabases(folder ?? ':memory:', options.onStateError);
  closers.push(() => databases.close());
  if (folder !== undefined && createsResources(databases, options.seed)) {
    snapshot = takeSnapshot(databases, folder);
  }
  const keep = () => {
    isKept = true;
    snapshot?.discard();
    snapshot = undefined;
  };
  createMissing(databases, options);
  // Clients judge TLS by their own clock, whatever clock the emulator follows.
  const server = await openServerIdentity({ folder, host, serverKey, tlsMax, signal, now: new Date() });
  return { folder, databases, server, published: publishedFolder(folder, closers), keep };
}

/** Removes the files of a state, except those that were found. */
function removeNew(folder: string, found: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) {
    if (found.has(name) || !(stateFilePattern.test(name) || identityFiles.includes(name))) continue;
    rmSync(join(folder, name), { force: true });
  }
}

/** Whether a seed creates hubs or services: that happens before all of the seed has been checked. */
function createsResources({ main }: StateDatabases, seed: EmulatorSeed | undefined): boolean {
  if (seed === undefined) return false;
  const names = main
    .prepare('SELECT name_key AS name FROM provisioning_service UNION SELECT hub_id FROM iot_hub')
    .all() as { name: string }[];
  const known = new Set(names.map(({ name }) => name));
  const requested = [...hubsOf(seed).map(({ name }) => name), ...serviceNamesOf(seed)];
  return known.size === 0 || requested.some((name) => !known.has(name.toLowerCase()));
}

/** Creates the services and hubs that the options name and the state lacks. New ones are linked to all others. */
export function createMissing(
  databases: StateDatabases,
  { hubs: hubNames = [], services = [], seed }: EmulatorOptions,
): void {
  const hubs = [...hubNames.map((name) => ({ name })), ...hubsOf(seed)];
  const serviceNames = [...services, ...serviceNamesOf(seed)];
  const { main } = databases;
  const before = main.prepare('SELECT number FROM provisioning_service').all() as { number: number }[];
  const identity = readIdentity(main, services[0] ?? firstServiceNameOf(seed));
  const made = makeHubs(databases, hubs, new Date());
  for (const { number } of before) linkHubs(databases.of('service', number), made);
  const all = main.prepare('SELECT hub_id FROM iot_hub ORDER BY number').all() as { hub_id: string }[];
  const hubIds = all.map((row) => row.hub_id);
  if (before.length === 0) linkHubs(main, hubIds);
  makeServices(databases, serviceNames, identity, hubIds);
}

/** @throws EnrollkitError USAGE */
function assertNames({ hubs = [], services = [] }: EmulatorOptions): void {
  for (const problem of [
    ...hubs.map((name) => hubNameProblem(name)),
    ...services.map((name) => serviceNameProblem(name)),
  ]) {
    if (problem) throw new EnrollkitError('USAGE', problem);
  }
}

/** The folder where clients find the roots: a temporary one for an emulator that keeps no files. */
function publishedFolder(folder: string | undefined, closers: Closer[]): string {
  if (folder !== undefined) return folder;
  const temporary = mkdtempSync(join(tmpdir(), 'enrollkit-emulator-'));
  closers.push(() => rmSync(temporary, { recursive: true, force: true }));
  return temporary;
}
