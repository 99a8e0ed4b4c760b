/** Runs an emulator until it is stopped. */
import type { EmulatorEndpoints } from '../../emulator/endpoints.js';
import { EnrollkitError } from '../../errors.js';
import type { KeyAlgorithm } from '../../pki/keys.js';
import type { Command, Context, Input } from '../kernel/command.js';
import { outputFlags, programName, stateFolderFlag, wholeNumber } from '../kernel/flags.js';
import { choices } from '../quickstart/plan-flags.js';

/** As HTTPS, MQTT and AMQP over TLS, but for ports that need no rights. */
const defaultPorts = { https: 8443, mqtt: 8883, amqp: 5671 };
/** What the SDKs dial that cannot be told a port. */
const standardPorts = { https: 443, mqtt: 8883, amqp: 5671 };

export const emulatorStart: Command = {
  description:
    'Runs a Device Provisioning Service with a linked hub, or several of both, for any Azure SDK, until Ctrl-C or SIGTERM. What it answers with success is on disk by then, and is there again at the next start. It listens on loopback only, unless --host says otherwise.',
  flags: [
    stateFolderFlag,
    { name: 'host', value: 'HOST', summary: 'the address to listen on (default: localhost)' },
    {
      name: 'port',
      value: 'PORT',
      parse: wholeNumber('port', 0, 65_535),
      summary: `for HTTPS; 0 picks a free one (default: ${defaultPorts.https})`,
    },
    {
      name: 'mqtt-port',
      value: 'PORT',
      parse: wholeNumber('mqtt-port', 0, 65_535),
      summary: `for MQTT; 0 picks a free one (default: ${defaultPorts.mqtt})`,
    },
    {
      name: 'amqp-port',
      value: 'PORT',
      parse: wholeNumber('amqp-port', 0, 65_535),
      summary: `for AMQP; 0 picks a free one (default: ${defaultPorts.amqp}, or 0 with --mqtt-port 0)`,
    },
    {
      name: 'standard-ports',
      summary:
        'the ports of Azure, 443, 8883 and 5671, so that no name carries a port; for SDKs that dial nothing else',
    },
    {
      name: 'hub',
      value: 'NAME',
      repeatable: true,
      summary: 'an IoT hub to be there; may be given several times (default: one, hub-1)',
    },
    {
      name: 'service',
      value: 'NAME',
      repeatable: true,
      summary: 'a provisioning service to be there; may be given several times (default: one, enrollkit-dps)',
    },
    {
      name: 'retry-after',
      value: 'SECONDS',
      parse: wholeNumber('retry-after', 0, 3600),
      summary: 'what a device is told to wait between two polls; 3 is Azure’s pace (default: 0)',
    },
    {
      name: 'quotas',
      summary:
        'refuse what is beyond the documented limits: 1000 registrations a minute, 25 CA certificates, and so on',
    },
    {
      name: 'server-key',
      value: 'ALGORITHM',
      choices: choices.keyAlgorithm,
      summary:
        'the key of its own certificate; rsa-2048 for clients with cipher suites for RSA alone, as Azure has it (default: ec-p256, or as before)',
    },
    {
      name: 'full-chain',
      summary:
        'refuse devices that do not present all of their chain, up to a verified CA; whether Azure does is not documented',
    },
    {
      name: 'strict-api-versions',
      summary:
        'refuse an api-version that is later than all known ones, instead of serving it as the newest of them',
    },
    {
      name: 'seed',
      value: 'FILE',
      summary: 'hubs, devices, services, certificates and enrollments that are there from the start; JSON',
    },
    { name: 'detach', summary: 'return as soon as it is ready; it goes on in the background' },
    ...outputFlags,
  ],
  examples: [
    { line: 'emulator start', summary: 'with the state of the quickstart in certs' },
    { line: 'emulator start --detach', summary: 'in the background, until: enrollkit emulator stop' },
    {
      line: 'emulator start --dir /tmp/dps --port 0 --mqtt-port 0 --json',
      summary: 'for a test: free ports, one line of JSON when it is ready',
    },
  ],
  run,
};

