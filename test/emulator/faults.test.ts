/** Each kind of fault, met once by clients that speak HTTP, MQTT and AMQP by hand. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import tls from 'node:tls';
import mqtt from 'mqtt';
import { test } from 'uvu';
import { apiVersionProperty, dpsAmqp } from '../../src/dps/contract/amqp.js';
import { dpsTopics, dpsUserName, hubUserName } from '../../src/dps/contract/mqtt.js';
import { controlPaths } from '../../src/emulator/control/paths.js';
import { askEmulator } from '../../src/emulator/control/running.js';
import type { FaultFile } from '../../src/emulator/start.js';
import { EnrollkitError } from '../../src/errors.js';
import { type Made, makeChain } from '../support/chains.js';
import { connectAmqp, RefusedError } from './amqp-client.js';
import { base64, groupBody, startTestEmulator, type TestEmulator } from './support.js';

type Rule = FaultFile['rules'][number];

let emulator: TestEmulator;
let chain: Made[];
const registrationId = 'meter-1';

test.before(async () => {
  emulator = await startTestEmulator();
  const { root, intermediate, device } = await makeChain(registrationId);
  chain = [device, intermediate];
  await emulator.verifiedCa('root', root);
  await emulator.service('PUT', '/enrollmentGroups/g', groupBody('g', { reference: 'root' }));
});
test.after(() => emulator?.stop());
test.after.each(() => emulator.faults.clear());

function meets(...rules: (Omit<Rule, 'id'> & { id?: string })[]): void {
  emulator.events.length = 0;
  emulator.faults.set({ rules: rules.map((rule, index) => ({ id: `rule-${index}`, ...rule })) }, 1);
}
const injected = (): number[] => emulator.faults.list().rules.map((rule) => rule.injected);
const readGroup = () => emulator.service('GET', '/enrollmentGroups/g');
/** The code with which a connection failed. */
const failure = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => assert.fail('it succeeded'),
    (error: NodeJS.ErrnoException) => String(error.code ?? error.message),
  );

// HTTPS

test('a status has the error code, the message and Retry-After, in the form of each plane', async () => {
  meets(
    {
      match: { plane: 'service', operation: 'getEnrollmentGroup', id: 'G*' },
      fault: { type: 'status', status: 503, errorCode: 503012, message: 'Busy', retryAfter: 7 },
    },
    { match: { plane: 'arm' }, fault: { type: 'status', status: 429 } },
    { match: { plane: 'hub' }, fault: { type: 'status', status: 429, retryAfter: 2 } },
  );
  const service = await readGroup();
  assert.deepEqual(
    [service.status, service.headers['retry-after'], service.body.errorCode, service.body.message],
    [503, '7', 503012, 'Busy'],
  );
  const arm = await emulator.arm('GET', '');
  assert.deepEqual([arm.status, arm.headers['retry-after'], arm.body.code], [429, undefined, 429001]);
  const hub = await emulator.call({ path: '/devices/x?api-version=2021-04-12' });
  assert.deepEqual(
    [hub.status, hub.headers['retry-after'], hub.headers['iothub-errorcode']],
    [429, '2', 'ThrottlingException'],
  );
  assert.match(hub.body.Message, /^ErrorCode:ThrottlingException;/);
  assert.deepEqual(injected(), [1, 1, 1]);
  const event = emulator.events.find(({ fault }) => fault === 'rule-0');
  const { plane, transport, operation, id, status } = event!;
  assert.deepEqual(
    { plane, transport, operation, id, status },
    { plane: 'service', transport: 'https', operation: 'getEnrollmentGroup', id: 'g', status: 503 },
  );
  assert.match(event!.reason!, /rule-0/);
});

