/**
 * All tables of the emulator's state. Every file of the state has all of them, and uses its part: see databases.ts. Names
 * and IDs that Azure compares without regard to case are keys in lower case.
 */

/**
 * Marks the files in SQLite's header: "enk1" in ASCII. Builds before the first release wrote no mark, or "enrk" with other
 * tables under the version numbers 1 to 3, so another mark tells them apart.
 */
export const applicationId = 0x656e6b31;

/** In the first tables, each device had so many messages. */
const keptMessages = 100;

const emulatorTables = `
  CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  -- Shared access policies; the owner is \`dps\` or a hub's ID. The position is the order of creation, in which Azure lists
  -- them.
  CREATE TABLE policy (
    owner TEXT NOT NULL, key_name TEXT NOT NULL, primary_key TEXT NOT NULL, secondary_key TEXT NOT NULL,
    rights TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (owner, key_name)
  ) WITHOUT ROWID;

  -- In state.db only: the services and hubs. The number determines the file and the address of each.
  CREATE TABLE provisioning_service (number INTEGER PRIMARY KEY, name_key TEXT NOT NULL UNIQUE);
  -- The latency is in milliseconds, as a device of this emulator would measure it.
  CREATE TABLE iot_hub (
    number INTEGER PRIMARY KEY, hub_id TEXT NOT NULL UNIQUE, latency REAL NOT NULL, created TEXT NOT NULL
  );
  CREATE TABLE resource_group (
    name_key TEXT PRIMARY KEY, name TEXT NOT NULL, location TEXT NOT NULL, tags TEXT NOT NULL
  ) WITHOUT ROWID;
`;

const provisioningServiceTables = `
  -- The position is the order in which hubs were linked, which Azure Resource Manager lists. What no client sent is NULL.
  CREATE TABLE linked_hub (
    hub_id TEXT PRIMARY KEY, location TEXT NOT NULL, apply_allocation_policy INTEGER, allocation_weight INTEGER,
    position INTEGER NOT NULL, policy_name TEXT, policy_key TEXT
  ) WITHOUT ROWID;
  -- Every name that a linked hub ever had: its port may change from run to run.
  CREATE TABLE hub_name (name TEXT PRIMARY KEY, hub_id TEXT NOT NULL) WITHOUT ROWID;

  -- \`uploaded\` is the text of the certificate as it was uploaded.
  CREATE TABLE certificate (
    name_key TEXT PRIMARY KEY, name TEXT NOT NULL, der BLOB NOT NULL, sha256 TEXT NOT NULL, verified INTEGER NOT NULL,
    verification_code TEXT, etag TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL, uploaded TEXT
  );

  -- CAs that issue certificates to devices; the key of the root is empty. Certificate and key are PEM.
  CREATE TABLE issuing_authority (
    policy_key TEXT PRIMARY KEY, certificate TEXT NOT NULL, private_key TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE enrollment_group (
    number INTEGER PRIMARY KEY, group_key TEXT NOT NULL UNIQUE, etag TEXT NOT NULL, created TEXT NOT NULL,
    updated TEXT NOT NULL, document TEXT NOT NULL
  );
  -- Finds a group by its CA: the group's own certificate, or the name of one uploaded through ARM.
  CREATE TABLE enrollment_group_ca (
    group_key TEXT NOT NULL, slot TEXT NOT NULL, sha256 TEXT, reference_key TEXT, PRIMARY KEY (group_key, slot)
  ) WITHOUT ROWID;
  CREATE INDEX enrollment_group_ca_sha256 ON enrollment_group_ca (sha256);
  CREATE INDEX enrollment_group_ca_reference ON enrollment_group_ca (reference_key);

  CREATE TABLE individual_enrollment (
    registration_key TEXT PRIMARY KEY, etag TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL,
    document TEXT NOT NULL
  );

  -- Without a group, an individual enrollment admitted the device. The payload is JSON: what a custom allocation webhook
  -- returned for the device.
  CREATE TABLE registration (
    registration_key TEXT PRIMARY KEY, registration_id TEXT NOT NULL, group_key TEXT, group_id TEXT,
    device_id TEXT, hub_id TEXT, status TEXT NOT NULL, substatus TEXT, error_code INTEGER, error_message TEXT,
    etag TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL, payload TEXT
  );
  CREATE INDEX registration_group ON registration (group_key);

  -- The issued chain is JSON: the certificates issued to the device, base64 of DER, its own first.
  CREATE TABLE operation (
    operation_id TEXT PRIMARY KEY, registration_key TEXT NOT NULL, identity TEXT NOT NULL, started INTEGER NOT NULL,
    issued_chain TEXT
  );
  CREATE INDEX operation_registration ON operation (registration_key, started);

  -- The outcome of a registration and the operation that led to it: both or neither, in one statement.
  CREATE VIEW registration_outcome AS
    SELECT registration.registration_key, registration_id, group_key, group_id, device_id, hub_id, status, substatus,
      error_code, error_message, etag, created, updated, payload, operation_id, identity, started, issued_chain,
      started AS kept_since
    FROM registration JOIN operation ON operation.registration_key = registration.registration_key;
  CREATE TRIGGER registration_outcome_insert INSTEAD OF INSERT ON registration_outcome BEGIN
    INSERT INTO registration VALUES (NEW.registration_key, NEW.registration_id, NEW.group_key, NEW.group_id,
      NEW.device_id, NEW.hub_id, NEW.status, NEW.substatus, NEW.error_code, NEW.error_message, NEW.etag, NEW.created,
      NEW.updated, NEW.payload)
      ON CONFLICT (registration_key) DO UPDATE SET group_key = excluded.group_key, group_id = excluded.group_id,
        device_id = excluded.device_id, hub_id = excluded.hub_id, status = excluded.status,
        substatus = excluded.substatus, error_code = excluded.error_code, error_message = excluded.error_message,
        etag = excluded.etag, updated = excluded.updated, payload = excluded.payload;
    DELETE FROM operation WHERE registration_key = NEW.registration_key AND started < NEW.kept_since;
    INSERT INTO operation (operation_id, registration_key, identity, started, issued_chain)
      VALUES (NEW.operation_id, NEW.registration_key, NEW.identity, NEW.started, NEW.issued_chain);
  END;
`;

