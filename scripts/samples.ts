/**
 * Compiles and runs the samples that take longer than a test may: those in Go, and the webhooks in Go, Java and Python.
 * Needs the packages golang-go, golang-github-eclipse-paho.mqtt.golang-dev, default-jdk-headless and python3 of Debian.
 * With clones of Microsoft's repositories, also that for embedded C, and that for Python with azure-iot-device, which needs
 * port 8883 and what the package needs (Debian: python3-janus, python3-requests-unixsocket, python3-deprecation,
 * python3-socks, python3-paho-mqtt).
 *
 *     npm run build && npx tsx scripts/samples.ts [--azure-sdk-for-c FOLDER] [--azure-iot-sdk-python FOLDER]
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'enrollkit-samples-'));
const { values: clones } = parseArgs({
  options: { 'azure-sdk-for-c': { type: 'string' }, 'azure-iot-sdk-python': { type: 'string' } },
});
const env: NodeJS.ProcessEnv = {
  ...process.env,
  GO111MODULE: 'off',
  GOPATH: '/usr/share/gocode',
  GOCACHE: join(folder, 'cache'),
};

function run(program: string, ...argv: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, argv, { cwd: folder, env, encoding: 'utf8' });
  assert.equal(status, 0, `${program} ${argv.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

const enrollkit = (...argv: string[]) => run(process.execPath, bin, ...argv);

/** Starts a webhook, asks it for a hub, and stops it. */
async function askWebhook(program: string, ...argv: string[]): Promise<void> {
  const child = spawn(program, [...argv, '0'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const [url] = /http:\/\/\S+/.exec(String(line))!;
    const ask = async (body: unknown) => {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
      return [response.status, ((await response.json()) as { iotHubHostName?: string }).iotHubHostName];
    };
    const linkedHubs = ['hub-a.example', 'hub-b.example'];
    const of = (payload: unknown) => ({
      deviceRuntimeContext: { registrationId: 'device-1', payload },
      linkedHubs,
    });
    assert.deepEqual(await ask(of({ site: 'HUB-B' })), [200, 'hub-b.example']);
    const [status, hub] = await ask(of(undefined));
    assert.equal(status, 200);
    assert.ok(linkedHubs.includes(String(hub)));
    assert.deepEqual(await ask({}), [400, undefined]);
    console.log(`${[program, ...argv].at(-1)}: ${hub} for device-1`);
  } finally {
    process.kill(-child.pid!, 'SIGKILL');
  }
}

try {
  enrollkit('quickstart', '--yes', '--count', '1');
  const python = clones['azure-iot-sdk-python'];
  const mqttPort = python === undefined ? '0' : '8883';
  enrollkit('emulator', 'start', '--detach', '--port', '0', '--mqtt-port', mqttPort, '--amqp-port', '0');
  const variables = JSON.parse(enrollkit('emulator', 'env', '--format', 'json')) as Record<string, string>;
  Object.assign(env, { DPS_CONNECTION_STRING: variables.DPS_CONNECTION_STRING });
  for (const [kind, file] of [
    ['enroll-group', 'enroll_group.go'],
    ['register-device', 'register.go'],
    ['send-telemetry', 'send.go'],
  ] as const) {
    const group = kind === 'enroll-group' ? ['--group', 'by-go'] : [];
    enrollkit('sample', 'go', kind, '--out', file, ...group);
    run('go', 'vet', file);
    console.log(`${file}: ${run('go', 'run', file).trim().replaceAll('\n', ', ')}`);
  }
  const sdk = clones['azure-sdk-for-c'];
  if (sdk !== undefined) {
    enrollkit('sample', 'embedded-c', 'send-telemetry', '--out', 'device.c');
    const source = (room: string, name: string) => join(resolve(sdk), `sdk/src/azure/${room}/az_${name}.c`);
    const core = ['context', 'log', 'precondition', 'span', 'json_reader', 'json_token', 'json_writer'];
    const iot = ['common', 'hub_client', 'hub_client_telemetry', 'provisioning_client'];
    const sources = [
      ...core.map((name) => source('core', name)),
      ...iot.map((name) => source('iot', `iot_${name}`)),
      source('platform', 'noplatform'),
    ];
    run(
      'cc',
      '-Wall',
      '-I',
      join(resolve(sdk), 'sdk/inc'),
      '-o',
      'device',
      'device.c',
      ...sources,
      '-lpaho-mqtt3cs',
    );
    console.log(`device.c: ${run('./device').trim().replaceAll('\n', ', ')}`);
  }
  if (python !== undefined) {
    enrollkit('sample', 'python', 'send-telemetry', '--out', 'device.py');
    env.PYTHONPATH = join(resolve(python), 'azure-iot-device');
    console.log(`device.py: ${run('/usr/bin/python3', 'device.py').trim().replaceAll('\n', ', ')}`);
  }
  enrollkit('sample', 'go', 'allocation-webhook', '--out', 'webhook.go');
  run('go', 'build', '-o', 'webhook', 'webhook.go');
  await askWebhook('./webhook');
  enrollkit('sample', 'java', 'allocation-webhook', '--out', 'AllocationWebhook.java');
  await askWebhook('java', 'AllocationWebhook.java');
  enrollkit('sample', 'python', 'allocation-webhook', '--out', 'webhook.py');
  await askWebhook('python3', 'webhook.py');
} finally {
  spawnSync(process.execPath, [bin, 'emulator', 'stop'], { cwd: folder });
  rmSync(folder, { recursive: true, force: true });
}
