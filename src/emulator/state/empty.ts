/** Empties the state of an emulator. */
import type { StateDatabase } from './database.js';

/** The identity of the emulator and the names of its services and hubs: kept, so that clients need no new settings. */
const identityTables = new Set([
  ...['setting', 'policy', 'linked_hub', 'hub_name', 'issuing_authority'],
  ...['provisioning_service', 'iot_hub', 'resource_group'],
]);

/** Deletes everything that clients created, in one transaction; names, ID scope and keys stay. */
export function emptyState(database: StateDatabase): void {
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all() as { name: string }[];
  const emptied = tables.filter(({ name }) => !identityTables.has(name));
  database.exec(`BEGIN; ${emptied.map(({ name }) => `DELETE FROM "${name}";`).join(' ')} COMMIT;`);
}
