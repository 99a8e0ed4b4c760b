/** Rules for the names of subject and issuer (RFC 5280 sections 4.1.2.4, 4.1.2.6 and appendix A.1). */

import { children, objectIdentifierOf, readOnly, sequenceOf, tags } from '../der/read.js';
import { certificateLabel } from '../path/failure.js';
import type { Certificate } from '../x509/certificate.js';
import { extensionTypes } from '../x509/extensions.js';
import { emailAddressType, type Name } from '../x509/name.js';
import { type Finding, finding, type LintCode } from './rules.js';

interface Attribute {
  name: string;
  max: number;
  /** The allowed string types; by default PrintableString, UTF8String and the older ones. */
  types?: readonly number[];
}

/** Appendix A.1's upper bounds. */
const attributes: Readonly<Record<string, Attribute>> = {
  '2.5.4.3': { name: 'common name', max: 64 },
  '2.5.4.5': { name: 'serial number', max: 64, types: [tags.printableString] },
  '2.5.4.6': { name: 'country', max: 2, types: [tags.printableString] },
  '2.5.4.7': { name: 'locality', max: 128 },
  '2.5.4.4': { name: 'surname', max: 32_768 },
  '2.5.4.8': { name: 'state or province', max: 128 },
  '2.5.4.9': { name: 'street address', max: 128 },
  '2.5.4.10': { name: 'organization', max: 64 },
  '2.5.4.11': { name: 'organizational unit', max: 64 },
  '2.5.4.12': { name: 'title', max: 64 },
  '2.5.4.17': { name: 'postal code', max: 16 },
  '2.5.4.42': { name: 'given name', max: 32_768 },
  '2.5.4.46': { name: 'name qualifier', max: 64, types: [tags.printableString] },
  '0.9.2342.19200300.100.1.25': { name: 'domain component', max: 63, types: [tags.ia5String] },
  [emailAddressType]: { name: 'e-mail address', max: 255, types: [tags.ia5String] },
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
  const name = `The certificate ${certificateLabel(certificate)}`;
  const add = (code: LintCode, message: string) => findings.push(finding(code, certificate, message));

  if (subject.isEmpty) {
    if (basicConstraints?.certificateAuthority) {
      add('SUBJECT_EMPTY', `${name} is a CA, so it needs a name.`);
    } else if (!extensions.get(extensionTypes.subjectAlternativeName)?.critical) {
      add('SUBJECT_EMPTY', `${name} needs a critical subject alternative name.`);
    }
  }
  lintAttributes(subject, name, '', add);
  // A self-signed certificate has one name, and its faults once.
  if (!subject.der.equals(certificate.issuer.der))
    lintAttributes(certificate.issuer, name, ' of its issuer', add);
  const addresses = subject.valuesOf(emailAddressType);
  if (addresses.length > 0) {
    add('EMAIL_IN_SUBJECT', `${name} has an e-mail address in its subject.`);
  }
  const mailboxes = (certificate.subjectAlternativeNames ?? []).flatMap((one) =>
    one.kind === 'rfc822Name' ? [one.value.toLowerCase()] : [],
  );
  if (addresses.some((address) => !mailboxes.includes(address.toLowerCase()))) {
    add(
      'EMAIL_NOT_IN_ALTERNATIVE_NAMES',
      `${name} has an e-mail address in its subject that is not among its subject alternative names.`,
    );
  }
  return findings;
}

/** @param whose where the name is, at the end of what is at fault */
function lintAttributes(
  { der, relativeNames }: Name,
  name: string,
  whose: string,
  add: (code: LintCode, message: string) => void,
): void {
  const elements = sequenceOf(readOnly(der)).flatMap((set) => children(set));
  const values = relativeNames.flat();
  elements.forEach((element, index) => {
    const [type, value] = sequenceOf(element);
    const text = values[index]?.value ?? '';
    const known = attributes[objectIdentifierOf(type)];
    const what = `${known?.name ?? `attribute ${objectIdentifierOf(type)}`}${whose}`;
    const tag = value!.tag;
    const { length } = [...text];
    if (length === 0) add('NAME_ATTRIBUTE_EMPTY', `${name} has an empty ${what}.`);
    if (known && length > known.max) {
      add(
        'NAME_ATTRIBUTE_TOO_LONG',
        `${name} has a ${what} of ${length} characters; at most ${known.max} are allowed.`,
      );
    }
    const alphabet = alphabets[tag];
    if (known && !allowsCharacters(known, tag)) {
      add('NAME_ATTRIBUTE_ENCODING', `${name} has its ${what} in a string type that it may not have.`);
    } else if (alphabet && !alphabet.test(text)) {
      add(
        'NAME_ATTRIBUTE_ENCODING',
        `${name} has a ${what} with characters that its string type does not have.`,
      );
    } else if (known && !known.types && oldTypes.includes(tag)) {
      add(
        'NAME_ATTRIBUTE_OLD_ENCODING',
        `${name} has its ${what} neither as PrintableString nor as UTF8String.`,
      );
    }
    if (/\p{Cc}/u.test(text))
      add('NAME_ATTRIBUTE_CONTROL_CHARACTER', `${name} has control characters in its ${what}.`);
  });
}

function allowsCharacters({ types }: Attribute, tag: number): boolean {
  return types
    ? types.includes(tag)
    : tag === tags.utf8String || tag === tags.printableString || oldTypes.includes(tag);
}
