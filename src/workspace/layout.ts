/**
 * What lies where in a certificate folder. One folder a device, so that no device ever overwrites another:
 *
 *     .enrollkit/             plan, journal, recordings, emulator state or the place of a shared emulator; while a command
 *                             writes, lock and pending files
 *     report.html             the report of a run
 *     ca/root/                certificate.pem  key.pem
 *     ca/intermediate/        certificate.pem  chain.pem  key.pem
 *     ca/<name>/              any further CA below one of these
 *     ca/<name>.next/         the CA that will replace it, while a roll-over begins
 *     ca/<name>.previous-<8 digits of its SHA-256>/
 *                             a CA that was replaced
 *     ca/rollover.json        how far the last roll-over came
 *     proof-of-possession/    certificate.pem
 *     devices/<registration ID>/
 *                             certificate.pem  chain.pem  key.pem  device.pfx
 *                             request.pem   (a device that keeps its key: its certificate request)
 *                             operational/ certificate.pem  chain.pem  key.pem   (issued by Azure)
 *                             previous-<8 digits of its SHA-256>/  what it had before a roll-over
 *                             edge-ca/ certificate.pem  chain.pem  key.pem   (IoT Edge only)
 *                             modules/<module ID>/ certificate.pem  chain.pem  key.pem
 *
 * A chain.pem begins with the certificate itself and ends with the root.
 */

import { readdirSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { sha256Of } from './digest.js';
import { lookAt, readTextIfExists } from './files.js';
import { assertNoLinkIn } from './symbolic-links.js';

export interface CertificatePaths {
  folder: string;
  certificate: string;
  /** The certificate, its issuers, the root. */
  chain: string;
  key: string;
}

export interface DevicePaths extends CertificatePaths {
  pfx: string;
  /** The certificate request of a device that keeps its key. */
  request: string;
  /** What Azure issued when the device registered, for its connections to IoT Hub. */
  operational: CertificatePaths;
  edgeCa: CertificatePaths;
  /**
   * Those of its modules that there is a folder for.
   *
   * @throws EnrollkitError FILE_UNREADABLE
   */
  modules(): CertificatePaths[];
}

/** The name of a CA's folder in `ca`: `root`, `intermediate`, or what you named a further one. */
export type AuthorityName = string;

export interface Layout {
  /** Absolute. */
  folder: string;
  /** Where a run keeps its plan, its journal and the emulator's state. */
  state: string;
  journal: string;
  plan: string;
  lock: string;
  /** Where the files of a change wait until all are written. */
  pending: string;
  /** The recordings of runs. */
  runs: string;
  /** Exists while a replay runs. */
  replay: string;
  /** A record of a device's certificate that was made for an enrollment that DPS does not have yet. */
  unfinishedEnrollment(registrationId: string): string;
  /** The emulator's own folder. */
  emulator: string;
  /** The state folder of the emulator of another folder, where the runs of this folder use that one. */
  sharedEmulator: string;
  root: CertificatePaths;
  intermediate: CertificatePaths;
  verificationCertificate: string;
  /** How far the last roll-over came. */
  rollover: string;
  /** The quickstart's program, filled in. */
  enrollmentGroupProgram: string;
  authority(name: AuthorityName): CertificatePaths;
  /**
   * The names of the CAs in use, `root` and `intermediate` first.
   *
   * @throws EnrollkitError FILE_UNREADABLE
   */
  authorities(): AuthorityName[];
  /** The CA that will replace another. */
  nextAuthority(name: AuthorityName): CertificatePaths;
  /** A CA that was replaced. */
  previousAuthority(name: AuthorityName, sha256Thumbprint: string): CertificatePaths;
  device(registrationId: string): DevicePaths;
  /**
   * Those that there is a folder for.
   *
   * @throws EnrollkitError FILE_UNREADABLE
   */
  devices(): DevicePaths[];
}

/** Where the files of a certificate are kept when another takes its place. */
export function previousPaths({ folder }: CertificatePaths, sha256Thumbprint: string): DevicePaths {
  return devicePaths(join(folder, `previous-${sha256Thumbprint.slice(0, 8)}`));
}

/** The paths of a certificate folder; nothing is read or made. @param stateName of the folder for the state */
export function layoutOf(folder: string, stateName = '.enrollkit'): Layout {
  const base = resolve(folder);
  const state = join(base, stateName);
  return {
    folder: base,
    state,
    journal: join(state, 'journal.ndjson'),
    plan: join(state, 'plan.json'),
    lock: join(state, 'lock'),
    pending: join(state, 'pending'),
    runs: join(state, 'runs'),
    replay: join(state, 'unfinished-replay'),
    unfinishedEnrollment: (registrationId) =>
      join(state, `unfinished-enrollment-${sha256Of(registrationId.toLowerCase()).slice(0, 16)}.pem`),
    emulator: join(state, 'emulator'),
    sharedEmulator: join(state, 'shared-emulator'),
    root: certificatePaths(join(base, 'ca', 'root')),
    intermediate: certificatePaths(join(base, 'ca', 'intermediate')),
    verificationCertificate: join(base, 'proof-of-possession', 'certificate.pem'),
    rollover: join(base, 'ca', 'rollover.json'),
    enrollmentGroupProgram: join(base, 'EnrollmentGroup.py'),
    authority: (name) => certificatePaths(join(base, 'ca', name)),
    authorities: () => authorityNames(join(base, 'ca')),
    nextAuthority: (name) => certificatePaths(join(base, 'ca', `${name}.next`)),
    previousAuthority: (name, sha256Thumbprint) =>
      certificatePaths(join(base, 'ca', `${name}.previous-${sha256Thumbprint.slice(0, 8)}`)),
    device: (registrationId) => devicePaths(join(base, 'devices', deviceFolderName(registrationId))),
    devices: () =>
      namesIn(join(base, 'devices'))
        .sort()
        .map((name) => devicePaths(join(base, 'devices', name))),
  };
}

/** @param folder without a separator at its end, as from `join`, which takes longer than the rest for thousands of devices */
function devicePaths(folder: string): DevicePaths {
  return {
    ...certificatePaths(folder),
    pfx: `${folder}${sep}device.pfx`,
    request: `${folder}${sep}request.pem`,
    operational: certificatePaths(`${folder}${sep}operational`),
    edgeCa: certificatePaths(`${folder}${sep}edge-ca`),
    modules: () =>
      namesIn(join(folder, 'modules'))
        .sort()
        .map((name) => certificatePaths(join(folder, 'modules', name))),
  };
}

function certificatePaths(folder: string): CertificatePaths {
  return {
    folder,
    certificate: `${folder}${sep}certificate.pem`,
    chain: `${folder}${sep}chain.pem`,
    key: `${folder}${sep}key.pem`,
  };
}

const replacedOrNext = /\.(next|previous-[0-9A-F]{8})$/;

/** Whether a CA's folder can have this name: it stays in `ca`, and is not that of a CA that a roll-over moves. */
export function isAuthorityName(name: string): name is AuthorityName {
  return /^[^./\\][^/\\]*$/.test(name) && !replacedOrNext.test(name);
}

function authorityNames(folder: string): AuthorityName[] {
  const named = ['root', 'intermediate'];
  const others = namesIn(folder).filter((name) => isAuthorityName(name) && !named.includes(name));
  const holdsCa = (name: string) =>
    ['certificate.pem', 'chain.pem'].some((file) => lookAt(join(folder, name, file)));
  return [...named, ...others.sort()].filter(holdsCa);
}

/** The certificate folder that a path lies in, told by the journal of its runs; undefined if there is none. */
export function certificateFolderOf(path: string): Layout | undefined {
  for (let at = dirname(resolve(path)); ; at = dirname(at)) {
    const layout = layoutOf(at);
    if (lookAt(layout.journal)) return layout;
    if (dirname(at) === at) return undefined;
  }
}

const previous = 'previous-[0-9A-F]{8}';
/** Also those that stepped aside. */
const fileOfCertificate = `(certificate|chain|key|device)(\\.${previous})?\\.(pem|pfx)`;
const placesOfRuns = new RegExp(
  `^(${[
    'EnrollmentGroup\\.py',
    'report\\.html',
    'proof-of-possession/certificate\\.pem',
    'ca/rollover\\.json',
    `ca/[^/]+/${fileOfCertificate}`,
    'devices/[^/]+/request\\.pem',
    `devices/[^/]+/((edge-ca|operational|${previous}|edge-ca/${previous})/)?${fileOfCertificate}`,
  ].join('|')})$`,
);

/** Whether a run ever writes a file at this place. @param path relative, with `/` between its parts */
export function isPlaceOfRun(path: string): boolean {
  return placesOfRuns.test(path);
}

/**
 * Refuses a certificate folder whose state, or something in it, is a symbolic link, since the plan, the journal and the
 * emulator's state would be written somewhere else; and one where a folder is in the place of a file, or a file or named
 * pipe in the place of a folder.
 *
 * @throws EnrollkitError FILE_UNWRITABLE, FILE_EXISTS
 */
export function assertStateInFolder(layout: Layout): void {
  const { folder, state, journal, plan, pending, runs, emulator, sharedEmulator } = layout;
  assertNoLinkIn(folder, state);
  const assertKind = (path: string, kind: 'file' | 'folder') => {
    const there = lookAt(path);
    if (!there || (kind === 'file' ? there.isFile() : there.isDirectory())) return;
    throw new EnrollkitError(
      'FILE_EXISTS',
      kind === 'file' ? sentences.workspace.notAFile(path) : sentences.workspace.notAFolder(path),
      {
        next: sentences.workspace.moveAway,
        context: { file: path },
      },
    );
  };
  for (const path of [state, pending, runs, emulator]) assertKind(path, 'folder');
  for (const path of [journal, plan, sharedEmulator]) assertKind(path, 'file');
}

/** Names that Windows keeps for devices, with or without an extension. */
const reservedOnWindows = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/**
 * A registration ID as the name of a folder, legal on every system: `:` and names that Windows reserves are
 * percent-encoded. A registration ID never holds `%`, so no two of them meet.
 */
export function deviceFolderName(registrationId: string): string {
  return registrationId
    .replace(/:/g, '%3A')
    .replace(
      reservedOnWindows,
      (name) => `%${name.charCodeAt(0).toString(16).toUpperCase()}${name.slice(1)}`,
    );
}

/** In the emulator's folder: a copy of the state, during a seeded start; and one that is being made or removed. */
export const emulatorSnapshotFolders = ['state-before', 'state-before.tmp'] as const;
/** The files in the emulator's folder, and what a killed process leaves of one. */
export const emulatorFilePattern =
  /^(state(-(service|hub)-\d+)?\.db(-wal|-shm|-journal)?|tls-(root|server)(\.key)?\.pem|issuing-root\.pem|endpoints\.json|emulator\.log)(\.tmp)?$/;

const notCounted = /^(readme(\..*)?|\.gitignore|\.gitkeep|\.ds_store|\.enrollkit)$/i;

/**
 * Refuses a folder that holds what is not enrollkit's, so that nothing of anybody is overwritten.
 * A README, a .gitignore and the state of an emulator do not count.
 *
 * @throws EnrollkitError FOLDER_NOT_EMPTY, naming a file or two of those found; FILE_UNREADABLE; JOURNAL_UNREADABLE
 *   when the journal has been emptied; FILE_UNWRITABLE and FILE_EXISTS as {@link assertStateInFolder}
 */
export function assertOwnFolder(layout: Layout): void {
  const { folder, journal } = layout;
  assertStateInFolder(layout);
  assertJournalNotEmptied(layout);
  const others = otherFiles(folder);
  if (lookAt(journal) || others.length === 0) return;
  throw new EnrollkitError('FOLDER_NOT_EMPTY', sentences.workspace.otherFiles(folder, ...firstOf(others)), {
    context: { folder, journal },
  });
}

/**
 * Refuses a folder with files beside a journal without a record: nobody knows any more which of them runs made.
 *
 * @throws EnrollkitError JOURNAL_UNREADABLE, FILE_UNREADABLE
 */
export function assertJournalNotEmptied({ folder, journal }: Layout): void {
  const text = readTextIfExists(journal);
  if (text === undefined || text.includes('\n')) return;
  const others = otherFiles(folder);
  if (others.length === 0) return;
  throw new EnrollkitError(
    'JOURNAL_UNREADABLE',
    sentences.workspace.journal.empty(journal, folder, ...firstOf(others)),
    {
      next: sentences.workspace.journal.restore,
      context: { file: journal },
    },
  );
}

/** What a folder holds beside what {@link assertOwnFolder} does not count. */
function otherFiles(folder: string): string[] {
  return namesIn(folder).filter((name) => !notCounted.test(name) && !isEmulator(folder, name));
}

/** Two of some names, and how many more there are. */
function firstOf(names: readonly string[]): [shown: readonly string[], more: number] {
  return [names.slice(0, 2), Math.max(0, names.length - 2)];
}

/** Whether this is the state of an emulator that was started on the folder itself. */
function isEmulator(folder: string, name: string): boolean {
  return name === 'emulator' && namesIn(join(folder, name)).includes('state.db');
}

/** What a folder holds; nothing when there is none yet. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    const { isFile, unreadable } = sentences.workspace;
    throw new EnrollkitError(
      'FILE_UNREADABLE',
      code === 'ENOTDIR' ? isFile(folder) : unreadable(folder, ''),
      { cause },
    );
  }
}