test('only what a rule matches meets it', async () => {
  meets({
    match: { plane: ['service', 'device'], operation: 'getEnrollmentGroup', id: 'other-*' },
    fault: { type: 'status', status: 500 },
  });
  assert.equal((await readGroup()).status, 200);
  assert.equal((await emulator.service('GET', '/enrollments/other-1')).status, 404);
  assert.equal((await emulator.service('GET', '/enrollmentGroups/other-1')).status, 500);
  assert.deepEqual(injected(), [1]);
});

test('latency waits, in a range too, and the request is handled', async () => {
  meets({ fault: { type: 'latency', milliseconds: [60, 80] } });
  const before = performance.now();
  assert.equal((await readGroup()).status, 200);
  assert.ok(performance.now() - before >= 59);
  const milliseconds = Number(/(\d+) ms/.exec(emulator.events[0]!.reason!)![1]);
  assert.ok(milliseconds >= 60 && milliseconds <= 80, String(milliseconds));
});

test('a reset before the effect leaves nothing, a reset after it has the effect', async () => {
  const create = (id: string) =>
    emulator.service('PUT', `/enrollmentGroups/${id}`, groupBody(id, { reference: 'root' }));
  meets({ match: { operation: 'putEnrollmentGroup' }, fault: { type: 'reset' } });
  assert.equal(await failure(create('before')), 'ECONNRESET');
  assert.equal((await emulator.service('GET', '/enrollmentGroups/before')).status, 404);
  meets({ match: { operation: 'putEnrollmentGroup' }, fault: { type: 'reset', effect: 'after' } });
  assert.equal(await failure(create('after')), 'ECONNRESET');
  assert.equal((await emulator.service('GET', '/enrollmentGroups/after')).status, 200);
});

test('an emulator that has reset a request while it was being read stops, and leaves its ports', async () => {
  const one = await startTestEmulator();
  one.faults.set({ rules: [{ id: 'reset', fault: { type: 'reset' } }] }, 1);
  const path = `/${one.endpoints.idScope}/registrations/x/register?api-version=2021-06-01`;
  const register = () => one.call({ method: 'PUT', path, body: { registrationId: 'x' } });
  assert.equal(await failure(register()), 'ECONNRESET');
  await one.stop();
  assert.equal(await failure(register()), 'ECONNREFUSED');
});

