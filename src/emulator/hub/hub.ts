/** The hub stand-in: device identities, their twins, the last messages of each, and what the service asks of them. */
import type Database from 'libsql';
import type { Policy } from '../state/identity.js';
import type { HostNames } from '../wire/network/host-names.js';
import { CloudToDeviceMessages } from './cloud-to-device.js';
import { HubDevices } from './devices.js';
import { DirectMethods } from './direct-methods.js';
import { hubSchema } from './hub-schema.js';
import { DeviceIdentities } from './identities.js';
import { MessageFeedback } from './message-feedback.js';
import { HubMessages } from './messages.js';
import { KeptSubscriptions } from './subscriptions.js';
import { HubTwins } from './twins.js';

export interface Hub {
  readonly devices: HubDevices;
  /** The same devices, as the service makes and changes them. */
  readonly identities: DeviceIdentities;
  readonly twins: HubTwins;
  /** What devices sent. */
  readonly messages: HubMessages;
  /** What is sent to devices. */
  readonly cloudToDevice: CloudToDeviceMessages;
  /** What became of that. */
  readonly feedback: MessageFeedback;
  readonly methods: DirectMethods;
  /** Which devices want theirs over MQTT as soon as they connect. */
  readonly subscriptions: KeptSubscriptions;
  /** The CAs whose certificates let in devices of the kind `certificateAuthority`: DER. */
  readonly authorities: () => readonly Buffer[];
}

/** A hub with what clients reach it by. */
export interface HostedHub {
  readonly hubId: string;
  readonly hub: Hub;
  /** What clients dial, and what their tokens may name. */
  readonly names: HostNames;
  /** What its back ends may do. */
  readonly policies: readonly Policy[];
}

/** The rights of a shared access policy of IoT Hub. */
export type HubRight = 'RegistryRead' | 'RegistryWrite' | 'ServiceConnect' | 'DeviceConnect';

/** One for each hub of an emulator: deleting a device through it ends the connection that was opened through it. */
export function openHub(
  database: Database.Database,
  now: () => Date,
  authorities: () => readonly Buffer[] = () => [],
): Hub {
  database.exec(hubSchema);
  addLaterColumns(database);
  const devices = new HubDevices(database, now);
  const feedback = new MessageFeedback(database, now, () => cloudToDevice.expire());
  const cloudToDevice = new CloudToDeviceMessages(database, devices, feedback, now);
  return {
    devices,
    identities: new DeviceIdentities(database, devices, now),
    twins: new HubTwins(database, now),
    messages: new HubMessages(database, now),
    cloudToDevice,
    feedback,
    methods: new DirectMethods(devices),
    subscriptions: new KeptSubscriptions(database),
    authorities,
  };
}

/** Columns that tables of an earlier enrollkit lack. */
const laterColumns: Record<string, Record<string, string>> = {
  hub_device: {
    symmetric_keys: "TEXT NOT NULL DEFAULT '[]'",
    tags_version: 'INTEGER NOT NULL DEFAULT 0',
    authentication: "TEXT NOT NULL DEFAULT ''",
    secondary_thumbprint: "TEXT NOT NULL DEFAULT ''",
    status: "TEXT NOT NULL DEFAULT 'enabled'",
    status_reason: 'TEXT',
    desired_metadata: "TEXT NOT NULL DEFAULT ''",
    reported_metadata: "TEXT NOT NULL DEFAULT ''",
    messages_qos: 'INTEGER',
    status_updated: 'TEXT',
    connection_updated: 'TEXT',
    last_activity: 'TEXT',
  },
  hub_command: { acknowledgement: "TEXT NOT NULL DEFAULT ''" },
};

function addLaterColumns(database: Database.Database): void {
  for (const [table, wanted] of Object.entries(laterColumns)) {
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(table) as {
      name: string;
    }[];
    const present = new Set(columns.map(({ name }) => name));
    for (const [name, definition] of Object.entries(wanted)) {
      if (!present.has(name)) database.exec(`ALTER TABLE ${table} ADD COLUMN ${name} ${definition}`);
    }
  }
}
