/** The identity of an emulator and of its provisioning services: names and secrets that are generated once and kept. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { StateDatabase } from './database.js';

export interface ServiceIdentity {
  subscriptionId: string;
  resourceGroup: string;
  dpsName: string;
  /** `0ne` and eight hexadecimal digits, like the ID scopes of the real service. */
  idScope: string;
}

export interface Identity extends ServiceIdentity {
  /** The bearer token that the ARM and service planes accept. */
  armToken: string;
}

/** A shared access policy of a provisioning service or a hub. Keys are base64. */
export interface Policy {
  keyName: string;
  primaryKey: string;
  secondaryKey: string;
  /** Comma-separated, as ARM writes it. */
  rights: string;
}

/** The policy that every provisioning service has. */
export const ownerPolicy = 'provisioningserviceowner';
/** The policy of a hub whose connection string the emulator publishes. */
export const hubOwnerPolicy = 'iothubowner';

/** The name of the first service when no other is given. */
const defaultServiceName = 'enrollkit-dps';

/** The owner of a provisioning service's policies in its own state; the owner of a hub's policies is the hub's ID. */
export const servicePolicies = 'dps';

/** As recorded by Azure/azure-cli: a set, in which the right to write holds the right to read. */
const ownerRights = 'ServiceConfig, DeviceConnect, EnrollmentWrite';

/**
 * Reads the identity of the emulator and its first service, and creates it in a new state.
 *
 * @param name of the first service, if it has to be created
 */
export function readIdentity(database: StateDatabase, name?: string): Identity {
  if (readSetting(database, 'armToken') === undefined) {
    const resourceGroup = 'enrollkit';
    database.transaction(() => {
      writeSetting(database, 'armToken', randomBytes(32).toString('base64url'));
      database
        .prepare("INSERT INTO resource_group VALUES (?, ?, 'local', '{}')")
        .run(resourceGroup, resourceGroup);
      makeFirstService(database, {
        subscriptionId: randomUUID(),
        resourceGroup,
        dpsName: name ?? defaultServiceName,
      });
    })();
  } else if (database.prepare('SELECT 1 FROM provisioning_service').get() === undefined) {
    // All of them were deleted: an emulator has at least one.
    const identity = readServiceIdentity(database);
    database.transaction(() =>
      makeFirstService(database, { ...identity, dpsName: name ?? identity.dpsName }),
    )();
  }
  return { ...readServiceIdentity(database), armToken: readSetting(database, 'armToken')! };
}

function makeFirstService(database: StateDatabase, identity: Omit<ServiceIdentity, 'idScope'>): void {
  database.prepare('INSERT INTO provisioning_service VALUES (1, ?)').run(identity.dpsName.toLowerCase());
  makeServiceIdentity(database, identity);
}

/** Creates the ID scope and the owner's policy of a service in a state without one. Call it in a transaction. */
export function makeServiceIdentity(
  database: StateDatabase,
  identity: Omit<ServiceIdentity, 'idScope'>,
): void {
  const idScope = `0ne${randomBytes(4).toString('hex').toUpperCase()}`;
  for (const [name, value] of Object.entries({ ...identity, idScope })) writeSetting(database, name, value);
  insertPolicy(database, servicePolicies, ownerPolicy, ownerRights);
}

export function readServiceIdentity(database: StateDatabase): ServiceIdentity {
  const read = (name: keyof ServiceIdentity): string => readSetting(database, name)!;
  return {
    subscriptionId: read('subscriptionId'),
    resourceGroup: read('resourceGroup'),
    dpsName: read('dpsName'),
    idScope: read('idScope'),
  };
}

export function readSetting(database: StateDatabase, name: string): string | undefined {
  const row = database.prepare('SELECT value FROM setting WHERE name = ?').get(name) as
    | { value: string }
    | undefined;
  return row?.value;
}

export function writeSetting(database: StateDatabase, name: string, value: string): void {
  database.prepare('INSERT OR REPLACE INTO setting VALUES (?, ?)').run(name, value);
}

const clockSetting = 'clockOffset';

/** Where the emulator's clock keeps its offset: like all that is acknowledged, it survives the process. */
export function clockStoreOf(database: StateDatabase): { read(): number; write(offsetMs: number): void } {
  return {
    read: () => Number(readSetting(database, clockSetting) ?? 0) || 0,
    write: (offsetMs) => writeSetting(database, clockSetting, String(offsetMs)),
  };
}

/** The policies of every new hub, in their order, as recorded by Azure/azure-powershell. */
const hubPolicies = {
  [hubOwnerPolicy]: 'RegistryWrite, ServiceConnect, DeviceConnect',
  service: 'ServiceConnect',
  device: 'DeviceConnect',
  registryRead: 'RegistryRead',
  registryReadWrite: 'RegistryWrite',
};

/** Creates the policies of a new hub. */
export function makeHubPolicies(database: StateDatabase, hubId: string): void {
  for (const [keyName, rights] of Object.entries(hubPolicies)) insertPolicy(database, hubId, keyName, rights);
}

/** Replaces all policies of an owner. */
export function writePolicies(database: StateDatabase, owner: string, policies: readonly Policy[]): void {
  database.transaction(() => {
    database.prepare('DELETE FROM policy WHERE owner = ?').run(owner);
    const insert = database.prepare(insertPolicySql);
    for (const [position, { keyName, primaryKey, secondaryKey, rights }] of policies.entries()) {
      insert.run(owner, keyName, primaryKey, secondaryKey, rights, position);
    }
  })();
}

/** The shared access policies of the provisioning service of this state, or of a hub, in the order of creation. */
export function readPolicies(database: StateDatabase, owner: string): Policy[] {
  return database
    .prepare(
      `SELECT key_name AS keyName, primary_key AS primaryKey, secondary_key AS secondaryKey, rights
       FROM policy WHERE owner = ? ORDER BY position, key_name`,
    )
    .all(owner) as Policy[];
}

const insertPolicySql =
  'INSERT INTO policy (owner, key_name, primary_key, secondary_key, rights, position) VALUES (?, ?, ?, ?, ?, ?)';

function insertPolicy(database: StateDatabase, owner: string, keyName: string, rights: string): void {
  const [primaryKey, secondaryKey] = [randomKey(), randomKey()];
  const { position } = database
    .prepare('SELECT coalesce(max(position), -1) + 1 AS position FROM policy WHERE owner = ?')
    .get(owner) as { position: number };
  database.prepare(insertPolicySql).run(owner, keyName, primaryKey, secondaryKey, rights, position);
}

function randomKey(): string {
  return randomBytes(32).toString('base64');
}
