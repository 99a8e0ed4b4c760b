/** Checks the subject for a certificate or request, and encodes it. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { children, readOnly, sequenceOf } from '../der/read.js';
import { objectIdentifier, printableString, sequence, setOfOne, utf8String } from '../der/write.js';
import { commonNameType, Name } from '../x509/name.js';
import type { Subject } from '../x509/subject.js';

/** RFC 5280 appendix A.1, ub-common-name. */
export const maxCommonNameLength = 64;

/** In encoding order, the most general first; bounds from RFC 5280 appendix A.1. */
const attributes = [
  { field: 'country', type: '2.5.4.6', what: 'country', max: 2 },
  { field: 'stateOrProvince', type: '2.5.4.8', what: 'state', max: 128 },
  { field: 'locality', type: '2.5.4.7', what: 'locality', max: 128 },
  { field: 'organization', type: '2.5.4.10', what: 'organization', max: 64 },
  { field: 'organizationalUnit', type: '2.5.4.11', what: 'organizationalUnit', max: 64 },
] as const;

/**
 * The subject as a Name, DER; one that was read from a request or certificate stays unchanged.
 *
 * @throws EnrollkitError INVALID_COMMON_NAME, COMMON_NAME_TOO_LONG, INVALID_SUBJECT
 */
export function subjectName(subject: Subject | Name): Buffer {
  if (subject instanceof Name) {
    for (const value of subject.valuesOf(commonNameType)) assertCommonName(value);
    return encodedName(subject);
  }
  const name: Buffer[] = [];
  const add = (type: string, value: Buffer) => name.push(setOfOne(sequence(objectIdentifier(type), value)));
  for (const { field, type, what, max } of attributes) {
    const value = subject[field];
    if (!value) continue;
    if (hasControlCharacters(value))
      throw invalidSubject(sentences.pkiMake.controlCharacters(sentences.pkiLint.attributes[what]));
    if (field === 'country') {
      if (!/^[a-z]{2}$/i.test(value)) {
        throw invalidSubject(sentences.pkiMake.countryInvalid(JSON.stringify(value)));
      }
      add(type, printableString(value));
      continue;
    }
    const { length } = [...value];
    if (length > max) {
      throw invalidSubject(
        sentences.pkiMake.attributeTooLong(sentences.pkiLint.attributes[what], length, max),
      );
    }
    add(type, utf8String(value));
  }
  assertCommonName(subject.commonName);
  add(commonNameType, utf8String(subject.commonName));
  return sequence(...name);
}

/**
 * A name that was read, octet by octet.
 *
 * @throws EnrollkitError INVALID_SUBJECT when it has a value whose type is not one of ASN.1's (ITU-T X.680 section 8.4)
 */
export function encodedName(name: Name): Buffer {
  const values = sequenceOf(readOnly(name.der))
    .flatMap(children)
    .map((attribute) => sequenceOf(attribute)[1]!);
  if (values.every(({ tag }) => (tag & 0xc0) === 0)) return name.der;
  throw new EnrollkitError('INVALID_SUBJECT', sentences.pkiMake.nameUnknownValue(name.text));
}

function assertCommonName(commonName: string): void {
  if (commonName === '' || hasControlCharacters(commonName)) {
    throw new EnrollkitError('INVALID_COMMON_NAME', sentences.pkiMake.commonNameInvalid);
  }
  const { length } = [...commonName];
  if (length > maxCommonNameLength) {
    throw new EnrollkitError(
      'COMMON_NAME_TOO_LONG',
      sentences.pkiMake.commonNameTooLong(commonName.slice(0, 40), length, maxCommonNameLength),
    );
  }
}

function hasControlCharacters(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
  return /[\u0000-\u001f\u007f]/.test(text);
}

function invalidSubject(message: string): EnrollkitError {
  return new EnrollkitError('INVALID_SUBJECT', message);
}
