/**
 * A reader for looking at certificates, beside the strict one for judging them: it reads what it can, and says what is
 * wrong. What it returns is never valid: `validateChain` reads odd certificates again, strictly.
 */

import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { fromBer } from '../der/from-ber.js';
import {
  children,
  DerError,
  type Element,
  expect,
  objectIdentifierOf,
  octetStringOf,
  readElement,
  readOnly,
  sequenceOf,
  tags,
  timeOf,
} from '../der/read.js';
import {
  algorithmOf,
  type Certificate,
  certificateDers,
  parseCertificate,
  serialNumberOf,
} from './certificate.js';
import {
  authorityKeyIdentifierOf,
  type BasicConstraints,
  basicConstraintsOf,
  type Extension,
  extendedKeyUsageOf,
  extensionTypes,
  type KeyUsage,
  keyUsageOf,
  subjectKeyIdentifierOf,
} from './extensions.js';
import { type GeneralName, generalNameOf } from './general-name.js';
import { Name, nameOf } from './name.js';
import { importPublicKey, type PublicKeyInfo, publicKeyInfoOf } from './public-key.js';

/** The codes are those of lint. */
export type OddityCode =
  | 'MALFORMED'
  | 'VERSION'
  | 'SIGNATURE_ALGORITHM_MISMATCH'
  | 'TIME_ENCODING'
  | 'NAME_MALFORMED'
  | 'PUBLIC_KEY_UNUSABLE'
  | 'EXTENSION_DUPLICATE'
  | 'EXTENSION_MALFORMED'
  | 'EXTENSION_NOT_DER'
  | 'PATH_LENGTH_NEGATIVE'
  | 'ALTERNATIVE_NAME_MALFORMED';

/** What the strict reader refuses. */
export interface Oddity {
  code: OddityCode;
  /** As the end of a sentence that begins with the certificate: `it has the extension 2.5.29.17 twice`. */
  problem: string;
}

const oddities = new WeakMap<Certificate, readonly Oddity[]>();

/** What is wrong with a certificate of {@link lookAtCertificate}; empty for any other. */
export function odditiesOf(certificate: Certificate): readonly Oddity[] {
  return oddities.get(certificate) ?? [];
}

/**
 * Reads all certificates of an input, as `parseCertificates`, but each as far as possible: to inspect and lint them.
 *
 * @returns at least one
 * @throws EnrollkitError INVALID_CERTIFICATE for what does not have the parts of a certificate
 */
export function lookAtCertificates(input: string | Uint8Array): Certificate[] {
  return certificateDers(input).map(lookAtCertificate);
}

/**
 * Reads one certificate as far as possible.
 *
 * @param der one certificate
 * @returns as `parseCertificate`, if that reads it; else with what could be read, and {@link odditiesOf}
 * @throws EnrollkitError INVALID_CERTIFICATE if it does not have the parts of a certificate
 */
export function lookAtCertificate(der: Buffer): Certificate {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw error;
    const certificate = oddCertificate(der);
    if (!certificate) throw error;
    return certificate;
  }
}

