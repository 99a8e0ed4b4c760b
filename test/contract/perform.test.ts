/** The runner against a stand-in that answers as each session asks it to, by the body of the request. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Session, Step } from './exchange.js';
import { type Outcome, performSession } from './perform.js';
import type { Service } from './service.js';
import { type StandIn, startStandIn } from './stand-in.js';
import type { Target } from './target.js';

let server: StandIn;
const requests: { method: string; url: string; authorization: string | undefined }[] = [];

test.before(async () => {
  server = await startStandIn(async (request, response) => {
    const { authorization } = request.headers;
    requests.push({ method: request.method!, url: request.url!, authorization });
    let text = '';
    for await (const chunk of request) text += chunk;
    const reply = text === '' ? { status: 200, body: { status: 'Running' } } : JSON.parse(text);
    // An operation that has ended the second time.
    const polls = requests.filter(({ url }) => url.startsWith('/poll')).length;
    const body = request.url!.startsWith('/poll') && polls > 1 ? { status: 'Succeeded' } : reply.body;
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
    response.end(JSON.stringify(body));
  });
});
test.after(() => server.close());
test.before.each(() => {
  requests.length = 0;
});

/** A step that is answered so. */
function step(answer: { status: number; body?: unknown }, more: Partial<Step>): Step {
  return { request: { plane: 'arm', method: 'PUT', path: '/x', body: answer }, ...more };
}

async function outcomesOf(steps: Step[], more: Partial<Session> = {}): Promise<Outcome[]> {
  const target: Target = {
    ...{ name: 'emulator', subscription: 's', resourceGroup: 'g', location: 'l', hub: 'h' },
    ...{
      armHost: 'arm.test',
      armToken: async () => 'secret',
      ca: server.ca,
      lacks: ['modules'],
      sessions: 1,
    },
    ...{ pollSeconds: 0, dial: () => ({ host: 'localhost', port: server.port }) },
  };
  const connectionString = (host: string) => `HostName=${host};SharedAccessKeyName=o;SharedAccessKey=a2V5`;
  const service: Service = {
    ...{ name: 'n', serviceHost: 'service.test', deviceHost: 'device.test', hubHost: 'hub.test' },
    serviceConnectionString: connectionString('service.test'),
    hubConnectionString: connectionString('hub.test'),
    variables: new Map([['idScope', '0ne00000000']]),
  };
  const session: Session = {
    ...{ name: 'a session', apiVersion: '2021-10-15', evidence: 'R', source: { repository: 'r' }, steps },
    ...more,
  };
  const recordings = { shapes: {}, headers: {}, sessions: [session], notPerformed: [] };
  const freshName = () => 'fresh';
  return performSession(session, { target, recordings, service, freshName, onName: () => {} });
}

const results = (outcomes: Outcome[]) => outcomes.map(({ exchange, result }) => [exchange.id, result]);

test('an exchange that differs does not keep the next from being performed', async () => {
  const outcomes = await outcomesOf([
    step({ status: 404, body: {} }, { id: 'first', response: { status: 200 } }),
    step(
      { status: 200, body: { a: 1 } },
      { id: 'second', response: { status: 200, body: { a: '<integer>' } } },
    ),
  ]);
  assert.deepEqual(results(outcomes), [
    ['first', 'failed'],
    ['second', 'passed'],
  ]);
  assert.match(outcomes[0]!.differences[0]!, /404/);
  assert.ok(requests.every(({ url }) => url === '/x?api-version=2021-10-15'));
});

test('a preparation that fails keeps what follows from being performed, and says why', async () => {
  const outcomes = await outcomesOf([
    step({ status: 500, body: { code: 'broken' } }, {}),
    step({ status: 200, body: {} }, { id: 'after', response: { status: 200 } }),
  ]);
  assert.deepEqual(results(outcomes), [['after', 'failed']]);
  assert.match(outcomes[0]!.differences[0]!, /preparation failed.*500.*broken/);
  assert.equal(requests.length, 1);
});

test('what is saved is compared before, and filled in after', async () => {
  const outcomes = await outcomesOf([
    step({ status: 200, body: { etag: 'one' } }, { save: { etag: 'etag' } }),
    step(
      { status: 200, body: { etag: 'two' } },
      {
        id: 'changes',
        response: { status: 200, body: { etag: { $isNot: '{etag}' } } },
        save: { etag: 'etag' },
      },
    ),
    step(
      { status: 200, body: { etag: 'two' } },
      { id: 'stays', response: { status: 200, body: { etag: '{etag}' } } },
    ),
    step({ status: 200, body: {} }, { id: 'unknown', response: { status: 200, body: '{nothing}' } }),
  ]);
  assert.deepEqual(results(outcomes), [
    ['changes', 'passed'],
    ['stays', 'passed'],
    ['unknown', 'failed'],
  ]);
  assert.match(outcomes[2]!.differences[0]!, /\{nothing\} has no value/);
});

test('two steps of one id are one exchange, which passes when both do', async () => {
  const ok = { id: 'both', response: { status: 200 } };
  assert.deepEqual(results(await outcomesOf([step({ status: 200 }, ok), step({ status: 200 }, ok)])), [
    ['both', 'passed'],
  ]);
  assert.deepEqual(results(await outcomesOf([step({ status: 200 }, ok), step({ status: 400 }, ok)])), [
    ['both', 'failed'],
  ]);
});

test('an operation is polled until it has ended', async () => {
  const poll = { plane: 'arm', method: 'GET', path: '/poll', untilDone: true } as const;
  const outcomes = await outcomesOf([
    { request: poll, id: 'poll', response: { status: 200, body: { status: 'Succeeded' } } },
  ]);
  assert.deepEqual(results(outcomes), [['poll', 'passed']]);
  assert.equal(requests.length, 2);
});

test('what the target lacks must be answered with 501', async () => {
  const steps = (status: number) => [
    step({ status, body: {} }, { id: 'first', response: { status: 200 } }),
    step({ status: 200, body: {} }, { id: 'second', response: { status: 200 } }),
  ];
  assert.deepEqual(results(await outcomesOf(steps(501), { needs: 'modules' })), [
    ['first', 'not served'],
    ['second', 'not served'],
  ]);
  assert.equal(requests.length, 1);
  assert.deepEqual(results(await outcomesOf(steps(200), { needs: 'modules' })), [
    ['first', 'failed'],
    ['second', 'failed'],
  ]);
  assert.deepEqual(results(await outcomesOf(steps(200), { needs: 'something else' })), [
    ['first', 'passed'],
    ['second', 'passed'],
  ]);
});

test('a URL of another host gets neither request nor token', async () => {
  const elsewhere = { plane: 'arm', method: 'GET', path: 'https://elsewhere.test/x' } as const;
  const outcomes = await outcomesOf([{ request: elsewhere, id: 'elsewhere', response: { status: 200 } }]);
  assert.match(outcomes[0]!.differences[0]!, /elsewhere\.test is no host/);
  assert.deepEqual(requests, []);
  await outcomesOf([
    { request: { ...elsewhere, path: 'https://arm.test:443/x' }, id: 'x', response: { status: 200 } },
  ]);
  assert.deepEqual(
    requests.map(({ authorization }) => authorization),
    ['Bearer secret'],
  );
});

test.run();
