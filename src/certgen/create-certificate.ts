/** The commands that issue one certificate: for a device, gateway, server or verification code. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import type { KeyAlgorithm } from '../pki/keys.js';
import { subjectName } from '../pki/make/requested-names.js';
import { type Certificate, parseCertificates } from '../pki/x509/certificate.js';
import { commonNameType } from '../pki/x509/name.js';
import { lookAt, readText } from '../workspace/files.js';
import type { Transaction } from '../workspace/transaction.js';
import {
  certificateIn,
  Database,
  type FileSet,
  filesOf,
  openAuthorityKey,
  readAuthority,
  readCertificate,
  textIn,
} from './authority.js';
import { subjectLine, timeText } from './database.js';
import { isInterrupted, newAsideFolder, withFolderLock } from './folder.js';
import { issueFiles } from './issue-files.js';
import { assertPassphrase, type CertgenResult } from './request.js';
import { type CertificateCommand, type Script, validityDays as usualValidityDays } from './scripts.js';

export interface CertificateRequest {
  script: Script;
  command: CertificateCommand;
  /** A device ID, host name or verification code; any characters are allowed. */
  name: string;
  folder: string;
  /** Decrypts the CA's key, and protects the PFX. */
  passphrase: string;
  at: Date;
  /** By default 30; the end is never later than the issuer's. */
  validityDays?: number;
  /** By default the command's; tests use faster ones than RSA 4096. */
  keyAlgorithm?: KeyAlgorithm;
  signal?: AbortSignal;
}

/**
 * Issues a certificate into the folder. A new certificate for the same name replaces the earlier one, whose line in
 * index.txt is then marked as revoked ("superseded") and whose files are moved to a folder `replaced-<time>`. If the
 * file names do not contain the name and the files belong to another name, those are renamed first: new-device.cert.pem
 * of a device "one" becomes new-device.one.cert.pem. Only files of the CA's database are ever overwritten. If the same
 * request was killed while it put its files in place, these are what it returns.
 *
 * @throws EnrollkitError INVALID_COMMON_NAME, COMMON_NAME_TOO_LONG; FILE_UNREADABLE when there is no CA;
 *   WRONG_PASSPHRASE, ISSUER_NOT_ALLOWED (an expired CA); FILE_EXISTS, FOLDER_IN_USE, FILE_UNWRITABLE
 */
export async function createCertificate(request: CertificateRequest): Promise<CertgenResult> {
  const { script, command, name, folder, passphrase, at } = request;
  assertPassphrase(passphrase);
  const commonName = `${name}${command.suffix}`;
  assertName(request, commonName);
  if (!isInterrupted(folder)) readAuthority(folder, command.issuer);
  const { validityDays, keyAlgorithm } = request;
  const requestName = JSON.stringify([
    command.prefix,
    command.issuer,
    commonName,
    validityDays,
    keyAlgorithm,
  ]);
  return withFolderLock(folder, async (transaction, completed) => {
    if (completed?.request === requestName) {
      const path = filesFor(command, name).certificate;
      const made = readCertificate(join(folder, path), textIn(folder, path));
      return { ...completed, certificates: [made] };
    }
    const [root, intermediate] = [
      readAuthority(folder, 'root'),
      command.issuer === 'intermediate' ? readAuthority(folder, 'intermediate') : undefined,
    ];
    for (const authority of [root, intermediate]) assertNotNamedAs(authority?.certificate, commonName);
    const issuer = intermediate ?? root;
    const privateKey = await openAuthorityKey(folder, command.issuer, issuer, request);
    const database = Database.read(folder, script);
    const prefix = prefixOf(command, name);
    const files = filesOf(prefix);
    const moved = moveAside(request, commonName, files, transaction);
    supersedeFormer(request, commonName, files, database);
    const issued = await issueFiles(
      {
        profile: command.profile,
        commonName,
        keyAlgorithm: request.keyAlgorithm ?? command.keyAlgorithm,
        issuer: { certificate: issuer.pem, privateKey },
        issuers: intermediate ? [intermediate.pem, root.pem] : [root.pem],
        database,
        at,
        validityDays: request.validityDays ?? usualValidityDays,
        passphrase,
        files,
        friendlyName: prefix,
        encryptKey: false,
        pfx: true,
        fullChain: command.fullChain ? files.fullChain : undefined,
        signal: request.signal,
      },
      transaction,
    );
    database.write(transaction);
    transaction.privateFolder('private');
    request.signal?.throwIfAborted();
    transaction.commit(requestName);
    return { written: transaction.written, moved, certificates: [issued.certificate] };
  });
}

/** The longest file name on ext4, APFS and NTFS; in bytes, and in characters on NTFS. */
const maxFileNameOctets = 255;

