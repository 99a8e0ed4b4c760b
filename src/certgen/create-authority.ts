/** create_root_and_intermediate, and install_root_ca_from_files for an existing root. */
import type { KeyObject } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { type KeyAlgorithm, privateKeyToPem } from '../pki/keys.js';
import { assertMaySign } from '../pki/make/issuer.js';
import { assertReadsBack } from '../pki/read-back.js';
import {
  type Certificate,
  certificateToPem,
  parseCertificate,
  sha256Thumbprint,
} from '../pki/x509/certificate.js';
import { lookAt } from '../workspace/files.js';
import type { Transaction } from '../workspace/transaction.js';
import { Database, filesOf, modes, readAuthority } from './authority.js';
import { timeText } from './database.js';
import { newAsideFolder, withFolderLock } from './folder.js';
import { issueFiles, issueRoot } from './issue-files.js';
import { assertPassphrase, type CertgenResult } from './request.js';
import {
  authorityKeyAlgorithm,
  intermediatePrefix,
  rootPrefix,
  type Script,
  validityDays as usualValidityDays,
} from './scripts.js';

export interface AuthorityRequest {
  script: Script;
  /** Created if it does not exist. */
  folder: string;
  /** For the keys and PFX files. */
  passphrase: string;
  at: Date;
  /** Whether an existing CA is moved aside. */
  replace: boolean;
  /** An existing root, instead of a new one. */
  root?: { certificate: string | Uint8Array; privateKey: KeyObject };
  /** By default 30. */
  validityDays?: number;
  /** By default RSA 4096; tests use faster ones. */
  keyAlgorithm?: KeyAlgorithm;
  signal?: AbortSignal;
}

/** What the scripts remove before they create a CA. */
const authorityNames = [
  'csr',
  'private',
  'certs',
  'intermediateCerts',
  'newcerts',
  ...['index.txt', 'index.txt.attr', 'serial'].flatMap((name) => [name, `${name}.old`]),
];

/** The files in a folder that the scripts would remove; empty folders do not count. */
export function existingAuthority(folder: string): string[] {
  return authorityNames.filter((name) => {
    const path = join(folder, name);
    const entry = lookAt(path);
    return entry && !(entry.isDirectory() && readdirSync(path).length === 0);
  });
}

/**
 * Creates the folders, a root, an intermediate and the database. An existing CA is moved to a folder `replaced-<time>`,
 * never deleted. If the same request was killed while it put its files in place, these are what it returns.
 *
 * @throws EnrollkitError FILE_EXISTS when there is a CA and `replace` is false; KEY_MISMATCH or ISSUER_NOT_ALLOWED for
 *   an unsuitable root; USAGE for a passphrase that is too short; FOLDER_IN_USE, FILE_UNWRITABLE
 */
export async function createAuthority(request: AuthorityRequest): Promise<CertgenResult> {
  const { folder, passphrase, root } = request;
  assertPassphrase(passphrase);
  const given = root && checkedRoot(root.certificate, root.privateKey, request.at);
  const name = nameOf(request, given?.certificate);
  return withFolderLock(folder, async (transaction, completed) => {
    if (completed?.request === name) {
      const certificates = (['root', 'intermediate'] as const).map((which) => readAuthority(folder, which));
      return { ...completed, certificates: certificates.map(({ certificate }) => certificate) };
    }
    const former = existingAuthority(folder);
    if (former.length > 0 && !request.replace) throw authorityExists(folder, former);
    const aside = newAsideFolder(folder, timeText(request.at));
    for (const name of former) transaction.move(name, `${aside}/${name}`);
    for (const path of request.script.folders) transaction.privateFolder(path);
    const { rootPem, intermediate } = await writeAuthority(request, given, transaction);
    request.signal?.throwIfAborted();
    transaction.commit(name);
    return {
      written: transaction.written,
      moved: former.map((name) => ({ from: name, to: `${aside}/${name}` })),
      certificates: [parseCertificate(rootPem), intermediate],
    };
  });
}

/** Tells this request from others, in the list of changes. */
function nameOf({ script, replace, ...request }: AuthorityRequest, root: Certificate | undefined): string {
  const { validityDays, keyAlgorithm } = request;
  const rootThumbprint = root && sha256Thumbprint(root);
  return JSON.stringify(['CA', script.rootName, replace, rootThumbprint, validityDays, keyAlgorithm]);
}

/** @throws EnrollkitError FILE_EXISTS */
export function authorityExists(folder: string, former: readonly string[]): EnrollkitError {
  return new EnrollkitError('FILE_EXISTS', sentences.certgen.authorityExists(resolve(folder), former), {
    next: sentences.certgen.replaceIt,
    context: { folder, found: former },
  });
}

async function writeAuthority(
  request: AuthorityRequest,
  given: { certificate: Certificate; pem: string; privateKey: KeyObject } | undefined,
  transaction: Transaction,
): Promise<{ rootPem: string; intermediate: Certificate }> {
  const { script, passphrase, at } = request;
  const common = {
    profile: script.authorityProfile,
    keyAlgorithm: request.keyAlgorithm ?? authorityKeyAlgorithm,
    at,
    validityDays: request.validityDays ?? usualValidityDays,
    signal: request.signal,
  };
  const newRoot = given ? undefined : await issueRoot(script.rootName, common);
  const rootPem = given?.pem ?? newRoot!.pem;
  const rootKey = given?.privateKey ?? newRoot!.keys.privateKey;
  const rootFiles = filesOf(rootPrefix);
  const rootKeyPem = await privateKeyToPem(rootKey, passphrase);
  assertReadsBack([{ contents: rootKeyPem, passphrase }, { contents: rootPem }]);
  transaction.write(rootFiles.key, rootKeyPem, modes.authorityKey);
  transaction.write(rootFiles.certificate, rootPem, modes.certificate);
  const database = Database.empty(script);
  const { certificate: intermediate } = await issueFiles(
    {
      ...common,
      commonName: script.intermediateName,
      issuer: { certificate: rootPem, privateKey: rootKey },
      issuers: [rootPem],
      database,
      passphrase,
      files: filesOf(intermediatePrefix),
      friendlyName: intermediatePrefix,
      encryptKey: true,
      pfx: script.intermediatePfx,
      fullChain: `certs/${script.authorityChain}`,
    },
    transaction,
  );
  database.write(transaction);
  return { rootPem, intermediate };
}

/** Checks that an existing root can sign the intermediate, before anything is created. */
function checkedRoot(certificate: string | Uint8Array, privateKey: KeyObject, at: Date) {
  const parsed = parseCertificate(certificate);
  const { publicKey, der } = parsed;
  assertMaySign({ certificate: der, privateKey }, { publicKey, certificateAuthority: true, at });
  return { certificate: parsed, pem: certificateToPem(parsed), privateKey };
}
