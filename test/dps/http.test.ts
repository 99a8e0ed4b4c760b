/** The HTTP client, against a server of the test's own. */
import assert from 'node:assert/strict';
import { createServer as createProxy, type Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import { deflateSync, gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as z from 'zod';
import { sasPolicy } from '../../src/dps/client/auth.js';
import { connectionFailure } from '../../src/dps/client/device-refusal.js';
import { HttpClient, type HttpClientOptions, type HttpRequest } from '../../src/dps/client/http/client.js';
import type { RequestEvent } from '../../src/dps/client/observer.js';
import { transportFailure } from '../../src/dps/client/transport-failure.js';
import { privateKeyToPem } from '../../src/pki/keys.js';
import { make, makeChain } from '../support/chains.js';
import { waitsDuring } from '../support/waits.js';
import { deviceCredentials, failing } from './support.js';

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** The connection is cut instead of an answer. */
  cut?: true;
  /** No answer comes. */
  silent?: true;
}

interface Seen {
  method: string;
  url: string;
  headers: Record<string, unknown>;
  body: string;
  /** Common names of the client's chain. */
  chain: string[];
}

let server: Server;
let origin: string;
let trust: string;
let expiredServer: Server;
let expiredOrigin: string;
let answers: Answer[] = [];
let seen: Seen[] = [];
const open: HttpClient[] = [];

const http = suite('http');

http.before(async () => {
  const root = await make('root', 'Server Root');
  trust = root.pem;
  const subjectAlternativeNames = { dns: ['localhost', 'dps.example'] };
  const certificate = await make('server', 'localhost', root, { subjectAlternativeNames });
  const aYearAgo = new Date(Date.now() - 400 * 86_400_000);
  const oldRoot = await make('root', 'Server Root', undefined, { at: aYearAgo });
  const expired = await make('server', 'localhost', oldRoot, {
    subjectAlternativeNames,
    at: aYearAgo,
    validityDays: 30,
  });
  trust += oldRoot.pem;
  const listener: Parameters<typeof createServer>[1] = async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const chain: string[] = [];
    let peer = (request.socket as TLSSocket).getPeerCertificate?.(true);
    while (peer?.raw && !chain.includes(String(peer.subject.CN))) {
      chain.push(String(peer.subject.CN));
      peer = peer.issuerCertificate;
    }
    seen.push({ method: request.method!, url: request.url!, headers: request.headers, body, chain });
    const answer = answers.shift() ?? { status: 500, body: 'more requests than answers' };
    if (answer.cut) return request.socket.destroy();
    if (answer.silent) return;
    const { body: given = {} } = answer;
    const text = typeof given === 'string' || Buffer.isBuffer(given) ? given : JSON.stringify(given);
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
    response.end(text);
  };
  const tls = { requestCert: true, rejectUnauthorized: false };
  server = createServer(
    { ...tls, cert: certificate.pem, key: await privateKeyToPem(certificate.privateKey) },
    listener,
  );
  expiredServer = createServer(
    { ...tls, cert: expired.pem, key: await privateKeyToPem(expired.privateKey) },
    listener,
  );
  for (const one of [server, expiredServer])
    await new Promise<void>((done) => one.listen(0, '127.0.0.1', done));
  origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  expiredOrigin = `https://localhost:${(expiredServer.address() as AddressInfo).port}`;
});

http.after.each(() => {
  for (const client of open.splice(0)) client.close();
  answers = [];
  seen = [];
});

http.after(async () => {
  for (const one of [server, expiredServer]) {
    one.closeAllConnections();
    await new Promise((done) => one.close(done));
  }
});

const shape = z.object({ id: z.string() });
const read: HttpRequest = {
  route: { method: 'GET', path: '/things/:name' },
  parameters: { name: 'a/b' },
  subject: 'the thing',
};
const create: HttpRequest = { ...read, route: { method: 'PUT', path: '/things/:name' }, body: { id: 'x' } };

function client(options: Partial<HttpClientOptions> = {}): HttpClient {
  const made = new HttpClient({ plane: 'service', endpoint: origin, trust, ...options });
  open.push(made);
  return made;
}

http('sends what was asked, with api-version and request ID, and reads the answer', async () => {
  answers = [{ body: { id: 'x', more: 1 }, headers: { 'x-ms-continuation': 'next' } }];
  const reply = await client().send({ ...create, headers: { 'if-match': 'e1' } }, shape);
  assert.deepEqual(reply.body, { id: 'x' });
  assert.equal(reply.header('x-ms-continuation'), 'next');
  const [request] = seen;
  assert.equal(request!.url, '/things/a%2Fb?api-version=2021-10-01');
  assert.equal(request!.body, '{"id":"x"}');
  assert.equal(request!.headers['if-match'], 'e1');
  assert.match(String(request!.headers['content-type']), /^application\/json/);
  assert.match(String(request!.headers['x-ms-client-request-id']), /^[0-9a-f-]{36}$/);
  assert.match(String(request!.headers['user-agent']), /^enrollkit/);
});

