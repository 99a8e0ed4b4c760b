/** The CAs of a roll-over: their successors, made and put in their places. */

import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
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
import {
  type Certificate,
  parseCertificate,
  parseCertificates,
  sha256Thumbprint,
} from '../pki/x509/certificate.js';
import { isIssuedBy, notIssuedBy } from '../pki/x509/issued-by.js';
import { isSignedBy } from '../pki/x509/signature.js';
import { readTextIfExists } from '../workspace/files.js';
import type { AuthorityName, CertificatePaths, DevicePaths, Layout } from '../workspace/layout.js';
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
  role: AuthorityName;
  old: StoredCertificate;
  /** The replaced CA that issued the old one; undefined for the CA that was named. */
  parent: ReplacedAuthority | undefined;
  successor: StoredCertificate;
  /** Whether the successor signs from now on: its files are where those of the old one were. */
  inPlace: boolean;
}

/** The CA that issues a successor. */
export interface ParentAuthority {
  pem: string;
  privateKey: KeyObject;
  /** PEM: its certificate, then those of its issuers. */
  chainPem: string;
}

/**
 * The CAs that a roll-over replaces, each after its issuer: the one that was named, and all CAs of the folder below it,
 * since they end with it.
 *
 * @throws EnrollkitError FILE_UNREADABLE when the folder has no such CA; CHAIN_INVALID when a CA that would have to be
 *   replaced too is not in the folder; INVALID_CERTIFICATE
 */
export function rolledBy(layout: Layout, authority: AuthorityName): RolloverRecord['rolled'] {
  const named = currentOf(layout, authority);
  const below = new Map([[authority, named]]);
  const others = layout.authorities().filter((name) => name !== authority);
  for (let found = true; found; ) {
    found = false;
    for (const name of others) {
      if (below.has(name)) continue;
      const stored = currentOf(layout, name);
      if (!issuerAmong(below.values(), stored.certificate)) continue;
      below.set(name, stored);
      found = true;
    }
  }
  const rolled = [...below.values()];
  for (const stored of holdersOfChains(layout, others)) assertNoneBetween(stored, rolled, layout);
  return [...below].map(([role, { certificate }]) => ({
    role,
    sha256Thumbprint: sha256Thumbprint(certificate),
  }));
}

function issuerAmong(
  authorities: Iterable<StoredCertificate>,
  certificate: Certificate,
): StoredCertificate | undefined {
  for (const one of authorities) {
    if (one.certificate !== certificate && isIssuedBy(certificate, one.certificate)) return one;
  }
  return undefined;
}

function holdersOfChains(layout: Layout, authorities: readonly AuthorityName[]): StoredCertificate[] {
  const paths: CertificatePaths[] = [
    ...authorities.map((name) => layout.authority(name)),
    ...layout.devices().flatMap((device: DevicePaths) => [device, device.edgeCa, ...device.modules()]),
  ];
  return paths.map(loadCertificate).filter((one) => one !== undefined);
}

/** Refuses to go on without a CA that is between one of the replaced CAs and this certificate. */
function assertNoneBetween(
  stored: StoredCertificate,
  rolled: readonly StoredCertificate[],
  layout: Layout,
): void {
  const chain = chainOf(stored);
  const between: Certificate[] = [];
  for (let below = stored.certificate; ; below = between.at(-1)!) {
    const top = issuerAmong(rolled, below);
    const [missing] = between;
    if (top && missing) {
      throw new EnrollkitError(
        'CHAIN_INVALID',
        sentences.rollover.missingBetween(
          missing.subject.text,
          stored.paths.certificate,
          top.certificate.subject.text,
          layout.folder,
        ),
        {
          next: sentences.rollover.copyFiles(layout.authority('NAME').folder),
        },
      );
    }
    const isNew = (one: Certificate) =>
      ![stored.certificate, ...between].some(({ der }) => der.equals(one.der));
    const issuer = top ? undefined : chain.find((one) => isNew(one) && isIssuedBy(below, one));
    if (!issuer) return;
    between.push(issuer);
  }
}

/** What `chain.pem` holds. One that cannot be read tells nothing; issuing the certificate again replaces it. */
function chainOf({ chainPem }: StoredCertificate): Certificate[] {
  try {
    return parseCertificates(chainPem);
  } catch {
    return [];
  }
}

function currentOf(layout: Layout, role: AuthorityName): StoredCertificate {
  const paths = layout.authority(role);
  const current = loadCertificate(paths);
  if (current) return current;
  throw new EnrollkitError(
    'FILE_UNREADABLE',
    sentences.rollover.noAuthority(role, layout.folder, paths.certificate),
    { next: sentences.rollover.nameFolder },
  );
}

/**
 * The CAs and their successors, wherever their files are by now.
 *
 * @throws EnrollkitError FILE_UNREADABLE when one of them is gone
 */
export function replacedAuthorities(layout: Layout, { rolled }: RolloverRecord): ReplacedAuthority[] {
  const all: ReplacedAuthority[] = [];
  for (const { role, sha256Thumbprint: sha256 } of rolled) {
    const previous = loadCertificate(layout.previousAuthority(role, sha256));
    const current = loadCertificate(layout.authority(role));
    const inPlace = previous !== undefined && current !== undefined;
    const old = previous ?? current;
    const successor = inPlace ? current : loadCertificate(layout.nextAuthority(role));
    if (!old || !successor || sha256Thumbprint(old.certificate) !== sha256) {
      throw new EnrollkitError('FILE_UNREADABLE', sentences.rollover.filesMoved(role, layout.folder), {
        next: sentences.rollover.putBack(role),
      });
    }
    const parent = all.find((one) => isIssuedBy(old.certificate, one.old.certificate));
    all.push({ role, old, parent, successor, inPlace });
  }
  return all;
}

