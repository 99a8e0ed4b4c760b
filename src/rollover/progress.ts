/** How far a roll-over is, and whether its next phase may begin. */
import { isDeepStrictEqual } from 'node:util';
import { sameId } from '../dps/contract/ids.js';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import type { JournalTarget } from '../workspace/journal.js';
import type { AuthorityName, Layout } from '../workspace/layout.js';
import { type RolloverRecord, readRollover } from '../workspace/rollover-record.js';
import { replacedAuthorities, rolledBy } from './authorities.js';
import type { AffectedDevice } from './devices.js';

/**
 * The record of a roll-over to start, or of the one that was.
 *
 * @throws EnrollkitError CONFLICT when one of another CA is underway; FILE_UNREADABLE when there is no such CA
 */
export function recordToStart(layout: Layout, authority: AuthorityName, now: Date): RolloverRecord {
  const found = readRollover(layout);
  const underway = found?.finishedAt === undefined ? found : undefined;
  if (underway && underway.authority !== authority) {
    throw new EnrollkitError('CONFLICT', sentences.rollover.underway(underway.authority, layout.folder), {
      next: sentences.rollover.finishFirst(underway.authority),
    });
  }
  return (
    underway ?? {
      version: 1,
      authority,
      startedAt: now.toISOString(),
      rolled: rolledBy(layout, authority),
      groups: [],
    }
  );
}

/** The groups of a record, and those that are named besides. */
export function allGroups({ groups }: RolloverRecord, named: readonly string[]): string[] {
  const all: string[] = [];
  for (const id of [...groups, ...named]) if (!all.some((one) => sameId(one, id))) all.push(id);
  return all;
}

/**
 * The record of a roll-over whose start is complete.
 *
 * @throws EnrollkitError NOT_FOUND, CONFLICT
 */
export function startedRecord(layout: Layout, authority: AuthorityName): RolloverRecord {
  const record = readRollover(layout);
  if (!record || record.authority !== authority) {
    throw new EnrollkitError('NOT_FOUND', sentences.rollover.notStarted(authority, layout.folder), {
      next: sentences.rollover.start(authority),
    });
  }
  if (replacedAuthorities(layout, record).every(({ inPlace }) => inPlace)) return record;
  throw new EnrollkitError('CONFLICT', sentences.rollover.startIncomplete(authority), {
    next: sentences.rollover.runAgain(authority),
  });
}

/** @throws EnrollkitError CONFLICT when the groups of a roll-over are in another DPS */
export function assertSameTarget({ target }: RolloverRecord, now: JournalTarget): void {
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
  if (!target || isDeepStrictEqual(plain(target), plain(now))) return;
  const name = (one: JournalTarget) => (one.kind === 'azure' ? one.dpsName : sentences.rollover.emulator);
  throw new EnrollkitError('CONFLICT', sentences.rollover.otherTarget(name(target), name(now)), {
    next: sentences.rollover.sameTarget,
  });
}

/** @throws EnrollkitError CONFLICT when finishing would lock a device of the folder out */
export function assertReissued(
  authority: AuthorityName,
  devices: readonly AffectedDevice[],
  now: Date,
): void {
  const left = devices.filter(({ reissued, stored }) => !reissued && stored.certificate.notAfter > now);
  if (left.length === 0) return;
  const names = left.slice(0, 5).map(({ name }) => name);
  throw new EnrollkitError('CONFLICT', sentences.rollover.notReissued(left.length, authority, names), {
    next: sentences.rollover.reissueFirst(authority),
    context: { devices: left.map(({ name }) => name) },
  });
}
