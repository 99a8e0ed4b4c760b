/** The clock of a running emulator. */

import type { ClockReply, ClockRequest } from '../../emulator/control/paths.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { parseTime } from '../input/time-flag.js';
import { defineCommand, type FlagsOf } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { parsedFlag, switchFlag } from '../kernel/flags.js';
import { stateFolderFlag } from '../target/target-flags.js';

export const emulatorClock = defineCommand({
  description: sentences.cliEmulator.clockDescription,
  flags: {
    ...stateFolderFlag,
    at: parsedFlag({
      placeholder: 'TIME',
      parse: parseTime,
      summary: sentences.cliEmulator.atFlag,
    }),
    advance: parsedFlag({
      placeholder: 'DURATION',
      parse: parseDuration,
      summary: sentences.cliEmulator.advanceFlag,
    }),
    reset: switchFlag({ summary: sentences.cliEmulator.clockResetFlag }),
    ...outputFlags,
  },
  examples: [
    { line: 'emulator clock --advance 30d', summary: sentences.cliEmulator.clockExample },
    { line: 'emulator clock --reset', summary: sentences.cliEmulator.clockResetExample },
  ],
  async run({ flags }, { output }) {
    const { controlPaths } = await import('../../emulator/control/paths.js');
    const { askEmulator } = await import('../../emulator/control/running.js');
    const { refusedBy, runningOn, stateFolderOf } = await import('./running-emulator.js');
    const request = requestOf(flags);
    const running = await runningOn(stateFolderOf(flags));
    const { status, body } = await askEmulator(
      running.endpoints,
      request === undefined ? 'GET' : 'PUT',
      controlPaths.clock,
      request,
    );
    if (status === 400) {
      throw new EnrollkitError('USAGE', sentences.cliEmulator.timeRange);
    }
    if (status !== 200) refusedBy(running, status, body);
    const clock = body as ClockReply;
    if (output.json) output.value(clock);
    else output.data(clock.now);
  },
});

/** @throws EnrollkitError USAGE */
function requestOf({ at, advance, reset }: FlagsOf<typeof emulatorClock>): ClockRequest | undefined {
  const requests: ClockRequest[] = [
    ...(at === undefined ? [] : [{ at: at.toISOString() }]),
    ...(advance === undefined ? [] : [{ advance }]),
    ...(reset === undefined ? [] : [{ reset: true as const }]),
  ];
  if (requests.length > 1) throw new EnrollkitError('USAGE', sentences.cliEmulator.oneOfClockFlags);
  return requests[0];
}

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @returns milliseconds */
function parseDuration(text: string): number {
  const [, sign, digits, unit] = /^([+-]?)(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (digits !== undefined) return Number(digits) * unitMs[unit!]! * (sign === '-' ? -1 : 1);
  throw new EnrollkitError('USAGE', sentences.cliEmulator.notADuration(text));
}
