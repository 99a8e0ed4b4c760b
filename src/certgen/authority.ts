/** Reads and writes the CA in the folder: certificates, keys and database. */
import type { KeyObject } from 'node:crypto';
import { join, resolve } from 'node:path';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import type { OpenPrivateKeyOptions } from '../pki/keys.js';
import { type Certificate, parseCertificate } from '../pki/x509/certificate.js';
import { readText, readTextIfExists } from '../workspace/files.js';
import { loadPrivateKey } from '../workspace/stored-certificates.js';
import type { Transaction } from '../workspace/transaction.js';
import {
  formatAttributes,
  formatIndex,
  type IndexEntry,
  nextSerial,
  parseIndex,
  serialAfter,
} from './database.js';
import { intermediatePrefix, rootPrefix, type Script } from './scripts.js';

/** File modes: as the scripts set them, except that others cannot read keys. */
export const modes = {
  authorityKey: 0o400,
  key: 0o600,
  pfx: 0o600,
  certificate: 0o444,
  other: 0o644,
} as const;

/** Relative paths of the files of one certificate. */
export interface FileSet {
  key: string;
  request: string;
  certificate: string;
  pfx: string;
  fullChain: string;
}

export function filesOf(prefix: string): FileSet {
  return {
    key: `private/${prefix}.key.pem`,
    request: `csr/${prefix}.csr.pem`,
    certificate: `certs/${prefix}.cert.pem`,
    pfx: `certs/${prefix}.cert.pfx`,
    fullChain: `certs/${prefix}-full-chain.cert.pem`,
  };
}

export interface StoredAuthority {
  certificate: Certificate;
  pem: string;
}

/**
 * @throws EnrollkitError FILE_UNREADABLE when the folder has no CA, INVALID_CERTIFICATE
 */
export function readAuthority(folder: string, which: 'root' | 'intermediate'): StoredAuthority {
  const path = join(folder, filesOf(which === 'root' ? rootPrefix : intermediatePrefix).certificate);
  const pem = readTextIfExists(path);
  if (pem === undefined) {
    throw new EnrollkitError('FILE_UNREADABLE', sentences.certgen.noAuthority(resolve(folder), path), {
      next: sentences.certgen.createFirst,
    });
  }
  return { certificate: readCertificate(path, pem), pem };
}

/** Reads a certificate; errors name the file. */
export function readCertificate(path: string, text: string | Uint8Array): Certificate {
  try {
    return parseCertificate(text);
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw error;
    throw new EnrollkitError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

/** @throws EnrollkitError FILE_UNREADABLE, INVALID_KEY, WRONG_PASSPHRASE, KEY_MISMATCH */
export async function openAuthorityKey(
  folder: string,
  which: 'root' | 'intermediate',
  { certificate, pem }: StoredAuthority,
  opening: OpenPrivateKeyOptions,
): Promise<KeyObject> {
  const files = filesOf(which === 'root' ? rootPrefix : intermediatePrefix);
  const paths = {
    folder,
    certificate: join(folder, files.certificate),
    chain: join(folder, files.fullChain),
    key: join(folder, files.key),
  };
  return loadPrivateKey({ paths, certificate, pem, chainPem: pem }, opening);
}

const names = { index: 'index.txt', attributes: 'index.txt.attr', serial: 'serial' } as const;

/** The database, and the changes that commands make to it. */
export class Database {
  #entries: IndexEntry[];
  #serial: string;
  readonly #previous: Record<keyof typeof names, string | undefined>;

  private constructor(
    previous: Record<keyof typeof names, string | undefined>,
    folder: string,
    first: string,
  ) {
    this.#previous = previous;
    this.#entries = parseIndex(previous.index ?? '', join(folder, names.index));
    this.#serial = nextSerial(previous.serial ?? first, this.#entries, join(folder, names.serial));
  }

  /** @throws EnrollkitError FILE_UNREADABLE */
  static read(folder: string, script: Script): Database {
    const text = (name: string) => readTextIfExists(join(folder, name));
    return new Database(
      { index: text(names.index), attributes: text(names.attributes), serial: text(names.serial) },
      folder,
      script.firstSerial,
    );
  }

  /** The initial database, as the scripts create it. */
  static empty(script: Script): Database {
    const previous = { index: '', attributes: undefined, serial: `${script.firstSerial}\n` };
    return new Database(previous, '', script.firstSerial);
  }

  get serial(): string {
    return this.#serial;
  }

  get serialNumber(): Buffer {
    return Buffer.from(this.#serial, 'hex');
  }

  validWithSubject(subject: string): readonly IndexEntry[] {
    return this.#entries.filter((entry) => entry.status === 'V' && entry.subject === subject);
  }

  /** Adds an entry with the next serial number, and advances that. */
  add(entry: Omit<IndexEntry, 'status' | 'revocation' | 'serial'>): void {
    this.#entries.push({ status: 'V', revocation: '', serial: this.#serial, ...entry });
    this.#serial = serialAfter(this.#serial);
  }

  /** Revokes a certificate as superseded. @param at in ASN.1's format */
  supersede(serials: ReadonlySet<string>, at: string): void {
    this.#entries = this.#entries.map((entry) => {
      if (!serials.has(entry.serial) || entry.status !== 'V') return entry;
      if (fourDigitYear(entry.notAfter) < fourDigitYear(at)) return { ...entry, status: 'E' };
      return { ...entry, status: 'R', revocation: `${at},superseded` };
    });
  }

  /** Writes the database, with copies of the previous files, as openssl does. */
  write(transaction: Transaction): void {
    const contents = {
      index: formatIndex(this.#entries),
      attributes: formatAttributes(this.#entries),
      serial: `${this.#serial}\n`,
    };
    for (const key of ['index', 'attributes', 'serial'] as const) {
      const previous = this.#previous[key];
      if (previous !== undefined) transaction.write(`${names[key]}.old`, previous, modes.other);
      transaction.write(names[key], contents[key], modes.other);
    }
  }
}

/** Makes UTCTime and GeneralizedTime comparable (RFC 5280 section 4.1.2.5.1). */
function fourDigitYear(time: string): string {
  if (time.length > 13) return time;
  return Number(time.slice(0, 2)) < 50 ? `20${time}` : `19${time}`;
}

/** The certificate in a file of the folder, if it exists. */
export function certificateIn(folder: string, path: string): Certificate | undefined {
  const absolute = join(folder, path);
  const text = readTextIfExists(absolute);
  return text === undefined ? undefined : readCertificate(absolute, text);
}

/** The text of a required file of the folder. */
export function textIn(folder: string, path: string): string {
  return readText(join(folder, path));
}