http('obeys Retry-After of a throttled request, then succeeds, and keeps the connection', async () => {
  const events: RequestEvent[] = [];
  answers = [
    { status: 429, headers: { 'retry-after': '1' } },
    { status: 429, headers: { 'retry-after': '0' } },
    { body: { id: 'x' } },
  ];
  const waits = await waitsDuring(async () => {
    const { body } = await client({ onRequest: (event) => events.push(event) }).send(create, shape);
    assert.equal(body.id, 'x');
  });
  assert.ok(waits.includes(1000), waits.join());
  assert.deepEqual(
    events.map(({ attempt, status, plane, method }) => [attempt, status, plane, method]),
    [
      [1, 429, 'service', 'PUT'],
      [2, 429, 'service', 'PUT'],
      [3, 200, 'service', 'PUT'],
    ],
  );
});

http('does not wait longer than a minute: says how long the service wants', async () => {
  answers = [{ status: 429, headers: { 'retry-after': '3600' } }];
  const error = await failing('THROTTLED', client().send(read, shape));
  assert.match(error.next, /3600 seconds/);
  assert.equal(seen.length, 1);
});

for (const failed of [{ status: 503, headers: { 'retry-after': '0' } }, { cut: true }] satisfies Answer[]) {
  const what = 'cut' in failed ? 'a cut connection' : 'a failure of the server';
  http(`repeats a read after ${what}, and what an etag guards`, async () => {
    answers = [failed, { body: { id: 'x' } }, failed, { body: { id: 'y' } }];
    assert.equal((await client().send(read, shape)).body.id, 'x');
    const guarded = { ...create, headers: { 'If-Match': 'e1' } };
    assert.equal((await client().send(guarded, shape)).body.id, 'y');
  });
  http(`does not repeat a write that nothing guards after ${what}`, async () => {
    answers = [failed, { body: { id: 'x' } }];
    await failing('cut' in failed ? 'NETWORK' : 'SERVICE_FAILED', client().send(create, shape));
    assert.equal(seen.length, 1);
  });
}

http('gives up after five attempts', async () => {
  answers = Array.from({ length: 9 }, () => ({ status: 503, headers: { 'retry-after': '0' } }));
  const error = await failing('SERVICE_FAILED', client().send(read, shape));
  assert.equal(error.retryable, true);
  assert.equal(seen.length, 5);
});

http('a reply that is too long is refused, not read', async () => {
  const long = { id: 'x'.repeat(5000) };
  answers = [{ body: long }, { body: long }, { status: 400, body: long }];
  assert.equal((await client({ maxReplyBytes: 6000 }).send(read, shape)).body.id.length, 5000);
  for (const call of [1, 2]) {
    const error = await failing('REFUSED', client({ maxReplyBytes: 4000 }).send(read, shape));
    assert.match(error.message, /localhost:\d+ is longer than 4000 bytes/, String(call));
  }
});

http('a compressed reply is read; one that is damaged is asked for again', async () => {
  const text = Buffer.from(JSON.stringify({ id: 'compressed' }));
  const compressed = (encoding: string, body: Buffer) => ({
    body,
    headers: { 'content-encoding': encoding },
  });
  answers = [compressed('gzip', gzipSync(text)), compressed('deflate', deflateSync(text))];
  for (const _ of [1, 2]) assert.equal((await client().send(read, shape)).body.id, 'compressed');
  answers = [compressed('gzip', gzipSync(text).subarray(0, 12)), { body: { id: 'whole' } }];
  assert.equal((await client().send(read, shape)).body.id, 'whole');
});

http('a compressed reply is limited by what it decompresses to', async () => {
  const zeros = Buffer.alloc(100 * 1024 * 1024);
  const body = gzipSync(zeros, { level: 9 });
  assert.ok(body.length < 200_000);
  answers = [{ body, headers: { 'content-encoding': 'gzip' } }];
  const memory = process.memoryUsage().rss;
  const error = await failing('REFUSED', client().send(read, shape));
  assert.match(error.message, /is longer than/);
  assert.equal(seen.length, 1);
  const grown = (process.memoryUsage().rss - memory) / 1024 ** 2;
  assert.ok(grown < 95, `${grown} MB`);
});

for (const status of [301, 302, 307, 308]) {
  http(`a redirect (${status}) is not followed: its target gets neither token nor certificate`, async () => {
    const location = origin.replace('localhost', 'dps.example');
    answers = [
      { status, headers: { location } },
      { status, headers: { location: `${origin}/elsewhere` } },
    ];
    const authorize = sasPolicy(
      { hostName: 'localhost', sharedAccessKeyName: 'owner', sharedAccessKey: 'a2V5' },
      () => new Date(),
    );
    for (const call of [1, 2]) {
      const error = await failing('REFUSED', client({ authorize }).send(read, shape));
      assert.equal(error.context.status, status);
      assert.equal(seen.length, call);
    }
  });
}

