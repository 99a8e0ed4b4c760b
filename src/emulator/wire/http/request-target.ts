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

export function parseTarget(url: string): RequestTarget {
  const relative = url.replace(absoluteForm, '');
  const [beforeFragment = ''] = relative.split('#', 1);
  const at = beforeFragment.indexOf('?');
  const path = at < 0 ? beforeFragment : beforeFragment.slice(0, at);
  return { path: path.startsWith('/') ? path : `/${path}`, search: at < 0 ? '' : beforeFragment.slice(at) };
}

/** Whether a request has more than one Host header: a server must answer 400 (RFC 9112 section 3.2). */
export function hasSeveralHosts({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

/** The host that a request is for, with its port where it has one; undefined when it names none. */
export function requestedHost({
  url = '',
  headers,
}: Pick<IncomingMessage, 'url' | 'headers'>): string | undefined {
  return absoluteForm.exec(url)?.[1] || headers.host;
}
