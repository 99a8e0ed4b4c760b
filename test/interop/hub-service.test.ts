/** The hub's service side by azure-iothub, and its devices by azure-iot-device, against an emulator in another process. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { privateKeyToPem } from '../../src/pki/keys.js';
import { inspectCertificate } from '../../src/pki/x509/inspect.js';
import { clientOf } from '../emulator/support.js';
import { type Made, make } from '../support/chains.js';
import { startEmulatorProcess } from '../support/emulator-process.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';

const client = fileURLToPath(new URL('./hub-service-client.ts', import.meta.url));

async function credentials(deviceId: string, chain: Made[]) {
  const cert = chain.map(({ pem }) => pem).join('');
  return { deviceId, cert, key: await privateKeyToPem(chain[0]!.privateKey) };
}

test('a back end of official clients makes devices, calls them, tells them, sends to them, and finds them', () =>
  inTemporaryFolder(async (folder) => {
    const emulator = await startEmulatorProcess(folder);
    try {
      const root = await make('root', 'Fleet root');
      await clientOf(emulator.endpoints as never).verifiedCa('fleet', root);
      const thumbprinted = await make('device', 'by-thumbprint');
      const certified = await make('device', 'by-authority', root);
      const input = {
        endpoints: emulator.endpoints,
        selfSigned: {
          ...(await credentials('by-thumbprint', [thumbprinted])),
          thumbprint: inspectCertificate(thumbprinted.pem).sha1Thumbprint,
        },
        authority: await credentials('by-authority', [certified]),
      };
      const child = spawn(process.execPath, ['--import', 'tsx', client], {
        env: { ...process.env, NODE_EXTRA_CA_CERTS: emulator.endpoints.caFile },
        stdio: ['pipe', 'pipe', 'inherit'],
        timeout: 60_000,
      });
      child.stdin.end(JSON.stringify(input));
      const result = JSON.parse(await text(child.stdout));

      assert.equal(result.createdKind, 'sas');
      assert.equal(result.again, 'DeviceAlreadyExistsError');
      assert.equal(result.bulk, true);
      assert.equal(result.disabled, 'disabled');
      assert.deepEqual(result.listed, ['bulk-1', 'bulk-2', 'by-authority', 'by-key', 'by-thumbprint']);
      assert.deepEqual(result.statistics, {
        totalDeviceCount: 5,
        enabledDeviceCount: 4,
        disabledDeviceCount: 1,
      });
      for (const deviceId of ['by-key', 'by-thumbprint', 'by-authority']) {
        assert.deepEqual(
          result.devices[deviceId],
          {
            method: { status: 200, payload: { sum: 5 } },
            interval: 42,
            stale: 'InvalidEtagError',
            fresh: 'granted',
            connectionState: 'Connected',
          },
          deviceId,
        );
      }
      assert.equal(result.unknownMethodTarget, 'DeviceNotFoundError');
      assert.deepEqual(result.absent, [404, 404103]);
      assert.equal(result.byPolicy, 'Connected');
      assert.equal(result.sentToNobody, 'DeviceNotFoundError');
      assert.deepEqual(result.overMqtt, ['over MQTT', 'message-1', { key: 'colour', value: 'blue' }]);
      assert.deepEqual(result.overHttps, ['over HTTPS', 'message-1']);
      assert.equal(result.waiting, 0);
      assert.deepEqual(result.feedback, [
        ['by-key', 'message-1', 'Success'],
        ['by-thumbprint', 'message-1', 'Success'],
        ['by-thumbprint', 'message-1', 'Rejected'],
      ]);
      assert.deepEqual(result.pages, [['by-authority', 'by-key'], ['by-thumbprint']]);
      assert.equal(result.badQuery, 'ArgumentError');
      assert.equal(result.secondPassword, 'UnauthorizedError');
      assert.equal(result.gone, 'DeviceNotFoundError');
      assert.equal(result.left, 0);
    } finally {
      await emulator.stop();
    }
  }));

test.run();
