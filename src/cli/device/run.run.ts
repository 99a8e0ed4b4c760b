/** Runs devices until Ctrl-C, which is how the command succeeds. */
import { EnrollkitError, type ExitStatus, errorTable, exitStatus, isAbort } from '../../errors.js';
import type { RunDevicesResult } from '../../fleet/running/options.js';
import { runDevices } from '../../fleet/running/run-devices.js';
import { sentences } from '../../languages/language.js';
import type { FlagsOf, RunOf } from '../kernel/command.js';
import { atGlobalEndpoint, deviceTarget, idScopeOf } from '../target/device-target.js';
import { folderOf } from '../target/folder.js';
import { withTarget } from '../target/target.js';
import { readMethods, readReported, readTemplate } from './behavior-files.js';
import type { deviceRun } from './run.js';
import { devicesToRun, maxNamed } from './run-devices.js';
import { runDisplay } from './run-display.js';

const usualIntervalMs = 5000;

/** Connections being made at once; registrations per minute, within the quotas of DPS. */
const paces = {
  emulator: { concurrency: 32 },
  azure: { concurrency: 128, perMinute: 900 },
} as const;

export const run: RunOf<typeof deviceRun> = async ({ args, flags }, context) => {
  assertTogether(flags, args.id);
  const { output, signal } = context;
  const messages = readTemplate(flags.template);
  const reported = flags.reported === undefined ? undefined : readReported(flags.reported);
  const methods = flags.methods === undefined ? undefined : readMethods(flags.methods);
  const devices = await devicesToRun(args.id ?? [], flags, context);
  const replaced = devices.filter(({ hasOperationalKey }) => hasOperationalKey);
  if (replaced.length > 0) {
    const named = replaced.slice(0, maxNamed).map(({ registrationId }) => registrationId);
    output.note('device.run.replaced', sentences.deviceRun.replaced(named, replaced.length - named.length));
  }
  const folder = folderOf(flags);
  const request = { target: deviceTarget(flags, folder), folder, flags, mayCreate: false };
  const display = runDisplay(output);
  try {
    const result = await withTarget(request, context, async (opened) => {
      const target = atGlobalEndpoint(opened, flags);
      return runDevices({
        devices,
        target,
        idScope: await idScopeOf(target, signal),
        protocol: flags.protocol ?? 'mqtt',
        intervalMs: flags.interval ?? usualIntervalMs,
        count: flags.count,
        durationMs: flags.duration,
        messages,
        reported,
        methods,
        requestsCertificates: flags.csr === true,
        renewAfterMs: flags.renewAfter,
        ...paces[target.kind],
        onEvent: display.onEvent,
        onProgress: display.onProgress,
        end: signal,
      });
    });
    // Ctrl-C is how a run ends; anything else that ends it is an error.
    if (signal.aborted && !isAbort(signal.reason)) throw signal.reason;
    display.result(result);
    return statusOf(result);
  } finally {
    display.end();
  }
};

/** @throws EnrollkitError USAGE */
function assertTogether(flags: FlagsOf<typeof deviceRun>, ids: readonly string[] = []): void {
  const { deviceRun: texts } = sentences;
  const isMqtt = (flags.protocol ?? 'mqtt').startsWith('mqtt');
  if (flags.csr && !isMqtt) throw new EnrollkitError('USAGE', texts.csrOverMqtt);
  if (flags.renewAfter !== undefined && !flags.csr) throw new EnrollkitError('USAGE', texts.renewWithoutCsr);
  const files = [flags.certificate, flags.chain, flags.key].some((one) => one !== undefined);
  if (files && flags.fleet !== undefined) throw new EnrollkitError('USAGE', texts.fleetAndFiles);
  if (files && ids.length !== 1) throw new EnrollkitError('USAGE', texts.oneDeviceForFiles);
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  if (twice !== undefined) throw new EnrollkitError('USAGE', texts.listedTwice(twice));
}

/** As `fleet register` ends: some refused, or all. */
function statusOf({ failures, devices }: RunDevicesResult): ExitStatus {
  if (failures.length === 0) return exitStatus.ok;
  return failures.length < devices ? exitStatus.partial : errorTable[failures[0]!.error.code].exit;
}