export interface MakingOptions {
  layout: Layout;
  files: OwnFiles;
  record: RolloverRecord;
  /** The CA above the one that was named; undefined: the one in the folder. Not asked for a root. */
  signer?: (() => ParentAuthority | Promise<ParentAuthority>) | undefined;
  passphrase: string | undefined;
  now: () => Date;
  signal: AbortSignal;
  tell: (text: string) => void;
}

/**
 * Makes the successors that are not there yet: of the same subject and extensions, for as long again, with a new key
 * of the same algorithm, which is encrypted when the old one was.
 *
 * @throws EnrollkitError CHAIN_INVALID when the signer did not issue the old one; FILE_UNREADABLE when the folder does not have
 *   the CA that did; ISSUER_NOT_ALLOWED; of the keys
 */
export async function makeSuccessors(options: MakingOptions): Promise<void> {
  const { layout, files, record, tell } = options;
  const before: { role: AuthorityName; certificate: Certificate }[] = [];
  for (const { role, sha256Thumbprint: sha256 } of record.rolled) {
    const aside = layout.previousAuthority(role, sha256);
    const isAside = existsSync(aside.folder);
    const found = (isAside ? loadCertificate(aside) : undefined) ?? currentOf(layout, role);
    if (!isAside) {
      const old = await restoreCertificate(files, found, options);
      const parent = before.find(({ certificate }) => isIssuedBy(old.certificate, certificate));
      const issuer = parent ? await openSuccessor(options, parent.role) : await issuerOfNamed(options, old);
      const made = await interrupted(options, role, old, issuer);
      if (made) restoreMissing(files, made, issuer?.chainPem ?? '', notedAs(files, old.paths)('certificate'));
      else await makeSuccessor(options, role, old, issuer);
      tell(sentences.rollover.created(role));
    }
    before.push({ role, certificate: found.certificate });
  }
}

/** The CA above the one that was named; undefined for a root. */
async function issuerOfNamed(
  options: MakingOptions,
  old: StoredCertificate,
): Promise<ParentAuthority | undefined> {
  const { layout, signer } = options;
  const { certificate } = old;
  if (certificate.subject.equals(certificate.issuer)) return undefined;
  if (signer) return signerOf(old, await signer());
  const authorities = layout.authorities().map((name) => currentOf(layout, name));
  const issuer = issuerAmong(authorities, certificate);
  if (!issuer) {
    throw new EnrollkitError(
      'FILE_UNREADABLE',
      sentences.rollover.issuerMissing(certificate.issuer.text, old.paths.certificate, layout.folder),
      { next: sentences.rollover.nameIssuer },
    );
  }
  return { pem: issuer.pem, chainPem: issuer.chainPem, privateKey: await loadPrivateKey(issuer, options) };
}

/** A successor, wherever it is by now, as the CA above the next one. */
async function openSuccessor(options: MakingOptions, role: AuthorityName): Promise<ParentAuthority> {
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
    sentences.rollover.otherIssuer(old.paths.certificate, notIssuedBy(old.certificate, issuer)),
    { next: sentences.rollover.nameIssuer },
  );
}

/**
 * The successor that an interrupted run has made; undefined if there is none.
 *
 * @throws EnrollkitError FILE_EXISTS when another CA is in its place; of its key
 */
async function interrupted(
  options: MakingOptions,
  role: AuthorityName,
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
      sentences.rollover.otherSuccessor(made.paths.folder, old.paths.certificate),
      { next: sentences.rollover.moveAway(made.paths.folder) },
    );
  }
  await loadPrivateKey(made, options);
  return made;
}

async function makeSuccessor(
  options: MakingOptions,
  role: AuthorityName,
  old: StoredCertificate,
  issuer: ParentAuthority | undefined,
): Promise<void> {
  const { layout, files, passphrase, now, signal } = options;
  const algorithm = keyAlgorithmOf(old.certificate.publicKey);
  if (!algorithm) {
    throw new EnrollkitError(
      'USAGE',
      sentences.rollover.unknownAlgorithm(old.certificate.publicKeyInfo.name, role),
      { next: sentences.rollover.createElsewhere },
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
    issuer: issuer
      ? { certificate: issuer.pem, chainPem: issuer.chainPem, privateKey: issuer.privateKey }
      : { privateKey },
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
  throw new EnrollkitError('FILE_EXISTS', sentences.rollover.otherKeyType(key), {
    next: sentences.rollover.moveAway(key),
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
    const [current, next] = [layout.authority(role), layout.nextAuthority(role)];
    const previous = layout.previousAuthority(role, sha256);
    const isAside = existsSync(previous.folder);
    if (isAside && existsSync(current.folder)) continue;
    if (!isAside) change.moveCertificate(current, previous);
    change.moveCertificate(next, current);
    isNeeded = true;
  }
  if (isNeeded) change.commit();
}
