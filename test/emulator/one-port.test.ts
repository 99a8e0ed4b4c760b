/** A hub has one name, with one port: clients of every protocol dial it, and back ends send HTTPS there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { json } from 'node:stream/consumers';
import { test } from 'uvu';
import { WebSocket } from 'ws';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { startTestEmulator, type TestEmulator } from './support.js';

let emulator: TestEmulator;
test.before(async () => {
  emulator = await startTestEmulator();
});
test.after(() => emulator.stop());

interface Init {
  method?: string;
  body?: string;
  agent: Agent;
}

/** A back end's request to the hub, by its name and on a port. */
async function ask(port: number, path: string, { method = 'GET', body, agent }: Init) {
  const { hubServiceConnectionString, hubHostName, caFile } = emulator.endpoints;
  const key = /SharedAccessKey=(.*)$/.exec(hubServiceConnectionString)![1]!;
  const token = createSasToken(hubHostName, 'iothubowner', key, Math.floor(Date.now() / 1000) + 3600);
  const sent = request({
    ...{ host: '127.0.0.1', port, method, agent, ca: readFileSync(caFile) },
    path: `${path}?api-version=2021-04-12`,
    headers: { host: hubHostName, authorization: token, 'content-type': 'application/json' },
  });
  sent.end(body);
  const [response] = await new Promise<[import('node:http').IncomingMessage]>((resolve, reject) =>
    sent.on('response', (...given) => resolve(given)).on('error', reject),
  );
  return { status: response.statusCode, body: (await json(response)) as any };
}

for (const port of ['mqtt', 'amqp', 'https'] as const) {
  test(`HTTPS on the port for ${port}: requests one after the other, and a large one`, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const at = emulator.endpoints.ports[port];
    const deviceId = `on-${port}`;
    try {
      const device = { deviceId, authentication: { type: 'sas' } };
      const made = await ask(at, `/devices/${deviceId}`, {
        method: 'PUT',
        body: JSON.stringify(device),
        agent,
      });
      assert.equal(made.status, 200);
      assert.equal(made.body.deviceId, deviceId);
      // Larger than one TLS record: its first bytes are looked at, the others follow.
      const tags = Object.fromEntries(
        Array.from({ length: 12 }, (_, index) => [`t${index}`, 'x'.repeat(600)]),
      );
      const padded = `${JSON.stringify({ tags })}${' '.repeat(100_000)}`;
      const twin = await ask(at, `/twins/${deviceId}`, { method: 'PATCH', body: padded, agent });
      assert.equal(twin.status, 200);
      assert.deepEqual(twin.body.tags, tags);
      assert.equal((await ask(at, '/devices/none', { agent })).status, 404);
    } finally {
      agent.destroy();
    }
  });

  test(`a WebSocket on the port for ${port}`, async () => {
    const { ports, caFile } = emulator.endpoints;
    const socket = new WebSocket(`wss://127.0.0.1:${ports[port]}/$iothub/websocket`, 'mqtt', {
      ca: readFileSync(caFile),
    });
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    assert.equal(socket.protocol, 'mqtt');
    socket.terminate();
  });
}

test.run();