/**
 * A twin is part of its device's row, so that a device and its twin are created and deleted in one statement; the
 * triggers do the same for messages, and limit their number. Device IDs of IoT Hub are case-sensitive, unlike
 * registration IDs.
 */
const hubTables = `
  -- JSON: credential, and the tags, properties and metadata of the twin. messages_qos is that of the subscription. The
  -- etags of device and twin are counters: change_number of the identity, twin_changes of tags and desired properties.
  CREATE TABLE hub_device (
    device_id TEXT PRIMARY KEY, generation_id TEXT NOT NULL, created TEXT NOT NULL, credential TEXT NOT NULL,
    status TEXT NOT NULL, status_reason TEXT, status_updated TEXT, iot_edge INTEGER NOT NULL,
    connection_updated TEXT, last_activity TEXT, messages_qos INTEGER,
    tags TEXT NOT NULL, twin_changes INTEGER NOT NULL DEFAULT 0,
    desired TEXT NOT NULL, desired_version INTEGER NOT NULL DEFAULT 1, desired_metadata TEXT NOT NULL,
    reported TEXT NOT NULL DEFAULT '{}', reported_version INTEGER NOT NULL DEFAULT 1, reported_metadata TEXT NOT NULL,
    change_number INTEGER NOT NULL DEFAULT 1
  ) WITHOUT ROWID;

  CREATE TABLE hub_message (
    device_id TEXT NOT NULL, number INTEGER NOT NULL, enqueued TEXT NOT NULL, system_properties TEXT NOT NULL,
    properties TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (device_id, number)
  );
  CREATE TRIGGER hub_message_bound AFTER INSERT ON hub_message BEGIN
    DELETE FROM hub_message WHERE device_id = NEW.device_id AND number <= NEW.number - ${keptMessages};
  END;

  CREATE TABLE hub_cloud_to_device (
    sequence_number INTEGER PRIMARY KEY AUTOINCREMENT, device_id TEXT NOT NULL, enqueued TEXT NOT NULL,
    expiry TEXT NOT NULL, delivery_count INTEGER NOT NULL, acknowledgement TEXT NOT NULL,
    system_properties TEXT NOT NULL, properties TEXT NOT NULL, body BLOB NOT NULL
  );
  CREATE INDEX hub_cloud_to_device_device ON hub_cloud_to_device (device_id, sequence_number);
  CREATE INDEX hub_cloud_to_device_expiry ON hub_cloud_to_device (expiry);

  CREATE TABLE hub_feedback (
    position INTEGER PRIMARY KEY AUTOINCREMENT, device_id TEXT NOT NULL, generation_id TEXT NOT NULL,
    message_id TEXT NOT NULL, status TEXT NOT NULL, occurred TEXT NOT NULL, expiry TEXT NOT NULL,
    delivery_count INTEGER NOT NULL
  );
  CREATE INDEX hub_feedback_device ON hub_feedback (device_id);
  CREATE INDEX hub_feedback_expiry ON hub_feedback (expiry);

  CREATE TRIGGER hub_device_deleted AFTER DELETE ON hub_device BEGIN
    DELETE FROM hub_message WHERE device_id = OLD.device_id;
    DELETE FROM hub_cloud_to_device WHERE device_id = OLD.device_id;
    DELETE FROM hub_feedback WHERE device_id = OLD.device_id;
  END;
`;

