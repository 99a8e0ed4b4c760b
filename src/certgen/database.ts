/** Parses and formats the database of `openssl ca`: index.txt, index.txt.attr and serial. */
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';

export interface IndexEntry {
  /** Valid, revoked, expired. */
  status: 'V' | 'R' | 'E';
  /** In ASN.1's format: YYMMDDHHMMSSZ, or with a four-digit year from 2050. */
  notAfter: string;
  /** Time and reason, separated by a comma; empty unless revoked. */
  revocation: string;
  /** Hexadecimal, upper case, an even number of digits. */
  serial: string;
  /** openssl's one-line form. */
  subject: string;
}

/** The file name column, which is always this. */
const fileName = 'unknown';

/** @throws EnrollkitError FILE_UNREADABLE, naming the line */
export function parseIndex(text: string, path: string): IndexEntry[] {
  const lines = text.split(/\r?\n/);
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    const [status, notAfter, revocation, serial, , subject, ...rest] = line.split('\t');
    const readable =
      rest.length === 0 && subject !== undefined && /^[VRE]$/.test(status!) && isSerial(serial!);
    if (!readable) {
      throw new EnrollkitError('FILE_UNREADABLE', sentences.certgen.badIndexLine(index + 1, path), {
        next: sentences.certgen.fixIndex,
      });
    }
    return {
      status: status as IndexEntry['status'],
      notAfter: notAfter!,
      revocation: revocation!,
      serial: serial!.toUpperCase(),
      subject: subject!,
    };
  });
}

export function formatIndex(entries: readonly IndexEntry[]): string {
  return entries
    .map(({ status, notAfter, revocation, serial, subject }) =>
      [status, notAfter, revocation, serial, fileName, subject].join('\t').concat('\n'),
    )
    .join('');
}

/** Tells openssl whether a subject can have several valid certificates. */
export function formatAttributes(entries: readonly IndexEntry[]): string {
  const valid = entries.filter(({ status }) => status === 'V').map(({ subject }) => subject);
  return `unique_subject = ${new Set(valid).size === valid.length ? 'yes' : 'no'}\n`;
}

/**
 * The next serial number: that of the file, or a higher one if the index has it already.
 *
 * @throws EnrollkitError FILE_UNREADABLE
 */
export function nextSerial(text: string, entries: readonly IndexEntry[], path: string): string {
  const given = text.trim();
  if (!isSerial(given)) {
    throw new EnrollkitError('FILE_UNREADABLE', sentences.certgen.badSerial(path), {
      next: sentences.certgen.fixSerial,
    });
  }
  const used = entries.map(({ serial }) => BigInt(`0x${serial}`));
  const first = BigInt(`0x${given}`);
  return serialText(used.reduce((next, serial) => (serial >= next ? serial + 1n : next), first));
}

export function serialAfter(serial: string): string {
  return serialText(BigInt(`0x${serial}`) + 1n);
}

/** A subject with only a common name, in openssl's one-line form: non-ASCII characters as \xNN. */
export function subjectLine(commonName: string): string {
  const octets = [...Buffer.from(commonName, 'utf8')];
  const text = octets.map((octet) =>
    octet >= 0x20 && octet <= 0x7e
      ? String.fromCharCode(octet)
      : `\\x${octet.toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return `/CN=${text.join('')}`;
}

/** Formats a time for ASN.1 (RFC 5280 section 4.1.2.5). */
export function timeText(time: Date): string {
  const digits = time
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '');
  return time.getUTCFullYear() < 2050 ? digits.slice(2) : digits;
}

function isSerial(text: string): boolean {
  return /^[0-9A-Fa-f]{1,40}$/.test(text);
}

function serialText(serial: bigint): string {
  const hex = serial.toString(16).toUpperCase();
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}
