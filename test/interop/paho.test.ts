import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { privateKeyToPem } from '../../src/pki/keys.js';
import { groupBody, startTestEmulator, type TestEmulator } from '../emulator/support.js';
import { type Made, makeChain } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { pythonWith, testWith } from '../support/tools.js';

const script = fileURLToPath(new URL('paho_device.py', import.meta.url));

async function runDevice(emulator: TestEmulator, registrationId: string, chain: Made[]): Promise<any> {
  return inTemporaryFolder(async (folder) => {
    const [chainFile, keyFile] = [join(folder, 'chain.pem'), join(folder, 'key.pem')];
    writeFileSync(chainFile, chain.map(({ pem }) => pem).join(''));
    writeFileSync(keyFile, await privateKeyToPem(chain[0]!.privateKey), { mode: 0o600 });
    const { ports, idScope, caFile } = emulator.endpoints;
    const given = { host: 'localhost', port: ports.mqtt, idScope, registrationId, ca: caFile };
    const argument = JSON.stringify({ ...given, chain: chainFile, key: keyFile });
    const child = spawn(pythonWith('paho.mqtt.client')!, [script, argument], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    const [status] = await once(child, 'close');
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  });
}

const testWithPaho = testWith('paho-mqtt', test);

testWithPaho(
  'paho-mqtt registers by the documented topics, and talks to the hub that it is assigned to',
  async () => {
    const emulator = await startTestEmulator({ retryAfter: 1 });
    try {
      const { root, intermediate, device } = await makeChain('paho-1');
      await emulator.verifiedCa('root', root);
      const initialTwin = { tags: { site: 'A' }, properties: { desired: { interval: 30 } } };
      await emulator.service(
        'PUT',
        '/enrollmentGroups/g',
        groupBody('g', { reference: 'root' }, { initialTwin }),
      );
      const result = await runDevice(emulator, 'paho-1', [device, intermediate]);
      assert.deepEqual([result.dpsConnect, result.dpsSubscribe], [0, [1]]);
      assert.equal(result.registerTopic, '$dps/registrations/res/202/?$rid=1&retry-after=1');
      assert.equal(result.pollTopic, '$dps/registrations/res/200/?$rid=2');
      assert.equal(result.operation.status, 'assigned');
      assert.equal(result.operation.registrationState.substatus, 'initialAssignment');
      assert.equal(result.hubConnect, 0);
      assert.equal(result.twinTopic, '$iothub/twin/res/200/?$rid=7');
      assert.equal(result.twin.desired.interval, 30);
      assert.match(result.reportedTopic, /^\$iothub\/twin\/res\/204\/\?\$rid=8&\$version=\d+$/);
      assert.equal(result.telemetry, 'acknowledged');

      const stranger = await makeChain('paho-2');
      const refused = await runDevice(emulator, 'paho-2', [stranger.device, stranger.intermediate]);
      assert.deepEqual([refused.dpsConnect, refused.operation.errorCode], [0, 401002]);
      assert.match(refused.registerTopic, /^\$dps\/registrations\/res\/401\/\?\$rid=1/);
    } finally {
      await emulator.stop();
    }
  },
);

test.run();
