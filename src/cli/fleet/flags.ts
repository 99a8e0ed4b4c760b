/** Flags of the commands that take a fleet to a provisioning service. */
import type { FleetFiles } from '../../fleet/registration/fleet-devices.js';
import type { Argument, Flag, Input } from '../kernel/untyped-command.js';
import { wholeNumber } from '../kernel/untyped-flags.js';

const how = 'How:';

export const fleetArgument: Argument = {
  name: 'fleet',
  summary: 'what fleet issue --out has made: a folder, a file of NDJSON, a tar archive',
};

export const manifestFlag: Flag = {
  name: 'manifest',
  value: 'FILE',
  summary: 'the list of the devices (default: FLEET.manifest.csv)',
};

export const resultsFlag = (ending: string, what: string): Flag => ({
  name: 'results',
  value: 'FILE',
  summary: `${what} (default: FLEET${ending})`,
});

/** What is usual in Azure; its quotas leave some room. */
interface UsualPace {
  concurrency: number;
  perMinute: number;
}

/** A registration waits for seconds while DPS assigns. */
export const registrationPace: UsualPace = { concurrency: 128, perMinute: 900 };
export const servicePace: UsualPace = { concurrency: 4, perMinute: 900 };

export const paceFlags = (what: string, { concurrency, perMinute }: UsualPace): readonly Flag[] => [
  {
    name: 'concurrency',
    value: 'N',
    parse: wholeNumber('concurrency', 1, 10_000),
    group: how,
    summary: `at once (default: ${concurrency}; 16 at the emulator)`,
  },
  {
    name: 'rate',
    value: 'N',
    parse: wholeNumber('rate', 1, 10_000_000),
    group: how,
    summary: `${what} a minute (default: ${perMinute}, below DPS’s quota of 1000; no limit at the emulator)`,
  },
  { name: 'quiet', group: how, summary: 'no progress on standard error' },
];

/** Many connections on one computer only wait for each other. */
const emulatorConcurrency = 16;

export function paceOf(
  kind: 'emulator' | 'azure',
  flags: Input['flags'],
  azure: UsualPace,
): { concurrency: number; perMinute?: number | undefined } {
  const usual = kind === 'emulator' ? { concurrency: emulatorConcurrency, perMinute: undefined } : azure;
  return {
    concurrency: (flags.concurrency as number | undefined) ?? usual.concurrency,
    perMinute: (flags.rate as number | undefined) ?? usual.perMinute,
  };
}

/** A folder may be typed with a slash at its end; what lies beside it has its name. */
export function fleetFiles(out: string, flags: Input['flags']): FleetFiles {
  const trimmed = out.replace(/(?<=.)[/\\]+$/, '');
  return { out: trimmed, manifest: (flags.manifest as string | undefined) ?? `${trimmed}.manifest.csv` };
}
