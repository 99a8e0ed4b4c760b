/** The HTTP kernel, with a plane of its own: what every operation gets without asking. */
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'uvu';
import { type EmulatorEvent, EventLog } from '../../src/emulator/wire/events.js';
import { createHttpApp, type PlainRoute } from '../../src/emulator/wire/http/http-app.js';
import { bind, notImplemented, type Operation } from '../../src/emulator/wire/http/operation.js';
import type { HttpPlane } from '../../src/emulator/wire/http/plane.js';
import { HttpRefusal } from '../../src/emulator/wire/http/refusal.js';
import { answerWith } from '../../src/emulator/wire/http/send-reply.js';

interface Shelf {
  name: string;
  books: Map<string, unknown>;
}

interface BookOperation extends Operation<Shelf> {
  reader: 'anyone' | 'librarian';
}

const operations: BookOperation[] = [
  {
    name: 'getBook',
    route: { method: 'GET', path: '/books/:title' },
    reader: 'anyone',
    idParameter: 'title',
    handle: ({ parameters }, { books, name }) => ({
      status: 200,
      body: { shelf: name, book: books.get(parameters.title!) ?? null },
    }),
  },
  {
    name: 'putBook',
    route: { method: 'PUT', path: '/books/:title' },
    reader: 'librarian',
    idParameter: 'title',
    async handle(request, { books }) {
      books.set(request.parameters.title!, await request.json());
      return { status: 201 };
    },
  },
  {
    name: 'burnBook',
    route: { method: 'POST', path: '/books/:title/burn' },
    reader: 'anyone',
    handle() {
      throw new Error('a defect');
    },
  },
];

/** A different shelf for each Host header. */
function library(name: HttpPlane['name'], events: EmulatorEvent[], readsBodyFirst: boolean) {
  const shelves = new Map<string, Shelf>();
  const authorized: string[] = [];
  const plane: HttpPlane = {
    name,
    operations: [
      ...bind(operations, {
        find({ dialled: { name: host = '' } }) {
          const shelf = shelves.get(host) ?? { name: host, books: new Map() };
          shelves.set(host, shelf);
          return shelf;
        },
        authorize(request, { reader }) {
          authorized.push(reader);
          if (reader === 'librarian' && request.header('authorization') !== 'shh')
            throw new Error('no librarian');
        },
      }),
      ...bind(notImplemented([{ name: 'lendBook', route: { method: 'POST', path: '/books/:title/lend' } }]), {
        find: () => undefined,
        authorize() {},
      }),
    ],
    contentType: 'application/x-books+json',
    maxJsonBytes: 64,
    readsBodyFirst,
    speaks: (version) => version === '1',
    toErrorReply(error, requestId) {
      const kind = error instanceof HttpRefusal ? error.kind : 'defect';
      return { status: kind === 'defect' ? 500 : 400, body: { kind, requestId }, reason: String(error) };
    },
  };
  const now = () => new Date('2030-01-01T00:00:00Z');
  const plainRoutes: PlainRoute[] = [
    { route: { method: 'GET', path: '/plain' }, handle: () => ({ status: 200, body: { plain: true } }) },
    {
      route: { method: 'POST', path: '/plain' },
      handle() {
        throw new Error('a defect of a plain route');
      },
    },
    { route: { method: 'GET', path: '/bytes' }, handle: () => ({ status: 200, body: Buffer.from('abc') }) },
  ];
  const log = new EventLog((event) => events.push(event), now);
  const app = createHttpApp({ planes: [plane], plainRoutes, planeOf: () => plane, now, log });
  return { app, authorized };
}

let events: EmulatorEvent[];
let authorized: string[];
let server: http.Server;
async function serve(readsBodyFirst = false): Promise<void> {
  events = [];
  const made = library('service', events, readsBodyFirst);
  authorized = made.authorized;
  const answer = answerWith(made.app);
  server = http.createServer((incoming, outgoing) => void answer({ incoming, outgoing }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}
test.before.each(() => serve());
test.after.each(() => {
  server.closeAllConnections();
  server.close();
});

interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
  json: any;
}

function ask(
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    http
      .request({ port, host: '127.0.0.1', method, path, headers, agent: false }, async (response) => {
        const answered = await text(response);
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: answered,
          json: answered.startsWith('{') ? JSON.parse(answered) : undefined,
        });
      })
      .on('error', reject)
      .end(body);
  });
}

const json = { 'content-type': 'application/json', authorization: 'shh' };

