/**
 * The ports of Azure: 443, 8883 and 5671. A machine has them once, and test files run at the same time: every test that
 * opens them is in this file.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import type { EmulatorEndpoints } from '../../src/emulator/start.js';
import { privateKeyToPem } from '../../src/pki/keys.js';
import { cli } from '../cli/run-cli.js';
import { makeChain } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { groupBody, startTestEmulator } from './support.js';

test('--standard-ports: names without ports where they may be opened, else what to do', () =>
  inTemporaryFolder(async (dir) => {
    const start = (...flags: string[]) =>
      cli(['emulator', 'start', '--dir', dir, '--standard-ports', ...flags]);
    const { status, stdout, stderr } = await start('--detach', '--json');
    try {
      if (status === 0) {
        const endpoints = JSON.parse(stdout) as EmulatorEndpoints;
        assert.equal(endpoints.armEndpoint, 'https://localhost');
        assert.deepEqual([endpoints.globalDeviceEndpoint, endpoints.hubHostName], ['localhost', '127.0.0.1']);
        assert.match(endpoints.serviceConnectionString, /^HostName=localhost;/);
      } else {
        assert.equal(status, 9);
        assert.match(JSON.parse(stdout).error.code, /^PORT_(NOT_PERMITTED|IN_USE)$/, stderr);
      }
    } finally {
      const stopped = await cli(['emulator', 'stop', '--dir', dir]);
      if (status === 0) assert.equal(stopped.status, 0, stopped.stderr);
    }
    assert.equal((await start('--port', '0')).status, 2);
  }));

/** An address of this process alone: another run of the tests may be under way. */
const host = `127.77.${(process.pid >> 8) & 255}.${process.pid & 255 || 1}`;

async function mayListen(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

const permitted = (await mayListen(443)) && (await mayListen(8883));
if (!permitted) console.error(`skipped: it needs ports 443 and 8883 of ${host}`);

// Microsoft's client dials port 443 whatever it is told.
(permitted ? test : test.skip)(
  "Microsoft's device client over WebSockets, on the standard ports",
  async () => {
    const emulator = await startTestEmulator({ host, httpsPort: 443, mqttPort: 8883 });
    try {
      const { root, intermediate, device } = await makeChain('over-ws');
      await emulator.verifiedCa('root', root);
      const group = groupBody('over-ws', { reference: 'root' });
      assert.equal((await emulator.service('PUT', '/enrollmentGroups/over-ws', group)).status, 200);
      const client = fileURLToPath(new URL('official-client-over-websockets.mjs', import.meta.url));
      const child = spawn(process.execPath, [client], {
        env: { ...process.env, NODE_EXTRA_CA_CERTS: emulator.endpoints.caFile, NODE_OPTIONS: '' },
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      child.stdin.end(
        JSON.stringify({
          provisioningHost: host,
          idScope: emulator.endpoints.idScope,
          registrationId: 'over-ws',
          cert: device.pem + intermediate.pem,
          key: await privateKeyToPem(device.privateKey),
        }),
      );
      const output = (await json(child.stdout)) as { error?: string; message?: string; hub?: object };
      assert.equal(output.error, undefined, output.message);
      assert.deepEqual(output.hub, { desired: { $version: 1 } });
    } finally {
      await emulator.stop();
    }
  },
);

test.run();
