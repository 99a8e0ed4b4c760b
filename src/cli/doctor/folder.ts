/** Checks of a certificate folder: its plan, its files, their modes, keys and dates. */

import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Plan } from '../../quickstart/plan/fields.js';
import { authoritiesOf, keepsKeys } from '../../quickstart/planned-certificates.js';
import { lookAt } from '../../workspace/files.js';
import { Journal } from '../../workspace/journal.js';
import {
  assertJournalNotEmptied,
  assertStateInFolder,
  type CertificatePaths,
  type Layout,
  layoutOf,
} from '../../workspace/layout.js';
import { readRollover } from '../../workspace/rollover-record.js';
import {
  loadCertificate,
  loadPrivateKey,
  type StoredCertificate,
} from '../../workspace/stored-certificates.js';
import { lastPlan } from '../input/plan-input.js';
import { quoted } from '../terminal/command-line.js';
import { displayPath } from '../terminal/text.js';
import { type Finding, failure, findingOf, info, warning } from './finding.js';

/** The certificates of a folder that can be read. */
export interface FolderContents {
  plan: Plan | undefined;
  root: StoredCertificate | undefined;
  intermediate: StoredCertificate | undefined;
  /** By registration ID. */
  devices: Map<string, StoredCertificate>;
}

export interface FolderReport {
  findings: Finding[];
  contents: FolderContents;
}

/**
 * Looks through a certificate folder; changes nothing.
 *
 * @param folder as it was typed
 * @param at the time by which its certificates are judged
 */
export async function folderReport(
  folder: string,
  at: Date,
  opening: { passphrase: string | undefined; signal: AbortSignal },
): Promise<FolderReport> {
  const layout = layoutOf(folder);
  const findings: Finding[] = [];
  const attempt = <Result>(read: () => Result): Result | undefined => {
    try {
      return read();
    } catch (error) {
      findings.push(findingOf(error));
      return undefined;
    }
  };
  const plan = attempt(() => lastPlan(folder));
  const contents: FolderContents = { plan, root: undefined, intermediate: undefined, devices: new Map() };
  findings.push(...stateFindings(layout, at, attempt), ...modeFindings(layout.folder));
  const expected = plan ? new Set<string>(authoritiesOf(plan)) : new Set();
  const locked: string[] = [];
  const look = async (
    paths: CertificatePaths,
    isExpected: boolean,
    needsKey: boolean,
    mayHaveKey: boolean = true,
  ) => {
    const stored = attempt(() => loadCertificate(paths));
    if (stored === undefined) {
      const isThere = lookAt(paths.certificate) ?? lookAt(paths.chain);
      if (isExpected && !isThere) findings.push(missing(paths));
      return undefined;
    }
    findings.push(...dateFindings(stored, at));
    if (mayHaveKey || lookAt(paths.key)) {
      findings.push(...(await keyFindings(stored, needsKey, opening, locked)));
    }
    return stored;
  };
  contents.root = await look(layout.root, expected.has('root'), false);
  contents.intermediate = await look(layout.intermediate, expected.has('intermediate'), false);
  const ids = plan?.devices.registrationIds ?? [];
  for (const id of ids) {
    const stored = await look(layout.device(id), true, true, !plan || !keepsKeys(plan));
    if (stored) contents.devices.set(id, stored);
  }
  const planned = new Set(ids.map((id) => layout.device(id).folder));
  for (const paths of attempt(() => layout.devices()) ?? []) {
    if (planned.has(paths.folder)) continue;
    const stored = await look(paths, false, true);
    const name = stored?.certificate.subject.commonName;
    if (stored && name !== undefined) contents.devices.set(name, stored);
  }
  if (locked.length > 0) {
    findings.push(info('KEYS_ENCRYPTED', sentences.cliDoctor.keysEncrypted(locked.length)));
  }
  const count = contents.devices.size;
  const authorities = [contents.root, contents.intermediate].filter(Boolean).length;
  findings.unshift(
    info('FOLDER', sentences.cliDoctor.folder(displayPath(layout.folder), authorities, count)),
  );
  return { findings, contents };
}

function missing({ folder }: CertificatePaths): Finding {
  return failure(
    'CERTIFICATE_MISSING',
    sentences.cliDoctor.certificateMissing(displayPath(folder)),
    sentences.cliDoctor.restoreOrRunAgain,
  );
}

