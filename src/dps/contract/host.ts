/** The host of `host:port`; what has no port stays as it is, an IPv6 address in brackets too. */
export function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}
