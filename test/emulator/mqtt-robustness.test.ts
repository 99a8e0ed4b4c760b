import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { test } from 'uvu';
import { dpsTopics } from '../../src/dps/contract/mqtt.js';
import { EventLog } from '../../src/emulator/wire/events.js';
import { startMqtt } from '../../src/emulator/wire/mqtt/mqtt-listener.js';
import { EnrollkitError } from '../../src/errors.js';
import { untilClosed } from '../support/until-closed.js';
import { type Fixture, idScope, record, startFixture } from './mqtt-fixture.js';

let fixture: Fixture;
/** Lets go of a connection that is not through after 150 ms. */
let impatient: Fixture;
test.before(async () => {
  fixture = await startFixture({ addresses: ['127.0.0.1', '127.0.0.2'] });
  impatient = await startFixture({ connectTimeout: 150 });
});
test.after(async () => {
  await fixture?.close();
  await impatient?.close();
});

function connectTls({ listener, serverRoot }: Fixture): tls.TLSSocket {
  const socket = tls.connect({ port: listener.port, host: '127.0.0.1', ca: serverRoot.pem });
  return socket.on('error', () => {});
}

/** Tried again, since on a busy machine an honest client, too, can miss the short time of this test. */
async function stillServes(fixture: Fixture, attempts = 10): Promise<void> {
  try {
    const client = await fixture.connectDps('steady', await fixture.device('steady'));
    const inbox = record(client);
    await client.subscribeAsync(dpsTopics.responses);
    client.publish(dpsTopics.register('1'), '{}');
    await inbox.first('$dps/registrations/res/202');
    await client.endAsync();
  } catch (error) {
    if (attempts === 1) throw error;
    await stillServes(fixture, attempts - 1);
  }
}

test('a client that never finishes its handshake is let go', async () => {
  const silent = net.connect(impatient.listener.port, '127.0.0.1').on('error', () => {});
  const garbage = net.connect(impatient.listener.port, '127.0.0.1').on('error', () => {});
  garbage.write('GET / HTTP/1.1\r\n\r\n');
  for (const socket of [silent, garbage]) socket.resume();
  await Promise.all([untilClosed(silent), untilClosed(garbage)]);
  await stillServes(impatient);
});

test('a client that never sends CONNECT is let go', async () => {
  const socket = connectTls(impatient);
  socket.resume();
  await untilClosed(socket);
  await stillServes(impatient);
});

test('a client need not wait for CONNACK before it goes on', async () => {
  const { pem, keyPem } = await fixture.device('hasty');
  const packet = (first: number, ...parts: Buffer[]) => {
    const body = Buffer.concat(parts);
    assert.ok(body.length < 128);
    return Buffer.concat([Buffer.from([first, body.length]), body]);
  };
  const text = (value: string) => {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.from([0, bytes.length]), bytes]);
  };
  // MQTT 3.1.1 section 3.1.4: other packets may follow CONNECT at once. Sent one by one, and in one piece.
  const userName = `${idScope}/registrations/hasty/api-version=2021-06-01`;
  const packets = [
    packet(0x10, text('MQTT'), Buffer.from([4, 0x82, 0, 60]), text('hasty'), text(userName)),
    packet(0x82, Buffer.from([0, 1]), text(dpsTopics.responses), Buffer.from([0])),
    packet(0x30, text(dpsTopics.register('1')), Buffer.from('{}')),
  ];
  for (const pieces of [packets, [Buffer.concat(packets)]]) {
    for (let round = 0; round < 10; round += 1) {
      const { port } = fixture.listener;
      const ca = fixture.serverRoot.pem;
      const socket = tls.connect({ port, host: '127.0.0.1', ca, cert: pem, key: keyPem });
      socket.setNoDelay(true).on('error', () => {});
      let answer = '';
      socket.on('data', (bytes) => {
        answer += bytes.toString('latin1');
      });
      await once(socket, 'secureConnect');
      for (const piece of pieces) socket.write(piece);
      const until = Date.now() + 5000;
      while (!answer.includes('registrations/res/202') && !socket.destroyed && Date.now() < until) {
        await new Promise((wake) => setTimeout(wake, 5));
      }
      assert.match(answer, /registrations\/res\/202/, `round ${round}`);
      assert.equal(answer.charCodeAt(0), 0x20, 'CONNACK comes first');
      socket.destroy();
    }
  }
});

test('bytes that are no MQTT end their connection only', async () => {
  const publishFirst = Buffer.from([0x30, 0x03, 0x00, 0x01, 0x61]);
  const endlessLength = Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
  const hugeConnect = Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f, 0x00]);
  const mqtt5 = Buffer.from('100f00044d51545405020000000000026964', 'hex');
  const zeros = Buffer.alloc(4096);
  for (const bytes of [
    publishFirst,
    endlessLength,
    hugeConnect,
    mqtt5,
    zeros,
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  ]) {
    const socket = connectTls(fixture);
    socket.resume();
    await once(socket, 'secureConnect');
    socket.write(bytes);
    await untilClosed(socket);
  }
  await stillServes(fixture);
});

test('a client that floods before it has connected is cut off', async () => {
  const socket = connectTls(fixture);
  socket.resume();
  await once(socket, 'secureConnect');
  // A CONNECT that announces 200 MB.
  socket.write(Buffer.from([0x10, 0x80, 0x80, 0x80, 0x64]));
  const chunk = Buffer.alloc(1024 * 1024);
  let sent = 0;
  const flood = () => {
    while (!socket.destroyed && sent < 200 && socket.write(chunk)) sent += 1;
  };
  socket.on('drain', flood);
  flood();
  await untilClosed(socket);
  assert.ok(sent < 50, `${sent} MB were taken`);
  await stillServes(fixture);
});

test('many idle connections are let go', async () => {
  const sockets = Array.from({ length: 200 }, () => net.connect(impatient.listener.port, '127.0.0.1'));
  await Promise.all(
    sockets.map((socket) => {
      socket.on('error', () => {}).resume();
      return untilClosed(socket);
    }),
  );
  await stillServes(impatient);
});

test('every address is served on the same port', async () => {
  const { port } = fixture.listener;
  const socket = tls.connect({
    port,
    host: '127.0.0.2',
    ca: fixture.serverRoot.pem,
    servername: 'localhost',
  });
  await once(socket, 'secureConnect');
  assert.deepEqual([socket.remoteAddress, socket.authorized], ['127.0.0.2', true]);
  socket.destroy();
});

test('a port in use is named, with the flag that changes it', async () => {
  const { port } = fixture.listener;
  await assert.rejects(
    startMqtt({
      tls: {},
      addresses: ['127.0.0.3', '127.0.0.1'],
      port,
      identify: () => assert.fail('no client connects'),
      maxMessageBytes: 1024,
      log: new EventLog(
        () => {},
        () => new Date(),
      ),
    }),
    (error: EnrollkitError) => {
      assert.ok(error instanceof EnrollkitError);
      assert.equal(error.code, 'PORT_IN_USE');
      assert.match(error.message, new RegExp(`${port}`));
      assert.match(error.next, /--mqtt-port/);
      return true;
    },
  );
});

test.run();