async function run({ flags }: Input, context: Context): Promise<void> {
  const { stateFolderOf } = await import('../target/state-folder.js');
  const ports = portsOf(flags);
  const dir = stateFolderOf(flags);
  if (flags.detach) return runDetached(dir, flags, context);
  const { startEmulator } = await import('../../emulator/start.js');
  const { emulatorLog, isNotable } = await import('./log.js');
  const { output, signal, now } = context;
  const seedFile =
    flags.seed === undefined
      ? undefined
      : (await import('./seed-file.js')).readSeedFile(flags.seed as string);
  const asked = new AbortController();
  const emulator = await startEmulator({
    dir,
    httpsPort: ports.https,
    mqttPort: ports.mqtt,
    amqpPort: ports.amqp,
    ...(flags.host === undefined ? {} : { host: flags.host as string }),
    ...(flags.hub === undefined ? {} : { hubs: flags.hub as string[] }),
    ...(flags.service === undefined ? {} : { services: flags.service as string[] }),
    ...(flags.retryAfter === undefined ? {} : { retryAfter: flags.retryAfter as number }),
    ...(flags.quotas === undefined ? {} : { quotas: true }),
    ...(flags.serverKey === undefined ? {} : { serverKey: flags.serverKey as KeyAlgorithm }),
    fullChain: flags.fullChain === true,
    strictApiVersions: flags.strictApiVersions === true,
    ...(seedFile === undefined ? {} : { seed: seedFile.seed }),
    now,
    signal,
    log: emulatorLog(output, isNotable),
    onStopRequest: () => asked.abort(),
  }).catch((error: unknown) => {
    throw seedFile?.placed(error) ?? error;
  });
  try {
    await show(emulator.endpoints, dir, context, false);
    const end = AbortSignal.any([signal, asked.signal]);
    // To be stopped is how this command succeeds.
    if (!end.aborted) await new Promise((stop) => end.addEventListener('abort', stop, { once: true }));
  } finally {
    await emulator.stop();
  }
  if (!output.json) output.say('The emulator has stopped; its state is kept.');
}

async function runDetached(dir: string, flags: Input['flags'], context: Context): Promise<void> {
  const { argumentsOf, startDetached } = await import('./detach.js');
  const { detach: _, json: __, ...passedOn } = flags;
  const endpoints = await startDetached({
    dir,
    arguments: argumentsOf(emulatorStart.flags, passedOn),
    signal: context.signal,
  });
  await show(endpoints, dir, context, true);
}

async function show(
  endpoints: EmulatorEndpoints,
  dir: string,
  { output, env }: Context,
  detached: boolean,
): Promise<void> {
  if (output.json) return output.value(endpoints, { oneLine: true });
  const { emulatorOverview } = await import('./overview.js');
  const options = { dir, program: programName(env), style: output.dataStyle, detached };
  output.data(emulatorOverview(endpoints, options));
}

/** @throws EnrollkitError USAGE */
function portsOf({ standardPorts: standard, ...flags }: Input['flags']): typeof defaultPorts {
  const { port, mqttPort, amqpPort } = flags as Record<string, number | undefined>;
  if (standard && [port, mqttPort, amqpPort].some((one) => one !== undefined)) {
    throw new EnrollkitError('USAGE', '--standard-ports goes without --port, --mqtt-port and --amqp-port.');
  }
  const usual = standard ? standardPorts : defaultPorts;
  return {
    https: port ?? usual.https,
    mqtt: mqttPort ?? usual.mqtt,
    // Devices dial their hub for MQTT and AMQP alike: whoever wants a free port for the one has none for the other.
    amqp: amqpPort ?? (mqttPort === 0 ? 0 : usual.amqp),
  };
}
