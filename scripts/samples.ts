/**
 * Compiles and runs the samples that take longer than a test may: those in Go, and the webhooks in Go, Java and Python.
 * Needs the packages golang-go, golang-github-eclipse-paho.mqtt.golang-dev, default-jdk-headless and python3 of Debian.
 * With clones of Microsoft's repositories, also that for embedded C, and that for Python with azure-iot-device, which needs
 * port 8883 and what the package needs (Debian: python3-janus, python3-requests-unixsocket, python3-deprecation,
 * python3-socks, python3-paho-mqtt). With a folder of clones, also those in Java with Microsoft's packages, which it compiles
 * from source: Azure/azure-iot-sdk-java, Azure/qpid-proton-j-extensions, apache/qpid-proton-j and eclipse-paho/paho.mqtt.java,
 * each by the name of its repository. They need ports 443 and 8883 (Debian: liblombok-java, libgoogle-gson-java,
 * libcommons-codec-java, libcommons-lang3-java, libslf4j-java).
 *
 *     npm run build && npx tsx scripts/samples.ts [--azure-sdk-for-c FOLDER] [--azure-iot-sdk-python FOLDER] [--java FOLDER]
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'enrollkit-samples-'));
const { values: clones } = parseArgs({
  options: {
    'azure-sdk-for-c': { type: 'string' },
    'azure-iot-sdk-python': { type: 'string' },
    java: { type: 'string' },
  },
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

/**
 * Compiles Microsoft's packages for Java, and what they need and Debian lacks.
 *
 * @param clones a folder with the four repositories
 * @returns the class path
 */
function compileJava(clones: string): string {
  const jars = ['gson', 'commons-codec', 'commons-lang3', 'slf4j-api', 'slf4j-nop']
    .map(javaArchive)
    .join(':');
  const mqtt = 'paho.mqtt.java/org.eclipse.paho.client.mqttv3/src/main';
  const azure = [
    'provisioning/security/security-provider',
    'provisioning/security/x509-provider',
    'provisioning/provisioning-device-client',
    'provisioning/provisioning-service-client',
    'iothub/device/iot-device-client',
  ].map((module) => `azure-iot-sdk-java/${module}/src/main/java`);
  const sources = [
    ...azure,
    'qpid-proton-j-extensions/src/main/java',
    'qpid-proton-j/proton-j/src/main/java',
    `${mqtt}/java`,
    `${mqtt}/java-templates`,
  ].flatMap((name) => {
    const from = join(resolve(clones), name);
    const paths = readdirSync(from, { recursive: true, encoding: 'utf8' });
    return paths
      .filter((path) => path.endsWith('.java') && path !== 'module-info.java')
      .map((path) => join(from, path));
  });
  const lombok = javaArchive('lombok');
  const packages = join(folder, 'packages');
  const path = `${lombok}:${jars}`;
  run(
    'javac',
    '-nowarn',
    '-encoding',
    'UTF-8',
    '-d',
    packages,
    '-processorpath',
    lombok,
    '-cp',
    path,
    ...sources,
  );
  cpSync(join(resolve(clones), mqtt, 'resources'), packages, { recursive: true });
  return `${packages}:${jars}`;
}

/** A library as Debian installs it. */
function javaArchive(name: string): string {
  return `/usr/share/java/${name}.jar`;
}

try {
  enrollkit('quickstart', '--yes', '--count', '1');
  const python = clones['azure-iot-sdk-python'];
  const freePorts = ['--port', '0', '--mqtt-port', python === undefined ? '0' : '8883', '--amqp-port', '0'];
  const ports = clones.java === undefined ? freePorts : ['--standard-ports'];
  enrollkit('emulator', 'start', '--detach', ...ports);
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
  if (clones.java !== undefined) {
    const packages = compileJava(clones.java);
    const password = 'changeit';
    const store = ['-keystore', 'trust.p12', '-storepass', password];
    run(
      'keytool',
      '-importcert',
      '-noprompt',
      '-alias',
      'root',
      '-file',
      variables.NODE_EXTRA_CA_CERTS!,
      ...store,
    );
    const trust = ['trustStore=trust.p12', `trustStorePassword=${password}`].map(
      (setting) => `-Djavax.net.ssl.${setting}`,
    );
    for (const [kind, file, ...group] of [
      ['enroll-group', 'EnrollGroup.java', '--group', 'by-java'],
      ['register-device', 'Device.java'],
      ['send-telemetry', 'Device.java'],
    ] as const) {
      enrollkit('sample', 'java', kind, '--out', file, '--force', ...group);
      const printed = run('java', ...trust, '-cp', packages, file);
      console.log(`${kind}, ${file}: ${printed.trim().replaceAll('\n', ', ')}`);
    }
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
