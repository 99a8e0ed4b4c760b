/** Whether a name is within a constraint (RFC 5280 section 4.2.1.10), one function per kind of name. */
import type { GeneralName } from '../x509/general-name.js';

/** `unknown`: the name or constraint is malformed or of an unsupported kind, so it must be refused. */
export type Match = 'within' | 'outside' | 'unknown';

/**
 * Compares a name with a constraint.
 *
 * @param forExclusion whether one matching name is enough; a wildcard stands for many names
 */
export function matchName(name: GeneralName, constraint: GeneralName, forExclusion: boolean): Match {
  if (name.kind === 'dNSName' && constraint.kind === 'dNSName') {
    return matchDns(name.value.toLowerCase(), constraint.value.toLowerCase(), forExclusion);
  }
  if (name.kind === 'rfc822Name' && constraint.kind === 'rfc822Name')
    return matchMailbox(name.value, constraint.value);
  if (name.kind === 'uniformResourceIdentifier' && constraint.kind === 'uniformResourceIdentifier') {
    return matchUri(name.value, constraint.value.toLowerCase());
  }
  if (name.kind === 'iPAddress' && constraint.kind === 'iPAddress')
    return matchAddress(name.value, constraint.value);
  if (name.kind === 'directoryName' && constraint.kind === 'directoryName') {
    return matchOf(name.value.isWithin(constraint.value));
  }
  return 'unknown';
}

/** Whether a constraint is well-formed; unsupported kinds are not checked. */
export function isWellFormedConstraint(constraint: GeneralName): boolean {
  switch (constraint.kind) {
    case 'dNSName':
      return constraint.value === '' || isHostConstraint(constraint.value.toLowerCase());
    case 'rfc822Name': {
      const { value } = constraint;
      if (value.includes('@')) return mailboxOf(value) !== undefined;
      return value === '' || isHostConstraint(value.toLowerCase());
    }
    case 'uniformResourceIdentifier': {
      const { value } = constraint;
      return value === '' || (isHostConstraint(value.toLowerCase()) && !/^[\d.]+$/.test(value));
    }
    case 'iPAddress': {
      const size = constraint.value.length / 2;
      return (size === 4 || size === 16) && isPrefixMask(constraint.value.subarray(size));
    }
    default:
      return true;
  }
}

function isHostConstraint(constraint: string): boolean {
  return isDnsName(constraint.startsWith('.') ? constraint.slice(1) : constraint);
}

function matchOf(within: boolean): Match {
  return within ? 'within' : 'outside';
}

const dnsLabel = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Letters, digits, hyphens and underscores, which names in use have; lower case. */
export function isDnsName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => dnsLabel.test(label));
}

/**
 * `host.example` allows itself and subdomains; with a leading period, which RFC 5280 does not define, only subdomains.
 */
function matchDns(name: string, constraint: string, forExclusion: boolean): Match {
  const isWildcard = name.startsWith('*.');
  const base = isWildcard ? name.slice(2) : name;
  if (!isDnsName(base)) return 'unknown';
  if (constraint === '') return 'within';
  const isBelowOnly = constraint.startsWith('.');
  if (!isDnsName(isBelowOnly ? constraint.slice(1) : constraint)) return 'unknown';
  if (isBelowOnly) return matchOf(name.endsWith(constraint));
  if (name === constraint || name.endsWith(`.${constraint}`)) return 'within';
  const standsForConstraint = isWildcard && constraint.slice(constraint.indexOf('.') + 1) === base;
  return matchOf(forExclusion && standsForConstraint);
}

export interface Mailbox {
  local: string;
  host: string;
}

/** RFC 2821's quoted local parts can write one mailbox in many ways, so they are not compared. */
export function mailboxOf(text: string): Mailbox | undefined {
  const [local, host, ...rest] = text.split('@');
  if (!local || !host || rest.length > 0 || /[\s"\\(),:;<>[\]]/.test(local)) return undefined;
  const lower = host.toLowerCase();
  return isDnsName(lower) ? { local, host: lower } : undefined;
}

/** A constraint is a mailbox, a host, or, with a leading period, all hosts below a domain. */
function matchMailbox(name: string, constraint: string): Match {
  const mailbox = mailboxOf(name);
  if (!mailbox) return 'unknown';
  if (constraint === '') return 'within';
  if (constraint.includes('@')) {
    const allowed = mailboxOf(constraint);
    if (!allowed) return 'unknown';
    return matchOf(mailbox.local === allowed.local && mailbox.host === allowed.host);
  }
  return matchHost(mailbox.host, constraint.toLowerCase());
}

/** A constraint applies to the host; a URI without one, or with an IP address, cannot satisfy it. */
function matchUri(name: string, constraint: string): Match {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(name)?.[1];
  const host = authority?.replace(/^.*@/, '').replace(/:\d*$/, '').toLowerCase();
  if (host === undefined || !isDnsName(host) || /^[\d.]+$/.test(host)) return 'unknown';
  return constraint === '' ? 'within' : matchHost(host, constraint);
}

function matchHost(host: string, constraint: string): Match {
  const isBelowOnly = constraint.startsWith('.');
  if (!isDnsName(isBelowOnly ? constraint.slice(1) : constraint)) return 'unknown';
  return matchOf(isBelowOnly ? host.endsWith(constraint) : host === constraint);
}

/** A constraint is an address and a mask of the same length, as in CIDR. */
function matchAddress(address: Buffer, constraint: Buffer): Match {
  const size = constraint.length / 2;
  if ((address.length !== 4 && address.length !== 16) || (size !== 4 && size !== 16)) return 'unknown';
  const mask = constraint.subarray(size);
  if (!isPrefixMask(mask)) return 'unknown';
  if (address.length !== size) return 'outside';
  return matchOf(address.every((octet, index) => ((octet ^ constraint[index]!) & mask[index]!) === 0));
}

function isPrefixMask(mask: Buffer): boolean {
  const bits = [...mask].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits);
}
