/** The hub stand-in: device identities, their twins, the last messages of each, and what the service asks of them. */
import type Database from 'libsql';
import { CloudToDeviceMessages } from './cloud-to-device.js';
import { HubDevices } from './devices.js';
import { DirectMethods } from './direct-methods.js';
import { HubMessages } from './messages.js';
import { hubSchema } from './schema.js';
import { HubTwins } from './twins.js';

export interface Hub {
  readonly devices: HubDevices;
  readonly twins: HubTwins;
  /** What devices sent. */
  readonly messages: HubMessages;
  /** What is sent to devices. */
  readonly cloudToDevice: CloudToDeviceMessages;
  readonly methods: DirectMethods;
}

/** One for each emulator: deleting a device through it ends the connection that was opened through it. */
export function openHub(database: Database.Database, now: () => Date): Hub {
  database.exec(hubSchema);
  addLaterColumns(database);
  const devices = new HubDevices(database, now);
  return {
    devices,
    twins: new HubTwins(database, now),
    messages: new HubMessages(database, now),
    cloudToDevice: new CloudToDeviceMessages(database, devices, now),
    methods: new DirectMethods(devices),
  };
}

/** Columns that tables of an earlier enrollkit lack. */
const laterColumns = {
  symmetric_keys: "TEXT NOT NULL DEFAULT '[]'",
  tags_version: 'INTEGER NOT NULL DEFAULT 0',
};

function addLaterColumns(database: Database.Database): void {
  const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all('hub_device') as {
    name: string;
  }[];
  const present = new Set(columns.map(({ name }) => name));
  for (const [name, definition] of Object.entries(laterColumns)) {
    if (!present.has(name)) database.exec(`ALTER TABLE hub_device ADD COLUMN ${name} ${definition}`);
  }
}
