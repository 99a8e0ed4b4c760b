import assert from 'node:assert/strict';
import { type ChildProcess, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import { type EmulatorEndpoints, startEmulator } from '../../src/emulator/start.js';
import { lockFolder } from '../../src/emulator/state/lock.js';
import { clientOf } from '../emulator/support.js';
import { type EmulatorProcess, startEmulatorProcess } from '../support/emulator-process.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';
import { cli, type Ended } from './run-cli.js';

const keys = [
  'armEndpoint',
  'armToken',
  'consoleUrl',
  'subscriptionId',
  'resourceGroup',
  'dpsName',
  'idScope',
  'serviceConnectionString',
  'globalDeviceEndpoint',
  'hubHostName',
  'hubServiceConnectionString',
  'eventHubConnectionString',
  'services',
  'hubs',
  'caFile',
  'issuingRootFile',
  'ports',
  'tlsMax',
];

/** Starts an emulator that is stopped by a signal as soon as it has said that it is ready. */
function stoppedBy(signal: NodeJS.Signals, arguments_: string[], cwd: string): Promise<Ended> {
  const started = (child: ChildProcess) => child.stdout!.once('data', () => child.kill(signal));
  return cli(['emulator', 'start', '--port', '0', '--mqtt-port', '0', ...arguments_], { cwd, started });
}

async function whileRunning(dir: string, use: (emulator: EmulatorProcess) => Promise<void>): Promise<void> {
  const emulator = await startEmulatorProcess(dir);
  try {
    await use(emulator);
  } finally {
    await emulator.stop();
  }
}

test('emulator start --json prints one line with the documented keys, and SIGTERM and SIGINT stop it with 0', () =>
  inTemporaryFolder(async (cwd) => {
    const [terminated, interrupted] = await Promise.all([
      stoppedBy('SIGTERM', ['--dir', 'a', '--json'], cwd),
      stoppedBy('SIGINT', ['--dir', 'b'], cwd),
    ]);
    assert.equal(terminated.status, 0, terminated.stderr);
    assert.match(terminated.stdout, /^\{.*\}\n$/);
    assert.deepEqual(Object.keys(JSON.parse(terminated.stdout)), keys);
    assert.equal(interrupted.status, 0, interrupted.stderr);
    assert.match(interrupted.stdout, /localhost:\d+/);
    assert.doesNotMatch(interrupted.stdout, /SharedAccessKey=/);
    for (const line of interrupted.stdout.split('\n')) assert.ok(line.length <= 80, line);
  }));

test('emulator env gives the running emulator’s addresses, in three formats', () =>
  inTemporaryFolder(async (cwd) => {
    const dir = join(cwd, 'state');
    await whileRunning(dir, async ({ endpoints }) => {
      const [shell, dotenv, json] = await Promise.all(
        ['shell', 'dotenv', 'json'].map((format) =>
          run(['emulator', 'env', '--dir', dir, '--format', format]),
        ),
      );
      assert.ok(shell!.stdout.includes(`export PROVISIONING_IDSCOPE='${endpoints.idScope}'\n`));
      assert.ok(dotenv!.stdout.includes(`PROVISIONING_HOST="${endpoints.globalDeviceEndpoint}"\n`));
      const variables = JSON.parse(json!.stdout);
      assert.equal(variables.DPS_CONNECTION_STRING, endpoints.serviceConnectionString);
      for (const name of ['NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE']) {
        assert.equal(variables[name], endpoints.caFile);
      }
    });
    const after = await run(['emulator', 'env', '--dir', dir], { env: withCodes });
    assert.equal(after.status, 4);
    assertRefusal(after.stderr, 'NOT_FOUND', dir, 'emulator start');
  }));

test('emulator start makes hubs and services by name, and env --hosts gives the lines for their names in Azure', () =>
  inTemporaryFolder(async (dir) => {
    const names = [
      '--hub',
      'hub-one',
      '--hub',
      'hub-two',
      '--service',
      'service-one',
      '--service',
      'service-two',
    ];
    const emulator = await startEmulatorProcess(dir, names);
    try {
      const { endpoints } = emulator as unknown as { endpoints: EmulatorEndpoints };
      assert.deepEqual(
        endpoints.services.map(({ name }) => name),
        ['service-one', 'service-two'],
      );
      const { stdout } = await run(['emulator', 'env', '--dir', dir, '--hosts']);
      const second = endpoints.hubs[1]!.hostName.replace(/:\d+$/, '');
      assert.equal(
        stdout,
        [
          '127.0.0.1 global.azure-devices-provisioning.net service-one.azure-devices-provisioning.net hub-one.azure-devices.net',
          `${second} service-two.azure-devices-provisioning.net hub-two.azure-devices.net\n`,
        ].join('\n'),
      );
      const json = JSON.parse((await run(['emulator', 'env', '--dir', dir, '--hosts', '--json'])).stdout);
      assert.equal(json.hosts.length, 2);
      assert.equal((await run(['emulator', 'env', '--dir', dir, '--hosts', '--for', 'c'])).status, 2);

      const chosen = ['--service', 'Service-Two', '--hub', 'hub-two'];
      const env = JSON.parse((await run(['emulator', 'env', '--dir', dir, ...chosen, '--json'])).stdout);
      const [, service] = endpoints.services;
      const [, hub] = endpoints.hubs;
      assert.deepEqual(
        [env.DPS_NAME, env.PROVISIONING_IDSCOPE, env.DPS_CONNECTION_STRING],
        [service!.name, service!.idScope, service!.connectionString],
      );
      assert.deepEqual(
        [env.IOTHUB_HOST, env.IOTHUB_CONNECTION_STRING, env.EVENTHUB_CONNECTION_STRING],
        [hub!.hostName, hub!.serviceConnectionString, hub!.eventHubConnectionString],
      );
      const unknown = await run(['emulator', 'env', '--dir', dir, '--hub', 'hub-three'], {
        env: withCodes,
      });
      assert.equal(unknown.status, 2);
      assertRefusal(unknown.stderr, 'USAGE', '"hub-three"', 'hub-one, hub-two');

      const status = await run(['emulator', 'status', '--dir', dir]);
      const lineOf = (name: string) => status.stdout.split('\n').find((line) => line.includes(name))!;
      for (const fact of [service!.hostName, service!.idScope]) {
        assert.ok(lineOf('service-two').includes(fact), status.stdout);
      }
      assert.ok(lineOf('hub-two').includes(hub!.hostName), status.stdout);
      const told = JSON.parse((await run(['emulator', 'status', '--dir', dir, '--json'])).stdout);
      assert.deepEqual(told.services[1], {
        name: service!.name,
        idScope: service!.idScope,
        hostName: service!.hostName,
      });
      assert.deepEqual(told.hubs[1], { name: hub!.name, hostName: hub!.hostName });
    } finally {
      await emulator.stop();
    }
    const bad = await run(['emulator', 'start', '--dir', dir, '--hub', '-x'], { env: withCodes });
    assert.equal(bad.status, 2);
    assertRefusal(bad.stderr, 'USAGE', '"-x"');
  }));

test('emulator env gives each language what its SDKs read, in files that set it', () =>
  inTemporaryFolder(async (cwd) => {
    const dir = join(cwd, "it's");
    await whileRunning(dir, async ({ endpoints }) => {
      const env = async (...arguments_: string[]) => {
        const { status, stdout, stderr } = await run(['emulator', 'env', '--dir', dir, ...arguments_]);
        assert.equal(status, 0, stderr);
        return stdout;
      };
      const trust: Record<string, string[]> = {
        node: ['NODE_EXTRA_CA_CERTS'],
        python: ['REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE'],
        c: ['SSL_CERT_FILE'],
        csharp: ['SSL_CERT_FILE'],
        java: [],
        go: ['SSL_CERT_FILE'],
        az: ['REQUESTS_CA_BUNDLE'],
      };
      const all = JSON.parse(await env('--json'));
      for (const [language, names] of Object.entries(trust)) {
        const variables = JSON.parse(await env('--for', language, '--format', 'json'));
        const files = Object.keys(variables).filter((name) => variables[name] === endpoints.caFile);
        assert.deepEqual(files, names, language);
        for (const [name, value] of Object.entries(variables)) assert.equal(value, all[name], name);
        if (language === 'az') assert.equal(variables.ARM_ENDPOINT, endpoints.armEndpoint);
        else assert.equal(variables.PROVISIONING_IDSCOPE, endpoints.idScope);
      }
      assert.equal(all.PROVISIONING_MQTT_HOST, `localhost:${endpoints.ports.mqtt}`);
      assert.equal(all.PROVISIONING_AMQP_HOST, `localhost:${endpoints.ports.amqp}`);
      assert.equal(all.DPS_HTTPS_PORT, String(endpoints.ports.https));

      // What a shell makes of it is what was meant, comments and the quote in the path included.
      const shell = await env('--for', 'c');
      assert.match(shell, /^# .*--standard-ports/m);
      const read = spawnSync('sh', ['-c', `${shell}\nprintf %s "$SSL_CERT_FILE"`], { encoding: 'utf8' });
      assert.equal(read.stdout, endpoints.caFile, read.stderr);
      const powershell = await env('--for', 'c', '--format', 'powershell');
      assert.ok(powershell.includes(`$env:SSL_CERT_FILE = '${endpoints.caFile!.replace("'", "''")}'\n`));
      const java = await env('--for', 'java');
      assert.match(java, /^# keytool -importcert .* -file ".*tls-root\.pem"/m);
    });
  }));

test('commands use the emulator that runs on their folder, and leave it running', () =>
  inTemporaryFolder(async (cwd) => {
    await whileRunning(join(cwd, 'certs', '.enrollkit'), async ({ endpoints }) => {
      const quickstart = await run(['quickstart', '--yes', '--count', '1', '--json'], { cwd });
      assert.equal(quickstart.status, 0, quickstart.stderr);
      const { target, devices } = JSON.parse(quickstart.stdout);
      assert.equal(target.idScope, endpoints.idScope);
      assert.equal(devices[0].assignedHub, endpoints.hubHostName);
      const send = await run(['device', 'send', 'device-001', '--json'], { cwd });
      assert.equal(JSON.parse(send.stdout).assignedHub, endpoints.hubHostName);
      for (const sent of [true, false]) {
        const once = await run(['device', 'send', 'device-001', '--message-id', "17:'$", '--json'], { cwd });
        assert.equal(once.status, 0, once.stderr);
        assert.equal(JSON.parse(once.stdout).sent, sent);
      }
      const messages = await run(['emulator', 'messages', 'device-001', '--json'], { cwd });
      const ids = JSON.parse(messages.stdout).messages.map(
        (message: { systemProperties: { messageId?: string } }) => message.systemProperties.messageId,
      );
      assert.equal(ids.filter((id: string) => id === "17:'$").length, 1, messages.stdout);
      const bad = await run(['device', 'send', 'device-001', '--message-id', 'a b'], { cwd });
      assert.equal(bad.status, 2);
    });
  }));

test('a command starts its own emulator when that of another command is stopping, and says so when it stops later', () =>
  inTemporaryFolder(async (cwd) => {
    const dir = join(cwd, 'certs', '.enrollkit');
    const first = await startEmulator({ dir });
    const file = join(dir, 'emulator', 'endpoints.json');
    const published = readFileSync(file);
    await first.stop();
    // Nothing listens any more, and the lock is about to be released.
    const release = lockFolder(join(dir, 'emulator'));
    writeFileSync(file, published);
    setTimeout(release, 300);
    const { status, stderr } = await run(['group', 'list'], { cwd });
    assert.equal(status, 0, stderr);

    let stopped: Promise<void> | undefined;
    const second = await startEmulator({ dir, log: () => (stopped ??= second.stop()) });
    const ended = await run(['quickstart', '--yes', '--count', '1'], { cwd, env: withCodes });
    assert.equal(ended.status, 5, ended.stderr);
    assert.match(ended.stderr, /emulator start --detach --dir/);
    await stopped;
    assert.equal((await run(['quickstart', '--yes', '--count', '1'], { cwd })).status, 0);
  }));

test('a port in use, and a state in use', () =>
  inTemporaryFolder(async (cwd) => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as { port: number };
    try {
      const { status, stdout, stderr } = await cli(
        ['emulator', 'start', '--json', '--dir', 'x', '--port', String(port), '--mqtt-port', '0'],
        { cwd },
      );
      assert.equal(status, 9);
      assert.ok(stderr.includes(String(port)), stderr);
      assert.equal(JSON.parse(stdout).error.code, 'PORT_IN_USE');
    } finally {
      await new Promise((closed) => server.close(closed));
    }
    await whileRunning(join(cwd, 'state'), async () => {
      const second = await run(['emulator', 'start', '--dir', 'state', '--port', '0', '--mqtt-port', '0'], {
        cwd,
        env: withCodes,
      });
      assert.equal(second.status, 9);
      assertRefusal(second.stderr, 'EMULATOR_STATE_IN_USE', 'state');
    });
  }));

test('a refused device is told of on standard error, with the reason', () =>
  inTemporaryFolder(async (cwd) => {
    const state = join(cwd, 'certs', '.enrollkit');
    assert.equal((await run(['quickstart', '--yes', '--count', '1', '--no-telemetry'], { cwd })).status, 0);
    await whileRunning(state, async ({ process }) => {
      let told = '';
      process.stderr!.on('data', (chunk: Buffer) => {
        told += chunk;
      });
      await run(['group', 'delete', 'enrollkit-devices', '--yes'], { cwd });
      const refused = await run(['device', 'register', 'device-001'], { cwd });
      assert.equal(refused.status, 4);
      assert.match(told, /device +register device-001 401\n +\S/);
    });
  }));

test('what a client writes into its requests does not steer the terminal, nor fill it', () =>
  inTemporaryFolder(async (cwd) => {
    const emulator = await startEmulatorProcess(join(cwd, 'state'));
    let told = '';
    emulator.process.stderr!.on('data', (chunk: Buffer) => {
      told += chunk;
    });
    const { call } = clientOf(emulator.endpoints as unknown as EmulatorEndpoints);
    const forged = encodeURIComponent('\u001b[2J\n12:00:00.000 https device  register trusted 200');
    for (const id of [forged, 'x'.repeat(5000)]) {
      const path = `/${emulator.endpoints.idScope}/registrations/${id}/register?api-version=2021-06-01`;
      assert.equal((await call({ method: 'PUT', path, body: {} })).status, 400);
    }
    await emulator.stop();
    // What it says when it is stopped.
    const lines = told
      .replace(/^Stopping .*\n/m, '')
      .trimEnd()
      .split('\n');
    assert.equal(lines.length, 4, told);
    assert.match(lines[0]!, /register \\u001b\[2J\\n12:00/);
    for (const line of lines) assert.ok(line.length < 600, line);
  }));

test.run();
