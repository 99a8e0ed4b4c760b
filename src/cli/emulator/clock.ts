/** The clock of a running emulator. */
import type { ClockReply, ClockRequest } from '../../emulator/control/paths.js';
import { EnrollkitError } from '../../errors.js';
import { parseTime } from '../input/time-flag.js';
import type { Command, Context, Input } from '../kernel/untyped-command.js';
import { outputFlags, stateFolderFlag } from '../kernel/untyped-flags.js';

export const emulatorClock: Command = {
  description:
    'Shows the clock by which a running emulator judges certificates and tokens and dates its records, or sets it; it goes on from there. Clients keep their own clocks: a shared access signature that one of them makes may have expired in the emulator’s future.',
  flags: [
    stateFolderFlag,
    { name: 'at', value: 'TIME', parse: parseTime('at'), summary: 'make it this time, such as 2027-01-31' },
    {
      name: 'advance',
      value: 'DURATION',
      parse: parseDuration,
      summary: 'move it on by 30d, 12h, 15m or 10s; back with a minus',
    },
    { name: 'reset', summary: 'make it that of this computer again' },
    ...outputFlags,
  ],
  examples: [
    { line: 'emulator clock --advance 30d', summary: 'is the certificate still good in a month?' },
    { line: 'emulator clock --reset', summary: 'back to the present' },
  ],
  run,
};

async function run({ flags }: Input, { output }: Context): Promise<void> {
  const { controlPaths } = await import('../../emulator/control/paths.js');
  const { askEmulator } = await import('../../emulator/control/running.js');
  const { refusedBy, runningOn } = await import('./running-emulator.js');
  const { stateFolderOf } = await import('../target/state-folder.js');
  const wanted = requestOf(flags);
  const running = await runningOn(stateFolderOf(flags));
  const { status, body } = await askEmulator(
    running.endpoints,
    wanted === undefined ? 'GET' : 'PUT',
    controlPaths.clock,
    wanted,
  );
  if (status === 400) {
    throw new EnrollkitError('USAGE', 'The clock can be set to a time of the years 1970 to 9999.');
  }
  if (status !== 200) refusedBy(running, status, body);
  const clock = body as ClockReply;
  if (output.json) output.value(clock);
  else output.data(clock.now);
}

/** @throws EnrollkitError USAGE */
function requestOf({ at, advance, reset }: Input['flags']): ClockRequest | undefined {
  const requests: ClockRequest[] = [
    ...(at === undefined ? [] : [{ at: (at as Date).toISOString() }]),
    ...(advance === undefined ? [] : [{ advance: advance as number }]),
    ...(reset === undefined ? [] : [{ reset: true as const }]),
  ];
  if (requests.length > 1) throw new EnrollkitError('USAGE', 'Give one of --at, --advance and --reset.');
  return requests[0];
}

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @returns milliseconds */
function parseDuration(text: string): number {
  const [, sign, digits, unit] = /^([+-]?)(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (digits !== undefined) return Number(digits) * unitMs[unit!]! * (sign === '-' ? -1 : 1);
  throw new EnrollkitError(
    'USAGE',
    `--advance takes a duration such as 30d, 12h, 15m or 10s, not "${text}".`,
  );
}
