/** The tables of the emulator's state. Names and IDs that Azure compares without regard to case are keys in lower case. */

/**
 * Each brings the tables from the version before it to its own, the first from nothing; how many have run is stored in
 * the file's user_version. What stands here is in people's files: change nothing, add another.
 */
export const migrations = [
  `
  CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  -- Shared access policies; the owner is \`dps\` or a hub's ID.
  CREATE TABLE policy (
    owner TEXT NOT NULL, key_name TEXT NOT NULL, primary_key TEXT NOT NULL, secondary_key TEXT NOT NULL,
    rights TEXT NOT NULL, PRIMARY KEY (owner, key_name)
  ) WITHOUT ROWID;

  CREATE TABLE hub (
    hub_id TEXT PRIMARY KEY, location TEXT NOT NULL, apply_allocation_policy INTEGER NOT NULL,
    allocation_weight INTEGER NOT NULL
  ) WITHOUT ROWID;
  -- Every name that a hub ever had: its port may change from run to run.
  CREATE TABLE hub_name (name TEXT PRIMARY KEY, hub_id TEXT NOT NULL) WITHOUT ROWID;

  CREATE TABLE certificate (
    name_key TEXT PRIMARY KEY, name TEXT NOT NULL, der BLOB NOT NULL, sha256 TEXT NOT NULL, verified INTEGER NOT NULL,
    verification_code TEXT, etag TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL
  );

  CREATE TABLE enrollment_group (
    number INTEGER PRIMARY KEY, group_key TEXT NOT NULL UNIQUE, etag TEXT NOT NULL, created TEXT NOT NULL,
    updated TEXT NOT NULL, document TEXT NOT NULL
  );
  -- Finds a group by its CA: a certificate of its own, or the name of one uploaded through ARM.
  CREATE TABLE enrollment_group_ca (
    group_key TEXT NOT NULL, slot TEXT NOT NULL, sha256 TEXT, reference_key TEXT, PRIMARY KEY (group_key, slot)
  ) WITHOUT ROWID;
  CREATE INDEX enrollment_group_ca_sha256 ON enrollment_group_ca (sha256);
  CREATE INDEX enrollment_group_ca_reference ON enrollment_group_ca (reference_key);

  CREATE TABLE registration (
    registration_key TEXT PRIMARY KEY, registration_id TEXT NOT NULL, group_key TEXT NOT NULL, group_id TEXT NOT NULL,
    device_id TEXT, hub_id TEXT, status TEXT NOT NULL, substatus TEXT, error_code INTEGER, error_message TEXT,
    etag TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL
  );
  CREATE INDEX registration_group ON registration (group_key, registration_key);

  CREATE TABLE operation (
    operation_id TEXT PRIMARY KEY, registration_key TEXT NOT NULL, leaf_sha256 TEXT NOT NULL, started INTEGER NOT NULL
  );
  CREATE INDEX operation_registration ON operation (registration_key, started);
`,

  `
  CREATE TABLE individual_enrollment (
    registration_key TEXT PRIMARY KEY, etag TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL,
    document TEXT NOT NULL
  );

  -- A registration may come from an individual enrollment: then it has no group.
  DROP INDEX registration_group;
  ALTER TABLE registration RENAME TO registration_before;
  CREATE TABLE registration (
    registration_key TEXT PRIMARY KEY, registration_id TEXT NOT NULL, group_key TEXT, group_id TEXT,
    device_id TEXT, hub_id TEXT, status TEXT NOT NULL, substatus TEXT, error_code INTEGER, error_message TEXT,
    etag TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL
  );
  INSERT INTO registration SELECT * FROM registration_before;
  DROP TABLE registration_before;
  CREATE INDEX registration_group ON registration (group_key, registration_key);

  -- A thumbprint, or that the device has a symmetric key.
  ALTER TABLE operation RENAME COLUMN leaf_sha256 TO identity;
`,

  `
  -- CAs that issue certificates to devices; the root has an empty key. Both columns PEM.
  CREATE TABLE issuing_authority (
    policy_key TEXT PRIMARY KEY, certificate TEXT NOT NULL, private_key TEXT NOT NULL
  ) WITHOUT ROWID;
  -- JSON: what was issued to the device, base64 of DER, its own certificate first.
  ALTER TABLE operation ADD COLUMN issued_chain TEXT;
`,

  `
  -- JSON: what a custom allocation webhook has for the device.
  ALTER TABLE registration ADD COLUMN payload TEXT;
`,

  `
  -- In state.db only: which services and hubs there are. The number says which file and which address is theirs.
  CREATE TABLE provisioning_service (number INTEGER PRIMARY KEY, name_key TEXT NOT NULL UNIQUE);
  CREATE TABLE iot_hub (number INTEGER PRIMARY KEY, hub_id TEXT NOT NULL UNIQUE);
  INSERT INTO provisioning_service SELECT 1, lower(value) FROM setting WHERE name = 'dpsName';
  INSERT INTO iot_hub SELECT 1, hub_id FROM hub WHERE hub_id = 'hub-1';
  CREATE TABLE resource_group (name_key TEXT PRIMARY KEY, name TEXT NOT NULL, location TEXT NOT NULL, tags TEXT NOT NULL)
    WITHOUT ROWID;
  INSERT INTO resource_group SELECT lower(value), value, 'local', '{}' FROM setting WHERE name = 'resourceGroup';
`,

  `
  -- In the order in which hubs were linked; a list of Azure Resource Manager gives it.
  ALTER TABLE hub ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
  -- Milliseconds, as a device of this emulator would measure them.
  ALTER TABLE iot_hub ADD COLUMN latency REAL NOT NULL DEFAULT 0;
`,

  `
  -- The outcome of a registration and the operation that led to it: both or neither, in one statement.
  CREATE VIEW registration_outcome AS
    SELECT registration.registration_key, registration_id, group_key, group_id, device_id, hub_id, status, substatus,
      error_code, error_message, etag, created, updated, payload, operation_id, identity, started, issued_chain,
      started AS kept_since
    FROM registration JOIN operation ON operation.registration_key = registration.registration_key;
  CREATE TRIGGER registration_outcome_insert INSTEAD OF INSERT ON registration_outcome BEGIN
    INSERT OR REPLACE INTO registration VALUES (NEW.registration_key, NEW.registration_id, NEW.group_key, NEW.group_id,
      NEW.device_id, NEW.hub_id, NEW.status, NEW.substatus, NEW.error_code, NEW.error_message, NEW.etag, NEW.created,
      NEW.updated, NEW.payload);
    DELETE FROM operation WHERE registration_key = NEW.registration_key AND started < NEW.kept_since;
    INSERT INTO operation (operation_id, registration_key, identity, started, issued_chain)
      VALUES (NEW.operation_id, NEW.registration_key, NEW.identity, NEW.started, NEW.issued_chain);
  END;
`,
];
