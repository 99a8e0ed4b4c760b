/** The certificates of files and folders as trees, with their keys and uploads. */
import { dirname } from 'node:path';
import { EnrollkitError } from '../../../errors.js';
import { holdsKey } from '../../../pki/containers/contents.js';
import { type Certificate, sha1Thumbprint, sha256Thumbprint } from '../../../pki/x509/certificate.js';
import { isFolder } from '../../../workspace/files.js';
import { Journal } from '../../../workspace/journal.js';
import { certificateFolderOf, layoutOf } from '../../../workspace/layout.js';
import { type CertificateFile, readFileOrFolder } from '../../input/certificate-files.js';
import { holdsSomethingElse, type Opening } from '../../input/material.js';
import { contentsOf } from '../../input/read-file.js';
import type { Span } from '../../input/time-flag.js';
import { type Forest, forestOf, type Upload } from './forest.js';
import { findPrivateKeys } from './private-keys.js';
import { findSigners } from './signers.js';

export interface TreeOptions {
  at: Date;
  within?: Span | undefined;
}

/** A file that was not shown, and why. */
export interface NotShown {
  file: string;
  message: string;
}

export interface Tree {
  forest: Forest;
  /** False if some signers were not looked for. */
  complete: boolean;
  unreadable: readonly NotShown[];
  /** Encrypted PKCS#12 files that were not opened. */
  locked: readonly NotShown[];
  /** Why a journal could not be read, so that uploads are missing. */
  journalProblems: readonly string[];
}

/** Files that were read, before they are put in order at a time. */
export interface TreeFiles extends Omit<Tree, 'forest' | 'complete'> {
  at(options: TreeOptions): Pick<Tree, 'forest' | 'complete'>;
}

/**
 * Reads files and folders of certificates.
 *
 * @throws EnrollkitError of a file that was given; FILE_UNREADABLE for a folder without certificates
 */
export async function readTree(paths: readonly string[], opening: Opening): Promise<TreeFiles> {
  const { read, certificates, keys } = await readAll(paths, opening);
  const all = [...certificates.keys()];
  const problems = read.filter(({ problem }) => problem !== undefined);
  const isLocked = ({ problemCode }: CertificateFile) => problemCode === 'PASSPHRASE_REQUIRED';
  const listed = (files: readonly CertificateFile[]) =>
    files.map(({ path, problem }) => ({ file: path, message: problem! }));
  const { uploads, journalProblems } = uploadsOf(paths, all);
  return {
    unreadable: listed(problems.filter((one) => !isLocked(one))),
    locked: listed(problems.filter(isLocked)),
    journalProblems,
    at: ({ at, within }) => {
      const signers = findSigners(all);
      return {
        forest: forestOf(all, { signers, files: certificates, keys, uploads }, at, within),
        complete: signers.complete,
      };
    },
  };
}

async function readAll(paths: readonly string[], opening: Opening) {
  const read: CertificateFile[] = [];
  let onlyKey: unknown;
  for (const path of paths) {
    try {
      read.push(...(await readFileOrFolder(path, opening)));
    } catch (error) {
      // As `*.pem` of a shell gives it; among certificates, it is the key of one of them.
      const isKey =
        error instanceof EnrollkitError && error.context[holdsSomethingElse] && holdsKey(contentsOf(path));
      if (!isKey) throw error;
      onlyKey ??= error;
    }
  }
  if (read.length === 0) throw onlyKey;
  const { certificates, firstIn } = withoutCopies(read);
  return {
    read,
    certificates,
    keys: await findPrivateKeys(paths, [...certificates.keys()], firstIn, opening),
  };
}

/** Each certificate once, with its files; and by folder, the first certificates of its files. */
function withoutCopies(read: readonly CertificateFile[]) {
  const known = new Map<string, Certificate>();
  const files = new Map<Certificate, Set<string>>();
  const firstIn = new Map<string, Set<Certificate>>();
  for (const { path, certificates: found } of read) {
    for (const [index, one] of found.entries()) {
      const thumbprint = sha256Thumbprint(one);
      const certificate = known.get(thumbprint) ?? one;
      known.set(thumbprint, certificate);
      files.set(certificate, (files.get(certificate) ?? new Set()).add(path));
      if (index > 0) continue;
      firstIn.set(dirname(path), (firstIn.get(dirname(path)) ?? new Set()).add(certificate));
    }
  }
  return { certificates: new Map([...files].map(([one, paths]) => [one, [...paths]])), firstIn };
}

/** What the journals of the certificate folders say. One that cannot be read is no reason to show nothing. */
function uploadsOf(
  paths: readonly string[],
  certificates: readonly Certificate[],
): { uploads: ReadonlyMap<Certificate, readonly Upload[]>; journalProblems: string[] } {
  const journalProblems: string[] = [];
  const byThumbprint = new Map<string, Upload[]>();
  const journals = new Set(
    paths.map((path) => (isFolder(path) ? layoutOf(path) : certificateFolderOf(path))?.journal),
  );
  for (const path of journals) {
    if (path === undefined) continue;
    try {
      const journal = Journal.open(path, () => new Date(0));
      for (const thing of journal.things()) {
        if (thing.kind !== 'ca-certificate' || !journal.has(thing)) continue;
        const { name, target, sha1Thumbprint: recorded } = thing;
        const thumbprint = recorded.toUpperCase();
        const upload = target.kind === 'azure' ? { name, dpsName: target.dpsName } : { name };
        byThumbprint.set(thumbprint, [...(byThumbprint.get(thumbprint) ?? []), upload]);
      }
    } catch (error) {
      if (!(error instanceof EnrollkitError)) throw error;
      journalProblems.push(error.message);
    }
  }
  const uploads =
    byThumbprint.size === 0
      ? new Map()
      : new Map(certificates.map((one) => [one, byThumbprint.get(sha1Thumbprint(one)) ?? []] as const));
  return { uploads, journalProblems };
}
