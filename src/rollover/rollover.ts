/**
 * The roll-over of a CA, in three phases, each of which can be run again: both CAs are accepted; the devices are
 * re-issued; the old CA is refused. Without an enrollment group, the files alone.
 */

import { ControlPlane } from '../dps/client/arm.js';
import { ServicePlane } from '../dps/client/service.js';
import type { Target } from '../dps/client/target.js';
import { sameId } from '../dps/contract/ids.js';
import { sentences } from '../languages/language.js';
import { assertNotNewer, formatPlan, parsePlan } from '../quickstart/plan/plan.js';
import { journalTargetOf } from '../quickstart/run.js';
import { publicFileMode, readTextIfExists } from '../workspace/files.js';
import type { Journal } from '../workspace/journal.js';
import { type AuthorityName, type Layout, layoutOf } from '../workspace/layout.js';
import { openFolder } from '../workspace/open-folder.js';
import type { OwnFiles } from '../workspace/own-files.js';
import { type RolloverRecord, writeRollover } from '../workspace/rollover-record.js';
import { assertNoLinkBelow } from '../workspace/symbolic-links.js';
import { makeSuccessors, type ParentAuthority, putInPlace, replacedAuthorities } from './authorities.js';
import { affectedDevices } from './devices.js';
import { type EnrollmentGroupResult, turnToBoth, turnToNew } from './group.js';
import { allGroups, assertReissued, assertSameTarget, recordToStart, startedRecord } from './progress.js';
import { reissueDevices } from './reissue.js';
import { notesOnEnds, notesOnGroups, type RolloverResult, resultOf } from './result.js';
import { type DpsOptions, deleteOld, type Upload, uploadSuccessors, uploadsOf } from './uploads.js';

export interface RolloverOptions {
  authority: AuthorityName;
  /** The certificate folder. */
  folder: string;
  /** The DPS of the enrollment groups; needed when there are any, by now or from an earlier phase. */
  target?: Target | undefined;
  passphrase: string | undefined;
  now: () => Date;
  signal: AbortSignal;
  /** Told of each thing that was done. */
  tell: (text: string) => void;
}

export interface StartOptions extends RolloverOptions {
  /** Enrollment group IDs, besides those of an earlier start. */
  groups: readonly string[];
  /** The CA above the one that is replaced; undefined: the one in the folder. Not asked for a root. */
  signer?: (() => ParentAuthority | Promise<ParentAuthority>) | undefined;
}

/**
 * Makes the new CA, has it accepted beside the old one by the groups, then puts its files in the place of the old
 * one's. Until all of that is done, nothing in the folder is signed by the new CA.
 *
 * @throws EnrollkitError CONFLICT when another roll-over is underway; of the files, the keys, DPS
 */
export async function startRollover(options: StartOptions): Promise<RolloverResult> {
  const { authority, now } = options;
  return inFolder(options, async ({ layout, journal, files }) => {
    let record = recordToStart(layout, authority, now());
    const keep = (changed: RolloverRecord) => {
      record = changed;
      writeRollover(layout, files, record);
    };
    await makeSuccessors({ ...options, layout, files, record });
    const rolled = replacedAuthorities(layout, record);
    const notes = notesOnEnds(rolled);
    const enrollmentGroups: EnrollmentGroupResult[] = [];
    const groups = allGroups(record, options.groups);
    if (groups.length > 0) {
      await inDps(options, journal, record, async (dps) => {
        const uploads = await uploadSuccessors(dps, rolled);
        for (const id of groups) {
          enrollmentGroups.push(await turnToBoth(dps, id, rolled, uploads));
          // A group that is not there, or is refused, must not stay in the way of the next try.
          keep({ ...record, target: dps.journalTarget, groups: allGroups(record, [id]) });
        }
        if (uploads) renameInPlan(layout, files, uploads);
        else notes.push(sentences.rollover.uploadInPortal);
      });
    }
    keep(record);
    putInPlace(layout, files, record);
    notes.push(...notesOnGroups(enrollmentGroups, authority));
    return resultOf(layout, record, { enrollmentGroups, notes });
  });
}

/**
 * Gives every device of the folder that still has a certificate of the old CA one of the new.
 *
 * @param options.newKey whether each gets a new key too
 * @throws EnrollkitError NOT_FOUND when no roll-over has been started, CONFLICT when its start is not complete; of the
 *   files and keys
 */
