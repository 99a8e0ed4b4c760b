/** Rules for subject alternative names (RFC 5280 section 4.2.1.6). */
import { domainToASCII, domainToUnicode } from 'node:url';
import { sentences } from '../../languages/language.js';
import { dnsNameProblem, mailboxProblem, uriProblem } from '../make/alternative-name-shape.js';
import type { GeneralName } from '../x509/general-name.js';
import type { LintCode } from './rules.js';

interface Problem {
  code: LintCode;
  /** As part of a sentence. */
  problem: string;
}

/** All that lint finds in a name; beyond {@link alternativeNameProblem}, what is issued, yet should not be. */
export function alternativeNameProblems(name: GeneralName): Problem[] {
  const malformed = alternativeNameProblem(name);
  if (malformed !== undefined) return [{ code: 'ALTERNATIVE_NAME_MALFORMED', problem: malformed }];
  const say = sentences.pkiLint;
  if (name.kind === 'uniformResourceIdentifier') {
    const host = hostOf(name.value);
    const isQualified = host === undefined || host.includes('.') || host.startsWith('[');
    return isQualified ? [] : [{ code: 'ALTERNATIVE_NAME_MALFORMED', problem: say.hostNotQualified }];
  }
  if (name.kind !== 'dNSName') return [];
  const problems: Problem[] = [];
  if (name.value.includes('_')) problems.push({ code: 'DNS_NAME_UNDERSCORE', problem: say.hasUnderscore });
  const label = name.value.split('.').find((one) => !isInternationalLabel(one));
  if (label !== undefined)
    problems.push({
      code: 'DNS_NAME_INTERNATIONAL',
      problem: say.invalidInternationalLabel(JSON.stringify(label)),
    });
  return problems;
}

/** The host of a URI that has an authority (RFC 3986 section 3.2). */
function hostOf(uri: string): string | undefined {
  const authority = /^[^:]+:\/\/([^/?#]*)/.exec(uri)?.[1];
  return authority?.replace(/^.*@/, '').replace(/:\d*$/, '');
}

/** True for any label that does not claim to be international (RFC 5890 section 2.3.2.1). */
function isInternationalLabel(label: string): boolean {
  const lower = label.toLowerCase();
  if (!lower.startsWith('xn--')) return true;
  const text = domainToUnicode(lower);
  return text !== '' && text !== lower && text === text.normalize('NFC') && domainToASCII(text) === lower;
}

/** What is wrong with a name, as part of a sentence; undefined if it is legal. */
export function alternativeNameProblem(name: GeneralName): string | undefined {
  switch (name.kind) {
    case 'dNSName':
      return dnsNameProblem(name.value);
    case 'rfc822Name':
      return mailboxProblem(name.value);
    case 'uniformResourceIdentifier':
      return uriProblem(name.value);
    case 'iPAddress': {
      const { length } = name.value;
      return length === 4 || length === 16 ? undefined : sentences.pkiLint.addressLength(length);
    }
    case 'directoryName':
      return name.value.isEmpty ? sentences.pkiLint.directoryNameEmpty : undefined;
    default:
      return undefined;
  }
}
