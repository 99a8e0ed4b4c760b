/** The syntax of subject alternative names (RFC 5280 section 4.2.1.6), for issuing and linting alike. */

import { isIP, isIPv4, isIPv6 } from 'node:net';
import { sentences } from '../../languages/language.js';

/** RFC 1035 section 2.3.4. */
const maxDomainNameLength = 253;

/**
 * What is wrong with a dNSName, as part of a sentence, or undefined. A wildcard as the whole first label is legal (RFC
 * 9525 section 6.3); so is an underscore, which container networks use and every TLS stack accepts.
 *
 * Node.js compiles its expression for IPv6 at the first use, which takes 3 ms: a name without a colon does not need it.
 */
export function dnsNameProblem(name: string): string | undefined {
  if (name === '') return sentences.pkiMake.nameEmpty;
  if (name.length > maxDomainNameLength) return sentences.pkiMake.nameTooLong(maxDomainNameLength);
  if (isIPv4(name) || (name.includes(':') && isIPv6(name))) return sentences.pkiMake.nameIsAddress;
  const labels = name.split('.');
  if (labels.length > 1 && labels[0] === '*') labels.shift();
  const invalidLabel = labels.find((label) => !/^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label));
  return invalidLabel === undefined
    ? undefined
    : sentences.pkiMake.labelInvalid(JSON.stringify(invalidLabel));
}

/** What is wrong with an rfc822Name, as part of a sentence, or undefined. RFC 2821's Mailbox: `local@domain`. */
export function mailboxProblem(mailbox: string): string | undefined {
  const at = mailbox.lastIndexOf('@');
  if (at < 1) return sentences.pkiMake.mailboxForm;
  const local = mailbox.slice(0, at);
  const isDotAtom = /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/.test(local);
  const isQuoted = /^"([^"\\]|\\.)*"$/.test(local);
  if (!isDotAtom && !isQuoted) return sentences.pkiMake.mailboxLocal;
  const domain = mailbox.slice(at + 1);
  if (/^\[.+\]$/.test(domain)) return undefined;
  return domain.startsWith('*') || dnsNameProblem(domain) ? sentences.pkiMake.mailboxDomain : undefined;
}

/** What is wrong with a uniformResourceIdentifier, as part of a sentence, or undefined. It must be absolute. */
export function uriProblem(uri: string): string | undefined {
  if (!/^[a-z][a-z0-9+.-]*:[^\s]+$/i.test(uri)) return sentences.pkiMake.uriNotAbsolute;
  if (/[^\x21-\x7e]|[<>"{}|\\^`]/.test(uri)) return sentences.pkiMake.uriCharacters;
  const authority = /^[^:]+:\/\/([^/?#]*)/.exec(uri)?.[1];
  if (authority === undefined) return undefined;
  const host = authority.replace(/^.*@/, '').replace(/:\d*$/, '');
  const isAddress = isIP(host) === 4 || (/^\[.*\]$/.test(host) && isIP(host.slice(1, -1)) === 6);
  return isAddress || !dnsNameProblem(host) ? undefined : sentences.pkiMake.uriHost;
}

/** What is wrong with an IP address in its text form, as part of a sentence, or undefined. */
export function addressProblem(address: string): string | undefined {
  return isIP(address) && !address.includes('%') ? undefined : sentences.pkiMake.addressInvalid;
}
