/** GeneralName (RFC 5280 section 4.2.1.6): the names in a subject alternative name and in name constraints. */

import { isIPv4 } from 'node:net';
import { sentences } from '../../languages/language.js';
import {
  DerError,
  type Element,
  objectIdentifierOf,
  readElement,
  readOnly,
  sequenceOf,
  tags,
} from '../der/read.js';
import { type Name, nameOf, visible } from './name.js';

export type GeneralName =
  | { kind: 'rfc822Name' | 'dNSName' | 'uniformResourceIdentifier'; value: string }
  /** 4 or 16 octets for an address; 8 or 32, with a mask, in a constraint. Other lengths are malformed names. */
  | { kind: 'iPAddress'; value: Buffer }
  | { kind: 'directoryName'; value: Name }
  /** The dotted object identifier. */
  | { kind: 'otherName' | 'registeredID'; value: string }
  | { kind: 'x400Address' | 'ediPartyName' };

export type GeneralNameKind = GeneralName['kind'];

/** Reads a GeneralName. @throws DerError */
export function generalNameOf(element: Element): GeneralName {
  switch (element.tag) {
    case 0xa0:
      return { kind: 'otherName', value: objectIdentifierOf(readElement(element.content)) };
    case 0x81:
      return { kind: 'rfc822Name', value: ia5(element) };
    case 0x82:
      return { kind: 'dNSName', value: ia5(element) };
    case 0xa3:
      return { kind: 'x400Address' };
    case 0xa4:
      return { kind: 'directoryName', value: nameOf(readOnly(element.content, tags.sequence)) };
    case 0xa5:
      return { kind: 'ediPartyName' };
    case 0x86:
      return { kind: 'uniformResourceIdentifier', value: ia5(element) };
    case 0x87:
      return { kind: 'iPAddress', value: element.content };
    case 0x88:
      return { kind: 'registeredID', value: objectIdentifierOf(element, 0x88) };
    default:
      throw new DerError(sentences.pkiX509.generalNameKind);
  }
}

/** Reads the value of a subject alternative name extension. @throws DerError */
export function generalNamesOf(value: Buffer): GeneralName[] {
  const names = sequenceOf(readOnly(value)).map(generalNameOf);
  if (names.length === 0) throw new DerError(sentences.pkiX509.alternativeNameEmpty);
  return names;
}

/** As openssl shows it: `DNS:example.com`, `IP Address:192.0.2.1`, `email:...`, `URI:...`. */
export function generalNameText(name: GeneralName): string {
  switch (name.kind) {
    case 'rfc822Name':
      return `email:${visible(name.value)}`;
    case 'dNSName':
      return `DNS:${visible(name.value)}`;
    case 'uniformResourceIdentifier':
      return `URI:${visible(name.value)}`;
    case 'iPAddress':
      return `IP Address:${addressText(name.value)}`;
    case 'directoryName':
      return `DirName:${name.value.text}`;
    case 'otherName':
      return `othername:${name.value}`;
    case 'registeredID':
      return `Registered ID:${name.value}`;
    default:
      return name.kind;
  }
}

/** The 4 or 16 octets of an address in text form, which must be one: see `isIP` of node:net; without a zone. */
export function addressOctets(text: string): Buffer {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  // The URL parser normalizes an IPv6 address: hexadecimal groups, the longest run of zeros as `::`.
  const [before = '', after = ''] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const groupsOf = (part: string) => (part === '' ? [] : part.split(':'));
  const [head, tail] = [groupsOf(before), groupsOf(after)];
  const octets = Buffer.alloc(16);
  for (const [index, group] of head.entries()) octets.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  for (const [index, group] of tail.entries()) {
    octets.writeUInt16BE(Number.parseInt(group, 16), (8 - tail.length + index) * 2);
  }
  return octets;
}

/** An address in its usual text form; for invalid lengths `#` and hexadecimal. */
export function addressText(octets: Buffer): string {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) return `#${octets.toString('hex')}`;
  const groups = Array.from({ length: 8 }, (_, index) => octets.readUInt16BE(index * 2).toString(16));
  const host = new URL(`http://[${groups.join(':')}]`).hostname;
  return host.slice(1, -1);
}

function ia5({ content }: Element): string {
  if (content.some((octet) => octet > 0x7f)) throw new DerError(sentences.pkiX509.generalNameAscii);
  return content.toString('latin1');
}