http('an attempt without an answer ends in TIMEOUT', async () => {
  answers = [{ silent: true }];
  const error = await failing('TIMEOUT', client({ timeoutMs: 50 }).send(read, shape));
  assert.match(error.message, /localhost:\d+ did not answer within 0.05 seconds/);
  assert.equal(error.retryable, true);
});

http(
  'an abort ends a request under way, a wait, and one that has not begun, with its own reason',
  async () => {
    const reason = new Error('enough');
    answers = [{ silent: true }, { status: 429, headers: { 'retry-after': '30' } }];
    for (const delay of [30, 30, 0]) {
      const controller = new AbortController();
      const call = client().send({ ...read, signal: controller.signal }, shape);
      if (delay === 0) controller.abort(reason);
      else setTimeout(() => controller.abort(reason), delay);
      await assert.rejects(call, (error) => error === reason);
    }
  },
);

http('a server that no trusted root signs is not spoken to', async () => {
  const { root } = await makeChain();
  const error = await failing('SERVER_NOT_TRUSTED', client({ trust: root.pem }).send(read, shape));
  assert.match(error.message, /localhost:\d+/);
  await failing('SERVER_NOT_TRUSTED', client({ trust: undefined }).send(read, shape));
  assert.equal(seen.length, 0);
});

http('a server certificate of a different name is not trusted', async () => {
  const endpoint = origin.replace('localhost', '127.0.0.1');
  const error = await failing('SERVER_NOT_TRUSTED', client({ endpoint }).send(read, shape));
  assert.match(error.message, /a different name/);
  assert.equal(seen.length, 0);
});

http('names the host that is not there, and does not ask a second time where nothing listens', async () => {
  const events: RequestEvent[] = [];
  const { port, close } = await closedPort();
  await close();
  const endpoint = `https://localhost:${port}`;
  const onRequest = (event: RequestEvent) => events.push(event);
  const error = await failing('NETWORK', client({ endpoint, onRequest }).send(read, shape));
  assert.match(error.message, new RegExp(`localhost:${port} cannot be reached`));
  assert.deepEqual(
    events.map(({ failure }) => failure),
    ['ECONNREFUSED'],
  );
});

for (const [status, code] of [
  [400, 'REFUSED'],
  [401, 'NO_CREDENTIALS'],
  [403, 'FORBIDDEN'],
  [404, 'NOT_FOUND'],
  [409, 'CONFLICT'],
  [412, 'PRECONDITION_FAILED'],
  [501, 'REFUSED'],
] as const) {
  http(`status ${status} is ${code}, with what the service says`, async () => {
    const dps = {
      errorCode: status * 1000 + 1,
      trackingId: 'tracking',
      message: 'Because.',
      timestampUtc: '',
    };
    const arm = { error: { code: 'SomeCode', message: 'Because.' } };
    const hub = { Message: 'ErrorCode:X;Because.', ExceptionMessage: 'Tracking ID:1' };
    for (const body of [dps, arm, hub]) {
      answers = [{ status, body }];
      const error = await failing(code, client().send(read, shape));
      assert.match(error.message, /Because/);
      assert.match(error.message, /the thing/);
      assert.equal(error.context.status, status);
    }
  });
}

http('no error, and no event, holds a key, a signature or a token', async () => {
  const key = Buffer.alloc(32, 9).toString('base64');
  const events: RequestEvent[] = [];
  const authorize = sasPolicy(
    { hostName: 'localhost', sharedAccessKeyName: 'owner', sharedAccessKey: key },
    () => new Date(),
  );
  const options = { authorize, onRequest: (event: RequestEvent) => events.push(event) };
  // A careless server gives back what it got.
  const told: unknown[] = [];
  answers = [{ body: { id: 'x' } }];
  await client(options).send(read, shape);
  const sent = String(seen[0]!.headers.authorization);
  assert.match(sent, /^SharedAccessSignature sr=/);
  answers = [
    { status: 401, body: { message: `bad ${sent}` } },
    { status: 400, body: `<html>HostName=h;SharedAccessKey=${key} Bearer abc.def.ghi</html>` },
    { cut: true },
  ];
  for (let i = 0; i < 3; i += 1) {
    told.push(
      await client(options)
        .send(create, shape)
        .then(
          () => assert.fail(),
          (error: unknown) => error,
        ),
    );
  }
  const text = inspect([told, events], { depth: 20, showHidden: true });
  const signature = /sig=([^&]*)/.exec(sent)![1]!;
  for (const secret of [key, signature, decodeURIComponent(signature), 'abc.def.ghi']) {
    assert.ok(!text.includes(secret), text);
  }
});

