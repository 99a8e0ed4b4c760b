/** How far a roll-over has come, kept beside the CAs from its beginning on: each phase reads it, and goes on. */

import * as z from 'zod';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { publicFileMode, readTextIfExists } from './files.js';
import { journalTarget, remoteName } from './journal.js';
import { jsonOf } from './json-text.js';
import { isAuthorityName, type Layout } from './layout.js';
import type { OwnFiles } from './own-files.js';

const authorityName = z.string().refine(isAuthorityName);

const schema = z.object({
  version: z.literal(1),
  /** The CA that was named. */
  authority: authorityName,
  startedAt: z.string(),
  finishedAt: z.string().optional(),
  /** The CAs that get a successor, from the top, as they were before. */
  rolled: z
    .array(z.object({ role: authorityName, sha256Thumbprint: z.string().regex(/^[0-9A-F]{64}$/) }))
    .min(1),
  /** The provisioning service of the groups. */
  target: journalTarget.optional(),
  /** Enrollment group IDs. */
  groups: z.array(remoteName),
});
export type RolloverRecord = z.infer<typeof schema>;

/**
 * The last roll-over of a certificate folder, finished or not; undefined when there was none.
 *
 * @throws EnrollkitError JOURNAL_UNREADABLE, FILE_UNREADABLE
 */
export function readRollover({ rollover }: Layout): RolloverRecord | undefined {
  const text = readTextIfExists(rollover);
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new EnrollkitError('JOURNAL_UNREADABLE', sentences.workspace.rollover.unreadable(rollover), {
    next: sentences.workspace.rollover.restore,
  });
}

/**
 * The record is noted in the journal when the CA was made by a run.
 *
 * @throws EnrollkitError FILE_UNWRITABLE
 */
export function writeRollover(layout: Layout, files: OwnFiles, record: RolloverRecord): void {
  const { rollover } = layout;
  // Parsed, its fields are in one order, so that the same record is the same text.
  const text = `${JSON.stringify(schema.parse(record), null, 2)}\n`;
  if (readTextIfExists(rollover) === text) return;
  const note = files.wasMade(rollover) || files.isUnchanged(layout.authority(record.authority).certificate);
  files.replace(rollover, text, publicFileMode, { note });
}

/**
 * Refuses to go on while both CAs are in use: a run would put the new one everywhere at once.
 *
 * @throws EnrollkitError CONFLICT
 */
export function assertNoRollover(layout: Layout): void {
  const record = readRollover(layout);
  if (!record || record.finishedAt !== undefined) return;
  throw new EnrollkitError(
    'CONFLICT',
    sentences.workspace.rollover.underway(record.authority, layout.folder),
    {
      next: sentences.workspace.rollover.finish(`enrollkit cert rollover ${record.authority} --finish`),
    },
  );
}