test('the target of a request is read as a URL, and what is none is refused, as is a host that is none', async () => {
  for (const path of ['/./plain', '/books/../plain', '/%2e/plain', '/plain?a="b"', '/plain/#part'])
    assert.equal((await ask('GET', path)).status, 200, path);
  for (const path of ['/books\\plain', '*', 'plain'])
    assert.equal((await ask('GET', path)).status, 400, path);
  for (const host of ['a/b', 'a@b', 'a:b'])
    assert.equal((await ask('GET', '/plain', { headers: { host } })).status, 400, host);
  for (const host of ['a', 'a_b:1', '[::1]:1', ''])
    assert.equal((await ask('GET', '/plain', { headers: { host } })).status, 200, host);
});

test('an operation is given what the client dialled, and the log its name and what it is about', async () => {
  const put = await ask('PUT', '/books/Emma?api-version=1', {
    headers: { ...json, host: 'a' },
    body: '{"n":1}',
  });
  assert.equal(put.status, 201);
  assert.match(put.headers['x-ms-request-id'] as string, /^[0-9a-f-]{36}$/);
  for (const [host, book] of Object.entries({ a: { n: 1 }, b: null })) {
    const got = await ask('GET', '/BOOKS/%45mma/?Api-Version=1', { headers: { host } });
    assert.deepEqual([got.status, got.json], [200, { shelf: host, book }]);
    assert.equal(got.headers['content-type'], 'application/x-books+json');
  }
  assert.deepEqual(authorized, ['librarian', 'anyone', 'anyone']);
  assert.deepEqual(events[0], {
    at: '2030-01-01T00:00:00.000Z',
    plane: 'service',
    transport: 'https',
    operation: 'putBook',
    id: 'Emma',
    status: 201,
  });
});

test('HEAD is answered as GET, without a body', async () => {
  for (const path of ['/books/x?api-version=1', '/plain', '/bytes']) {
    const [get, head] = [await ask('GET', path), await ask('HEAD', path)];
    assert.ok(get.body.length > 0);
    assert.deepEqual([head.status, head.body], [200, ''], path);
    assert.equal(head.headers['content-type'], get.headers['content-type'], path);
  }
});

test('every refusal has the form of the plane, and the reason is in the log', async () => {
  const large = `"${'x'.repeat(65)}"`;
  const refused: [string, number, string, Promise<Answer>][] = [
    ['no api-version', 400, 'unknownApiVersion', ask('GET', '/books/x')],
    ['another api-version', 400, 'unknownApiVersion', ask('GET', '/books/x?api-version=2')],
    ['no such path', 400, 'notFound', ask('GET', '/cds/x?api-version=1')],
    ['no such method', 400, 'methodNotAllowed', ask('PATCH', '/books/x?api-version=1')],
    ['not implemented', 400, 'notImplemented', ask('POST', '/books/x/lend?api-version=1')],
    ['a defect', 500, 'defect', ask('POST', '/books/x/burn?api-version=1')],
    ['a defect of a plain route', 500, 'defect', ask('POST', '/plain')],
    ['no librarian', 500, 'defect', ask('PUT', '/books/x?api-version=1', { body: '{' })],
    ['not JSON', 400, 'badRequest', ask('PUT', '/books/x?api-version=1', { headers: json, body: '{' })],
    [
      'too large',
      400,
      'payloadTooLarge',
      ask('PUT', '/books/x?api-version=1', { headers: json, body: large }),
    ],
    [
      'another content type',
      400,
      'unsupportedMediaType',
      ask('PUT', '/books/x?api-version=1', {
        headers: { ...json, 'content-type': 'text/plain' },
        body: '{}',
      }),
    ],
  ];
  for (const [what, status, kind, asked] of refused) {
    const answer = await asked;
    assert.deepEqual([answer.status, answer.json.kind], [status, kind], what);
    assert.equal(answer.json.requestId, answer.headers['x-ms-request-id'], what);
  }
  assert.equal(events.length, refused.length);
  assert.ok(events.every(({ reason, status }) => reason !== undefined && status >= 400));
  const { headers } = await ask('PATCH', '/books/x?api-version=1');
  assert.equal(headers.allow, 'GET, PUT');
});

test('a plane may have bodies refused before it looks anything up', async () => {
  for (const first of [false, true]) {
    server.closeAllConnections();
    server.close();
    await serve(first);
    // burnBook reads no body.
    const answer = await ask('POST', '/books/x/burn?api-version=1', { headers: json, body: '{' });
    assert.equal(answer.json.kind, first ? 'badRequest' : 'defect');
  }
});

test.run();
