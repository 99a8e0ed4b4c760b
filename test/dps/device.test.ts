/** Devices registering themselves, over both transports, against the emulator and against a server of the test's own. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import mqttPacket from 'mqtt-packet';
import { suite } from 'uvu';
import { type RegisterDeviceOptions, registerDevice } from '../../src/dps/client/device.js';
import { MqttSession } from '../../src/dps/client/mqtt/session.js';
import type { FaultSelection } from '../../src/emulator/start.js';
import type { EnrollkitError } from '../../src/errors.js';
import { explainServiceCode } from '../../src/explanations/explain.js';
import { privateKeyToPem } from '../../src/pki/keys.js';
import { make, makeChain } from '../support/chains.js';
import { waitsDuring } from '../support/waits.js';
import { deviceCredentials, failing, group, openWorld, verifyCa, type World } from './support.js';

const device = suite('device');
let world: World;

device.before(async () => {
  world = await openWorld();
  await verifyCa(world.control, 'root', world.chain.root);
  await world.service.createEnrollmentGroup(group('devices', 'root'));
});
device.after(() => world.close());

type Changes = Partial<RegisterDeviceOptions>;

async function register(protocol: 'mqtt' | 'https', changes: Changes = {}) {
  const { target, chain } = world;
  const credentials = await deviceCredentials(chain);
  const base = { target, idScope: target.idScope!, registrationId: 'device-001' };
  return registerDevice({ ...base, ...credentials, protocol, ...changes });
}

for (const protocol of ['mqtt', 'https'] as const) {
  device(`registers over ${protocol}, and again`, async () => {
    const { emulator, service } = world;
    for (let i = 0; i < 2; i += 1) {
      const state = await register(protocol, { payload: { model: 'm' } });
      assert.equal(state.status, 'assigned');
      assert.equal(state.deviceId, 'device-001');
      assert.equal(state.assignedHub, emulator.endpoints.hubHostName);
    }
    assert.equal((await service.getRegistration('device-001'))!.status, 'assigned');
    const records = [];
    for await (const record of service.listRegistrations('devices')) records.push(record.registrationId);
    assert.deepEqual(records, ['device-001']);
  });

  device(`an encrypted key is opened with its passphrase only (${protocol})`, async () => {
    const credentials = await deviceCredentials(world.chain, 'open sesame');
    assert.equal((await register(protocol, credentials)).status, 'assigned');
    await failing('WRONG_PASSPHRASE', register(protocol, { ...credentials, passphrase: 'x' }));
    await failing('PASSPHRASE_REQUIRED', register(protocol, { ...credentials, passphrase: undefined }));
  });

  device(`a chain of an unknown CA is refused with 401002 explained (${protocol})`, async () => {
    const error = await failing(
      'DEVICE_NOT_AUTHORIZED',
      register(protocol, await deviceCredentials(await makeChain())),
    );
    assert.equal(error.context.errorCode, 401002);
    assert.deepEqual(error.context.chain, []);
    assert.match(error.message, /401002/);
    assert.equal(error.next, explainServiceCode(401002)!.next);
  });

  device(`what is wrong with the chain itself is named (${protocol})`, async () => {
    const { root, intermediate, device: leaf } = world.chain;
    const privateKey = await privateKeyToPem(leaf.privateKey);
    const sent = (certificateChain: string, changes: Changes = {}) =>
      failing('DEVICE_NOT_AUTHORIZED', register(protocol, { certificateChain, privateKey, ...changes }));
    const seen = (error: EnrollkitError) => (error.context.chain as string[]).join(' ');
    assert.match(seen(await sent(leaf.pem)), /certificate of its issuer "Test Intermediate" is missing/);
    assert.match(seen(await sent(`${leaf.pem}${root.pem}`)), /Test|issuer/);
    const whole = `${leaf.pem}${intermediate.pem}${root.pem}`;
    assert.match(
      seen(await sent(whole, { registrationId: 'other' })),
      /common name is "device-001", but the registration ID is "other"/,
    );
    const at = new Date(Date.now() - 40 * 86_400_000);
    const oldRoot = await make('root', 'Old Root', undefined, { at });
    const old = await make('device', 'device-001', oldRoot, { at, validityDays: 30 });
    const expired = await sent(`${old.pem}${oldRoot.pem}`, {
      privateKey: await privateKeyToPem(old.privateKey),
    });
    assert.match(seen(expired), /expired/);
  });

  device(`a disabled group, and another ID scope, are refused (${protocol})`, async () => {
    const { service } = world;
    await service.updateEnrollmentGroup({ ...group('devices', 'root'), provisioningStatus: 'disabled' }, '*');
    await failing('DEVICE_NOT_AUTHORIZED', register(protocol));
    await service.updateEnrollmentGroup(group('devices', 'root'), '*');
    // Azure refuses the MQTT connection as if it were out of order.
    const code = protocol === 'mqtt' ? 'NETWORK' : 'DEVICE_NOT_AUTHORIZED';
    const error = await failing(code, register(protocol, { idScope: '0ne00000000' }));
    assert.match(error.next ?? '', /ID scope/);
  });

  device(`the emulator is not spoken to without its root (${protocol})`, async () => {
    const { root } = await makeChain();
    const target = { ...world.target, trust: root.pem };
    const error = await failing('SERVER_NOT_TRUSTED', register(protocol, { target }));
    assert.match(error.message, /localhost/);
  });

  device(`nothing listening is NETWORK (${protocol})`, async () => {
    const port = await freePort();
    const target = {
      ...world.target,
      globalDeviceEndpoint: `localhost:${port}`,
      deviceMqttEndpoint: `localhost:${port}`,
    };
    const error = await failing('NETWORK', register(protocol, { target }));
    assert.match(error.message, new RegExp(`localhost:${port}`));
    if (protocol === 'mqtt') assert.match(error.next, /--protocol https/);
  });

  device(`an abort is thrown as it was given (${protocol})`, async () => {
    const reason = new Error('enough');
    await assert.rejects(
      register(protocol, { signal: AbortSignal.abort(reason) }),
      (error) => error === reason,
    );
    const controller = new AbortController();
    setImmediate(() => controller.abort(reason));
    await assert.rejects(register(protocol, { signal: controller.signal }), (error) => error === reason);
  });
}

device('keys and certificates that do not fit are found before anything is sent', async () => {
  const { events, chain } = world;
  events.length = 0;
  const other = await deviceCredentials(await makeChain());
  await failing('KEY_MISMATCH', register('https', { privateKey: other.privateKey }));
  await failing('INVALID_CERTIFICATE', register('mqtt', { certificateChain: 'hello' }));
  await failing('INVALID_KEY', register('mqtt', { privateKey: chain.device.pem }));
  assert.deepEqual(events, []);
});

device('waits as long as it is told between polls', async () => {
  await using emulated = await paced();
  for (const protocol of ['mqtt', 'https'] as const) {
    const { target } = emulated;
    const credentials = await deviceCredentials(emulated.chain);
    const waits = await waitsDuring(() =>
      registerDevice({
        target,
        idScope: target.idScope!,
        registrationId: 'device-001',
        ...credentials,
        protocol,
      }),
    );
    assert.ok(waits.includes(1000), `${protocol}: ${waits}`);
  }
});

device('asks again when it is throttled, and ends when its time is over', async () => {
  const { root } = world.chain;
  const certificate = await make('server', 'localhost', root, {
    subjectAlternativeNames: { dns: ['localhost'] },
  });
  const asked: string[] = [];
  const replies = [
    { status: 429, retryAfter: '0', body: { errorCode: 429001, message: 'Slow down.' } },
    { status: 202, retryAfter: '0', body: { operationId: 'o', status: 'assigning' } },
    { status: 503, retryAfter: '0', body: {} },
    {
      status: 200,
      body: {
        operationId: 'o',
        status: 'assigned',
        registrationState: { status: 'assigned', assignedHub: 'h' },
      },
    },
    {
      status: 200,
      body: {
        operationId: 'o',
        status: 'failed',
        registrationState: { status: 'failed', errorCode: 400208, errorMessage: 'No hub.' },
      },
    },
    { status: 200, body: { status: 'assigning' } },
  ];
  const server = createServer(
    { cert: certificate.pem, key: await privateKeyToPem(certificate.privateKey) },
    (request, response) => {
      asked.push(`${request.method} ${request.url!.split('/').slice(2).join('/').split('?')[0]}`);
      const { status, retryAfter, body } = replies.shift() ?? {
        status: 202,
        body: { operationId: 'o', status: 'assigning' },
      };
      response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
      response.end(JSON.stringify(body));
    },
  );
  const endpoint = await listen(server);
  const changes = {
    target: { ...world.target, globalDeviceEndpoint: endpoint, trust: root.pem },
    idScope: '0neX',
  };
  try {
    const state = await register('https', changes);
    assert.deepEqual([state.assignedHub, state.deviceId], ['h', 'device-001']);
    const put = 'PUT registrations/device-001/register';
    const poll = 'GET registrations/device-001/operations/o';
    assert.deepEqual(asked, [put, put, poll, poll]);
    const failed = await failing('REGISTRATION_FAILED', register('https', changes));
    assert.equal(failed.context.errorCode, 400208);
    assert.match(failed.next, /enrollkit hub link/);
    await failing('REFUSED', register('https', changes));
    const late = await failing('TIMEOUT', register('https', { ...changes, timeoutMs: 200 }));
    assert.match(late.message, /assigning the device device-001 after 0.2 seconds/);
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

device(
  'a registration that is not finished in time says what it waited for, and does not ask without pause',
  async () => {
    const { faults } = world.emulator;
    const rule = (fault: object) => ({ rules: [{ id: 'x', match: { plane: 'device' as const }, fault }] });
    try {
      for (const [fault, code, next] of [
        [{ type: 'status', status: 429, errorCode: 429001 }, 'THROTTLED', /Wait/],
        [{ type: 'status', status: 503, errorCode: 503001 }, 'SERVICE_FAILED', /Wait/],
        [{ type: 'assigning' }, 'TIMEOUT', /enrollkit registration show device-001/],
      ] as const) {
        faults.set(rule(fault) as FaultSelection);
        const error = await failing(code, register('https', { timeoutMs: 400 }));
        assert.match(error.message, /device-001/);
        assert.match(error.next, next);
        const [{ injected } = { injected: 0 }] = faults.list().rules;
        assert.ok(injected >= 1 && injected < 20, `${code}: ${injected} requests`);
      }
    } finally {
      faults.clear();
    }
  },
);

device('a number without an entry is explained by its HTTP status', () => {
  assert.equal(explainServiceCode(401999)!.code, '401');
  assert.equal(explainServiceCode(777000), undefined);
});

async function paced() {
  const made = await openWorld({ retryAfter: 1 });
  await verifyCa(made.control, 'root', made.chain.root);
  await made.service.createEnrollmentGroup(group('devices', 'root'));
  return { ...made, [Symbol.asyncDispose]: () => made.close() };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, 'localhost', done));
  return `localhost:${(server.address() as AddressInfo).port}`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = Number((await listen(server)).split(':')[1]);
  await new Promise((done) => server.close(done));
  return port;
}

/** A connection of the device to a server of the test's own. */
async function sessionAt(answer: (socket: TLSSocket) => void) {
  const { root, device: presented } = world.chain;
  const { pem, privateKey } = await make('server', 'localhost', root, {
    subjectAlternativeNames: { dns: ['localhost'] },
  });
  const server = createTlsServer({ cert: pem, key: await privateKeyToPem(privateKey) }, (socket) => {
    socket.on('error', () => {});
    answer(socket);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const session = MqttSession.open({
    plane: 'device',
    endpoint: `localhost:${(server.address() as AddressInfo).port}`,
    trust: root.pem,
    clientCertificate: { chain: presented.pem, privateKey: await privateKeyToPem(presented.privateKey) },
    clientId: 'device-001',
    userName: 'x',
    signal: new AbortController().signal,
  });
  return { server, session };
}

device('a server that never acknowledges a request is left after its answer', async () => {
  const { server, session } = await sessionAt((socket) => {
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    socket.on('data', (chunk: Buffer) => parser.parse(chunk));
    parser.on('packet', (packet) => {
      if (packet.cmd === 'connect') socket.write(Buffer.from([0x20, 2, 0, 0]));
      if (packet.cmd !== 'publish') return;
      const topic = packet.topic.replace('ask', 'x/res/200');
      socket.write(mqttPacket.generate({ ...packet, topic, payload: 'yes', qos: 0 }));
    });
  });
  try {
    const opened = await session;
    assert.equal((await opened.request((id) => `ask/?$rid=${id}`, '')).payload, 'yes');
    const late = sleep(5000, 'not closed', { ref: false });
    assert.equal(await Promise.race([opened.close(), late]), undefined);
  } finally {
    server.close();
  }
});

device('a server that announces an MQTT packet of 200 MB is left at once', async () => {
  let sent = 0;
  const { server, session } = await sessionAt((socket) =>
    socket.once('data', () => {
      // CONNACK, and the head of a PUBLISH.
      socket.write(Buffer.from([0x20, 2, 0, 0, 0x30, 0x80, 0x80, 0x80, 0x64]));
      const more = () => {
        while (!socket.destroyed && sent < 200 && socket.write(Buffer.alloc(1024 * 1024))) sent += 1;
      };
      socket.on('drain', more);
      more();
    }),
  );
  try {
    const asked = session.then((one) => one.request((id) => `ask/?$rid=${id}`, ''));
    await failing('REFUSED', asked);
    assert.ok(sent < 50, `${sent} MB were taken`);
  } finally {
    await session.then((one) => one.close()).catch(() => {});
    server.close();
  }
});

device.run();
