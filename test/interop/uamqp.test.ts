import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { hubService } from '../emulator/hub-service.js';
import { base64, startTestEmulator } from '../emulator/support.js';
import { pythonWith, testWith } from '../support/tools.js';

const script = fileURLToPath(new URL('uamqp_device.py', import.meta.url));

testWith('uamqp', test)(
  "Azure's AMQP library for C sends with a symmetric key, under the name given out",
  async () => {
    const emulator = await startTestEmulator();
    try {
      const { hubHostName, ports, caFile } = emulator.endpoints;
      const key = base64('the symmetric key of one device');
      const authentication = { type: 'sas', symmetricKey: { primaryKey: key, secondaryKey: key } };
      await hubService(emulator)('PUT', '/devices/uamqp-1', { deviceId: 'uamqp-1', authentication });
      const [host] = hubHostName.split(':');
      const given = JSON.stringify({ host, port: ports.amqp, deviceId: 'uamqp-1', key, ca: caFile });
      const child = spawn(pythonWith('uamqp')!, [script, given], {
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 60_000,
      });
      const ended = once(child, 'close');
      const [said, complained] = await Promise.all([text(child.stdout), text(child.stderr)]);
      assert.equal((await ended)[0], 0, complained);
      assert.deepEqual(JSON.parse(said), ['SendComplete']);
      assert.deepEqual(
        emulator.messages('uamqp-1').map(({ body }) => body.toString()),
        ['hello from uAMQP'],
      );
    } finally {
      await emulator.stop();
    }
  },
);

test.run();