http('an answer of another shape is told, not passed on', async () => {
  answers = [{ body: { id: 5 } }, { body: '<html>sign in</html>' }];
  assert.match((await failing('REFUSED', client().send(read, shape))).message, /at id/);
  assert.match((await failing('REFUSED', client().send(read, shape))).message, /not JSON/);
});

http('a 401 from a server of another time is a matter of the clock', async () => {
  const ahead = new Date(Date.now() + 3_600_000);
  answers = [{ status: 401, headers: { date: ahead.toUTCString() } }];
  const one = client();
  const error = await failing('CLOCK_SKEW', one.send(read, shape));
  assert.match(error.message, /60 minutes apart/);
  assert.ok(error.message.includes(ahead.toISOString().slice(0, 13)), error.message);
  assert.ok(Math.abs(one.clockSkewMs! - 3_600_000) < 5000);
});

http('an expired server certificate is blamed on the clock only where the clocks differ', async () => {
  const error = await failing('SERVER_NOT_TRUSTED', client({ endpoint: expiredOrigin }).send(read, shape));
  assert.match(error.message, /has expired/);
  answers = [{}];
  const now = () => new Date(Date.now() + 7 * 86_400_000);
  const skewed = await failing('CLOCK_SKEW', client({ endpoint: expiredOrigin, now }).send(read, shape));
  assert.match(skewed.message, /10080 minutes apart/);
  assert.deepEqual(seen.at(-1)!.headers.authorization, undefined);
});

http('a device shows its whole chain', async () => {
  const credentials = await deviceCredentials(await makeChain());
  answers = [{ body: { id: 'x' } }];
  const clientCertificate = { chain: credentials.certificateChain, privateKey: credentials.privateKey };
  await client({ clientCertificate }).send(read, shape);
  assert.deepEqual(seen[0]!.chain, ['device-001', 'Test Intermediate', 'Test Root']);
});

http('goes through a proxy, with its client certificate, but never to reach this computer', async () => {
  const asked: string[] = [];
  const proxy = await startProxy(asked, Number(new URL(origin).port));
  const before = process.env.HTTPS_PROXY;
  process.env.HTTPS_PROXY = `http://localhost:${proxy.port}`;
  try {
    answers = [{ body: { id: 'direct' } }, { body: { id: 'through' } }];
    const credentials = await deviceCredentials(await makeChain());
    const clientCertificate = { chain: credentials.certificateChain, privateKey: credentials.privateKey };
    assert.equal((await client({ clientCertificate }).send(read, shape)).body.id, 'direct');
    const endpoint = 'https://dps.example';
    assert.equal((await client({ endpoint, clientCertificate }).send(read, shape)).body.id, 'through');
    assert.deepEqual(asked, ['dps.example:443']);
    assert.equal(seen[1]!.chain.length, 3);
    process.env.HTTPS_PROXY = 'not a url';
    assert.throws(() => client({ endpoint }), { code: 'USAGE' });
  } finally {
    if (before === undefined) delete process.env.HTTPS_PROXY;
    else process.env.HTTPS_PROXY = before;
    await proxy.close();
  }
});

/** A proxy that leads every CONNECT to one port of this computer. */
async function startProxy(asked: string[], to: number) {
  const sockets = new Set<Socket>();
  const proxy: HttpServer = createProxy();
  proxy.on('connect', (request, socket: Socket) => {
    asked.push(request.url!);
    const upstream = connect(to, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const one of [socket, upstream]) {
      sockets.add(one);
      one.on('error', () => {});
    }
  });
  await new Promise<void>((done) => proxy.listen(0, 'localhost', done));
  return {
    port: (proxy.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => proxy.close(done));
    },
  };
}

async function closedPort() {
  const taken = createProxy();
  await new Promise<void>((done) => taken.listen(0, 'localhost', done));
  return {
    port: (taken.address() as AddressInfo).port,
    close: () => new Promise((done) => taken.close(done)),
  };
}

http('a name that cannot be looked up may be mistyped, or there is no network, over every protocol', () => {
  for (const code of ['ENOTFOUND', 'EAI_AGAIN']) {
    const cause = Object.assign(new Error(code), { code });
    const parties = { plane: 'device', endpoint: 'x.example', clientId: 'd' } as const;
    for (const error of [transportFailure(cause, 'x.example'), connectionFailure(cause, parties, 8883)]) {
      assert.equal(error.code, 'NETWORK');
      assert.match(error.message, /^x\.example .*offline/);
      assert.match(error.next, /enrollkit doctor/);
      assert.doesNotMatch(error.next, /8883/);
    }
  }
});

http.run();
