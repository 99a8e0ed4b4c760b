/**
 * The target of an HTTP request. Java's AMQP library writes the absolute form, which a server must accept; the host in it
 * counts then, not the Host header.
 *
 * Source: RFC 9112 section 3.2.2.
 */
import type { IncomingMessage } from 'node:http';

const absoluteForm = /^https?:\/\/([^/?#]*)/i;

/** What a request names, in whichever form: neither its path nor its query is decoded. */
export interface RequestTarget {
  /** With a leading slash. */
  path: string;
  /** With its question mark; empty without a query. */
  search: string;
}

/** Returns undefined for what is not a URL: a server must answer 400. */
export function parseTarget(url: string): RequestTarget | undefined {
  const target = normal(url.replace(absoluteForm, ''));
  if (target === undefined) return;
  const at = target.indexOf('?');
  return at < 0 ? { path: target, search: '' } : { path: target.slice(0, at), search: target.slice(at) };
}

/** What the URL standard leaves as it is, apart from segments of dots. */
const plainTarget = /^\/[\w.~!$&'()*+,;=:@%/-]*(?:\?[\w.~!$&()*+,;=:@%/?-]*)?$/;
const dotSegment = /\/(?:\.|%2e){1,2}(?:[/?]|$)/i;

/** With a leading slash, without segments of dots and a fragment, and with what a URL must escape escaped. */
function normal(target: string): string | undefined {
  if (plainTarget.test(target) && !dotSegment.test(target)) return target;
  if (target !== '' && !/^[/?]/.test(target)) return;
  // The URL standard takes it for a slash, and other servers do not.
  if (target.split('?', 1)[0]!.includes('\\')) return;
  const { pathname, search } = new URL(`https://host${target}`);
  return `${pathname}${search}`;
}

const host = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d*)?$/i;

/** What is wrong with the Host header, for which a server must answer 400 (RFC 9112 section 3.2); undefined if nothing is. */
export function hostProblem({
  rawHeaders,
  headers,
}: Pick<IncomingMessage, 'rawHeaders' | 'headers'>): string | undefined {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  if (hosts > 1) return 'There is more than one Host header.';
  return headers.host && !host.test(headers.host) ? 'The Host header is not a host name.' : undefined;
}

/** The host that a request is for, with its port where it has one; undefined when it names none. */
export function requestedHost({
  url = '',
  headers,
}: Pick<IncomingMessage, 'url' | 'headers'>): string | undefined {
  return absoluteForm.exec(url)?.[1] || headers.host;
}
