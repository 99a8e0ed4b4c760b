import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { Agent } from 'node:https';
import { connect, createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { mock } from 'node:test';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { type EmulatorEndpoints, runningEmulator, startEmulator } from '../../src/emulator/start.js';
import { EnrollkitError } from '../../src/errors.js';
import { make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { untilClosed } from '../support/until-closed.js';
import { clientOf, groupBody, startTestEmulator } from './support.js';

const codeOf = (code: string) => (error: unknown) => error instanceof EnrollkitError && error.code === code;

test('gives endpoints of which every name can be dialled, and a file that says so while it runs', async () => {
  await inTemporaryFolder(async (dir) => {
    const emulator = await startEmulator({ dir });
    const { endpoints } = emulator;
    assert.deepEqual(Object.keys(endpoints).sort(), [
      'armEndpoint',
      'armToken',
      'caFile',
      'consoleUrl',
      'dpsName',
      'eventHubConnectionString',
      'globalDeviceEndpoint',
      'hubHostName',
      'hubServiceConnectionString',
      'hubs',
      'idScope',
      'issuingRootFile',
      'ports',
      'resourceGroup',
      'serviceConnectionString',
      'services',
      'subscriptionId',
      'tlsMax',
    ]);
    const { https, mqtt } = endpoints.ports;
    assert.deepEqual(Object.keys(endpoints.ports), ['https', 'mqtt', 'amqp']);
    assert.equal(endpoints.armEndpoint, `https://localhost:${https}`);
    assert.equal(endpoints.globalDeviceEndpoint, `localhost:${https}`);
    // The SDK for C wants a dot in the name of a hub.
    assert.equal(endpoints.hubHostName, `127.0.0.1:${mqtt}`);
    assert.match(endpoints.serviceConnectionString, new RegExp(`^HostName=localhost:${https};`));
    assert.match(readFileSync(endpoints.caFile, 'utf8'), /^-----BEGIN CERTIFICATE-----/);
    const file = join(dir, 'emulator', 'endpoints.json');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    for (const secret of readdirSync(join(dir, 'emulator')).filter((name) => /key\.pem$|^state/.test(name))) {
      assert.equal(statSync(join(dir, 'emulator', secret)).mode & 0o777, 0o600, secret);
    }
    assert.deepEqual(await runningEmulator(dir), endpoints);
    await assert.rejects(startEmulator({ dir }), codeOf('EMULATOR_STATE_IN_USE'));
    await emulator.stop();
    await emulator.stop();
    assert.equal(existsSync(file), false);
    assert.equal(await runningEmulator(dir), undefined);
  });
});

test('keeps its identity, its TLS root and the names of its hub from run to run', async () => {
  await inTemporaryFolder(async (dir) => {
    const first = await startTestEmulator({ dir });
    const root = await make('root', 'Root');
    await first.verifiedCa('root', root);
    const body = groupBody(
      'g',
      { reference: 'root' },
      { allocationPolicy: 'hashed', iotHubs: [first.endpoints.hubHostName] },
    );
    await first.service('PUT', '/enrollmentGroups/g', body);
    const rootPem = readFileSync(first.endpoints.caFile, 'utf8');
    await first.stop();

    const second = await startTestEmulator({ dir });
    try {
      assert.equal(readFileSync(second.endpoints.caFile, 'utf8'), rootPem);
      for (const field of ['idScope', 'armToken', 'subscriptionId'] as const) {
        assert.equal(second.endpoints[field], first.endpoints[field]);
      }
      const group = await second.service('GET', '/enrollmentGroups/g');
      assert.deepEqual(group.body.iotHubs, [second.endpoints.hubHostName]);
      const putBack = await second.service('PUT', '/enrollmentGroups/g', body, {
        'if-match': group.body.etag,
      });
      assert.equal(putBack.status, 200, 'the name of the hub in an earlier run');
    } finally {
      await second.stop();
    }
  });
});

test('names the port and the flag when a port is taken, and leaves nothing open', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  try {
    for (const [option, flag] of [
      ['httpsPort', '--port'],
      ['mqttPort', '--mqtt-port'],
    ] as const) {
      await assert.rejects(startEmulator({ dir: ':memory:', [option]: port }), (error: unknown) => {
        assert.ok(error instanceof EnrollkitError);
        assert.equal(error.code, 'PORT_IN_USE');
        assert.match(error.message, new RegExp(`${port}`));
        assert.match(error.next, new RegExp(flag));
        return true;
      });
    }
  } finally {
    taken.close();
  }
});

test('answers on both loopback addresses, and on the one that it is told', async () => {
  const emulator = await startTestEmulator({ host: '127.0.0.1' });
  try {
    assert.equal(emulator.endpoints.armEndpoint, `https://127.0.0.1:${emulator.endpoints.ports.https}`);
    assert.equal((await emulator.arm('GET', '')).status, 200);
  } finally {
    await emulator.stop();
  }
});

test('stops with connections open, in use or not, without waiting for a time limit of theirs', async () => {
  // No limit is ever reached: what waits for one waits for ever.
  mock.timers.enable({ apis: ['setTimeout'] });
  mock.method(Socket.prototype, 'setTimeout', function (this: Socket) {
    return this;
  });
  const agent = new Agent({ keepAlive: true });
  try {
    const emulator = await startTestEmulator();
    const { https, mqtt, amqp } = emulator.endpoints.ports;
    const idle = [https, mqtt, amqp].map((port) => connect(port, '127.0.0.1').on('error', () => {}));
    const closed = Promise.all(idle.map(untilClosed));
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    assert.equal((await emulator.call({ path: '/', agent })).status, 404);
    assert.equal(Object.keys(agent.freeSockets).length, 1, 'a connection is kept');
    await emulator.stop();
    await closed;
  } finally {
    agent.destroy();
    mock.reset();
  }
});

test('leaves its whole state in the one file when it stops', async () => {
  await inTemporaryFolder(async (dir) => {
    const emulator = await startTestEmulator({ dir });
    await emulator.verifiedCa('root', await make('root', 'Root'));
    await emulator.stop();
    const wal = join(dir, 'emulator', 'state.db-wal');
    assert.equal(existsSync(wal) ? statSync(wal).size : 0, 0);
    rmSync(wal, { force: true });
    const again = await startTestEmulator({ dir });
    try {
      assert.equal((await again.arm('GET', '/certificates/root')).body.properties.isVerified, true);
    } finally {
      await again.stop();
    }
  });
});

test('keeps what it answered with success when it is killed', async () => {
  await inTemporaryFolder(async (dir) => {
    const script = fileURLToPath(new URL('emulator-child.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const killed = clientOf(JSON.parse(line) as EmulatorEndpoints);
    const root = await make('root', 'Root');
    await killed.verifiedCa('root', root);
    assert.equal(
      (await killed.service('PUT', '/enrollmentGroups/g', groupBody('g', { reference: 'root' }))).status,
      200,
    );
    const device = await make('device', 'device-1', root);
    assert.equal((await killed.register('device-1', [device])).body.status, 'assigned');
    const before = await killed.service('GET', '/registrations/device-1');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(await runningEmulator(dir), undefined, 'what a killed process left behind');

    const emulator = await startTestEmulator({ dir });
    try {
      const after = await emulator.service('GET', '/registrations/device-1');
      assert.equal(after.body.etag, before.body.etag);
      assert.equal((await emulator.arm('GET', '/certificates/root')).body.properties.isVerified, true);
      const again = await emulator.register('device-1', [device]);
      assert.equal(again.body.registrationState.substatus, 'reprovisionedToInitialAssignment');
    } finally {
      await emulator.stop();
    }
  });
});

test.run();
