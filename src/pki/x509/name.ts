/** Distinguished names (RFC 5280 section 4.1.2.4): reads, compares and formats them. */

import { isUtf8 } from 'node:buffer';
import { sentences } from '../../languages/language.js';
import {
  children,
  DerError,
  type Element,
  expect,
  objectIdentifierOf,
  sequenceOf,
  tags,
} from '../der/read.js';

export interface NameAttribute {
  /** Object identifier, dotted. */
  type: string;
  /** The text; for a value that is not a string, `#` and its DER in hexadecimal. */
  value: string;
}

/** The attributes of one relative distinguished name, nearly always a single one. */
export type RelativeDistinguishedName = readonly NameAttribute[];

export const commonNameType = '2.5.4.3';
export const emailAddressType = '1.2.840.113549.1.9.1';

/** Short forms as .NET writes them, because DPS shows names that way. */
const shortForms: Readonly<Record<string, string>> = {
  [commonNameType]: 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'S',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'T',
  '2.5.4.42': 'G',
  '2.5.4.43': 'I',
  '0.9.2342.19200300.100.1.25': 'DC',
  [emailAddressType]: 'E',
};

export class Name {
  #text: string | undefined;
  #canonical: readonly string[] | undefined;
  #key: string | undefined;

  constructor(
    /** The whole SEQUENCE. */
    readonly der: Buffer,
    /** In encoding order: the most general first. */
    readonly relativeNames: readonly RelativeDistinguishedName[],
  ) {}

  get isEmpty(): boolean {
    return this.relativeNames.length === 0;
  }

  /** The most specific common name. */
  get commonName(): string | undefined {
    return this.valuesOf(commonNameType).at(-1);
  }

  /**
   * As .NET shows it: `CN=device-001, O=Contoso`, the most specific first, values quoted where they need it. Control
   * characters are escaped, so that the text is safe in a terminal or log.
   */
  get text(): string {
    this.#text ??= this.relativeNames.map(relativeNameText).reverse().join(', ');
    return this.#text;
  }

  /** The relative names, normalized so that equal names have equal text (RFC 5280 section 7.1). */
  get canonical(): readonly string[] {
    this.#canonical ??= this.relativeNames.map(canonicalRelativeName);
    return this.#canonical;
  }

  /** A key that is the same for equal names only. */
  get key(): string {
    this.#key ??= this.canonical.join('\n');
    return this.#key;
  }

  /** The values of all attributes of a type, in encoding order. */
  valuesOf(type: string): string[] {
    return this.relativeNames.flatMap((attributes) =>
      attributes.filter((attribute) => attribute.type === type).map(({ value }) => value),
    );
  }

  /** Compares as RFC 5280 section 7.1 says: ignores letter case, string type and amount of white space. */
  equals(other: Name): boolean {
    if (this.der.equals(other.der)) return true;
    return this.relativeNames.length === other.relativeNames.length && this.isWithin(other);
  }

  /** Whether this name is at or below another in the directory tree. */
  isWithin(ancestor: Name): boolean {
    if (ancestor.relativeNames.length > this.relativeNames.length) return false;
    return ancestor.canonical.every((relativeName, index) => relativeName === this.canonical[index]);
  }
}

/** Reads a Name. @throws DerError */
export function nameOf(element: Element | undefined): Name {
  const relativeNames = sequenceOf(element).map((set) => {
    const attributes = children(expect(set, tags.set)).map((attribute) => {
      const parts = sequenceOf(attribute);
      if (parts.length !== 2) throw new DerError(sentences.pkiX509.attributeParts);
      return { type: objectIdentifierOf(parts[0]), value: attributeValue(parts[1]!) };
    });
    if (attributes.length === 0) throw new DerError(sentences.pkiX509.nameEmptyPart);
    return attributes;
  });
  return new Name(element!.raw, relativeNames);
}

function attributeValue(element: Element): string {
  const { tag, content } = element;
  switch (tag) {
    case tags.utf8String:
      if (!isUtf8(content)) throw new DerError(sentences.pkiX509.nameUtf8);
      return content.toString('utf8');
    case tags.bmpString:
      if (content.length % 2 !== 0) throw new DerError(sentences.pkiX509.nameHalfCharacter);
      return Buffer.from(content).swap16().toString('utf16le');
    case tags.universalString:
      return universalString(content);
    case tags.printableString:
    case tags.ia5String:
    case tags.teletexString:
    case tags.visibleString:
    case tags.numericString:
      return content.toString('latin1');
    default:
      return `#${element.raw.toString('hex')}`;
  }
}

function universalString(content: Buffer): string {
  if (content.length % 4 !== 0) throw new DerError(sentences.pkiX509.nameHalfCharacter);
  let text = '';
  for (let at = 0; at < content.length; at += 4) {
    const codePoint = content.readUInt32BE(at);
    if (codePoint > 0x10ffff) throw new DerError(sentences.pkiX509.nameCharacter);
    text += String.fromCodePoint(codePoint);
  }
  return text;
}

/** Folds compatibility forms, case and white space (RFC 5280 section 7.1, RFC 4518). */
function canonicalRelativeName(attributes: RelativeDistinguishedName): string {
  const parts = attributes.map(({ type, value }) => {
    const folded = value.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ');
    return `${type}=${JSON.stringify(folded)}`;
  });
  return parts.length === 1 ? parts[0]! : parts.sort().join('+');
}

function relativeNameText(attributes: RelativeDistinguishedName): string {
  return attributes
    .map(({ type, value }) => `${shortForms[type] ?? `OID.${type}`}=${quoteIfNeeded(visible(value))}`)
    .join(' + ');
}

function quoteIfNeeded(value: string): string {
  return value === '' || /^\s|\s$|[,+="\n<>#;]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Escapes control and formatting characters: text from a certificate must not control a terminal. */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