test('a truncated answer announces more than it has', async () => {
  const { body } = await readGroup();
  meets({ match: { operation: 'getEnrollmentGroup' }, fault: { type: 'truncate' } });
  const { armEndpoint, caFile } = emulator.endpoints;
  const got = await new Promise<{ announced: number; bytes: number; whole: boolean }>((resolve, reject) => {
    const outgoing = request(
      `${armEndpoint}/enrollmentGroups/none?api-version=2021-10-01`,
      { ca: readFileSync(caFile), agent: false },
      (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        response.on('error', () => {});
        response.on('close', () => {
          resolve({ announced: Number(response.headers['content-length']), bytes, whole: response.complete });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
  assert.ok(got.bytes > 0 && got.bytes === Math.floor(got.announced / 2), JSON.stringify(got));
  assert.equal(got.whole, false);
  emulator.faults.clear();
  assert.deepEqual((await readGroup()).body, body, 'and nothing is damaged');
});

test('a dripped answer comes whole, and slowly', async () => {
  const whole = await readGroup();
  meets({ match: { operation: 'getEnrollmentGroup' }, fault: { type: 'drip', bytesPerSecond: 2000 } });
  const before = performance.now();
  const { status, body } = await readGroup();
  const least = ((JSON.stringify(whole.body).length - 200) / 2000) * 1000;
  assert.deepEqual([status, body], [200, whole.body]);
  assert.ok(performance.now() - before >= least, `at least ${least} ms`);
});

test('a poll stays assigning for as often as the rule says', async () => {
  meets({ fault: { type: 'assigning' }, when: { count: 1 } });
  const first = await emulator.register(registrationId, chain);
  assert.deepEqual([first.status, first.body.status], [202, 'assigning']);
  assert.equal(first.headers['retry-after'], '0');
  assert.equal((await emulator.register(registrationId, chain)).body.status, 'assigned');
});

test('a throttle lets a rate through, and says when to come again', async () => {
  meets({
    match: { operation: 'getEnrollmentGroup' },
    fault: { type: 'throttle', requests: 2, seconds: 60 },
  });
  const replies = [await readGroup(), await readGroup(), await readGroup()];
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 200, 429],
  );
  const seconds = Number(replies[2]!.headers['retry-after']);
  assert.ok(seconds > 50 && seconds <= 60, String(seconds));
  emulator.clock.advance(61_000);
  try {
    assert.equal((await readGroup()).status, 200);
  } finally {
    emulator.clock.reset();
  }
});

// When

test('after, count and until say when; a probability of 0 is never', async () => {
  const fault = { type: 'status', status: 500 } as const;
  const statuses = async (count: number) => {
    const found: number[] = [];
    for (let i = 0; i < count; i += 1) found.push((await readGroup()).status);
    return found;
  };
  meets({ fault, when: { after: 1, count: 2 } });
  assert.deepEqual(await statuses(4), [200, 500, 500, 200]);
  meets({ fault, when: { probability: 0 } });
  assert.deepEqual(await statuses(3), [200, 200, 200]);
  meets({ fault, when: { until: new Date(Date.now() + 3_600_000).toISOString() } });
  assert.deepEqual(await statuses(1), [500]);
  emulator.clock.advance(3_700_000);
  try {
    assert.equal((await emulator.call({ path: '/enrollmentGroups/g' })).status, 401, 'the token has expired');
  } finally {
    emulator.clock.reset();
  }
  assert.deepEqual(injected(), [1]);
});

test('the same seed meets the same requests with the same faults, whatever other rules there are', async () => {
  const own: Rule = {
    id: 'own',
    match: { operation: 'getEnrollmentGroup' },
    fault: { type: 'status', status: 500 },
    when: { probability: 0.4 },
  };
  const other: Rule = { ...own, id: 'other', fault: { type: 'latency', milliseconds: [0, 3] } };
  const trace = async (rules: Rule[], seed: number) => {
    emulator.faults.set({ rules }, seed);
    emulator.events.length = 0;
    for (let i = 0; i < 40; i += 1) await readGroup();
    return emulator.events.flatMap(({ fault, reason }, index) =>
      fault === undefined ? [] : [`${fault} ${reason} ${rules.length === 1 ? index : ''}`],
    );
  };
  const first = await trace([own], 5);
  assert.ok(first.length > 5 && first.length < 30, String(first.length));
  assert.deepEqual(await trace([own], 5), first);
  assert.notDeepEqual(await trace([own], 6), first);
  const both = await trace([own, other], 5);
  assert.deepEqual(await trace([own, other], 5), both);
  assert.equal(both.filter((one) => one.startsWith('own ')).length, first.length);
});

// TLS

const handshake = (port: number, more: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> =>
  new Promise((resolve, reject) => {
    const ca = readFileSync(emulator.endpoints.caFile);
    const socket = tls.connect({ host: 'localhost', port, ca, ...more }, () => resolve(socket));
    socket.on('error', reject);
  });

for (const [problem, code] of [
  ['expired', 'CERT_HAS_EXPIRED'],
  ['wrong-name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['untrusted', 'SELF_SIGNED_CERT_IN_CHAIN'],
] as const) {
  test(`a certificate with a fault: ${problem}, on one listener, once`, async () => {
    const { https, mqtt: mqttPort, amqp } = emulator.endpoints.ports;
    meets({ match: { transport: 'mqtt' }, fault: { type: 'certificate', problem }, when: { count: 1 } });
    assert.equal(await failure(handshake(mqttPort)), code);
    for (const port of [mqttPort, https, amqp]) (await handshake(port)).destroy();
    assert.deepEqual(injected(), [1]);
  });
}

test('a version of TLS that is refused, on all listeners, and nobody but the control interface passes', async () => {
  meets({ fault: { type: 'tls-version', only: 'TLSv1.1' } });
  for (const port of Object.values(emulator.endpoints.ports)) {
    assert.equal(await failure(handshake(port)), 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  }
  const listed = await askEmulator(emulator.endpoints, 'GET', controlPaths.faults);
  assert.deepEqual(listed, { status: 200, body: { seed: 1, rules: [{ id: 'rule-0', injected: 3 }] } });
  meets({ fault: { type: 'tls-version', only: 'TLSv1.2' } });
  const socket = await handshake(emulator.endpoints.ports.https);
  assert.equal(socket.getProtocol(), 'TLSv1.2');
  socket.destroy();
});

// MQTT

async function mqttClient(webSocket = false, userName?: string): Promise<mqtt.MqttClient> {
  const { ports, idScope, caFile } = emulator.endpoints;
  const client = mqtt.connect({
    ...(webSocket
      ? { protocol: 'wss', port: ports.https, path: '/$iothub/websocket' }
      : { protocol: 'mqtts', port: ports.mqtt }),
    host: 'localhost',
    clientId: registrationId,
    username: userName ?? dpsUserName(idScope, registrationId, '2021-06-01'),
    reconnectPeriod: 0,
    protocolVersion: 4,
    ca: readFileSync(caFile),
    cert: chain.map(({ pem }) => pem).join(''),
    key: chain[0]!.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  } as mqtt.IClientOptions);
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
    client.once('close', () => reject(new Error('closed')));
  });
  client.on('error', () => {});
  return client;
}

/** What a client gets for a registration: the topics of replies, up to a number, or the end of the connection. */
async function mqttRegister(client: mqtt.MqttClient, count = 1): Promise<string[]> {
  const topics: string[] = [];
  const done = new Promise<void>((resolve) => {
    client.on('message', (topic) => {
      topics.push(topic);
      if (topics.length === count) resolve();
    });
    client.once('close', () => {
      topics.push('closed');
      resolve();
    });
  });
  client.subscribe(dpsTopics.responses);
  client.publish(dpsTopics.register('9'), JSON.stringify({ registrationId }));
  await done;
  client.end(true);
  return topics;
}

test('over MQTT: a status is a reply, also over WebSockets', async () => {
  for (const webSocket of [false, true]) {
    meets({
      match: { transport: webSocket ? 'mqtt-ws' : 'mqtt', operation: 'register' },
      fault: { type: 'status', status: 429, retryAfter: 3 },
    });
    const topics = await mqttRegister(await mqttClient(webSocket));
    assert.deepEqual(topics, ['$dps/registrations/res/429/?$rid=9&retry-after=3']);
    assert.deepEqual(injected(), [1]);
  }
});

test('over MQTT: a connection is refused, closed, or closed after packets', async () => {
  meets({ match: { operation: 'connect' }, fault: { type: 'status', status: 503 } });
  assert.equal(await failure(mqttClient()), '3', 'the return code of CONNACK');
  meets({ fault: { type: 'disconnect', after: 'connect' } });
  assert.equal(await failure(mqttClient()), 'closed');
  meets({ fault: { type: 'disconnect', after: 1 } });
  assert.deepEqual(
    await mqttRegister(await mqttClient()),
    ['closed'],
    'SUBSCRIBE is handled, PUBLISH is not',
  );
  assert.equal(emulator.events.filter(({ operation }) => operation === 'register').length, 0);
});

test('over MQTT: a lost answer, by a reset or a disconnect', async () => {
  for (const fault of [
    { type: 'reset', effect: 'after' },
    { type: 'disconnect', after: 'effect' },
  ] as const) {
    meets({ match: { operation: 'register' }, fault });
    assert.deepEqual(await mqttRegister(await mqttClient()), ['closed']);
    const registered = emulator.events.filter((event) => event.operation === 'register' && !event.fault);
    assert.deepEqual(
      registered.map(({ status }) => status),
      [202],
    );
  }
  meets({ match: { operation: 'register' }, fault: { type: 'reset' } });
  assert.deepEqual(await mqttRegister(await mqttClient()), ['closed']);
  assert.equal(emulator.events.filter((event) => event.operation === 'register' && !event.fault).length, 0);
});

test('over MQTT: a message is delivered twice, or late', async () => {
  meets({ match: { operation: 'register' }, fault: { type: 'duplicate' } });
  const topics = await mqttRegister(await mqttClient(), 2);
  assert.equal(topics.length, 2);
  for (const topic of topics) assert.match(topic, /^\$dps\/registrations\/res\/202\//);
  meets({ match: { operation: 'register' }, fault: { type: 'late', milliseconds: 80 } });
  const before = performance.now();
  assert.equal((await mqttRegister(await mqttClient())).length, 1);
  assert.ok(performance.now() - before >= 79);
});

test('over MQTT: a late message that was acknowledged arrives although the connection has ended', async () => {
  const { registrationState } = (await emulator.register(registrationId, chain)).body;
  meets({ match: { operation: 'sendMessage' }, fault: { type: 'late', milliseconds: 150 } });
  const client = await mqttClient(
    false,
    hubUserName(registrationState.assignedHub, registrationId, '2021-04-12'),
  );
  await client.publishAsync(`devices/${registrationId}/messages/events/`, 'late', { qos: 1 });
  await client.endAsync(true);
  assert.equal(emulator.messages(registrationId).length, 0);
  await wait(400);
  assert.deepEqual(
    emulator.messages(registrationId).map(({ body }) => body.toString()),
    ['late'],
  );
});

// AMQP

async function amqpRegister(webSocket = false): Promise<string> {
  const { ports, idScope, caFile } = emulator.endpoints;
  const client = await connectAmqp({
    port: webSocket ? ports.https : ports.amqp,
    webSocket,
    ca: readFileSync(caFile, 'utf8'),
    cert: chain.map(({ pem }) => pem).join(''),
    key: chain[0]!.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  });
  const ended = new Promise<string>((resolve) =>
    client.connection.once('disconnected', () => resolve('closed')),
  );
  const address = `${idScope}/registrations/${registrationId}`;
  const properties = { [apiVersionProperty]: '2019-03-31' };
  const talk = async () => {
    const receiver = await client.receiver(address, properties);
    const sender = await client.sender(address, properties);
    const reply = client.next(receiver);
    await client.send(sender, {
      correlation_id: '1',
      application_properties: { [dpsAmqp.operationType]: dpsAmqp.register },
      body: JSON.stringify({ registrationId }),
    });
    return JSON.parse(String((await reply).body.content ?? (await reply).body)).status as string;
  };
  try {
    return await Promise.race([talk(), ended]);
  } catch (error) {
    if (error instanceof RefusedError) return error.condition;
    throw error;
  } finally {
    client.end();
  }
}

test('over AMQP: a status rejects, a connection is closed, an answer is lost', async () => {
  assert.equal(await amqpRegister(), 'assigning', 'without faults');
  for (const webSocket of [false, true]) {
    meets({
      match: { transport: webSocket ? 'amqp-ws' : 'amqp', operation: 'register' },
      fault: { type: 'status', status: 503 },
    });
    assert.equal(await amqpRegister(webSocket), 'amqp:internal-error');
    assert.deepEqual(injected(), [1]);
  }
  meets({ fault: { type: 'disconnect', after: 'connect' } });
  assert.match(await amqpRegister(), /closed|amqp:connection:forced/);
  meets({ match: { operation: 'register' }, fault: { type: 'reset', effect: 'after' } });
  assert.equal(await amqpRegister(), 'closed');
  const registered = emulator.events.filter((event) => event.operation === 'register' && !event.fault);
  assert.equal(registered.length, 1);
  meets({ fault: { type: 'disconnect', after: 2 } });
  assert.equal(await amqpRegister(), 'closed');
  assert.deepEqual(injected(), [1]);
});

// Control

test('the control interface meets no faults, and changes them', async () => {
  meets({ fault: { type: 'reset' } }, { fault: { type: 'certificate', problem: 'expired' } });
  const ask = (method: string, body?: unknown) =>
    askEmulator(emulator.endpoints, method, controlPaths.faults, body);
  assert.equal((await askEmulator(emulator.endpoints, 'GET', controlPaths.clock)).status, 200);
  const set = await ask('PUT', { faults: 'wild', seed: 3 });
  assert.equal(set.status, 200);
  assert.equal((set.body as { seed: number }).seed, 3);
  for (let i = 0; i < 40; i += 1) assert.equal((await ask('GET')).status, 200);
  assert.equal((await ask('PUT', { faults: { rules: [{ id: 'x' }] } })).status, 400);
  assert.deepEqual((await ask('GET')).body, set.body, 'a refusal changes nothing');
  assert.deepEqual((await ask('DELETE')).body, { seed: null, rules: [] });
});

test('wild disturbs about 30 % of requests and orders nothing about certificates, mild about 5 %', async () => {
  for (const [preset, least, most] of [
    ['wild', 0.22, 0.38],
    ['mild', 0.02, 0.09],
  ] as const) {
    emulator.faults.set(preset, 11);
    emulator.events.length = 0;
    const requests = 300;
    let met = 0;
    for (let i = 0; i < requests; i += 1) {
      const before = emulator.events.length;
      await readGroup().catch(() => {});
      if (emulator.events.slice(before).some(({ fault }) => fault !== undefined)) met += 1;
    }
    const share = met / requests;
    assert.ok(share >= least && share <= most, `${preset}: ${share}`);
  }
});

// Files

const refused: [string, unknown, RegExp][] = [
  ['an unknown field', { rules: [{ id: 'a', fault: { type: 'reset' }, wen: {} }] }, /rules\.0.*wen/],
  ['an unknown fault', { rules: [{ id: 'a', fault: { type: 'fire' } }] }, /rules\.0\.fault/],
  [
    'an unknown operation',
    { rules: [{ id: 'a', match: { operation: 'regster' }, fault: { type: 'reset' } }] },
    /operation/,
  ],
  ['an ID twice', { rules: [1, 2].map(() => ({ id: 'a', fault: { type: 'reset' } })) }, /rules\.1\.id/],
  [
    'an error code of another status',
    { rules: [{ id: 'a', fault: { type: 'status', status: 500, errorCode: 429001 } }] },
    /fault\.errorCode/,
  ],
  [
    'a fault that a transport cannot have',
    { rules: [{ id: 'a', match: { transport: 'mqtt' }, fault: { type: 'truncate' } }] },
    /match\.transport.*https/,
  ],
  [
    'an operation in a handshake',
    {
      rules: [
        { id: 'a', match: { operation: 'register' }, fault: { type: 'certificate', problem: 'expired' } },
      ],
    },
    /match\.operation/,
  ],
  [
    'a range from most to least',
    { rules: [{ id: 'a', fault: { type: 'latency', milliseconds: [9, 1] } }] },
    /range/,
  ],
  ['a preset that there is not', 'stormy', /the faults/],
];

for (const [what, faults, message] of refused) {
  test(`refused in words: ${what}`, () => {
    assert.throws(
      () => emulator.faults.set(faults as FaultFile),
      (error: unknown) => {
        assert.ok(error instanceof EnrollkitError, String(error));
        assert.equal(error.code, 'INVALID_FAULTS');
        assert.match(error.message, message);
        return true;
      },
    );
  });
}

test('a certificate upload is still possible with faults for others', async () => {
  meets({ match: { id: 'else' }, fault: { type: 'reset' } });
  const { root } = await makeChain('x');
  const put = await emulator.arm('PUT', '/certificates/second', {
    properties: { certificate: base64(root.pem) },
  });
  assert.equal(put.status, 200);
});

test.run();
