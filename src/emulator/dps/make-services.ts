/** Creates provisioning services: their number, their identity, and the hubs that they link. */

import type { StateDatabase } from '../state/database.js';
import type { StateDatabases } from '../state/databases.js';
import { makeServiceIdentity, type ServiceIdentity } from '../state/identity.js';
import { defaultSettings } from './provisioning-service.js';

/**
 * Creates the services that the state lacks, each linked to all hubs.
 *
 * @param identity of the first service: the others get its subscription and resource group
 */
export function makeServices(
  databases: StateDatabases,
  names: readonly string[],
  identity: ServiceIdentity,
  hubIds: readonly string[],
): void {
  const { main } = databases;
  const known = new Set(
    (main.prepare('SELECT name_key FROM provisioning_service').all() as { name_key: string }[]).map(
      (row) => row.name_key,
    ),
  );
  for (const name of new Set(names)) {
    if (known.has(name.toLowerCase())) continue;
    const { subscriptionId, resourceGroup } = identity;
    makeService(databases, { subscriptionId, resourceGroup, dpsName: name }, hubIds);
  }
}

/** @returns the number of the new service */
export function makeService(
  databases: StateDatabases,
  identity: Omit<ServiceIdentity, 'idScope'>,
  hubIds: readonly string[],
): number {
  const { main } = databases;
  const { number } = main
    .prepare('SELECT coalesce(max(number), 0) + 1 AS number FROM provisioning_service')
    .get() as { number: number };
  const database = databases.of('service', number);
  database.transaction(() => {
    makeServiceIdentity(database, identity);
    linkHubs(database, hubIds);
  })();
  main.prepare('INSERT INTO provisioning_service VALUES (?, ?)').run(number, identity.dpsName.toLowerCase());
  return number;
}

/** Links hubs to a service as their owner, with nothing said on how devices are shared between them. */
export function linkHubs(database: StateDatabase, hubIds: readonly string[]): void {
  const insert = database.prepare(
    `INSERT OR IGNORE INTO linked_hub
     SELECT ?, ?, NULL, NULL, coalesce(max(position), -1) + 1, NULL, NULL FROM linked_hub`,
  );
  for (const hubId of hubIds) insert.run(hubId, defaultSettings.location);
}
