/** Clients that do not come to terms with the emulator about TLS: its log says why. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import tls from 'node:tls';
import { test } from 'uvu';
import { openssl } from '../support/openssl.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { untilClosed } from '../support/until-closed.js';
import { startTestEmulator, type TestEmulator } from './support.js';

const testWithOpenssl = testWith('openssl', test);

let emulator: TestEmulator;
test.before(async () => {
  emulator = await startTestEmulator();
});
test.after(() => emulator?.stop());

/** openssl sends an alert as devices do; Node.js would only hang up. */
async function sClient(port: number, ...flags: string[]): Promise<string> {
  const arguments_ = ['s_client', '-connect', `localhost:${port}`, ...flags];
  const client = spawn('openssl', arguments_, { stdio: ['ignore', 'pipe', 'ignore'] });
  return text(client.stdout);
}

async function plainHttp(port: number): Promise<void> {
  const socket = net.connect(port, 'localhost').resume();
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await untilClosed(socket);
}

const failures: [string, (port: number) => Promise<unknown>, RegExp][] = [
  [
    'without the root',
    (port) => sClient(port, '-verify_return_error', '-no-CAfile', '-no-CApath'),
    /does not trust .*tls-root\.pem/,
  ],
  [
    'with another name',
    (port) =>
      sClient(
        port,
        ...[
          '-CAfile',
          emulator.endpoints.caFile,
          '-verify_return_error',
          '-verify_hostname',
          'elsewhere.example',
        ],
      ),
    /refused the emulator's certificate.*name/,
  ],
  [
    'with RSA only',
    (port) => sClient(port, '-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256'),
    /no cipher suite .*--server-key rsa-2048/,
  ],
  ['with TLS 1.1', (port) => sClient(port, '-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0'), /TLS before 1\.2/],
  ['without TLS', plainHttp, /without TLS/],
];

for (const [what, connect, reason] of failures) {
  const testIt = connect === plainHttp ? test : testWithOpenssl;
  testIt(`a client ${what} shows in the log, on each port`, async () => {
    const { https, mqtt, amqp } = emulator.endpoints.ports;
    for (const [transport, port] of Object.entries({ https, mqtt, amqp })) {
      emulator.events.length = 0;
      await connect(port);
      // The client may be gone before the emulator has read what it said.
      for (let wait = 0; emulator.events.length === 0 && wait < 200; wait += 1) await setTimeout(10);
      const [event, ...more] = emulator.events;
      assert.deepEqual(more, []);
      assert.deepEqual([event?.transport, event?.operation, event?.status], [transport, 'handshake', 400]);
      assert.match(event!.reason!, reason);
    }
  });
}

testWithOpenssl(
  'a client with RSA only gets in where the server has such a key, and the folder keeps it',
  () =>
    inTemporaryFolder(async (dir) => {
      for (const more of [{ serverKey: 'rsa-2048' as const }, {}]) {
        const withRsa = await startTestEmulator({ dir, ...more });
        try {
          const { caFile, ports } = withRsa.endpoints;
          const suite = ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256'];
          const said = await sClient(ports.mqtt, '-CAfile', caFile, '-verify_return_error', ...suite);
          assert.match(said, /Cipher is ECDHE-RSA-AES128-GCM-SHA256/);
          assert.match(said, /Verify return code: 0 \(ok\)/);
        } finally {
          await withRsa.stop();
        }
      }
      const withEc = await startTestEmulator({ dir, serverKey: 'ec-p256' });
      await withEc.stop();
      const server = readFileSync(join(dir, 'emulator', 'tls-server.pem'), 'utf8');
      assert.match(openssl(['x509', '-noout', '-text'], server), /id-ecPublicKey/);
    }),
);

test('what is no TLS at all, and who goes away, is not worth a line', async () => {
  emulator.events.length = 0;
  for (const port of Object.values(emulator.endpoints.ports)) {
    for (const bytes of [Buffer.from('junk junk junk'), Buffer.from('1603010200010001fc0303', 'hex')]) {
      const socket = net.connect(port, 'localhost');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.end(bytes);
      await untilClosed(socket.resume());
    }
  }
  assert.deepEqual(emulator.events, []);
});

test('with tlsMax 1.2, no listener speaks TLS 1.3', async () => {
  const spoken = async ({ endpoints: { ports, caFile } }: TestEmulator): Promise<(string | null)[]> => {
    const ca = readFileSync(caFile, 'utf8');
    const versions = [];
    for (const port of [ports.https, ports.mqtt, ports.amqp]) {
      const socket = tls.connect({ port, host: 'localhost', ca });
      await once(socket, 'secureConnect');
      versions.push(socket.getProtocol());
      socket.destroy();
    }
    return versions;
  };
  assert.deepEqual(await spoken(emulator), ['TLSv1.3', 'TLSv1.3', 'TLSv1.3']);
  const older = await startTestEmulator({ tlsMax: '1.2' });
  try {
    assert.deepEqual(await spoken(older), ['TLSv1.2', 'TLSv1.2', 'TLSv1.2']);
    assert.deepEqual([older.endpoints.tlsMax, emulator.endpoints.tlsMax], ['1.2', '1.3']);
  } finally {
    await older.stop();
  }
  await assert.rejects(startTestEmulator({ tlsMax: '1.1' as never }), /tlsMax/);
});

test.run();
