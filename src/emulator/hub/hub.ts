/** The hub stand-in: device identities, their twins, the last messages of each. */
import type Database from 'libsql';
import { HubDevices } from './devices.js';
import { HubMessages } from './messages.js';
import { hubSchema } from './schema.js';
import { HubTwins } from './twins.js';

export interface Hub {
  readonly devices: HubDevices;
  readonly twins: HubTwins;
  readonly messages: HubMessages;
}

/** One for each emulator: deleting a device through it ends the connection that was opened through it. */
export function openHub(database: Database.Database, now: () => Date): Hub {
  database.exec(hubSchema);
  addSymmetricKeys(database);
  return {
    devices: new HubDevices(database, now),
    twins: new HubTwins(database, now),
    messages: new HubMessages(database, now),
  };
}

/** Tables of an earlier enrollkit lack the column. */
function addSymmetricKeys(database: Database.Database): void {
  const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all('hub_device') as {
    name: string;
  }[];
  if (columns.some(({ name }) => name === 'symmetric_keys')) return;
  database.exec("ALTER TABLE hub_device ADD COLUMN symmetric_keys TEXT NOT NULL DEFAULT '[]'");
}
