/** What enrollkit created in a folder earlier, in words for people. */
import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EnrollkitError } from '../../errors.js';
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

/** Why a folder cannot be used, in one sentence. */
export function folderProblem(folder: string): string | undefined {
  if (folder.trim() === '') return 'Name a folder.';
  const layout = layoutOf(folder);
  try {
    assertOwnFolder(layout);
    assertNotNewer(layout.plan);
  } catch (error) {
    return error instanceof EnrollkitError ? error.message : String(error);
  }
  const place = existingAncestor(layout.folder);
  if (!lookAt(place)?.isDirectory()) return `${place} is a file, not a folder.`;
  try {
    accessSync(place, constants.W_OK);
  } catch {
    return `You may not write to ${place}.`;
  }
  const holder = lockHolder(layout.lock);
  return holder && `Another enrollkit command is using this folder (process ${holder.pid}).`;
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
    `${displayPath(layout.folder)} contains:`,
    ...authorities.map(
      ({ role, commonName, notAfter, endsSoon }) =>
        `${indent}${role} CA "${commonName}", valid until ${day(notAfter)}${endsSoon ? ': ends soon' : ''}`,
    ),
    ...(devices.length === 0 ? [] : [`${indent}${devicesText(devices)}`]),
    ...(plan ? [`${indent}a plan for ${planText(plan)}`] : []),
    ...(last ? [`${indent}last run on ${last.day}: ${last.outcome}`] : []),
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
  const count = devices.length === 1 ? '1 device certificate' : `${devices.length} device certificates`;
  const ends = devices.map(({ notAfter }) => notAfter.getTime()).sort((a, b) => a - b);
  const soon = devices.filter(({ endsSoon }) => endsSoon).length;
  const due = soon === 0 ? '' : `: ${soon} due for renewal`;
  return `${count}, the first valid until ${day(new Date(ends[0]!))}${due}`;
}

function planText({ target, devices, enrollmentGroup }: Plan): string {
  const count = devices.registrationIds.length;
  const where = target.kind === 'emulator' ? 'on the emulator' : `in Azure, on ${target.dpsName}`;
  return `${count} ${count === 1 ? 'device' : 'devices'} ${where}, enrollment group ${enrollmentGroup.id}`;
}

function lastRun(layout: Layout): { day: string; outcome: string; isComplete: boolean } | undefined {
  const path = recordingsOf(layout).at(-1);
  if (path === undefined) return undefined;
  try {
    const result = readRecording(path);
    const { startedAt } = result;
    const failed = result.failure?.message;
    const outcome =
      result.outcome === 'done'
        ? 'completed'
        : result.outcome === 'interrupted'
          ? 'interrupted'
          : `failed${failed ? `: ${failed}` : ''}`;
    return { day: startedAt.slice(0, 10), outcome, isComplete: result.outcome === 'done' };
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
