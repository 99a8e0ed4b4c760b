/** Known extensions that validation does not use: they must be well-formed (RFC 5280 sections 4.2.1 and 4.2.2). */

import { sentences } from '../../languages/language.js';
import { DerError, objectIdentifierOf, readOnly, sequenceOf } from '../der/read.js';
import type { Certificate } from '../x509/certificate.js';
import { distributionPointsOf } from '../x509/distribution-points.js';
import { generalNameOf, generalNamesOf } from '../x509/general-name.js';
import type { Name } from '../x509/name.js';

const readers: Readonly<Record<string, (value: Buffer, issuer: Name) => void>> = {
  '2.5.29.18': generalNamesOf, // issuer alternative name
  '2.5.29.31': distributionPointsOf,
  '2.5.29.46': distributionPointsOf, // freshest CRL
  '1.3.6.1.5.5.7.1.1': accessDescriptions, // authority information access
  '1.3.6.1.5.5.7.1.11': accessDescriptions, // subject information access
};

/** @throws DerError */
export function checkOtherExtensions({ extensions, issuer }: Certificate): void {
  for (const { type, value } of extensions.values()) readers[type]?.(value, issuer);
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