/** A journal that cannot be read, and changes that were interrupted. */
function stateFindings(
  layout: Layout,
  at: Date,
  attempt: <Result>(read: () => Result) => Result | undefined,
): Finding[] {
  const findings: Finding[] = [];
  if (lookAt(layout.pending)) {
    findings.push(
      warning(
        'CHANGE_UNFINISHED',
        sentences.cliDoctor.changeUnfinished(displayPath(layout.pending)),
        sentences.cliDoctor.waitOrRunAgain,
      ),
    );
  }
  attempt(() => {
    assertStateInFolder(layout);
    assertJournalNotEmptied(layout);
    Journal.open(layout.journal, () => at);
  });
  const rollover = attempt(() => readRollover(layout));
  if (rollover && rollover.finishedAt === undefined) {
    findings.push(
      warning(
        'ROLLOVER_UNFINISHED',
        sentences.cliDoctor.rolloverUnfinished(rollover.authority, rollover.startedAt),
        sentences.cliDoctor.continueRollover(rollover.authority),
      ),
    );
  }
  return findings;
}

const secretFile = /^(key(\.previous-[0-9A-F]{8})?\.pem|.*\.pfx|.*\.p12|.*\.key\.pem|.*\.key)$/i;

/** Private keys that others can read. Windows has no such modes. */
function modeFindings(folder: string): Finding[] {
  if (process.platform === 'win32') return [];
  return filesBelow(folder, 6)
    .filter(({ name }) => secretFile.test(name))
    .flatMap(({ path }) => {
      const { mode } = lstatSync(path);
      if ((mode & 0o077) === 0) return [];
      const octal = (mode & 0o777).toString(8).padStart(4, '0');
      return [
        failure(
          'KEY_READABLE_BY_OTHERS',
          sentences.cliDoctor.keyReadable(displayPath(path), octal),
          `chmod 600 ${quoted(displayPath(path))}`,
        ),
      ];
    });
}

function filesBelow(folder: string, depth: number): { name: string; path: string }[] {
  let entries: ReturnType<typeof readEntries>;
  try {
    entries = readEntries(folder);
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return depth > 0 ? filesBelow(path, depth - 1) : [];
    return entry.isFile() ? [{ name: entry.name, path }] : [];
  });
}

function readEntries(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}

function dateFindings({ certificate, paths }: StoredCertificate, at: Date): Finding[] {
  const { notBefore, notAfter, subject } = certificate;
  const file = displayPath(paths.certificate);
  const what = sentences.cliDoctor.certificateIn(subject.commonName ?? subject.text, file);
  if (at > notAfter) {
    return [
      failure(
        'CERTIFICATE_EXPIRED',
        sentences.cliDoctor.expired(what, notAfter.toISOString()),
        sentences.cliDoctor.renew,
      ),
    ];
  }
  if (at < notBefore) {
    return [
      failure(
        'CERTIFICATE_NOT_YET_VALID',
        sentences.cliDoctor.notYetValid(what, notBefore.toISOString(), at.toISOString()),
        sentences.cliDoctor.checkClock,
      ),
    ];
  }
  const left = notAfter.getTime() - at.getTime();
  // As cert needs-renewal does.
  if (left > (notAfter.getTime() - notBefore.getTime()) / 3) return [];
  const days = Math.floor(left / 86_400_000);
  return [
    warning(
      'CERTIFICATE_EXPIRES_SOON',
      sentences.cliDoctor.expiresSoon(what, notAfter.toISOString(), days),
      sentences.cliDoctor.renew,
    ),
  ];
}

/** @param locked gets the key file if it is encrypted and no passphrase was given */
async function keyFindings(
  stored: StoredCertificate,
  isNeeded: boolean,
  opening: { passphrase: string | undefined; signal: AbortSignal },
  locked: string[],
): Promise<Finding[]> {
  const { key } = stored.paths;
  if (!lookAt(key)) {
    const find = isNeeded ? failure : warning;
    return [
      find(
        'KEY_MISSING',
        sentences.cliDoctor.keyMissing(displayPath(key)),
        isNeeded
          ? sentences.cliDoctor.restoreDeviceKey(stored.certificate.subject.commonName ?? 'ID')
          : sentences.cliDoctor.restoreCaKey,
      ),
    ];
  }
  try {
    await loadPrivateKey(stored, opening);
    return [];
  } catch (error) {
    if (error instanceof EnrollkitError && error.code === 'PASSPHRASE_REQUIRED') {
      locked.push(key);
      return [];
    }
    return [findingOf(error)];
  }
}
