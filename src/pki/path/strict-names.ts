/** Host names as RFC 5280 section 4.2.1.6 requires: stricter than comparison, which accepts names in use. */

import { isIPv4 } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import { sentences } from '../../languages/language.js';
import type { Certificate } from '../x509/certificate.js';
import { generalNameText } from '../x509/general-name.js';
import { shortened } from './failure.js';

export function hostNameProblems({ subjectAlternativeNames = [] }: Certificate): string[] {
  const malformed = subjectAlternativeNames.find(
    (name) => name.kind === 'dNSName' && !isHostName(name.value),
  );
  return malformed ? [sentences.pkiPath.alternativeNameNoHost(shortened(generalNameText(malformed)))] : [];
}

/**
 * RFC 1034's preferred syntax; with a wildcard, which RFC 5280 does not mention, in the place where clients support it.
 */
const hostName =
  /^(?=.{1,253}$)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

function isHostName(name: string): boolean {
  return (
    hostName.test(name) &&
    !isIPv4(name) &&
    !/^\*\.[^.]*$/.test(name) &&
    name.toLowerCase().split('.').every(isLabel)
  );
}

/**
 * RFC 5890 section 2.3.1: two hyphens in the third and fourth place are reserved for IDNA, so the label must be valid
 * IDNA.
 */
function isLabel(label: string): boolean {
  if (label.slice(2, 4) !== '--') return true;
  const text = domainToUnicode(label);
  return label.startsWith('xn--') && text !== '' && text !== label && domainToASCII(text) === label;
}
