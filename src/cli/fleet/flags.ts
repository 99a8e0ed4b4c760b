/** Flags of the commands that take a fleet to a provisioning service. */
import type { FleetFiles } from '../../fleet/registration/fleet-devices.js';
import { type FlagValues, numberFlag, switchFlag, textFlag } from '../kernel/flags.js';

const how = 'How:';

export const fleetArgument = {
  fleet: { summary: 'what fleet issue --out has made: a folder, a file of NDJSON, a tar archive' },
};

export const manifestFlag = {
  manifest: textFlag({
    placeholder: 'FILE',
    summary: 'the list of the devices (default: FLEET.manifest.csv)',
  }),
};

export const resultsFlag = (ending: string, what: string) => ({
  results: textFlag({ placeholder: 'FILE', summary: `${what} (default: FLEET${ending})` }),
});

/** What is usual in Azure; its quotas leave some room. */
interface UsualPace {
  concurrency: number;
  perMinute: number;
}

/** A registration waits for seconds while DPS assigns. */
export const registrationPace: UsualPace = { concurrency: 128, perMinute: 900 };
export const servicePace: UsualPace = { concurrency: 4, perMinute: 900 };

export const paceFlags = (what: string, { concurrency, perMinute }: UsualPace) => ({
  concurrency: numberFlag({
    placeholder: 'N',
    minimum: 1,
    maximum: 10_000,
    heading: how,
    summary: `at once (default: ${concurrency}; 16 at the emulator)`,
  }),
  rate: numberFlag({
    placeholder: 'N',
    minimum: 1,
    maximum: 10_000_000,
    heading: how,
    summary: `${what} a minute (default: ${perMinute}, below DPS’s quota of 1000; no limit at the emulator)`,
  }),
  quiet: switchFlag({ heading: how, summary: 'no progress on standard error' }),
});

/** Many connections on one computer only wait for each other. */
const emulatorConcurrency = 16;

export function paceOf(
  kind: 'emulator' | 'azure',
  flags: FlagValues<ReturnType<typeof paceFlags>>,
  azure: UsualPace,
): { concurrency: number; perMinute?: number | undefined } {
  const usual = kind === 'emulator' ? { concurrency: emulatorConcurrency, perMinute: undefined } : azure;
  return {
    concurrency: flags.concurrency ?? usual.concurrency,
    perMinute: flags.rate ?? usual.perMinute,
  };
}

/** A folder may be typed with a slash at its end; what lies beside it has its name. */
export function fleetFiles(out: string, flags: FlagValues<typeof manifestFlag>): FleetFiles {
  const trimmed = out.replace(/(?<=.)[/\\]+$/, '');
  return { out: trimmed, manifest: flags.manifest ?? `${trimmed}.manifest.csv` };
}
