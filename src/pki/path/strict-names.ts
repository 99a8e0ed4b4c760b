/** The names in a certificate as RFC 5280 section 4.2.1.6 and, for servers, the CA/Browser Forum want them. */
import { isIP } from 'node:net';
import type { Certificate } from '../certificate.js';
import { extensionTypes } from '../extensions.js';
import { addressText, type GeneralName, generalNameText } from '../general-name.js';
import { short } from './failure.js';
import { mailboxOf } from './name-matching.js';

export function alternativeNameProblems(certificate: Certificate): string[] {
  const { subject, subjectAlternativeNames = [], extensions } = certificate;
  const problems: string[] = [];
  const critical = extensions.get(extensionTypes.subjectAlternativeName)?.critical;
  if (subject.isEmpty && !critical)
    problems.push('it has neither a subject nor a critical subject alternative name');
  const malformed = subjectAlternativeNames.find((name) => !isWellFormed(name));
  if (malformed)
    problems.push(`its subject alternative name ${short(generalNameText(malformed))} is malformed`);
  return problems;
}

/** Section 7.1.4 of the CA/Browser Forum's baseline requirements. */
export function serverNameProblems(certificate: Certificate): string[] {
  const { subject, subjectAlternativeNames: names, extensions } = certificate;
  if (!names) return ['it is of a server and has no subject alternative name'];
  const problems: string[] = [];
  if (!subject.isEmpty && extensions.get(extensionTypes.subjectAlternativeName)!.critical)
    problems.push('it has a subject, so its subject alternative name must not be critical');
  const texts = new Set(names.map(textOf));
  if (subject.valuesOf('2.5.4.3').some((commonName) => !texts.has(commonName)))
    problems.push('its common name is not among its subject alternative names');
  return problems;
}

function textOf(name: GeneralName): string | undefined {
  if (name.kind === 'dNSName') return name.value;
  return name.kind === 'iPAddress' ? addressText(name.value) : undefined;
}

/** RFC 1034's preferred syntax; a wildcard, of which RFC 5280 says nothing, in the place where it is understood. */
const hostName =
  /^(?=.{1,253}$)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

function isWellFormed(name: GeneralName): boolean {
  switch (name.kind) {
    case 'dNSName':
      return hostName.test(name.value) && isIP(name.value) === 0 && !/^\*\.[^.]*$/.test(name.value);
    case 'iPAddress':
      return name.value.length === 4 || name.value.length === 16;
    case 'rfc822Name':
      return mailboxOf(name.value) !== undefined;
    case 'uniformResourceIdentifier':
      return /^[a-z][a-z0-9+.-]*:[^\s]+$/i.test(name.value);
    case 'directoryName':
      return !name.value.isEmpty;
    default:
      return true;
  }
}
