import assert from 'node:assert/strict';
import net from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { suite } from 'uvu';
import { EventLog } from '../../src/emulator/wire/events.js';
import { startHttps } from '../../src/emulator/wire/http/https-listener.js';
import { privateKeyToPem } from '../../src/pki/keys.js';
import { make } from '../support/chains.js';
import { ownerToken, startTestEmulator, type TestEmulator } from './support.js';

const test = suite<{ emulator: TestEmulator }>('bad requests');

test.before(async (context) => {
  context.emulator = await startTestEmulator();
});
test.after(({ emulator }) => emulator.stop());

const group = '/enrollmentGroups/g';

test('answers bodies that are none with the documented statuses', async ({ emulator }) => {
  const put = (body: string | Buffer, headers: Record<string, string> = {}) =>
    emulator.service('PUT', group, body, headers);
  const cases: [string, string | Buffer, Record<string, string>, number][] = [
    ['not JSON', '{', {}, 400],
    ['a number', '7', {}, 400],
    ['null', 'null', {}, 400],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), {}, 400],
    ['nested deep', '['.repeat(40_000), {}, 400],
    ['nested deep and closed', `{"a":${'['.repeat(40_000)}${']'.repeat(40_000)}}`, {}, 400],
    ['text', '{}', { 'content-type': 'text/plain' }, 415],
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['5 MB', Buffer.alloc(5 * 1024 * 1024, 0x20), {}, 413],
    ['a bogus encoding header, as in the documented sample', '{', { 'content-encoding': 'utf-8' }, 400],
  ];
  for (const [what, body, headers, status] of cases) {
    const answer = await put(body, headers);
    assert.equal(answer.status, status, what);
    assert.equal(Math.floor(answer.body.errorCode / 1000), status, what);
    assert.match(answer.headers['content-type']!, /^application\/json; charset=utf-8$/);
    assert.equal(answer.headers['x-ms-request-id'], answer.body.trackingId);
  }
  const chunked = await emulator.call({
    method: 'PUT',
    path: `${group}?api-version=2021-10-01`,
    body: Buffer.alloc(300_000, 0x20),
    headers: {
      authorization: ownerToken(emulator.endpoints),
      'transfer-encoding': 'chunked',
    },
  });
  assert.equal(chunked.status, 413);
});

test('asks for an api-version that it knows', async ({ emulator }) => {
  for (const query of ['', '?api-version=', '?api-version=2018-01-01', '?other=1']) {
    const answer = await emulator.call({
      path: `${group}${query}`,
      headers: { authorization: ownerToken(emulator.endpoints) },
    });
    assert.equal(answer.status, 400, query);
    assert.match(answer.body.message, /Unknown api version/);
  }
  const answer = await emulator.call({
    path: `${group}?API-Version=2021-10-01`,
    headers: { authorization: ownerToken(emulator.endpoints) },
  });
  assert.equal(answer.status, 404);
});

test('answers unknown paths and methods', async ({ emulator }) => {
  for (const path of [
    '/',
    '//',
    '/nothing',
    '/%',
    '/%00',
    '/enrollmentGroups/%zz',
    `/${'x'.repeat(5000)}`,
    '/a/registrations/',
  ]) {
    const answer = await emulator.service('GET', path);
    assert.ok([400, 404, 405].includes(answer.status), `${path.slice(0, 20)}: ${answer.status}`);
  }
  assert.equal((await emulator.service('PATCH', group, {})).status, 405);
  assert.equal((await emulator.service('POST', '/enrollmentGroups/g', {})).status, 405);
});

test('lives on after what is no HTTP, no TLS, and a handshake that is never finished', async ({
  emulator,
}) => {
  const { https } = emulator.endpoints.ports;
  const open = (): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port: https, host: '127.0.0.1', rejectUnauthorized: false }, () =>
        resolve(socket),
      );
      socket.on('error', reject);
    });
  const socket = await open();
  socket.write('NOT HTTP AT ALL\r\n\r\n');
  const answer = await new Promise<string>((resolve) =>
    socket.once('data', (bytes) => resolve(bytes.toString())),
  );
  assert.match(answer, /^HTTP\/1\.1 400/);
  socket.destroy();
  const cut = await open();
  cut.write(
    'PUT /enrollmentGroups/g?api-version=2021-10-01 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{',
  );
  cut.destroy();
  assert.equal((await emulator.service('GET', group)).status, 404);
});