/**
 * Telemetry as events of the Event Hub-compatible endpoint. An event outlives its device; the device's own messages are those
 * of its current generation. The place in the partition is null in messages that were stored before there were events. The
 * offset counts bytes.
 */
const eventHubTables = `
  ALTER TABLE hub_message ADD COLUMN generation_id TEXT;
  ALTER TABLE hub_message ADD COLUMN auth_method TEXT;
  ALTER TABLE hub_message ADD COLUMN model_id TEXT;
  ALTER TABLE hub_message ADD COLUMN partition INTEGER;
  ALTER TABLE hub_message ADD COLUMN sequence_number INTEGER;
  ALTER TABLE hub_message ADD COLUMN event_offset INTEGER;
  UPDATE hub_message SET generation_id =
    (SELECT generation_id FROM hub_device WHERE hub_device.device_id = hub_message.device_id);
  CREATE INDEX hub_message_event ON hub_message (partition, sequence_number, event_offset, enqueued);

  DROP TRIGGER hub_message_bound;
  DROP TRIGGER hub_device_deleted;
  CREATE TRIGGER hub_device_deleted AFTER DELETE ON hub_device BEGIN
    DELETE FROM hub_cloud_to_device WHERE device_id = OLD.device_id;
    DELETE FROM hub_feedback WHERE device_id = OLD.device_id;
  END;

  -- Without $Default, which is always there.
  CREATE TABLE hub_consumer_group (name_key TEXT PRIMARY KEY, name TEXT NOT NULL, created TEXT NOT NULL) WITHOUT ROWID;
`;

/**
 * In state.db only: resources of Azure Device Registry, by their paths below the resource group, in lower case. The document
 * is JSON: what the resource has, and for a CA its private key.
 */
const registryTables = `
  CREATE TABLE registry_resource (
    path_key TEXT PRIMARY KEY, parent_key TEXT NOT NULL, document TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX registry_resource_parent ON registry_resource (parent_key);
`;

/**
 * For queries, which would read whole twins and keys otherwise: the indexes hold the tags and desired properties of devices
 * that have any, and are searched in the order of the devices. The status has no index: devices are rarely counted, and the
 * index made registrations a third slower.
 */
const hubIndexes = `
  CREATE INDEX hub_device_tags ON hub_device (device_id, tags) WHERE tags <> '{}';
  CREATE INDEX hub_device_desired ON hub_device (device_id, desired) WHERE desired <> '{}';
`;

/**
 * Each entry brings the tables from the version before it to its own, the first from an empty file; the number of
 * entries that have run is the `user_version` of the file. Released entries are in people's files: add one, change none.
 */
export const migrations: readonly string[] = [
  `${emulatorTables}${provisioningServiceTables}${hubTables}`,
  eventHubTables,
  registryTables,
  hubIndexes,
];
