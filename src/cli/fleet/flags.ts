/** Flags of the commands that take a fleet to a provisioning service. */

import { emulatorConcurrency } from '../../fleet/registration/pace.js';
import { sentences } from '../../languages/language.js';
import { type FlagValues, numberFlag, switchFlag, textFlag } from '../kernel/flags.js';

const how = sentences.cliFleet.how;

export const fleetArgument = {
  fleet: { summary: sentences.cliFleet.fleetArgument },
};

export const resultsFlag = (summary: string) => ({
  results: textFlag({ placeholder: 'FILE', summary }),
});

/** What is usual in Azure; its quotas leave some room. */
interface UsualPace {
  concurrency: number;
  perMinute: number;
}

export const servicePace: UsualPace = { concurrency: 4, perMinute: 900 };

export const paceFlags = (
  what: 'devices' | 'enrollments' | 'registrations',
  { concurrency, perMinute }: UsualPace,
) => ({
  concurrency: numberFlag({
    placeholder: 'N',
    minimum: 1,
    maximum: 10_000,
    heading: how,
    summary: sentences.cliFleet.concurrencyFlag(concurrency),
  }),
  rate: numberFlag({
    placeholder: 'N',
    minimum: 1,
    maximum: 10_000_000,
    heading: how,
    summary: sentences.cliFleet.rateFlag(what, perMinute),
  }),
  quiet: switchFlag({ heading: how, summary: sentences.cliFleet.quietFlag }),
});

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
