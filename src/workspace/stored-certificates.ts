/** A certificate with its chain and its key, to disk and back. */

import type { KeyObject } from 'node:crypto';
import { EnrollkitError, isAbort } from '../errors.js';
import { sentences } from '../languages/language.js';
import { isKeyPair, type OpenPrivateKeyOptions, openPrivateKey } from '../pki/keys.js';
import { assertReadsBack } from '../pki/read-back.js';
import { type Certificate, certificateToPem, parseCertificates } from '../pki/x509/certificate.js';
import { lookAt, publicFileMode, readBytesIfExists, secretFileMode } from './files.js';
import type { CertificatePaths } from './layout.js';
import type { FilesChange, OwnFiles, PlacedFile, WriteOptions } from './own-files.js';

export interface StoredCertificate {
  paths: CertificatePaths;
  certificate: Certificate;
  pem: string;
  /** The certificate itself, its issuers, the root; PEM. The certificate alone when `chain.pem` is missing. */
  chainPem: string;
  /** The file that is not there, or empty: `certificate.pem`, which was then read from `chain.pem`, or `chain.pem`. */
  missing?: 'certificate' | 'chain';
}

export interface NewCertificate {
  pem: string;
  /** The issuers, nearest first, the root last; empty for the root itself. */
  issuersPem: string;
  /** The text of `key.pem`; left out when that file is there already. */
  keyPem?: string | undefined;
}

/**
 * Writes key, chain and certificate, all or none, once they were read back. Nothing that exists is replaced.
 *
 * @param note whether to record a file in the journal
 * @param besides adds what else belongs in the folder
 * @returns what was written, as it would be read back
 * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE
 */
export function saveCertificate(
  files: OwnFiles,
  paths: CertificatePaths,
  made: NewCertificate,
  options: SaveOptions = {},
): StoredCertificate {
  const { pem, issuersPem, keyPem } = made;
  const chainPem = pem + issuersPem;
  const written = [pem, chainPem, ...(keyPem === undefined ? [] : [keyPem])];
  assertReadsBack(written.map((contents) => ({ contents })));
  const change = files.change();
  addCertificate(change, paths, made, options);
  change.commit();
  return { paths, certificate: parseCertificates(pem)[0]!, pem, chainPem };
}

type CertificateFileName = 'key' | 'chain' | 'certificate';

export interface SaveOptions {
  note?: (name: CertificateFileName) => boolean;
  besides?: (change: FilesChange) => void;
}

/**
 * Adds key, chain and certificate to a change; nothing that exists is replaced. Read them back yourself.
 *
 * @throws EnrollkitError FILE_EXISTS
 */
export function addCertificate(
  change: FilesChange,
  paths: CertificatePaths,
  made: NewCertificate,
  { note = () => true, besides = () => {} }: SaveOptions = {},
): void {
  for (const { name, path, contents, mode } of certificateFiles(paths, made)) {
    if (name === 'certificate') besides(change);
    change.create(path, contents, mode, { note: note(name) });
  }
}

/** The files of a certificate, in the order to write them in: a folder that has a certificate is complete. */
export function certificateFiles(
  paths: CertificatePaths,
  { pem, issuersPem, keyPem }: NewCertificate,
): (PlacedFile & { name: CertificateFileName })[] {
  return [
    ...(keyPem === undefined
      ? []
      : [{ name: 'key', path: paths.key, contents: keyPem, mode: secretFileMode } as const]),
    { name: 'chain', path: paths.chain, contents: pem + issuersPem, mode: publicFileMode },
    { name: 'certificate', path: paths.certificate, contents: pem, mode: publicFileMode },
  ];
}

/**
 * Reads a certificate and its chain. A `certificate.pem` that is missing is the first certificate of `chain.pem`.
 *
 * @returns undefined when the folder has neither
 * @throws EnrollkitError INVALID_CERTIFICATE or FILE_UNREADABLE, naming the file
 */
export function loadCertificate(paths: CertificatePaths): StoredCertificate | undefined {
  const [text, chainPem] = [pemOf(paths.certificate), textOf(paths.chain)];
  if (text?.trim()) {
    const [certificate, ...issuers] = naming(paths.certificate, () => parseCertificates(text));
    // `cert sign` writes the chain into the same file.
    const pem = issuers.length > 0 ? certificateToPem(certificate!) : text;
    const common = { paths, certificate: certificate!, pem };
    return chainPem === undefined ? { ...common, chainPem: text, missing: 'chain' } : { ...common, chainPem };
  }
  if (chainPem !== undefined) {
    const certificate = naming(paths.chain, () => parseCertificates(chainPem)[0]!);
    return { paths, certificate, pem: certificateToPem(certificate), chainPem, missing: 'certificate' };
  }
  if (text === undefined && !lookAt(paths.chain)) return undefined;
  const empty = text === undefined ? paths.chain : paths.certificate;
  throw new EnrollkitError('INVALID_CERTIFICATE', sentences.workspace.stored.empty(empty), {
    next: putBack(paths),
  });
}

