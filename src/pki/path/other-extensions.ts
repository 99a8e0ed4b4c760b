/** Known extensions that validation does not use: they must be well-formed (RFC 5280 sections 4.2.1 and 4.2.2). */

import { sentences } from '../../languages/language.js';
import {
  bitStringOf,
  children,
  DerError,
  type Element,
  expect,
  objectIdentifierOf,
  readOnly,
  sequenceOf,
  tags,
} from '../der/read.js';
import type { Certificate } from '../x509/certificate.js';
import { generalNameOf, generalNamesOf } from '../x509/general-name.js';

const readers: Readonly<Record<string, (value: Buffer) => void>> = {
  '2.5.29.18': generalNamesOf, // issuer alternative name
  '2.5.29.31': distributionPoints,
  '2.5.29.46': distributionPoints, // freshest CRL
  '1.3.6.1.5.5.7.1.1': accessDescriptions, // authority information access
  '1.3.6.1.5.5.7.1.11': accessDescriptions, // subject information access
};

/** @throws DerError */
export function checkOtherExtensions({ extensions }: Certificate): void {
  for (const { type, value } of extensions.values()) readers[type]?.(value);
}

/** Section 4.2.2.1. */
function accessDescriptions(value: Buffer): void {
  const descriptions = sequenceOf(readOnly(value));
  if (descriptions.length === 0) throw new DerError(sentences.pkiPath.accessEmpty);
  for (const description of descriptions) {
    const [method, location, ...rest] = sequenceOf(description);
    objectIdentifierOf(method);
    if (!location || rest.length > 0) throw new DerError(sentences.pkiPath.accessMalformed);
    generalNameOf(location);
  }
}

/** Section 4.2.1.13. */
function distributionPoints(value: Buffer): void {
  const points = sequenceOf(readOnly(value));
  if (points.length === 0) throw new DerError(sentences.pkiPath.distributionPointsEmpty);
  for (const point of points) {
    const parts = sequenceOf(point);
    const take = (tag: number) => (parts[0]?.tag === tag ? parts.shift() : undefined);
    const name = take(0xa0);
    if (name) distributionPointName(readOnly(name.content));
    const reasons = take(0x81);
    if (reasons)
      bitStringOf(readOnly(Buffer.concat([Buffer.from([tags.bitString]), reasons.raw.subarray(1)])));
    const issuer = take(0xa2);
    if (issuer) generalNames(issuer);
    if (parts.length > 0 || !(name || issuer))
      throw new DerError(sentences.pkiPath.distributionPointsMalformed);
  }
}

/** The full names, or a name relative to the issuer's. */
function distributionPointName(name: Element): void {
  if (name.tag === 0xa0) generalNames(name);
  else for (const attribute of children(expect(name, 0xa1))) objectIdentifierOf(sequenceOf(attribute)[0]);
}

function generalNames(element: Element): void {
  const names = children(element);
  if (names.length === 0) throw new DerError(sentences.pkiPath.distributionPointsNames);
  for (const name of names) generalNameOf(name);
}