test('lets go of a client that never finishes its TLS handshake, or does not begin one', async () => {
  const { pem, privateKey } = await make('server', 'localhost');
  const https = await startHttps({
    tls: { cert: pem, key: await privateKeyToPem(privateKey), handshakeTimeout: 150 },
    addresses: ['127.0.0.1'],
    port: 0,
    answer: async ({ outgoing }) => void outgoing.writeHead(404).end(),
    webSockets: {},
    log: new EventLog(
      () => {},
      () => new Date(),
    ),
  });
  try {
    const silent = net.connect(https.port, '127.0.0.1');
    const half = net.connect(https.port, '127.0.0.1');
    // The head of a ClientHello that announces 512 octets.
    half.write(Buffer.from('1603010200010001fc0303', 'hex'));
    const garbage = net.connect(https.port, '127.0.0.1');
    garbage.write('GET / HTTP/1.1\r\n\r\n');
    await Promise.all(
      [silent, half, garbage].map(
        (socket) =>
          new Promise((closed) =>
            socket
              .on('error', () => {})
              .resume()
              .once('close', closed),
          ),
      ),
    );
  } finally {
    await https.close();
  }
});

test('refuses IDs that are too long or badly composed, wherever they stand', async ({ emulator }) => {
  const bad = ['x'.repeat(129), '-x', 'x.', 'a b', 'ü', 'a/b', 'x\n'];
  const attestation = { type: 'symmetricKey' };
  for (const id of bad) {
    const path = encodeURIComponent(id);
    const requests: [string, string, unknown][] = [
      ['PUT', `/enrollmentGroups/${path}`, { enrollmentGroupId: id, attestation }],
      ['PUT', `/enrollments/${path}`, { registrationId: id, attestation }],
      ['GET', `/registrations/${path}`, undefined],
    ];
    for (const [method, where, body] of requests) {
      const answer = await emulator.service(method, where, body);
      assert.equal(answer.status, 400, `${method} ${where}`);
      assert.equal(answer.body.errorCode, 400004);
    }
    const bulk = { mode: 'create', enrollments: [{ registrationId: id, attestation }] };
    const { body } = await emulator.service('POST', '/enrollments', bulk);
    assert.equal(body.isSuccessful, false);
    assert.equal(body.errors[0].errorCode, 400004);
    const certificate = await emulator.arm('PUT', `/certificates/${'n'.repeat(300)}`, {
      properties: { certificate: 'x' },
    });
    assert.equal(certificate.status, 400);
  }
  assert.deepEqual((await emulator.service('POST', '/enrollments/query', { query: '*' })).body, []);
});

test('refuses certificates that are none, wherever they stand', async ({ emulator }) => {
  const root = await make('root', 'Root');
  const der = Buffer.from(root.pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const cut = der.subarray(0, der.length - 20).toString('base64');
  for (const certificate of [
    '',
    'garbage',
    'AAAA',
    cut,
    root.pem.slice(0, 200),
    '\u0000',
    'A'.repeat(60_000),
  ]) {
    const uploaded = await emulator.arm('PUT', '/certificates/c', { properties: { certificate } });
    assert.equal(uploaded.status, 400, `upload of ${certificate.slice(0, 20)}`);
    for (const field of ['signingCertificates', 'clientCertificates']) {
      const x509 = { [field]: { primary: { certificate } } };
      const body = { registrationId: 'r', attestation: { type: 'x509', x509 } };
      const answer = await emulator.service('PUT', '/enrollments/r', body);
      assert.equal(answer.status, 400, `${field}: ${certificate.slice(0, 20)}`);
    }
  }
  assert.equal((await emulator.arm('GET', '/certificates/c')).status, 404);
  assert.equal((await emulator.service('GET', '/enrollments/r')).status, 404);
});

test('does not take a client that goes away in the middle of a body for a failure of its own', async () => {
  const emulator = await startTestEmulator();
  try {
    const socket = await new Promise<TLSSocket>((resolve, reject) => {
      const options = { port: emulator.endpoints.ports.https, host: '127.0.0.1', rejectUnauthorized: false };
      const opened = connect(options, () => resolve(opened)).on('error', reject);
    });
    const head = [
      `PUT ${group}?api-version=2021-10-01 HTTP/1.1`,
      'Host: localhost',
      `Authorization: ${ownerToken(emulator.endpoints)}`,
      'Content-Type: application/json',
      'Content-Length: 100',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n{`);
    // Answered on another connection, so that the first bytes have arrived.
    await emulator.service('GET', group);
    socket.destroy();
    const noted = () => emulator.events.find(({ operation }) => operation === 'putEnrollmentGroup');
    for (let round = 0; round < 100 && !noted(); round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(noted()?.status, 400);
    assert.equal(noted()?.reason, 'the client went away before its body was complete');
  } finally {
    await emulator.stop();
  }
});

test.run();
