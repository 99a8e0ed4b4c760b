/** What an emulator holds from its start to its stop: the state, the lock on its folder, its TLS identity. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hubNameProblem, serviceNameProblem } from '../dps/contract/ids.js';
import { EnrollkitError } from '../errors.js';
import { ensureFolder } from '../workspace/files.js';
import { linkHubs, makeServices } from './dps/make-services.js';
import { emulatorFolder, removeEndpoints } from './endpoints.js';
import { makeHubs } from './hub/hub-directory.js';
import type { EmulatorOptions } from './options.js';
import { parseSeed } from './seed/seed.js';
import { type EmulatorSeed, firstServiceNameOf, hubsOf, serviceNamesOf } from './seed/seed-schema.js';
import { StateDatabases } from './state/databases.js';
import { readIdentity } from './state/identity.js';
import { lockFolder } from './state/lock.js';
import { discardSnapshot, type StateSnapshot, takeSnapshot } from './state/snapshot.js';
import type { Closer } from './wire/closers.js';
import { openServerIdentity, type ServerIdentity } from './wire/tls/server-identity.js';

/** What an emulator has for as long as it runs, also through a reset. */
export interface Resources {
  /** Absolute; undefined when all is kept in memory. */
  folder: string | undefined;
  databases: StateDatabases;
  server: ServerIdentity;
  /** Where clients find the roots. */
  published: string;
  /** To be called when the start has succeeded: until then, closing leaves the state as it was found. */
  keep: () => void;
}

/**
 * Opens the state folder and what is kept in it, and makes the services and hubs that are asked for.
 *
 * @param closers filled as things are opened, also when one then cannot be
 * @throws EnrollkitError USAGE, INVALID_SEED, EMULATOR_STATE_IN_USE, EMULATOR_STATE_UNREADABLE, FILE_UNWRITABLE
 */
export async function openResources(options: EmulatorOptions, closers: Closer[]): Promise<Resources> {
  const { dir, host = 'localhost' } = options;
  assertNames(options);
  if (options.seed) parseSeed(options.seed);
  const folder = dir === ':memory:' ? undefined : emulatorFolder(dir);
  if (folder !== undefined) {
    ensureFolder(folder);
    closers.push(lockFolder(folder));
    // Of a process that was killed.
    removeEndpoints(folder);
    discardSnapshot(folder);
  }
  let snapshot: StateSnapshot | undefined;
  closers.push(() => snapshot?.restore());
  const databases = new StateDatabases(folder ?? ':memory:');
  closers.push(() => databases.close());
  if (folder !== undefined && asksForMore(databases, options.seed)) {
    snapshot = takeSnapshot(databases, folder);
  }
  const keep = () => {
    snapshot?.discard();
    snapshot = undefined;
  };
  makeWanted(databases, options);
  // TLS is judged by the clients' clock, whatever clock the emulator is given.
  const { serverKey, signal } = options;
  const server = await openServerIdentity({ folder, host, serverKey, signal, now: new Date() });
  return { folder, databases, server, published: publishedFolder(folder, closers), keep };
}

/** Whether a seed has hubs or services made, before it is known whether all of it can be taken. */
function asksForMore({ main }: StateDatabases, seed: EmulatorSeed | undefined): boolean {
  if (seed === undefined) return false;
  const names = main
    .prepare('SELECT name_key AS name FROM provisioning_service UNION SELECT hub_id FROM iot_hub')
    .all() as { name: string }[];
  const known = new Set(names.map(({ name }) => name));
  const asked = [...hubsOf(seed).map(({ name }) => name), ...serviceNamesOf(seed)];
  return known.size === 0 || asked.some((name) => !known.has(name.toLowerCase()));
}

/** Makes the services and hubs that are asked for and are not there yet; a new one is linked to all of the others. */
export function makeWanted(
  databases: StateDatabases,
  { hubs: named = [], services = [], seed }: EmulatorOptions,
): void {
  const hubs = [...named.map((name) => ({ name })), ...hubsOf(seed)];
  const wanted = [...services, ...serviceNamesOf(seed)];
  const { main } = databases;
  const before = main.prepare('SELECT number FROM provisioning_service').all() as { number: number }[];
  const identity = readIdentity(main, services[0] ?? firstServiceNameOf(seed));
  const made = makeHubs(databases, hubs);
  for (const { number } of before) linkHubs(databases.of('service', number), made);
  const all = main.prepare('SELECT hub_id FROM iot_hub ORDER BY number').all() as { hub_id: string }[];
  const hubIds = all.map((row) => row.hub_id);
  if (before.length === 0) linkHubs(main, hubIds);
  makeServices(databases, wanted, identity, hubIds);
}

/** @throws EnrollkitError USAGE */
function assertNames({ hubs = [], services = [] }: EmulatorOptions): void {
  for (const problem of [...hubs.map(hubNameProblem), ...services.map(serviceNameProblem)]) {
    if (problem) throw new EnrollkitError('USAGE', problem);
  }
}

/** Where clients find the roots: also an emulator that keeps no files of its own gives them out as files. */
function publishedFolder(folder: string | undefined, closers: Closer[]): string {
  if (folder !== undefined) return folder;
  const temporary = mkdtempSync(join(tmpdir(), 'enrollkit-emulator-'));
  closers.push(() => rmSync(temporary, { recursive: true, force: true }));
  return temporary;
}
