/** What the commands that steer a running emulator have in common. */
import { resolve } from 'node:path';
import type { EndpointsFile } from '../../emulator/endpoints.js';
import { EnrollkitError } from '../../errors.js';
import { defaultStateFolder } from '../kernel/untyped-flags.js';
import { quoted } from '../terminal/quoted.js';

/** How long an emulator may take to start, or to end: it does either in a second or two. */
export const patienceMs = 15_000;

/** The flag that names a state folder again; empty for the usual one. */
export function dirFlagFor(dir: string): string {
  return dir === defaultStateFolder ? '' : ` --dir ${quoted(dir)}`;
}

/**
 * The emulator that runs on a folder.
 *
 * @throws EnrollkitError NOT_FOUND when none does, TIMEOUT
 */
export async function runningOn(dir: string): Promise<EndpointsFile> {
  const { settled } = await import('../../emulator/control/running.js');
  const finding = await settled(dir, patienceMs);
  if (finding.kind === 'running') return finding;
  throw new EnrollkitError('NOT_FOUND', `No emulator runs on ${resolve(dir)}.`, {
    next: `Start one: enrollkit emulator start${dirFlagFor(dir)}`,
  });
}

/**
 * Refuses on behalf of an emulator.
 *
 * @throws EnrollkitError
 */
export function refusedBy({ pid }: EndpointsFile, status: number, body: unknown): never {
  const message = (body as { error?: { message?: string } } | undefined)?.error?.message;
  if (status === 409) {
    throw new EnrollkitError(
      'EMULATOR_STATE_IN_USE',
      `The emulator belongs to another command or program, process ${pid}, that still uses it.`,
      { next: 'Wait until that one has ended.' },
    );
  }
  throw new EnrollkitError(
    'REFUSED',
    `The emulator answers ${status}${message === undefined ? '.' : `: ${message}`}`,
  );
}
