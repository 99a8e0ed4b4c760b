/** The CAs of a roll-over: their successors, made and put in their places. */

import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { EnrollkitError } from '../errors.js';
import {
  generateKeyPair,
  isEncryptedKey,
  type KeyAlgorithm,
  type KeyPair,
  keyAlgorithmOf,
  type OpenPrivateKeyOptions,
  openPrivateKey,
  privateKeyToPem,
} from '../pki/keys.js';
import { renewCertificate } from '../pki/make/renew.js';
import { parseCertificate, sha256Thumbprint } from '../pki/x509/certificate.js';
import { isIssuedBy, notIssuedBy } from '../pki/x509/issued-by.js';
import { isSignedBy } from '../pki/x509/signature.js';
import { readTextIfExists } from '../workspace/files.js';
import type { AuthorityRole, CertificatePaths, Layout } from '../workspace/layout.js';
import type { OwnFiles } from '../workspace/own-files.js';
import type { RolloverRecord } from '../workspace/rollover-record.js';
import {
  loadCertificate,
  loadPrivateKey,
  restoreCertificate,
  restoreMissing,
  type StoredCertificate,
  saveCertificate,
} from '../workspace/stored-certificates.js';

/** A CA that a roll-over replaces, and its successor. */
export interface ReplacedAuthority {
  role: AuthorityRole;
  old: StoredCertificate;
  successor: StoredCertificate;
  /** Whether the successor signs from now on: its files are where those of the old one were. */
  inPlace: boolean;
}

/** The CA that signs the new intermediate, and is not replaced itself. */
export interface ParentAuthority {
  pem: string;
  privateKey: KeyObject;
  /** PEM: its certificate, then those of its issuers. */
  chainPem: string;
}

/**
 * The CAs that a roll-over concerns, from the top: a root takes the intermediate below it along, since that one ends
 * with it.
 *
 * @throws EnrollkitError FILE_UNREADABLE when the folder has no such CA; INVALID_CERTIFICATE
 */
export function rolledBy(layout: Layout, authority: AuthorityRole): RolloverRecord['rolled'] {
  const named = currentOf(layout, authority);
  const below = authority === 'root' ? loadCertificate(layout.intermediate) : undefined;
  const isBelow = below && isIssuedBy(below.certificate, named.certificate);
  return [
    { role: authority, sha256Thumbprint: sha256Thumbprint(named.certificate) },
    ...(isBelow
      ? [{ role: 'intermediate' as const, sha256Thumbprint: sha256Thumbprint(below.certificate) }]
      : []),
  ];
}

function currentOf(layout: Layout, role: AuthorityRole): StoredCertificate {
  const current = loadCertificate(layout[role]);
  if (current) return current;
  throw new EnrollkitError(
    'FILE_UNREADABLE',
    `There is no ${role} CA in ${layout.folder}: ${layout[role].certificate} is not there.`,
    { next: 'Name the certificate folder with --dir FOLDER.' },
  );
}

/**
 * The CAs and their successors, wherever their files are by now.
 *
 * @throws EnrollkitError FILE_UNREADABLE when one of them is gone
 */
export function replacedAuthorities(layout: Layout, { rolled }: RolloverRecord): ReplacedAuthority[] {
  return rolled.map(({ role, sha256Thumbprint: sha256 }) => {
    const previous = loadCertificate(layout.previousAuthority(role, sha256));
    const current = loadCertificate(layout[role]);
    const inPlace = previous !== undefined && current !== undefined;
    const old = previous ?? current;
    const successor = inPlace ? current : loadCertificate(layout.nextAuthority(role));
    if (old && successor && sha256Thumbprint(old.certificate) === sha256)
      return { role, old, successor, inPlace };
    throw new EnrollkitError(
      'FILE_UNREADABLE',
      `The files of the roll-over of the ${role} CA are not where it left them, in ${layout.folder}.`,
      { next: `Put back the folders that begin with ${role} in ca, as they were.` },
    );
  });
}

export interface MakingOptions {
  layout: Layout;
  files: OwnFiles;
  record: RolloverRecord;
  /** The CA above the one that was named, when that is an intermediate. */
  signer: () => ParentAuthority | Promise<ParentAuthority>;
  passphrase: string | undefined;
  now: () => Date;
  signal: AbortSignal;
  tell: (text: string) => void;
}

/**
 * Makes the successors that are not there yet: of the same subject and extensions, for as long again, with a new key
 * of the same algorithm, which is encrypted when the old one was.
 *
 * @throws EnrollkitError CHAIN_INVALID when the signer did not issue the old one; ISSUER_NOT_ALLOWED; of the keys
 */
export async function makeSuccessors(options: MakingOptions): Promise<void> {
  const { layout, files, record, tell } = options;
  let above = options.signer;
  for (const [depth, { role, sha256Thumbprint: sha256 }] of record.rolled.entries()) {
    if (!existsSync(layout.previousAuthority(role, sha256).folder)) {
      const old = await restoreCertificate(files, currentOf(layout, role), options);
      const issuer = role === 'root' ? undefined : depth > 0 ? await above() : signerOf(old, await above());
      const made = await interrupted(options, role, old, issuer);
      if (made) restoreMissing(files, made, issuer?.chainPem ?? '', notedAs(files, old.paths)('certificate'));
      else await makeSuccessor(options, role, old, issuer);
      tell(`the new ${role} CA is made`);
    }
    above = () => openSuccessor(options, role);
  }
}

