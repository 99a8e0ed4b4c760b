/** Empties an emulator's state. */
import type { StateDatabase } from './database.js';

/** Who the emulator is and what it is called: kept, so that what clients were told of it holds on. */
const identityTables = new Set([
  ...['setting', 'policy', 'hub', 'hub_name', 'issuing_authority'],
  ...['provisioning_service', 'iot_hub', 'resource_group'],
]);

/** Deletes all that clients made, in one transaction; names, ID scope and keys stay. */
export function emptyState(database: StateDatabase): void {
  const tables = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all() as { name: string }[];
  const emptied = tables.filter(({ name }) => !identityTables.has(name));
  database.exec(`BEGIN; ${emptied.map(({ name }) => `DELETE FROM "${name}";`).join(' ')} COMMIT;`);
}