export async function reissueBelow(options: RolloverOptions & { newKey: boolean }): Promise<RolloverResult> {
  return inFolder(options, async ({ layout, files }) => {
    const record = startedRecord(layout, options.authority);
    const devices = affectedDevices(layout, replacedAuthorities(layout, record));
    await reissueDevices({
      ...options,
      layout,
      files,
      devices: devices.filter(({ reissued }) => !reissued),
    });
    return resultOf(layout, record);
  });
}

/**
 * Takes the old CA out of the groups, and deletes it from DPS where a run had uploaded it. Its files stay aside.
 *
 * @param options.force even though devices of the folder still have certificates of the old CA
 * @throws EnrollkitError NOT_FOUND when no roll-over has been started; CONFLICT when its start is not complete, when
 *   devices are not re-issued, or when the groups are in another DPS; of DPS
 */
export async function finishRollover(options: RolloverOptions & { force: boolean }): Promise<RolloverResult> {
  const { authority, force, now } = options;
  return inFolder(options, async ({ layout, journal, files }) => {
    const record = startedRecord(layout, authority);
    if (record.finishedAt !== undefined) return resultOf(layout, record);
    const rolled = replacedAuthorities(layout, record);
    if (!force) assertReissued(authority, affectedDevices(layout, rolled), now());
    const enrollmentGroups: EnrollmentGroupResult[] = [];
    const notes: string[] = [];
    let deleted: string[] = [];
    if (record.groups.length > 0) {
      await inDps(options, journal, record, async (dps) => {
        const uploads = await uploadsOf(dps, rolled);
        for (const id of record.groups) enrollmentGroups.push(await turnToNew(dps, id, rolled, uploads));
        notes.push(...notesOnGroups(enrollmentGroups, authority));
        const old = uploads && (await deleteOld(dps, rolled, uploads));
        deleted = old?.deleted ?? [];
        notes.push(...(old?.kept ?? [sentences.rollover.deleteInPortal]));
      });
    }
    const finished = { ...record, finishedAt: now().toISOString() };
    writeRollover(layout, files, finished);
    return resultOf(layout, finished, { enrollmentGroups, deleted, notes });
  });
}

interface Folder {
  layout: Layout;
  journal: Journal;
  files: OwnFiles;
}

async function inFolder<Result>(
  { folder, now }: RolloverOptions,
  use: (folder: Folder) => Promise<Result>,
): Promise<Result> {
  const layout = layoutOf(folder);
  assertNoLinkBelow(layout.folder, layout.rollover);
  // The plan gets the new CA's name at the end of a roll-over.
  assertNotNewer(layout.plan);
  const { journal, files, close } = openFolder(layout, now);
  try {
    return await use({ layout, journal, files });
  } finally {
    close();
  }
}

async function inDps(
  options: RolloverOptions,
  journal: Journal,
  record: RolloverRecord,
  use: (dps: DpsOptions) => Promise<void>,
): Promise<void> {
  const { target } = options;
  if (!target) throw new TypeError('the enrollment groups of a roll-over need a target');
  const journalTarget = journalTargetOf(target);
  assertSameTarget(record, journalTarget);
  const control = new ControlPlane(target);
  const service = new ServicePlane(target);
  try {
    await use({ ...options, control, service, journal, journalTarget });
  } finally {
    control.close();
    service.close();
  }
}

/** The plan of the folder names the new CA from now on: the same run again then finds everything done. */
function renameInPlan(layout: Layout, files: OwnFiles, uploads: readonly Upload[]): void {
  const text = readTextIfExists(layout.plan);
  if (text === undefined) return;
  const plan = parsePlan(text, layout.plan);
  const old = uploads.find(({ is, name }) => is === 'old' && sameId(name, plan.certificateAuthority.name));
  const successor = old && uploads.find(({ is, authority }) => is === 'new' && authority === old.authority);
  if (!successor) return;
  const renamed = { ...plan, certificateAuthority: { ...plan.certificateAuthority, name: successor.name } };
  files.replace(layout.plan, formatPlan(renamed), publicFileMode, { note: files.wasMade(layout.plan) });
}
