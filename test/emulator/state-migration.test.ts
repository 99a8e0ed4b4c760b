import assert from 'node:assert/strict';
import { join } from 'node:path';
import Database from 'libsql';
import { test } from 'uvu';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { groupBody, startTestEmulator } from './support.js';

/** Puts the state's tables back to what version 1 had. */
const downgrade = `
  DROP VIEW registration_outcome;
  ALTER TABLE hub DROP COLUMN position;
  DROP TABLE provisioning_service;
  DROP TABLE iot_hub;
  DROP TABLE resource_group;
  ALTER TABLE registration DROP COLUMN payload;
  DROP TABLE issuing_authority;
  ALTER TABLE operation DROP COLUMN issued_chain;
  DROP TABLE individual_enrollment;
  ALTER TABLE operation RENAME COLUMN identity TO leaf_sha256;
  DROP INDEX registration_group;
  ALTER TABLE registration RENAME TO newer;
  CREATE TABLE registration (
    registration_key TEXT PRIMARY KEY, registration_id TEXT NOT NULL, group_key TEXT NOT NULL, group_id TEXT NOT NULL,
    device_id TEXT, hub_id TEXT, status TEXT NOT NULL, substatus TEXT, error_code INTEGER, error_message TEXT,
    etag TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL
  );
  INSERT INTO registration SELECT * FROM newer;
  DROP TABLE newer;
  CREATE INDEX registration_group ON registration (group_key, registration_key);
  ALTER TABLE hub_device DROP COLUMN symmetric_keys;
  DELETE FROM policy WHERE owner = 'hub-1' AND key_name <> 'iothubowner';
  PRAGMA user_version = 1;
`;

const keyOf = (connectionString: string) => parseConnectionString(connectionString).sharedAccessKey;

test('a state of an earlier version goes on, with everything in it', async () => {
  await inTemporaryFolder(async (dir) => {
    const earlier = await startTestEmulator({ dir });
    const root = await make('root', 'Root');
    const chain = [await make('device', 'device-1', root), root];
    await earlier.verifiedCa('root', root);
    await earlier.service('PUT', '/enrollmentGroups/g', groupBody('g', { reference: 'root' }));
    assert.equal((await earlier.register('device-1', chain)).body.status, 'assigned');
    const before = (await earlier.service('GET', '/registrations/device-1')).body;
    await earlier.stop();
    const database = new Database(join(dir, 'emulator', 'state.db'));
    database.exec(downgrade);
    database.close();

    const emulator = await startTestEmulator({ dir });
    try {
      const { hubs, hubServiceConnectionString } = emulator.endpoints;
      assert.equal(keyOf(hubServiceConnectionString), keyOf(earlier.endpoints.hubServiceConnectionString));
      assert.deepEqual(Object.keys(hubs[0]!.connectionStrings).sort(), [
        ...['device', 'iothubowner', 'registryRead', 'registryReadWrite', 'service'],
      ]);
      const after = await emulator.service('GET', '/registrations/device-1');
      assert.equal(after.body.etag, before.etag);
      const records = await emulator.service('POST', '/registrations/g/query');
      assert.equal(records.body.length, 1);
      const again = await emulator.register('device-1', chain);
      assert.equal(again.body.registrationState.substatus, 'reprovisionedToInitialAssignment');
      const leaf = await make('device', 'device-2');
      const x509 = { clientCertificates: { primary: { certificate: leaf.pem } } };
      const body = { registrationId: 'device-2', attestation: { type: 'x509', x509 } };
      assert.equal((await emulator.service('PUT', '/enrollments/device-2', body)).status, 200);
      assert.equal((await emulator.register('device-2', [leaf])).body.status, 'assigned');
    } finally {
      await emulator.stop();
    }
  });
});

test.run();