/** Checked before generating a key: RSA 4096 takes seconds. */
function assertName({ script, command, name }: CertificateRequest, commonName: string): void {
  if (name === '') throw new EnrollkitError('INVALID_COMMON_NAME', sentences.certgen.emptyName);
  subjectName({ commonName });
  const fileSets = [filesFor(command, name), ...(command.renamesFormer ? [renamedFiles(command, name)] : [])];
  const lengths = fileSets.flatMap(Object.values).map((path) => Buffer.byteLength(basename(path)));
  if (Math.max(...lengths) > maxFileNameOctets) {
    throw new EnrollkitError(
      'COMMON_NAME_TOO_LONG',
      sentences.certgen.longName(name, Math.max(...lengths), maxFileNameOctets),
      { next: sentences.certgen.shorterName },
    );
  }
  const prefix = prefixOf(command, name);
  const taken =
    command.filesNamed === 'after the name' &&
    Object.values(script.commands).some(
      (other) => other.filesNamed === 'always the same' && other.prefix === prefix,
    );
  if (!taken && !name.endsWith('-full-chain')) return;
  throw new EnrollkitError('INVALID_COMMON_NAME', sentences.certgen.takenName(name), {
    next: sentences.certgen.otherName,
  });
}

function assertNotNamedAs(authority: Certificate | undefined, commonName: string): void {
  if (!authority?.subject.valuesOf(commonNameType).includes(commonName)) return;
  throw new EnrollkitError('INVALID_COMMON_NAME', sentences.certgen.nameOfAuthority(commonName), {
    next: sentences.certgen.otherName,
  });
}

/** File names that contain the name percent-encode what file systems do not allow. */
function prefixOf({ prefix, filesNamed }: CertificateCommand, name: string): string {
  return filesNamed === 'always the same' ? prefix : `${prefix}-${encodeFileName(name)}`;
}

/** The renamed files of another name. */
export function renamedFiles({ prefix }: CertificateCommand, name: string): FileSet {
  return filesOf(`${prefix}.${encodeFileName(name)}`);
}

export function filesFor(command: CertificateCommand, name: string): FileSet {
  return filesOf(prefixOf(command, name));
}

function encodeFileName(name: string): string {
  return name.replace(
    // Characters that Windows does not allow in names, path separators, and the percent sign itself.
    /[%/\\:*?"<>|]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

const fileKinds = (files: FileSet) => Object.keys(files) as (keyof FileSet)[];

/** Moves aside what has the names of the new files, and this name's files that were renamed earlier. */
function moveAside(
  { folder, command, name, at }: CertificateRequest,
  commonName: string,
  files: FileSet,
  transaction: Transaction,
): CertgenResult['moved'] {
  const present = (path: string) => lookAt(join(folder, path)) !== undefined;
  const aside = newAsideFolder(folder, timeText(at));
  const moved: CertgenResult['moved'] = [];
  const move = (set: FileSet, to: (key: keyof FileSet) => string) => {
    for (const key of fileKinds(set).filter((one) => present(set[one]))) {
      transaction.move(set[key], to(key));
      moved.push({ from: set[key], to: to(key) });
    }
  };
  const replace = (set: FileSet) => move(set, (key) => `${aside}/${set[key]}`);
  if (command.renamesFormer) replace(renamedFiles(command, name));
  const former = certificateIn(folder, files.certificate);
  const formerName = former?.subject.valuesOf(commonNameType)[0] ?? '';
  if (!former && present(files.key) && command.renamesFormer) {
    throw exists(sentences.certgen.keyWithoutCertificate(join(folder, files.key)));
  }
  if (former && formerName !== commonName && command.filesNamed === 'after the name') {
    throw exists(sentences.certgen.belongsToOther(join(folder, files.certificate), formerName));
  }
  if (!former || formerName === commonName || !command.renamesFormer) {
    replace(files);
    return moved;
  }
  const kept = renamedFiles(command, withoutSuffix(formerName, command.suffix));
  for (const key of fileKinds(files)) {
    const isTaken = present(files[key]) && present(kept[key]);
    if (isTaken) throw exists(sentences.certgen.blocks(join(folder, kept[key]), files[key]));
  }
  move(files, (key) => kept[key]);
  return moved;
}

function exists(problem: string): EnrollkitError {
  return new EnrollkitError('FILE_EXISTS', problem, {
    next: sentences.certgen.moveAway,
  });
}

function withoutSuffix(name: string, suffix: string): string {
  return suffix !== '' && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

/** The valid certificates of this subject that are in no file once the new one is written. */
function supersedeFormer(
  { folder, command, name, at }: CertificateRequest,
  commonName: string,
  files: FileSet,
  database: Database,
): void {
  const candidates = database.validWithSubject(subjectLine(commonName));
  if (candidates.length === 0) return;
  const kept = renamedFiles(command, name);
  const replaced = [files, kept].flatMap(({ certificate, fullChain }) => [certificate, fullChain]);
  const others = readdirSync(join(folder, 'certs'))
    .filter((file) => file.endsWith('.pem'))
    .map((file) => `certs/${file}`)
    .filter((path) => !replaced.includes(path));
  const serialsInUse = new Set(others.map((path) => firstSerialIn(join(folder, path))));
  const superseded = candidates.map(({ serial }) => serial).filter((serial) => !serialsInUse.has(serial));
  database.supersede(new Set(superseded), timeText(at));
}

/** Reads a file that other programs may have written. */
function firstSerialIn(path: string): string | undefined {
  try {
    return parseCertificates(readText(path))[0]?.serialNumber;
  } catch {
    return undefined;
  }
}
