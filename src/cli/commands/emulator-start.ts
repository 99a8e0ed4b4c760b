/** Runs an emulator until it is stopped. */
import type { Command, Context, Input } from '../command.js';
import { outputFlags, programName, stateFolderFlag, wholeNumber } from '../flags.js';

/** As HTTPS and MQTT over TLS, but for ports that need no rights. */
const defaultPorts = { https: 8443, mqtt: 8883 };

export const emulatorStart: Command = {
  description:
    'Runs a Device Provisioning Service with one linked hub, for any Azure SDK, until Ctrl-C or SIGTERM. What it answers with success is on disk by then, and is there again at the next start. It listens on loopback only, unless --host says otherwise.',
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
      name: 'retry-after',
      value: 'SECONDS',
      parse: wholeNumber('retry-after', 0, 3600),
      summary: 'what a device is told to wait between two polls; 3 is Azure’s pace (default: 0)',
    },
    ...outputFlags,
  ],
  examples: [
    { line: 'emulator start', summary: 'with the state of the quickstart in certs' },
    {
      line: 'emulator start --dir /tmp/dps --port 0 --mqtt-port 0 --json',
      summary: 'for a test: free ports, one line of JSON when it is ready',
    },
  ],
  run,
};

async function run({ flags }: Input, { output, env, signal, now }: Context): Promise<void> {
  const { startEmulator } = await import('../../emulator/start.js');
  const { emulatorLog, isRefusal } = await import('../emulator-log.js');
  const { stateFolderOf } = await import('../state-folder.js');
  const dir = stateFolderOf(flags);
  const emulator = await startEmulator({
    dir,
    httpsPort: (flags.port as number | undefined) ?? defaultPorts.https,
    mqttPort: (flags.mqttPort as number | undefined) ?? defaultPorts.mqtt,
    ...(flags.host === undefined ? {} : { host: flags.host as string }),
    ...(flags.retryAfter === undefined ? {} : { retryAfter: flags.retryAfter as number }),
    now,
    log: emulatorLog(output, isRefusal),
  });
  try {
    if (output.json) output.value(emulator.endpoints, { oneLine: true });
    else {
      const { emulatorOverview } = await import('../emulator-overview.js');
      output.data(emulatorOverview(emulator.endpoints, dir, programName(env), output.dataStyle));
    }
    // To be stopped is how this command succeeds.
    if (!signal.aborted) await new Promise((stop) => signal.addEventListener('abort', stop, { once: true }));
  } finally {
    await emulator.stop();
  }
  if (!output.json) output.say('The emulator has stopped; its state is kept.');
}
