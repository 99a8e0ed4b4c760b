/** Runs an emulator until it is stopped, or starts one in the background. */

import type { EmulatorEndpoints } from '../../emulator/endpoints.js';
import type { FaultSelection } from '../../emulator/faults/control.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Context, FlagsOf, RunOf } from '../kernel/command.js';
import { defaultPorts } from '../target/emulator-ports.js';
import { programName } from '../terminal/command-line.js';
import { dirFlagFor, stateFolderOf } from './running-emulator.js';
import { emulatorStart } from './start.js';

/** For SDKs that take no port. */
const standardPorts = { https: 443, mqtt: 8883, amqp: 5671 };

export const run: RunOf<typeof emulatorStart> = async ({ flags }, context) => {
  const ports = portsOf(flags);
  const dir = stateFolderOf(flags);
  const faults = await faultsOf(flags);
  warnOfNetwork(flags.host, context);
  if (flags.detach) return runDetached(dir, { ...flags, faultSeed: faults?.faultSeed }, context);
  const { startEmulator } = await import('../../emulator/start.js');
  const { emulatorLog, emulatorLogFile, isNotable } = await import('../target/emulator-log.js');
  const { output, signal, now } = context;
  const seedFile =
    flags.seed === undefined ? undefined : (await import('./seed-file.js')).readSeedFile(flags.seed);
  const stopRequest = new AbortController();
  const writeToTerminal = emulatorLog(output, isNotable);
  const writeToFile = emulatorLogFile(dir);
  const emulator = await startEmulator({
    dir,
    httpsPort: ports.https,
    mqttPort: ports.mqtt,
    amqpPort: ports.amqp,
    ...(flags.consolePort === undefined ? {} : { consolePort: flags.consolePort }),
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.hub === undefined ? {} : { hubs: flags.hub }),
    ...(flags.service === undefined ? {} : { services: flags.service }),
    ...(flags.retryAfter === undefined ? {} : { retryAfter: flags.retryAfter }),
    ...(flags.quotas === undefined ? {} : { quotas: true }),
    ...(flags.serverKey === undefined ? {} : { serverKey: flags.serverKey }),
    ...(flags.tlsMax === undefined ? {} : { tlsMax: flags.tlsMax }),
    fullChain: flags.fullChain === true,
    strictApiVersions: flags.strictApiVersions === true,
    allowRenewedCertificates: flags.allowRenewedCertificates === true,
    ...(seedFile === undefined ? {} : { seed: seedFile.seed }),
    ...faults,
    now,
    signal,
    log(event) {
      writeToTerminal(event);
      writeToFile(event);
    },
    onStopRequest: () => stopRequest.abort(),
  }).catch((error: unknown) => {
    throw seedFile?.placed(error) ?? error;
  });
  try {
    await show(emulator.endpoints, dir, context, false);
    await noteClock(emulator.clock.offset, dir, context);
    noteFaults(flags.faults, faults?.faultSeed, context);
    const end = AbortSignal.any([signal, stopRequest.signal]);
    // Being stopped is how this command succeeds.
    if (!end.aborted) await new Promise((stop) => end.addEventListener('abort', stop, { once: true }));
  } finally {
    await emulator.stop();
  }
  if (!output.json) output.note('emulator.stopped', sentences.cliEmulator.stopped);
};

async function runDetached(
  dir: string,
  flags: FlagsOf<typeof emulatorStart>,
  context: Context,
): Promise<void> {
  const { argumentsOf, startDetached } = await import('./detach.js');
  const { detach: _, json: __, ...passedOn } = flags;
  const endpoints = await startDetached({
    dir,
    arguments: argumentsOf(emulatorStart.flags, passedOn),
    signal: context.signal,
  });
  await show(endpoints, dir, context, true);
  const { clockOffsetOf } = await import('../target/emulator-clock.js');
  await noteClock(await clockOffsetOf(endpoints), dir, context);
  noteFaults(flags.faults, flags.faultSeed, context);
}

/** @throws EnrollkitError USAGE, FILE_UNREADABLE, INVALID_FAULTS */
async function faultsOf({
  faults,
  faultSeed,
}: FlagsOf<typeof emulatorStart>): Promise<{ faults: FaultSelection; faultSeed: number } | undefined> {
  if (faults === undefined) {
    if (faultSeed !== undefined) throw new EnrollkitError('USAGE', sentences.cliEmulator.seedWithoutFaults);
    return undefined;
  }
  const { readFaults } = await import('./fault-file.js');
  const { randomSeed } = await import('../../emulator/faults/control.js');
  return { faults: readFaults(faults), faultSeed: faultSeed ?? randomSeed() };
}

function noteFaults(faults: string | undefined, seed: number | undefined, { output }: Context): void {
  if (faults === undefined || seed === undefined) return;
  output.note('emulator.faults', sentences.cliEmulator.injectingFaults(faults, seed));
}

/** Says that the clock was set before, and is not that of this computer. */
async function noteClock(offset: number, dir: string, { output, now }: Context): Promise<void> {
  if (offset === 0) return;
  const { clockText } = await import('./clock-text.js');
  const time = clockText({ now: new Date(now().getTime() + offset).toISOString(), offset });
  const command = `enrollkit emulator clock --reset${dirFlagFor(dir)}`;
  output.note('emulator.clock.set', sentences.cliEmulator.clockStillSet(time, command));
}

/** Names for every address of this computer. */
const everyAddress = ['0.0.0.0', '::'];

function warnOfNetwork(host: string | undefined, { output }: Context): void {
  if (host === undefined || !everyAddress.includes(host)) return;
  output.note('emulator.open', sentences.cliEmulator.openToNetwork(host));
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
  output.result('emulator.started', emulatorOverview(endpoints, options));
}

/** @throws EnrollkitError USAGE */
function portsOf({
  standardPorts: standard,
  port,
  mqttPort,
  amqpPort,
}: FlagsOf<typeof emulatorStart>): typeof defaultPorts {
  if (standard && [port, mqttPort, amqpPort].some((one) => one !== undefined)) {
    throw new EnrollkitError('USAGE', sentences.cliEmulator.standardPortsAlone);
  }
  const usual = standard ? standardPorts : defaultPorts;
  return {
    https: port ?? usual.https,
    mqtt: mqttPort ?? usual.mqtt,
    // Devices use one host name for both, so a free port for MQTT asks for one for AMQP.
    amqp: amqpPort ?? (mqttPort === 0 ? 0 : usual.amqp),
  };
}
