/** Whether a leaf is for the expected peer (RFC 6125, RFC 9525): by alternative names only, never the common name. */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { addressOctets, type GeneralName } from '../x509/general-name.js';
import { isDnsName, mailboxOf } from './name-matching.js';

export interface PeerName {
  kind: 'DNS' | 'IP' | 'RFC822';
  /** A host name (in IDNA form if not ASCII), an IPv4 or IPv6 address, or an e-mail address. */
  value: string;
}

/** Whether one of the names is the peer's; false for a malformed peer name, too. */
export function matchesPeerName(names: readonly GeneralName[], { kind, value }: PeerName): boolean {
  switch (kind) {
    case 'DNS': {
      const host = hostOf(value);
      return (
        host !== undefined &&
        names.some((name) => name.kind === 'dNSName' && matchesHost(name.value.toLowerCase(), host))
      );
    }
    case 'IP': {
      const address = addressOf(value);
      return (
        address !== undefined && names.some((name) => name.kind === 'iPAddress' && name.value.equals(address))
      );
    }
    default: {
      const wanted = mailboxOf(value);
      return wanted !== undefined && names.some((name) => isMailbox(name, wanted));
    }
  }
}

/** A host name in lower case; undefined if it is not one, but for example an address. */
function hostOf(text: string): string | undefined {
  const ascii = /^[\x21-\x7e]+$/.test(text) ? text : domainToASCII(text);
  const host = ascii.toLowerCase().replace(/\.$/, '');
  return isDnsName(host) && !isNumeric(host) ? host : undefined;
}

/** RFC 1123 section 2.1: a name whose last label is a number could be taken for an address. */
function isNumeric(host: string): boolean {
  return /(^|\.)\d+$/.test(host);
}

/**
 * A wildcard must be the whole left-most label and matches exactly one label (RFC 6125 section 6.4.3). Directly below a
 * top-level domain, as in `*.com`, it would match everyone.
 */
function matchesHost(presented: string, host: string): boolean {
  if (!presented.startsWith('*.')) return presented === host;
  const base = presented.slice(2);
  if (!isDnsName(base) || isNumeric(base) || !base.includes('.')) return false;
  const dot = host.indexOf('.');
  return dot > 0 && host.slice(dot + 1) === base;
}

/** The octets of an IP address; undefined if it is not one. */
function addressOf(text: string): Buffer | undefined {
  return isIP(text) && !text.includes('%') ? addressOctets(text) : undefined;
}

/** The local part is case-sensitive, the host is not (RFC 5280 section 7.5). */
function isMailbox(name: GeneralName, wanted: { local: string; host: string }): boolean {
  const mailbox = name.kind === 'rfc822Name' ? mailboxOf(name.value) : undefined;
  return mailbox !== undefined && mailbox.local === wanted.local && mailbox.host === wanted.host;
}
