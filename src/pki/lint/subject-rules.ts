/** Rules for the names of subject and issuer (RFC 5280 sections 4.1.2.4, 4.1.2.6 and appendix A.1). */

import type { Sentences } from '../../languages/en.js';
import { sentences } from '../../languages/language.js';
import { children, objectIdentifierOf, readOnly, sequenceOf, tags } from '../der/read.js';
import { certificateLabel } from '../path/failure.js';
import type { Certificate } from '../x509/certificate.js';
import { extensionTypes } from '../x509/extensions.js';
import { emailAddressType, type Name } from '../x509/name.js';
import { type Finding, finding, type LintCode } from './rules.js';

interface Attribute {
  name: keyof Sentences['pkiLint']['attributes'];
  max: number;
  /** The allowed string types; by default PrintableString, UTF8String and the older ones. */
  types?: readonly number[];
}

/** Appendix A.1's upper bounds. */
const attributes: Readonly<Record<string, Attribute>> = {
  '2.5.4.3': { name: 'commonName', max: 64 },
  '2.5.4.5': { name: 'serialNumber', max: 64, types: [tags.printableString] },
  '2.5.4.6': { name: 'country', max: 2, types: [tags.printableString] },
  '2.5.4.7': { name: 'locality', max: 128 },
  '2.5.4.4': { name: 'surname', max: 32_768 },
  '2.5.4.8': { name: 'state', max: 128 },
  '2.5.4.9': { name: 'street', max: 128 },
  '2.5.4.10': { name: 'organization', max: 64 },
  '2.5.4.11': { name: 'organizationalUnit', max: 64 },
  '2.5.4.12': { name: 'title', max: 64 },
  '2.5.4.17': { name: 'postalCode', max: 16 },
  '2.5.4.42': { name: 'givenName', max: 32_768 },
  '2.5.4.46': { name: 'nameQualifier', max: 64, types: [tags.printableString] },
  '0.9.2342.19200300.100.1.25': { name: 'domainComponent', max: 63, types: [tags.ia5String] },
  [emailAddressType]: { name: 'email', max: 255, types: [tags.ia5String] },
};

const oldTypes: readonly number[] = [tags.teletexString, tags.universalString, tags.bmpString];

/** The characters that a string type allows. */
const alphabets: Readonly<Record<number, RegExp>> = {
  [tags.printableString]: /^[A-Za-z0-9 '()+,./:=?-]*$/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: IA5String is all of ASCII, including control characters.
  [tags.ia5String]: /^[\u0000-\u007f]*$/,
};

export function lintSubject(certificate: Certificate): Finding[] {
  const { subject, basicConstraints, extensions } = certificate;
  const findings: Finding[] = [];
  const say = sentences.pkiLint;
  const label = certificateLabel(certificate);
  const add = (code: LintCode, message: string) => findings.push(finding(code, certificate, message));

  if (subject.isEmpty) {
    if (basicConstraints?.certificateAuthority) {
      add('SUBJECT_EMPTY', say.caWithoutSubject(label));
    } else if (!extensions.get(extensionTypes.subjectAlternativeName)?.critical) {
      add('SUBJECT_EMPTY', say.neitherSubjectNorAlternativeName(label));
    }
  }
  lintAttributes(subject, label, (attribute) => attribute, add);
  // A self-signed certificate has one name, and its faults once.
  if (!subject.der.equals(certificate.issuer.der))
    lintAttributes(certificate.issuer, label, say.attributeOfIssuer, add);
  const addresses = subject.valuesOf(emailAddressType);
  if (addresses.length > 0) {
    add('EMAIL_IN_SUBJECT', say.emailInSubject(label));
  }
  const mailboxes = (certificate.subjectAlternativeNames ?? []).flatMap((one) =>
    one.kind === 'rfc822Name' ? [one.value.toLowerCase()] : [],
  );
  if (addresses.some((address) => !mailboxes.includes(address.toLowerCase()))) {
    add('EMAIL_NOT_IN_ALTERNATIVE_NAMES', say.emailNotInAlternativeNames(label));
  }
  return findings;
}

/** @param labelled names an attribute of this name in a sentence */
function lintAttributes(
  { der, relativeNames }: Name,
  label: string,
  labelled: (attribute: string) => string,
  add: (code: LintCode, message: string) => void,
): void {
  const say = sentences.pkiLint;
  const elements = sequenceOf(readOnly(der)).flatMap((set) => children(set));
  const values = relativeNames.flat();
  elements.forEach((element, index) => {
    const [type, value] = sequenceOf(element);
    // As a malformed name, it has its own finding.
    if (!value) return;
    const text = values[index]?.value ?? '';
    const known = attributes[objectIdentifierOf(type)];
    const what = labelled(known ? say.attributes[known.name] : say.otherAttribute(objectIdentifierOf(type)));
    const { tag } = value;
    const { length } = [...text];
    if (length === 0) add('NAME_ATTRIBUTE_EMPTY', say.attributeEmpty(label, what));
    if (known && length > known.max) {
      add('NAME_ATTRIBUTE_TOO_LONG', say.attributeTooLong(label, what, length, known.max));
    }
    const alphabet = alphabets[tag];
    if (known && !allowsCharacters(known, tag)) {
      add('NAME_ATTRIBUTE_ENCODING', say.attributeStringType(label, what));
    } else if (alphabet && !alphabet.test(text)) {
      add('NAME_ATTRIBUTE_ENCODING', say.attributeCharacters(label, what));
    } else if (known && !known.types && oldTypes.includes(tag)) {
      add('NAME_ATTRIBUTE_OLD_ENCODING', say.attributeOldStringType(label, what));
    }
    if (/\p{Cc}/u.test(text))
      add('NAME_ATTRIBUTE_CONTROL_CHARACTER', say.attributeControlCharacters(label, what));
  });
}

function allowsCharacters({ types }: Attribute, tag: number): boolean {
  return types
    ? types.includes(tag)
    : tag === tags.utf8String || tag === tags.printableString || oldTypes.includes(tag);
}