/** The text of a file; undefined when it does not exist or is empty, as after a power failure or on a full disk. */
function textOf(path: string): string | undefined {
  const text = pemOf(path);
  return text?.trim() ? text : undefined;
}

/** The text of a PEM file; of certificates in any other form, their PEM. @throws EnrollkitError INVALID_CERTIFICATE */
function pemOf(path: string): string | undefined {
  const bytes = readBytesIfExists(path);
  const text = bytes?.toString('utf8');
  if (bytes === undefined || text === undefined || !text.trim() || text.includes('-----BEGIN ')) return text;
  return naming(path, () => parseCertificates(bytes).map(certificateToPem).join(''));
}

function putBack({ folder }: CertificatePaths): string {
  return sentences.workspace.stored.restore(folder);
}

/**
 * Refuses a chain of another certificate: the device would present the wrong one.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE, CHAIN_INVALID, naming the file
 */
export function assertOwnChain({ paths, certificate, chainPem }: StoredCertificate): void {
  const [first] = naming(paths.chain, () => parseCertificates(chainPem));
  if (first!.der.equals(certificate.der)) return;
  throw new EnrollkitError(
    'CHAIN_INVALID',
    sentences.workspace.stored.otherChain(paths.chain, paths.certificate),
    {
      next: sentences.workspace.stored.moveOutdated,
    },
  );
}

/**
 * Writes the file that is missing. The caller has checked that the certificate is that of the private key.
 *
 * @param issuersPem what follows the certificate in `chain.pem`
 * @returns the certificate with nothing missing
 * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE
 */
export function restoreMissing(
  files: OwnFiles,
  { missing, ...stored }: StoredCertificate,
  issuersPem: string,
  options: WriteOptions = {},
): StoredCertificate {
  const { paths, pem } = stored;
  const isAlone = stored.chainPem === pem;
  const chainPem = missing === 'chain' && isAlone ? pem + issuersPem : stored.chainPem;
  const [path, text] = missing === 'chain' ? [paths.chain, chainPem] : [paths.certificate, pem];
  // An empty file contains nothing to lose.
  if (missing && lookAt(path)) files.replace(path, text, publicFileMode, options);
  else if (missing) files.create(path, text, publicFileMode, options);
  return { ...stored, chainPem };
}

/**
 * Writes a `certificate.pem` that is missing, after a look at the private key, where that is in the folder.
 *
 * @throws EnrollkitError FILE_UNWRITABLE; of the key, KEY_MISMATCH among them
 */
export async function restoreCertificate(
  files: OwnFiles,
  stored: StoredCertificate,
  opening: OpenPrivateKeyOptions,
): Promise<StoredCertificate> {
  if (stored.missing !== 'certificate') return stored;
  if (lookAt(stored.paths.key)) await loadPrivateKey(stored, opening);
  return restoreMissing(files, stored, '', { note: files.isUnchanged(stored.paths.chain) });
}

/**
 * Reads the private key of a stored certificate.
 *
 * @throws EnrollkitError FILE_UNREADABLE, INVALID_KEY, PASSPHRASE_REQUIRED, WRONG_PASSPHRASE or KEY_MISMATCH, naming
 *   the file
 */
export async function loadPrivateKey(
  stored: StoredCertificate,
  opening: OpenPrivateKeyOptions,
): Promise<KeyObject> {
  const { paths, certificate, missing } = stored;
  const from = missing === 'certificate' ? paths.chain : paths.certificate;
  const contents = readBytesIfExists(paths.key);
  if (contents === undefined) {
    throw new EnrollkitError('FILE_UNREADABLE', sentences.workspace.stored.noKey(paths.key, from), {
      next: putBack(paths),
    });
  }
  const key = await openPrivateKey(contents, opening).catch((error) => {
    throw withPath(paths.key, error);
  });
  if (isKeyPair(key, certificate.publicKey)) return key;
  throw new EnrollkitError('KEY_MISMATCH', sentences.workspace.stored.keyMismatch(paths.key, from), {
    next: sentences.workspace.stored.restoreBoth(paths.folder),
  });
}

/** Runs what reads a file; an error of ours gets the file's path in front. */
function naming<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw withPath(path, error);
  }
}

function withPath(path: string, error: unknown): unknown {
  if (!(error instanceof EnrollkitError) || isAbort(error) || error.message.includes(path)) return error;
  const { next, context, cause } = error;
  return new EnrollkitError(error.code, `${path}: ${error.message}`, { next, context, cause });
}
