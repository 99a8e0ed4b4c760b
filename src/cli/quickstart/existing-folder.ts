/** What enrollkit created in a folder earlier, in words for people. */

import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { isEncryptedKey } from '../../pki/keys.js';
import type { Plan } from '../../quickstart/plan/fields.js';
import { assertNotNewer } from '../../quickstart/plan/plan.js';
import { readRecording } from '../../quickstart/recording/read.js';
import { recordingsOf } from '../../quickstart/recording/store.js';
import { lookAt, readTextIfExists } from '../../workspace/files.js';
import { assertOwnFolder, type CertificatePaths, type Layout, layoutOf } from '../../workspace/layout.js';
import { lockHolder } from '../../workspace/lock.js';
import { loadCertificate } from '../../workspace/stored-certificates.js';
import { lastPlan } from '../input/plan-input.js';
import { displayPath } from '../terminal/text.js';
import type { ExistingFolder } from './ask-existing.js';

/** What stands before each line of the description. */
const indent = '  ';

/** Why a folder cannot be used; if another one can, such a one is named. */
export function folderProblem(folder: string): string | undefined {
  if (folder.trim() === '') return sentences.cliQuickstart.nameFolder;
  const layout = layoutOf(folder);
  try {
    assertOwnFolder(layout);
    assertNotNewer(layout.plan);
  } catch (error) {
    if (!(error instanceof EnrollkitError)) return String(error);
    if (error.code !== 'FOLDER_NOT_EMPTY') return error.message;
    return sentences.cliQuickstart.enterAnotherFolder(error.message, freeFolder(folder));
  }
  const place = existingAncestor(layout.folder);
  if (!lookAt(place)?.isDirectory()) return sentences.cliQuickstart.fileNotFolder(place);
  try {
    accessSync(place, constants.W_OK);
  } catch {
    return sentences.cliQuickstart.mayNotWrite(place);
  }
  const holder = lockHolder(layout.lock);
  return holder && sentences.cliQuickstart.folderInUse(holder.pid);
}

function existingAncestor(folder: string): string {
  for (let at = folder; ; at = dirname(at)) if (lookAt(at) || dirname(at) === at) return at;
}

/** @returns `FOLDER-2`, or the next one that does not exist */
export function freeFolder(folder: string): string {
  const base = folder.replace(/[/\\]+$/, '').replace(/-\d+$/, '');
  for (let number = 2; ; number += 1) {
    const name = `${base}-${number}`;
    if (!lookAt(resolve(name))) return name;
  }
}

/** @returns undefined for a folder that no run has used */
export function existingFolder(folder: string, now: Date): ExistingFolder | undefined {
  const layout = layoutOf(folder);
  if (!lookAt(layout.journal)) return undefined;
  const plan = readablePlan(folder);
  const last = lastRun(layout);
  const authorities = (['root', 'intermediate'] as const).flatMap((role) => {
    const found = certificateIn(layout[role], now);
    return found ? [{ role, ...found }] : [];
  });
  const devices = layout.devices().flatMap((paths) => {
    const found = certificateIn(paths, now);
    return found ? [found] : [];
  });
  if (plan === undefined && authorities.length === 0 && devices.length === 0) return undefined;
  const lines = [
    sentences.cliQuickstart.folderContains(displayPath(layout.folder)),
    ...authorities.map(
      ({ role, commonName, notAfter, endsSoon }) =>
        indent + sentences.cliQuickstart.authority(role, commonName, day(notAfter), endsSoon),
    ),
    ...(devices.length === 0 ? [] : [`${indent}${devicesText(devices)}`]),
    ...(plan ? [indent + planText(plan)] : []),
    ...(last ? [indent + last.text] : []),
  ];
  const keys = [layout.root, layout.intermediate].map(({ key }) => readTextIfExists(key));
  return {
    description: lines.join('\n'),
    hasPlan: plan !== undefined,
    isComplete: last?.isComplete ?? false,
    hasEncryptedKeys: keys.some((key) => key !== undefined && isEncryptedKey(key)),
    endingSoon: devices.filter(({ endsSoon }) => endsSoon),
  };
}

interface FoundCertificate {
  registrationId: string;
  commonName: string;
  path: string;
  notAfter: Date;
  endsSoon: boolean;
}

/** Undefined without a readable certificate: the run itself says what is wrong with one. */
function certificateIn(paths: CertificatePaths, now: Date): FoundCertificate | undefined {
  try {
    const stored = loadCertificate(paths);
    if (!stored) return undefined;
    const { subject, notBefore, notAfter } = stored.certificate;
    const commonName = subject.commonName ?? '';
    // As `cert needs-renewal` decides.
    const lastThird = notAfter.getTime() - (notAfter.getTime() - notBefore.getTime()) / 3;
    return {
      registrationId: commonName,
      commonName,
      path: paths.certificate,
      notAfter,
      endsSoon: now.getTime() >= lastThird,
    };
  } catch (error) {
    if (error instanceof EnrollkitError) return undefined;
    throw error;
  }
}

function devicesText(devices: readonly FoundCertificate[]): string {
  const ends = devices.map(({ notAfter }) => notAfter.getTime()).sort((a, b) => a - b);
  const soon = devices.filter(({ endsSoon }) => endsSoon).length;
  return sentences.cliQuickstart.deviceCertificates(devices.length, day(new Date(ends[0]!)), soon);
}

function planText({ target, devices, enrollmentGroup }: Plan): string {
  const count = devices.registrationIds.length;
  const group = devices.enrollment === 'group' ? enrollmentGroup.id : undefined;
  return target.kind === 'emulator'
    ? sentences.cliQuickstart.planOnEmulator(count, group)
    : sentences.cliQuickstart.planInAzure(count, target.dpsName, group);
}

function lastRun(layout: Layout): { text: string; isComplete: boolean } | undefined {
  const path = recordingsOf(layout).at(-1);
  if (path === undefined) return undefined;
  try {
    const { startedAt, outcome, failure } = readRecording(path);
    return {
      text: sentences.cliQuickstart.lastRun(startedAt.slice(0, 10), outcome, failure?.message),
      isComplete: outcome === 'done',
    };
  } catch (error) {
    if (error instanceof EnrollkitError) return undefined;
    throw error;
  }
}

function readablePlan(folder: string): Plan | undefined {
  try {
    return lastPlan(folder);
  } catch (error) {
    if (error instanceof EnrollkitError) return undefined;
    throw error;
  }
}

function day(time: Date): string {
  return time.toISOString().slice(0, 10);
}