function oddCertificate(der: Buffer): Certificate | undefined {
  try {
    return new OddReader(der).certificate();
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

class OddReader {
  readonly #found: Oddity[] = [];

  constructor(readonly der: Buffer) {}

  /** @throws DerError when a part is missing */
  certificate(): Certificate {
    const whole = this.#whole();
    const [toBeSigned, algorithm, signature] = sequenceOf(whole);
    const parts = [...sequenceOf(toBeSigned)];
    const version = parts[0]?.tag === 0xa0 ? this.#version(parts.shift()!) : 1;
    const serialNumber = this.#serialNumber(parts.shift());
    const signatureAlgorithm = algorithmOf(algorithm);
    if (!algorithmOf(parts.shift()).der.equals(signatureAlgorithm.der))
      this.#add('SIGNATURE_ALGORITHM_MISMATCH', sentences.pkiX509.twoAlgorithms);
    const issuer = this.#name(parts.shift());
    const [begin, end] = sequenceOf(parts.shift());
    const notBefore = this.#time(begin);
    const notAfter = this.#time(end);
    const subject = this.#name(parts.shift());
    const publicKeyInfo = this.#publicKeyInfo(parts.shift());
    while (parts[0]?.tag === 0x81 || parts[0]?.tag === 0x82) parts.shift();
    const list = parts[0]?.tag === 0xa3 ? parts.shift() : undefined;
    if (parts.length > 0) this.#add('MALFORMED', sentences.pkiX509.afterLastField);
    const extensions = list ? this.#extensions(list) : new Map<string, Extension>();
    if (list && version !== 3) this.#add('VERSION', sentences.pkiX509.extensionsInVersion(version));
    const certificate: Certificate = {
      der: this.der,
      toBeSigned: toBeSigned!.raw,
      version,
      serialNumber,
      issuer,
      subject,
      notBefore,
      notAfter,
      publicKeyInfo,
      get publicKey(): KeyObject {
        try {
          return importPublicKey(publicKeyInfo);
        } catch (cause) {
          const why = sentences.pkiX509.keyUnusable(publicKeyInfo.name, subject.text);
          throw new EnrollkitError('INVALID_CERTIFICATE', why, { cause });
        }
      },
      signatureAlgorithm,
      signature: signature!.content.subarray(1),
      extensions,
      ...this.#decoded(extensions),
    };
    if (this.#found.length === 0) this.#add('MALFORMED', sentences.pkiX509.notAsDefined);
    oddities.set(certificate, this.#found);
    return certificate;
  }

  #add(code: OddityCode, problem: string): void {
    this.#found.push({ code, problem });
  }

  /** What the strict reader returns, or something in its place. */
  #attempt<Result>(code: OddityCode, read: () => Result, otherwise: () => Result): Result {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      this.#add(code, error.message);
      return otherwise();
    }
  }

  /** In DER: what has other forms of lengths is converted. */
  #whole(): Element {
    const whole = readBeginning(this.der);
    if (whole.end < this.der.length)
      this.#add('MALFORMED', sentences.pkiX509.octetsAfterEnd(this.der.length - whole.end));
    return whole;
  }

  #version(element: Element): 1 | 2 | 3 {
    const value = readOnly(element.content).content.at(-1)! + 1;
    if (value === 1 || value === 2 || value === 3) return value;
    this.#add('VERSION', sentences.pkiX509.version(value));
    return 3;
  }

  #serialNumber(element: Element | undefined): string {
    return this.#attempt(
      'MALFORMED',
      () => serialNumberOf(element),
      () => element?.content.toString('hex').toUpperCase() ?? '',
    );
  }

  #time(element: Element | undefined): Date {
    return this.#attempt(
      'TIME_ENCODING',
      () => timeOf(element),
      () => tolerantTime(element),
    );
  }

  #name(element: Element | undefined): Name {
    return this.#attempt(
      'NAME_MALFORMED',
      () => nameOf(element),
      () => tolerantName(element),
    );
  }

  #publicKeyInfo(element: Element | undefined): PublicKeyInfo {
    return this.#attempt(
      'PUBLIC_KEY_UNUSABLE',
      () => publicKeyInfoOf(element),
      () => ({ der: element!.raw, family: 'other', name: 'unreadable', bits: 0 }),
    );
  }

  /** The first of each type. */
  #extensions(list: Element): Map<string, Extension> {
    const result = new Map<string, Extension>();
    const items = sequenceOf(readElement(list.content));
    if (items.length === 0) this.#add('EXTENSION_MALFORMED', sentences.pkiX509.extensionsEmpty);
    for (const item of items) {
      const parts = sequenceOf(item);
      const type = objectIdentifierOf(parts[0]);
      const hasCritical = parts[1]?.tag === tags.boolean;
      const flag = hasCritical ? parts[1]!.content[0] : undefined;
      if (flag !== undefined && flag !== 0 && flag !== 0xff)
        this.#add('EXTENSION_NOT_DER', sentences.pkiX509.booleanValue(type));
      if (result.has(type)) {
        this.#add('EXTENSION_DUPLICATE', sentences.pkiX509.extensionTwice(type));
        continue;
      }
      const value = parts.at(-1)?.tag === tags.octetString ? octetStringOf(parts.at(-1)) : Buffer.alloc(0);
      if (parts.length !== (hasCritical ? 3 : 2))
        this.#add('EXTENSION_MALFORMED', sentences.pkiX509.extensionShape(type));
      result.set(type, { type, critical: flag !== undefined && flag !== 0, value });
    }
    return result;
  }

  #decoded(extensions: ReadonlyMap<string, Extension>): Partial<Certificate> {
    const result: {
      basicConstraints?: BasicConstraints;
      keyUsage?: readonly KeyUsage[];
      extendedKeyUsage?: readonly string[];
      subjectKeyIdentifier?: string;
      authorityKeyIdentifier?: string;
      subjectAlternativeNames?: readonly GeneralName[];
    } = {};
    const decode = <Key extends keyof typeof result>(
      key: Key,
      type: string,
      read: (value: Buffer) => (typeof result)[Key],
      otherwise: (value: Buffer) => (typeof result)[Key] = () => undefined,
      code: OddityCode = 'EXTENSION_MALFORMED',
    ) => {
      const value = extensions.get(type)?.value;
      if (!value) return;
      const decoded = this.#attempt(
        code,
        () => read(value),
        () => orUndefined(() => otherwise(value)),
      );
      if (decoded !== undefined) result[key] = decoded;
    };
    const constraints = extensions.get(extensionTypes.basicConstraints)?.value;
    const isNegative = constraints !== undefined && hasNegativePathLength(constraints);
    decode(
      'basicConstraints',
      extensionTypes.basicConstraints,
      basicConstraintsOf,
      tolerantConstraints,
      isNegative ? 'PATH_LENGTH_NEGATIVE' : 'EXTENSION_MALFORMED',
    );
    decode('keyUsage', extensionTypes.keyUsage, keyUsageOf);
    decode('extendedKeyUsage', extensionTypes.extendedKeyUsage, extendedKeyUsageOf, () => []);
    decode('subjectKeyIdentifier', extensionTypes.subjectKeyIdentifier, subjectKeyIdentifierOf);
    decode('authorityKeyIdentifier', extensionTypes.authorityKeyIdentifier, authorityKeyIdentifierOf);
    const names = extensions.get(extensionTypes.subjectAlternativeName)?.value;
    if (names) result.subjectAlternativeNames = this.#names(names);
    return result;
  }

  #names(value: Buffer): GeneralName[] {
    const { names, problems } = lookAtNames(value);
    const isEmpty = names.length === 0 && problems.length === 0;
    for (const problem of problems) this.#add('ALTERNATIVE_NAME_MALFORMED', problem);
    if (isEmpty) this.#add('EXTENSION_MALFORMED', sentences.pkiX509.alternativeNameEmpty);
    return names;
  }
}

