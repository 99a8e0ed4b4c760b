/** Checks the names for a certificate or request, and converts them to ASN.1. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { type X509, x509 } from '../crypto.js';
import { commonNameType, Name, visible } from '../x509/name.js';
import type { Subject, SubjectAlternativeNames } from '../x509/subject.js';
import { addressProblem, dnsNameProblem, mailboxProblem, uriProblem } from './alternative-name-shape.js';

/** RFC 5280 appendix A.1, ub-common-name. */
export const maxCommonNameLength = 64;

/** In encoding order, the most general first; bounds from RFC 5280 appendix A.1. */
const attributes = [
  { field: 'country', short: 'C', what: 'country', max: 2 },
  { field: 'stateOrProvince', short: 'ST', what: 'state', max: 128 },
  { field: 'locality', short: 'L', what: 'locality', max: 128 },
  { field: 'organization', short: 'O', what: 'organization', max: 64 },
  { field: 'organizationalUnit', short: 'OU', what: 'organizationalUnit', max: 64 },
] as const;

/**
 * Converts a subject to ASN.1; one that was read from a request or certificate stays unchanged.
 *
 * @throws EnrollkitError INVALID_COMMON_NAME, COMMON_NAME_TOO_LONG, INVALID_SUBJECT
 */
export function subjectName(subject: Subject | Name): X509.Name {
  if (subject instanceof Name) {
    for (const value of subject.valuesOf(commonNameType)) assertCommonName(value);
    return encodedName(subject);
  }
  const name: X509.JsonNameParams = [];
  for (const { field, short, what, max } of attributes) {
    const value = subject[field];
    if (!value) continue;
    if (hasControlCharacters(value))
      throw invalidSubject(sentences.pkiMake.controlCharacters(sentences.pkiLint.attributes[what]));
    if (field === 'country') {
      if (!/^[a-z]{2}$/i.test(value)) {
        throw invalidSubject(sentences.pkiMake.countryInvalid(JSON.stringify(value)));
      }
      name.push({ C: [{ printableString: value }] });
      continue;
    }
    const { length } = [...value];
    if (length > max) {
      throw invalidSubject(
        sentences.pkiMake.attributeTooLong(sentences.pkiLint.attributes[what], length, max),
      );
    }
    name.push({ [short]: [{ utf8String: value }] });
  }
  assertCommonName(subject.commonName);
  name.push({ CN: [{ utf8String: subject.commonName }] });
  return new x509.Name(name);
}

/**
 * Converts a parsed name for the generators of @peculiar/x509, octet by octet.
 *
 * @throws EnrollkitError INVALID_SUBJECT when it has a value of a type that they do not support
 */
export function encodedName(name: Name): X509.Name {
  try {
    return new x509.Name(new Uint8Array(name.der).buffer);
  } catch (cause) {
    throw new EnrollkitError('INVALID_SUBJECT', sentences.pkiMake.nameUnknownValue(name.text), {
      cause,
    });
  }
}

/**
 * The subject alternative name extension (RFC 5280 section 4.2.1.6), or undefined without any name.
 *
 * @param critical required when the subject is empty
 * @throws EnrollkitError INVALID_ALTERNATIVE_NAME
 */
export function alternativeNameExtension(
  names: SubjectAlternativeNames = {},
  critical = false,
): X509.Extension | undefined {
  const read = (
    kind: string,
    type: 'dns' | 'ip' | 'url' | 'email',
    values: string[] = [],
    problem: (value: string) => string | undefined,
  ) =>
    values.map((value) => {
      const why = problem(value);
      if (why === undefined) return { type, value: type === 'ip' ? hexadecimalGroups(value) : value };
      const shown = visible(value.slice(0, 80));
      throw new EnrollkitError(
        'INVALID_ALTERNATIVE_NAME',
        sentences.pkiMake.alternativeNameInvalid(kind, shown, why),
      );
    });
  const all = [
    ...read('DNS', 'dns', names.dns, dnsNameProblem),
    ...read('IP', 'ip', names.ip, addressProblem),
    ...read('URI', 'url', names.uri, uriProblem),
    ...read('e-mail', 'email', names.email, mailboxProblem),
  ];
  return all.length === 0 ? undefined : new x509.SubjectAlternativeNameExtension(all, critical);
}

/** Converts an IPv6 address that ends with an IPv4 address to hexadecimal: @peculiar/x509 misreads the mixed form. */
function hexadecimalGroups(address: string): string {
  if (!address.includes(':') || !address.includes('.')) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
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
