/**
 * The tables of the hub stand-in. A twin lives in its device's row, so that a device and its twin come and go in one
 * statement; the triggers do the same for messages, and keep their number bounded.
 */

/** How many messages are kept for each device; older ones make room. */
const keptMessages = 100;

/** SQL that may run any number of times. Device IDs of IoT Hub are case-sensitive, unlike registration IDs. */
export const hubSchema = `
  CREATE TABLE IF NOT EXISTS hub_device (
    device_id TEXT PRIMARY KEY, generation_id TEXT NOT NULL, created TEXT NOT NULL, iot_edge INTEGER NOT NULL,
    leaf_thumbprint TEXT NOT NULL, issuer_thumbprints TEXT NOT NULL,
    tags TEXT NOT NULL, desired TEXT NOT NULL, desired_version INTEGER NOT NULL, desired_updated TEXT NOT NULL,
    reported TEXT NOT NULL, reported_version INTEGER NOT NULL, reported_updated TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS hub_message (
    device_id TEXT NOT NULL, number INTEGER NOT NULL, enqueued TEXT NOT NULL, system_properties TEXT NOT NULL,
    properties TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (device_id, number)
  );
  CREATE TRIGGER IF NOT EXISTS hub_message_bound AFTER INSERT ON hub_message BEGIN
    DELETE FROM hub_message WHERE device_id = NEW.device_id AND number <= NEW.number - ${keptMessages};
  END;
  CREATE TABLE IF NOT EXISTS hub_command (
    sequence_number INTEGER PRIMARY KEY AUTOINCREMENT, device_id TEXT NOT NULL, enqueued TEXT NOT NULL,
    expiry TEXT NOT NULL, delivery_count INTEGER NOT NULL, system_properties TEXT NOT NULL, properties TEXT NOT NULL,
    body BLOB NOT NULL
  );
  CREATE INDEX IF NOT EXISTS hub_command_device ON hub_command (device_id, sequence_number);
  CREATE INDEX IF NOT EXISTS hub_command_expiry ON hub_command (expiry);
  CREATE TABLE IF NOT EXISTS hub_feedback (
    position INTEGER PRIMARY KEY AUTOINCREMENT, device_id TEXT NOT NULL, generation_id TEXT NOT NULL,
    message_id TEXT NOT NULL, status TEXT NOT NULL, occurred TEXT NOT NULL, expiry TEXT NOT NULL,
    delivery_count INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS hub_feedback_device ON hub_feedback (device_id);
  CREATE INDEX IF NOT EXISTS hub_feedback_expiry ON hub_feedback (expiry);

  CREATE TRIGGER IF NOT EXISTS hub_device_deleted AFTER DELETE ON hub_device BEGIN
    DELETE FROM hub_message WHERE device_id = OLD.device_id;
  END;
  CREATE TRIGGER IF NOT EXISTS hub_device_deleted_commands AFTER DELETE ON hub_device BEGIN
    DELETE FROM hub_command WHERE device_id = OLD.device_id;
  END;
  CREATE TRIGGER IF NOT EXISTS hub_device_deleted_feedback AFTER DELETE ON hub_device BEGIN
    DELETE FROM hub_feedback WHERE device_id = OLD.device_id;
  END;
`;