/** The names of an alternative name extension, as far as they can be read, and why not the others. */
export function lookAtNames(value: Buffer): { names: GeneralName[]; problems: string[] } {
  const names: GeneralName[] = [];
  const problems: string[] = [];
  const attempt = (read: () => void) => {
    try {
      read();
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      problems.push(error.message);
    }
  };
  attempt(() => {
    for (const element of sequenceOf(readOnly(value))) {
      attempt(() => names.push(generalNameOf(element)));
      const kind = textKinds[element.tag];
      // Text outside of ASCII is shown, too.
      if (kind && element.content.some((octet) => octet > 0x7f))
        names.push({ kind, value: element.content.toString('utf8') });
    }
  });
  return { names, problems };
}

const textKinds: Readonly<Record<number, 'rfc822Name' | 'dNSName' | 'uniformResourceIdentifier'>> = {
  129: 'rfc822Name',
  130: 'dNSName',
  134: 'uniformResourceIdentifier',
};

/** The first value of some octets, which is converted to DER if it is BER. @throws DerError */
function readBeginning(bytes: Buffer): Element {
  try {
    const element = readElement(bytes);
    sequenceOf(element);
    return element;
  } catch {
    return readElement(fromBer(bytes));
  }
}

function orUndefined<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** Without seconds, with fractions of them, or with a time zone; the beginning of 1970 when there is no date at all. */
function tolerantTime(element: Element | undefined): Date {
  const text = element?.content.toString('latin1') ?? '';
  const digits = element?.tag === tags.generalizedTime ? 4 : 2;
  const parts = new RegExp(
    `^(\\d{${digits}})(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)?(?:[.,]\\d+)?(?:Z|([+-])(\\d\\d)(\\d\\d))?$`,
  ).exec(text);
  if (!parts) return new Date(0);
  const number = (index: number) => Number(parts[index] ?? 0);
  const year = digits === 4 ? number(1) : number(1) + (number(1) < 50 ? 2000 : 1900);
  const date = new Date(0);
  date.setUTCFullYear(year, number(2) - 1, number(3));
  const offset = (parts[7] === '-' ? -1 : 1) * (number(8) * 60 + number(9));
  date.setUTCHours(number(4), number(5) - offset, number(6));
  return date;
}

/** Parts without an attribute are left out, and text is taken for Latin-1 where it is not what it should be. */
function tolerantName(element: Element | undefined): Name {
  const relativeNames = sequenceOf(element)
    .map((set) => children(expect(set, tags.set)).flatMap((attribute) => attributeOf(attribute)))
    .filter((attributes) => attributes.length > 0);
  return new Name(element!.raw, relativeNames);
}

function attributeOf(attribute: Element): { type: string; value: string }[] {
  const [type, value] = sequenceOf(attribute);
  return value ? [{ type: objectIdentifierOf(type), value: value.content.toString('latin1') }] : [];
}

function tolerantConstraints(value: Buffer): BasicConstraints {
  const [flag] = sequenceOf(readElement(value));
  return { certificateAuthority: flag?.tag === tags.boolean && flag.content[0] !== 0 };
}

function hasNegativePathLength(value: Buffer): boolean {
  const last = orUndefined(() => sequenceOf(readElement(value)).at(-1));
  return last?.tag === tags.integer && (last.content[0] ?? 0) >= 0x80;
}