/** A successor, wherever it is by now, as the CA above the next one. */
async function openSuccessor(options: MakingOptions, role: AuthorityRole): Promise<ParentAuthority> {
  const { layout } = options;
  const made = loadCertificate(layout.nextAuthority(role)) ?? currentOf(layout, role);
  return { pem: made.pem, chainPem: made.chainPem, privateKey: await loadPrivateKey(made, options) };
}

/** The CA that signs must be the one that signed before. */
function signerOf(old: StoredCertificate, signer: ParentAuthority): ParentAuthority {
  const issuer = parseCertificate(signer.pem);
  if (isIssuedBy(old.certificate, issuer)) return signer;
  throw new EnrollkitError(
    'CHAIN_INVALID',
    `The certificate ${old.paths.certificate} was not issued by ${notIssuedBy(old.certificate, issuer)}.`,
    { next: 'Give the CA that issued it with --ca FILE and --ca-key FILE.' },
  );
}

/**
 * The successor that an interrupted run has made; undefined when there is none.
 *
 * @throws EnrollkitError FILE_EXISTS when another CA is in its place; of its key
 */
async function interrupted(
  options: MakingOptions,
  role: AuthorityRole,
  old: StoredCertificate,
  issuer: ParentAuthority | undefined,
): Promise<StoredCertificate | undefined> {
  const { layout, now } = options;
  const made = loadCertificate(layout.nextAuthority(role));
  if (!made) return undefined;
  const by = issuer ? parseCertificate(issuer.pem) : made.certificate;
  const isSuccessor =
    made.certificate.subject.equals(old.certificate.subject) &&
    isSignedBy(made.certificate, by) &&
    now() <= made.certificate.notAfter;
  if (!isSuccessor) {
    throw new EnrollkitError(
      'FILE_EXISTS',
      `${made.paths.folder} contains a CA that is not the successor of ${old.paths.certificate}.`,
      { next: `Move ${made.paths.folder} away, then run the same command again.` },
    );
  }
  await loadPrivateKey(made, options);
  return made;
}

async function makeSuccessor(
  options: MakingOptions,
  role: AuthorityRole,
  old: StoredCertificate,
  issuer: ParentAuthority | undefined,
): Promise<void> {
  const { layout, files, passphrase, now, signal } = options;
  const algorithm = keyAlgorithmOf(old.certificate.publicKey);
  if (!algorithm) {
    throw new EnrollkitError(
      'USAGE',
      `No new key of the kind ${old.certificate.publicKeyInfo.name}, that of the ${role} CA, is made here.`,
      { next: 'Make the new CA elsewhere, and upload it: enrollkit ca upload FILE.' },
    );
  }
  const isEncrypted = isEncryptedKey(readTextIfExists(old.paths.key) ?? '');
  // Opened, so that old and new keys have one passphrase.
  if (isEncrypted) await loadPrivateKey(old, options);
  const newPassphrase = isEncrypted ? passphrase : undefined;
  const paths = layout.nextAuthority(role);
  const unfinished = await unfinishedKey(paths, algorithm, { passphrase: newPassphrase, signal });
  const { publicKey, privateKey } = unfinished ?? (await generateKeyPair(algorithm, signal));
  const { pem } = await renewCertificate({
    certificate: old.certificate,
    publicKey,
    issuer: issuer ? { certificate: issuer.pem, privateKey: issuer.privateKey } : { privateKey },
    at: now(),
  });
  const keyPem = unfinished ? undefined : await privateKeyToPem(privateKey, newPassphrase);
  saveCertificate(
    files,
    paths,
    { pem, issuersPem: issuer?.chainPem ?? '', keyPem },
    { note: (name) => notedAs(files, old.paths)(name).note },
  );
}

/**
 * The key that an interrupted roll-over left: nothing else writes one there. It is used instead of a new one.
 *
 * @throws EnrollkitError FILE_EXISTS when it is not the key that is wanted; of the key
 */
async function unfinishedKey(
  { key }: CertificatePaths,
  algorithm: KeyAlgorithm,
  opening: OpenPrivateKeyOptions,
): Promise<KeyPair | undefined> {
  const text = readTextIfExists(key);
  if (text === undefined) return undefined;
  const privateKey = await openPrivateKey(text, opening);
  const publicKey = createPublicKey(privateKey);
  const isWanted =
    keyAlgorithmOf(publicKey) === algorithm && isEncryptedKey(text) === (opening.passphrase !== undefined);
  if (isWanted) return { privateKey, publicKey };
  throw new EnrollkitError('FILE_EXISTS', `${key} is not the same kind of key as that of the old CA.`, {
    next: `Move ${key} away, then run the same command again.`,
  });
}

/** The successor of a file that a run made is the run's too; that of a company's CA is not, and `clean` leaves both. */
const notedAs = (files: OwnFiles, old: CertificatePaths) => (name: 'key' | 'chain' | 'certificate') => ({
  note: files.isUnchanged(old[name]),
});

/** Puts the old CAs aside, and their successors in their places: all or none. What is in its place already stays. */
export function putInPlace(layout: Layout, files: OwnFiles, { rolled }: RolloverRecord): void {
  const change = files.change();
  let isNeeded = false;
  for (const { role, sha256Thumbprint: sha256 } of rolled) {
    const [current, next] = [layout[role], layout.nextAuthority(role)];
    const previous = layout.previousAuthority(role, sha256);
    const isAside = existsSync(previous.folder);
    if (isAside && existsSync(current.folder)) continue;
    if (!isAside) change.moveCertificate(current, previous);
    change.moveCertificate(next, current);
    isNeeded = true;
  }
  if (isNeeded) change.commit();
}
